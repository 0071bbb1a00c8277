import {
  type AdvancedPayment,
  isWalletConnectError,
  operations,
  type PreparedRequest,
  prepare,
  type Refund,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import {
  createEmulator,
  type Effect,
  type EffectKind,
  type Emulator,
  type FaultName,
  type Snapshot,
} from 'mercadopago-wallet-connect/emulator'
import { createClient } from '../../../src/client/create-wallet-connect.ts'
import { createEmulatorClock } from '../client/emulator-clock.ts'
import { linkWallet, walletWith } from '../client/wallet.ts'
import type { PlannedFault, WorldPlan } from './world-plan.ts'

/** What the caller of a write was told, and what had really happened in the end. */
export interface Outcome {
  told: { kind: 'done'; data: unknown; isDoubted: boolean } | { kind: 'not_done'; why: string } | { kind: 'unknown' }
  effects: readonly Effect[]
  /** Whether the network brought a request twice, or after it had been given up. */
  network: 'usual' | 'repeating'
}

/** The start of every world: a linked wallet. */
export interface Start {
  snapshot: Snapshot
  payer_token: string
  agreement_id: string
}

export async function makeStart(): Promise<Start> {
  const emulator = createEmulator()
  return { ...(await linkWallet(emulator)), snapshot: emulator.snapshot() }
}

/** What each write does to money or to the agreement. */
const EFFECTS: Record<WorldPlan['operation'], readonly EffectKind[]> = {
  'payments.create': ['payment_charged'],
  'payments.capture': ['payment_captured'],
  'payments.cancel': ['payment_cancelled'],
  'payments.refund': ['payment_refunded'],
  'agreements.cancel': ['agreement_cancelled'],
}

const AMOUNT = 10
const REFERENCE = 'order-1'
const REPEATING: readonly string[] = ['late_arrival', 'request_duplicated'] satisfies FaultName[]
/** By then every request has arrived. */
const LATEST_MS = 3 * 60_000

/** Lives through a world: calls the write, and reconciles it while its outcome is unknown. */
export async function runWorld(plan: WorldPlan, start: Start): Promise<Outcome> {
  const { keyRetentionMs, searchDelayMs, keys } = plan
  const emulator = createEmulator({ keyRetentionMs, searchDelayMs, refundKeys: keys, changeKeys: keys })
  emulator.restore(start.snapshot)
  const prepared = await prepareWrite(plan, start, emulator)
  const before = emulator.effects.length
  const world = arm(plan, emulator)
  const clock = createEmulatorClock(emulator, () => plan.jitter, world.isUnderWay)
  const wallet = createClient({ accessToken: 'TEST-1', fetch: world.fetch }, clock)

  let told = await tell(wallet.send(prepared).then(({ data, mismatches }) => ({ data, isDoubted: mismatches.length > 0 })))
  for (const { afterMs, hasWitness } of plan.settles) {
    if (told.kind !== 'unknown') break
    await emulator.clock.advance(afterMs)
    const witness = hasWitness ? await makeWitness(emulator, start) : undefined
    told = await tell(settle(wallet, prepared, witness))
  }
  await emulator.clock.advance(LATEST_MS)
  const effects = emulator.effects.slice(before).filter(({ kind }) => EFFECTS[plan.operation].includes(kind))
  return {
    told,
    effects: effects.filter(({ external_reference: ref }) => (ref ?? REFERENCE) === REFERENCE),
    network: emulator.faults.injected.some(({ fault }) => REPEATING.includes(fault)) ? 'repeating' : 'usual',
  }
}

/**
 * A cancellation of an agreement is answered without a body, so an empty answer to one that was not done looks right. And no
 * read tells a charge that was refused from one that was not made, while the search may be late.
 */
function isUndetectable(operation: WorldPlan['operation'], { fault, phase }: PlannedFault): boolean {
  if (fault === 'executed_but_refused') return operation === 'payments.create'
  return operation === 'agreements.cancel' && (fault === 'empty_success' || fault === 'no_content') && phase === 'before'
}

/** What the API could say to the second of two requests, the first of which was carried out. */
const REPEAT_REFUSED: Partial<Record<WorldPlan['operation'], string>> = {
  'payments.capture': 'Unable to complete process.',
  'payments.cancel': 'Unable to complete process.',
  'payments.refund': 'Payment already refunded',
  'agreements.cancel': 'The Agreement with that id',
}

/** Plans the faults; those of the plan happen to requests through its `fetch` alone. */
function arm({ operation, faults, readFaults }: WorldPlan, { fetch, faults: plan }: Emulator) {
  let current: string | undefined
  let underWay = 0
  const sent = { write: 0, read: 0 }
  for (const [kind, list] of Object.entries({ write: faults, read: readFaults })) {
    for (const [index, fault] of list.entries()) {
      if (!fault || isUndetectable(operation, fault)) continue
      const error = fault.fault === 'executed_but_refused' ? REPEAT_REFUSED[operation] : undefined
      plan.inject({ ...fault, ...(error && { error }), match: () => current === `${kind} ${index}` })
    }
  }
  const numbered: typeof fetch = async (input, init) => {
    const kind = init?.method === operations[operation].method ? 'write' : 'read'
    current = `${kind} ${sent[kind]++}`
    underWay += 1
    return fetch(input, init).finally(() => {
      underWay -= 1
    })
  }
  return { fetch: numbered, isUnderWay: () => underWay > 0 }
}

/** The write of a world, and what has to be there before it. */
async function prepareWrite({ operation, ...plan }: WorldPlan, start: Start, emulator: Emulator): Promise<PreparedRequest> {
  const { payments } = walletWith(emulator.fetch)
  const { payer_token: token, agreement_id } = start
  const order = { wallet_payment: { transaction_amount: AMOUNT, external_reference: REFERENCE }, payer: { token } }
  if (plan.hasRejectedTry) {
    emulator.processor.decideNext({ status: 'rejected', status_detail: 'cc_rejected_high_risk' })
    await payments.create(order)
  }
  if (operation === 'payments.create') return prepare(operation, order)
  if (operation === 'agreements.cancel') return prepare(operation, { agreement_id })
  const isPaid = operation === 'payments.refund'
  const { id: advanced_payment_id } = await payments.create({ ...order, capture: isPaid })
  if (!isPaid) return prepare(operation, { advanced_payment_id })
  for (const amount of plan.refundedBefore) await payments.refund(advanced_payment_id, { amount })
  return prepare(operation, { advanced_payment_id, ...(plan.refund !== undefined && { amount: plan.refund }) })
}

/** The id of another payment, made now. */
async function makeWitness(emulator: Emulator, { payer_token: token }: Start): Promise<number | undefined> {
  const wallet_payment = { transaction_amount: 1, external_reference: `later-${emulator.clock.now()}` }
  const later = await walletWith(emulator.fetch)
    .payments.create({ wallet_payment, payer: { token } })
    .catch(() => undefined)
  return later?.id
}

async function settle(wallet: WalletConnect, prepared: PreparedRequest, witness: number | undefined) {
  const settled = await wallet.reconcile(prepared, { witness })
  if (settled.outcome === 'done') return { data: settled.data, isDoubted: false }
  throw settled.error
}

async function tell(call: Promise<{ data: unknown; isDoubted: boolean }>): Promise<Outcome['told']> {
  try {
    return { kind: 'done', ...(await call) }
  } catch (error) {
    if (!isWalletConnectError(error)) throw error
    return error.outcome === 'unknown' ? { kind: 'unknown' } : { kind: 'not_done', why: `${error.code}: ${error.message}` }
  }
}

/** What is untrue in what the caller was told; undefined if all is true, or if nothing was claimed. */
export function findLie(plan: WorldPlan, outcome: Outcome): string | undefined {
  const { told, effects } = outcome
  if (told.kind === 'not_done' && effects.length > 0) return `told ${told.why}, although it was done`
  if (told.kind === 'done' && effects.length === 0) return 'told that it was done, although it was not'
  if (told.kind === 'done' && !told.isDoubted && !isAbout(plan, told.data, effects)) return 'told about something else'
  return effects.length > 1 && mustHappenOnce(plan, outcome) ? `done ${effects.length} times` : undefined
}

/**
 * Whether a client can see to it that the write takes effect once. Not if the key of a charge was forgotten before it is
 * reconciled, nor if the network brings a refund twice or late and the API does not honour its key.
 */
function mustHappenOnce({ operation, keys, keyRetentionMs, settles }: WorldPlan, { network }: Outcome): boolean {
  if (operation === 'payments.refund') return keys === 'honoured' || network === 'usual'
  const untilSettledMs = settles.reduce((sum, { afterMs }) => sum + afterMs, LATEST_MS)
  return operation !== 'payments.create' || untilSettledMs < keyRetentionMs
}

function isAbout({ operation }: WorldPlan, data: unknown, effects: readonly Effect[]): boolean {
  if (operation === 'agreements.cancel') return true
  if (operation === 'payments.refund') return (data as Refund[]).every(({ amount }) => amount === effects[0]?.amount)
  return effects.some(({ payment_id }) => payment_id === (data as AdvancedPayment).id)
}
