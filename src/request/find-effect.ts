import { RefusedError } from '../errors.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/operation-types.ts'
import type { AdvancedPayment } from '../operations/payment.ts'
import { CANCELLED, CAPTURED, HOLDS_MONEY, NEVER_CANCELLED, NEVER_CAPTURED } from '../operations/payment-status.ts'
import type { WriteName } from '../operations/requests.ts'
import { pathParameter } from './check-prepared-request.ts'
import type { PreparedRequest } from './prepared-request.ts'

/** What reads show about a write whose outcome is unknown. */
export type FoundEffect =
  /** The write took effect; `data` is the resource it would have returned. */
  | { kind: 'done'; data: unknown }
  /** The API has no trace of the write. */
  | {
      kind: 'absent'
      /** Whether it cannot take effect any more, even if a request that was given up still arrives. */
      isFinal: boolean
    }
  /** The reads do not settle it. */
  | {
      kind: 'unclear'
      /** What a read was refused with. */
      refusal?: RefusedError
    }

/** What is known besides the request. */
export interface Known {
  /** Ids of the refunds that the payment had before the first attempt. */
  refundsBefore?: readonly string[] | undefined
}

/** Does one read. */
export type Read = <Name extends OperationName>(name: Name, input: OperationInput<Name>) => Promise<OperationOutput<Name>>

const UNCLEAR: FoundEffect = { kind: 'unclear' }
const ABSENT_SO_FAR: FoundEffect = { kind: 'absent', isFinal: false }

/** Finds out by reads whether a write took effect. Never rejects: if a read fails, the answer is `unclear`. */
export async function findEffect(prepared: PreparedRequest, read: Read, known: Known = {}): Promise<FoundEffect> {
  try {
    return await FINDERS[prepared.operation as WriteName](prepared, read, known)
  } catch (error) {
    return error instanceof RefusedError ? { kind: 'unclear', refusal: error } : UNCLEAR
  }
}

type Find = (prepared: PreparedRequest, read: Read, known: Known) => Promise<FoundEffect> | FoundEffect

/** How the effect of each write is found. */
const FINDERS: Record<WriteName, Find> = {
  'payments.create': findPayment,
  async 'payments.capture'(prepared, read) {
    return compareStatus(await read('payments.get', paymentIn(prepared)), CAPTURED, NEVER_CAPTURED)
  },
  async 'payments.cancel'(prepared, read) {
    return compareStatus(await read('payments.get', paymentIn(prepared)), CANCELLED, NEVER_CANCELLED)
  },
  'payments.refund': findRefund,
  async 'agreements.cancel'(prepared, read) {
    const { status } = await read('agreements.get', { agreement_id: pathParameter(prepared) ?? '' })
    return CANCELLED.includes(status ?? '') ? { kind: 'done', data: undefined } : UNCLEAR
  },
  // No read finds what these create: the API does not list agreements, payer tokens or promises.
  'agreements.create': () => UNCLEAR,
  'agreements.createPayerToken': () => UNCLEAR,
  'discounts.create': () => UNCLEAR,
}

const paymentIn = (prepared: PreparedRequest) => ({ advanced_payment_id: pathParameter(prepared) ?? '' })

/** A status in `reached` proves that the write took effect; one in `excluded` proves that it did not and cannot any more. */
function compareStatus(payment: AdvancedPayment, reached: readonly string[], excluded: readonly string[]): FoundEffect {
  const status = statusOf(payment)
  if (reached.includes(status)) return { kind: 'done', data: payment }
  return excluded.includes(status) ? { kind: 'absent', isFinal: true } : UNCLEAR
}

const statusOf = ({ status, payments }: AdvancedPayment): string => status ?? payments?.[0]?.status ?? ''

/**
 * Looks for one payment with the same reference and amount that holds money. Nothing else is proof: a rejected, cancelled
 * or refunded payment may be an earlier try under another key, and so may one of several. Absence is proved only by a
 * complete list that was filtered by the reference and in which every entry can be read.
 */
async function findPayment({ body }: PreparedRequest, read: Read): Promise<FoundEffect> {
  const { transaction_amount, external_reference } = JSON.parse(body ?? '{}').wallet_payment ?? {}
  if (!external_reference) return UNCLEAR
  const { results, paging } = await read('payments.search', { external_reference })
  const isReadable = ({ wallet_payment }: AdvancedPayment): boolean =>
    String(wallet_payment?.external_reference) === external_reference && typeof wallet_payment?.transaction_amount === 'number'
  const same = results.filter(
    (payment) => isReadable(payment) && payment.wallet_payment?.transaction_amount === transaction_amount,
  )
  const [found, ...others] = same.filter((payment) => HOLDS_MONEY.includes(statusOf(payment)))
  if (found && others.length === 0) return { kind: 'done', data: found }
  const isComplete = typeof paging?.total === 'number' && paging.total <= results.length
  return isComplete && same.length === 0 && results.every(isReadable) ? ABSENT_SO_FAR : UNCLEAR
}

/** Ids of the refunds that a payment has now; undefined if they cannot be read. */
export async function listRefundIds(prepared: PreparedRequest, read: Read): Promise<string[] | undefined> {
  try {
    return (await read('payments.listRefunds', paymentIn(prepared))).map(({ id }) => id)
  } catch {
    return undefined
  }
}

/**
 * Compares the list of refunds with what it was before. Refunds have no reference, so if it is not known what the list was,
 * only a list that cannot hold this refund proves anything.
 */
async function findRefund(prepared: PreparedRequest, read: Read, { refundsBefore }: Known): Promise<FoundEffect> {
  const { amount } = JSON.parse(prepared.body ?? '{}') as { amount?: number }
  const refunds = await read('payments.listRefunds', paymentIn(prepared))
  const fresh = refunds.filter(({ id }) => !refundsBefore?.includes(id))
  if (fresh.length === 0) return ABSENT_SO_FAR
  if (amount !== undefined && refundsBefore) {
    // One refund may be listed in parts. Whatever is new without adding up may be a part of it.
    const cents = fresh.reduce((sum, refund) => sum + Math.round(Number(refund.amount) * 100), 0)
    return cents === Math.round(amount * 100) ? { kind: 'done', data: fresh } : UNCLEAR
  }
  if (amount !== undefined) {
    if (fresh.every((refund) => typeof refund.amount === 'number' && refund.amount !== amount)) return ABSENT_SO_FAR
    return UNCLEAR
  }
  if (fresh.length > 1) return UNCLEAR
  return statusOf(await read('payments.get', paymentIn(prepared))) === 'refunded' ? { kind: 'done', data: fresh } : UNCLEAR
}

/**
 * True if the search shows the witness: a payment that was made after an attempt had ended. Only then does it prove
 * something that the search does not show the payment of that attempt.
 */
export async function isIndexed(witness: number | string, read: Read): Promise<boolean> {
  try {
    const { id, payments, wallet_payment } = await read('payments.get', { advanced_payment_id: witness })
    const innerId = payments?.find((payment) => payment.id != null)?.id
    const reference = wallet_payment?.external_reference
    if (innerId == null && !reference) return false
    const filters = innerId == null ? { external_reference: String(reference) } : { 'payment.id': String(innerId) }
    return (await read('payments.search', filters)).results.some((payment) => payment.id === id)
  } catch {
    return false
  }
}
