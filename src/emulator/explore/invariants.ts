import type { Effect, EffectKind } from '../world/state.ts'

/** What the caller was told of an order. */
export type ReportedOutcome = 'paid' | 'not_paid' | 'unknown'

/** One run of a scenario, over. */
export interface Run {
  /** Of each `external_reference`; of all of them under `*`. */
  reported: Record<string, ReportedOutcome>
  /** What really happened. */
  effects: readonly Effect[]
  /** false: it was still running when time was up. */
  ended: boolean
}

/** Something that has to hold whatever goes wrong. */
export interface Invariant {
  name: string
  /** In a sentence. */
  description: string
  /** Asked after each run. */
  holds(run: Run): boolean
}

/** Where a payment has left the money: held for the seller, with the seller, or with the buyer. */
type Fate = 'held' | 'paid' | 'none'

/** What each effect means for the money of its payment; null: nothing, or not by itself. */
const FATES: Record<EffectKind, Fate | null> = {
  agreement_created: null,
  agreement_confirmed: null,
  agreement_refused: null,
  agreement_cancelled: null,
  agreement_expired: null,
  payer_token_created: null,
  payment_method_updated: null,
  discount_promised: null,
  discount_released: null,
  payment_charged: 'paid',
  payment_captured: 'paid',
  payment_reserved: 'held',
  payment_undecided: 'held',
  payment_cancelled: 'none',
  payment_rejected: 'none',
  // Only once all of it is refunded.
  payment_refunded: null,
  payment_charged_back: 'none',
}

interface Order {
  /** Payments that took money at some time. */
  paid: Set<number>
  /** Where each of them stands. */
  fates: Map<number, Fate>
}

/** What happened to each order, by its `external_reference`. */
function ordersOf(effects: readonly Effect[]): Map<string, Order> {
  const orders = new Map<string, Order>()
  const left = new Map<number, number>()
  for (const { kind, payment_id, external_reference, amount = 0 } of effects) {
    if (payment_id === undefined) continue
    const reference = external_reference ?? ''
    const order = orders.get(reference) ?? { paid: new Set(), fates: new Map() }
    orders.set(reference, order)
    if (kind === 'payment_refunded') {
      left.set(payment_id, (left.get(payment_id) ?? 0) - amount)
      if ((left.get(payment_id) ?? 0) <= 0) order.fates.set(payment_id, 'none')
    }
    const fate = FATES[kind]
    if (!fate) continue
    if (fate !== 'none') left.set(payment_id, amount)
    if (fate === 'paid') order.paid.add(payment_id)
    order.fates.set(payment_id, fate)
  }
  return orders
}

/** Payments by which money moved, or is still held. What was only reserved and given back has not moved. */
const moved = ({ paid, fates }: Order): number =>
  new Set([...paid, ...[...fates].flatMap(([id, fate]) => (fate === 'held' ? [id] : []))]).size

const isSomewhere = (order: Order | undefined, fate: Fate): boolean => [...(order?.fates.values() ?? [])].includes(fate)

/** What holds of every order: what was told of it, or of all, or nothing. */
function ofEach(
  { reported, effects }: Run,
  holds: (told: ReportedOutcome | undefined, order: Order | undefined) => boolean,
): boolean {
  const orders = ordersOf(effects)
  const { '*': general, ...each } = reported
  const references = new Set([...orders.keys(), ...Object.keys(each)])
  if (references.size === 0) return holds(general, undefined)
  return [...references].every((reference) => holds(each[reference] ?? general, orders.get(reference)))
}

/** What has to hold if nobody says otherwise. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'charged_once',
    description: 'money moved at most once for each external_reference (payments without one count as one order)',
    holds: ({ effects }) => [...ordersOf(effects).values()].every((order) => moved(order) <= 1),
  },
  {
    name: 'reported_truthfully',
    description: 'who was told "paid" has paid, and who was told "not paid" keeps the money',
    holds: (run) =>
      ofEach(run, (told, order) => {
        if (told === 'paid') return (order?.paid.size ?? 0) > 0
        return told !== 'not_paid' || !(isSomewhere(order, 'paid') || isSomewhere(order, 'held'))
      }),
  },
  {
    name: 'nothing_reserved',
    description: 'no money is left reserved by an order that is over',
    holds: (run) => ofEach(run, (told, order) => told === 'unknown' || !isSomewhere(order, 'held')),
  },
  { name: 'ends', description: 'the scenario ends', holds: ({ ended }) => ended },
]
