import * as fc from 'fast-check'
import { FAULTS, type Injection } from 'mercadopago-wallet-connect/emulator'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** The writes whose outcome reads can show. */
export const WRITES = ['payments.create', 'payments.capture', 'payments.cancel', 'payments.refund', 'agreements.cancel'] as const

/** A world in which one write is called, and settled if its outcome is unknown. */
export interface WorldPlan {
  operation: (typeof WRITES)[number]
  /** What happens to each attempt of the write, in order; null: nothing. */
  faults: (PlannedFault | null)[]
  /** The same for the reads. */
  readFaults: (PlannedFault | null)[]
  /** How long the API remembers a key. */
  keyRetentionMs: number
  /** Whether refunds, captures and cancellations honour a key; charges always do. */
  keys: 'honoured' | 'ignored'
  /** How late the search shows a payment. */
  searchDelayMs: number
  /** Amounts that had been refunded before; for other writes than refunds nothing. */
  refundedBefore: number[]
  /** The amount of the refund; undefined: all that is left. */
  refund: number | undefined
  /** Whether an earlier try of the same order was rejected. */
  hasRejectedTry: boolean
  /** How long the merchant waits before each reconcile, and whether a witness goes with it. */
  settles: { afterMs: number; hasWitness: boolean }[]
  /** What the client draws its jitter from. */
  jitter: number
}

export type PlannedFault = Pick<Injection, 'fault' | 'phase' | 'delayMs'>

/**
 * Those with which the API breaks its promises, so that no client could keep its own, are tested one by one; all but a refusal
 * of what was carried out, which only a charge cannot tell from the truth.
 */
const requestFaults = FAULTS.filter(
  ({ name, isBreach }) => (!isBreach || name === 'executed_but_refused') && !name.startsWith('notification_'),
)

/** What loses an answer, and what refuses: the pairs of these are where money gets lost. */
const DANGEROUS = [
  'reset',
  'hang',
  'late_arrival',
  'bad_request',
  'policy_agent',
  'invalid_payer_token',
  'not_found',
  'in_progress',
]
const dangerousFaults = requestFaults.filter(({ name }) => DANGEROUS.includes(name))

const aFault: fc.Arbitrary<PlannedFault> = fc
  .tuple(
    fc.oneof(fc.constantFrom(...requestFaults), fc.constantFrom(...dangerousFaults)),
    fc.nat(1),
    fc.constantFrom(SECOND_MS, 20 * SECOND_MS, 2 * MINUTE_MS),
  )
  .map(([{ name, phases, delayMs }, index, drawnMs]) => ({
    fault: name,
    ...(phases.length > 0 && { phase: phases[index % phases.length] }),
    ...(delayMs !== undefined && { delayMs: name === 'search_lagging' ? DAY_MS : drawnMs }),
  })) as fc.Arbitrary<PlannedFault>

const someFaults = (maxLength: number): fc.Arbitrary<(PlannedFault | null)[]> =>
  fc.array(fc.oneof({ weight: 2, arbitrary: aFault }, { weight: 1, arbitrary: fc.constant(null) }), { maxLength })

/** Any world. */
export const aWorld: fc.Arbitrary<WorldPlan> = fc.record({
  operation: fc.constantFrom(...WRITES),
  faults: someFaults(8),
  readFaults: someFaults(3),
  keyRetentionMs: fc.constantFrom(Number.POSITIVE_INFINITY, 30 * MINUTE_MS),
  keys: fc.constantFrom('honoured', 'ignored'),
  searchDelayMs: fc.constantFrom(0, MINUTE_MS, DAY_MS),
  refundedBefore: fc.array(fc.constantFrom(2, 3), { maxLength: 2 }),
  refund: fc.constantFrom(undefined, 2, 5),
  hasRejectedTry: fc.boolean(),
  settles: fc.array(
    // Not earlier: a request that was given up may still arrive.
    fc.record({ afterMs: fc.constantFrom(3 * MINUTE_MS, 60 * MINUTE_MS, 2 * DAY_MS), hasWitness: fc.boolean() }),
    { maxLength: 3 },
  ),
  jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
})
