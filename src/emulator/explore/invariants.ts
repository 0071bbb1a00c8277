import type { Effect, EffectKind } from '../world/state.ts'

/** What a checkout reports to its caller about an order. */
export type ReportedOutcome = 'paid' | 'not_paid' | 'unknown'

/** One run of a scenario that is over. */
export interface Run {
  /** The reported outcome for each `external_reference`; under `*`, for all the others. */
  reported: Record<string, ReportedOutcome>
  /** What really happened to agreements and money. */
  effects: readonly Effect[]
  /** false: the scenario was still running when its time was up. */
  ended: boolean
}

/** Something that has to be true after every run, whatever goes wrong. */
export interface Invariant {
  name: string
  /** A sentence that says what has to be true. */
  description: string
  /** Called after each run. */
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

/** What happened to the money of an order. */
interface OrderHistory {
  /** The payments that took money at some time. */
  paid: Set<number>
  /** The latest fate of each payment. */
  fates: Map<number, Fate>
}

/** The history of each order, by its `external_reference`. */
function historiesOf(effects: readonly Effect[]): Map<string, OrderHistory> {
  const orders = new Map<string, OrderHistory>()
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

/** The number of payments that took money, or still hold it. Money that was only reserved and returned does not count. */
const countTaken = ({ paid, fates }: OrderHistory): number =>
  new Set([...paid, ...[...fates].flatMap(([id, fate]) => (fate === 'held' ? [id] : []))]).size

const hasFate = (order: OrderHistory | undefined, fate: Fate): boolean => [...(order?.fates.values() ?? [])].includes(fate)

/** Whether something holds for every order, given what was reported for it, if anything was. */
function holdsForEach(
  { reported, effects }: Run,
  holds: (reported: ReportedOutcome | undefined, order: OrderHistory | undefined) => boolean,
): boolean {
  const orders = historiesOf(effects)
  const { '*': general, ...each } = reported
  const references = new Set([...orders.keys(), ...Object.keys(each)])
  if (references.size === 0) return holds(general, undefined)
  return [...references].every((reference) => holds(each[reference] ?? general, orders.get(reference)))
}

/** The invariants that `exploreFaults` checks by default. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'charged_once',
    description: 'money moved at most once for each external_reference (payments without one count as one order)',
    holds: ({ effects }) => [...historiesOf(effects).values()].every((order) => countTaken(order) <= 1),
  },
  {
    name: 'reported_truthfully',
    description: 'an order reported as "paid" took money from the buyer, and one reported as "not paid" did not',
    holds: (run) =>
      holdsForEach(run, (reported, order) => {
        if (reported === 'paid') return (order?.paid.size ?? 0) > 0
        return reported !== 'not_paid' || !(hasFate(order, 'paid') || hasFate(order, 'held'))
      }),
  },
  {
    name: 'nothing_reserved',
    description: 'no order that is over leaves money reserved',
    holds: (run) => holdsForEach(run, (reported, order) => reported === 'unknown' || !hasFate(order, 'held')),
  },
  { name: 'ends', description: 'the scenario ends', holds: ({ ended }) => ended },
]
