import type { WalletConnect } from '../client/wallet-connect.ts'
import { isWalletConnectError, RefusedError, UnknownOutcomeError } from '../errors.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/operation-types.ts'
import type { AdvancedPayment } from '../operations/payment.ts'
import { HOLDS_MONEY } from '../operations/payment-status.ts'
import { requests, type WriteName } from '../operations/requests.ts'
import { findEffect, isIndexed, type Read } from '../request/find-effect.ts'
import type { PreparedRequest } from '../request/prepared-request.ts'
import type { AttemptResult, LedgerEffect } from './state-machine.ts'

/** What an attempt at a write works with. */
export interface WriteAttempt {
  wallet: Pick<WalletConnect, 'prepare' | 'send'>
  prepared: PreparedRequest<WriteName>
  /** Ends the attempt before somebody else may begin one. */
  signal: AbortSignal
  refundsBefore: readonly string[] | undefined
  /** When the write was claimed, milliseconds since 1970. */
  claimedAt: number
  /** True if another write of the ledger has made this payment. */
  isOwnedByAnother(paymentId: string): Promise<boolean>
  /** True if another write of the same reference and amount is still open: a payment that is found may be that one's. */
  hasOpenTwin(): Promise<boolean>
  /** The id of a payment that was made after this write was given up. */
  findWitness(): Promise<string | undefined>
}

/** How an attempt ended, and what the caller is told if nothing was done. */
export interface AttemptReport {
  result: AttemptResult
  failure?: unknown
  /** Id of the payment or agreement that the answer is about. */
  resource?: string | undefined
}

const review = (reason: string): AttemptReport => ({ result: { kind: 'review', reason } })
const UNREACHABLE: AttemptReport = { result: { kind: 'unreachable' } }
const STILL_UNKNOWN: AttemptReport = { result: { kind: 'unknown', isSent: false } }

/** Sends the write. Never rejects. */
export async function sendWrite(attempt: WriteAttempt): Promise<AttemptReport> {
  const { wallet, prepared, signal, refundsBefore } = attempt
  try {
    const { data, mismatches } = await wallet.send(prepared, { signal, refundsBefore })
    if (mismatches.length > 0) return review('the answer is about something else than the request')
    return await reportDone(attempt, data)
  } catch (error) {
    if (error instanceof RefusedError && !isAboutAccess(error)) return { result: { kind: 'refused', answer: refusalOf(error) } }
    const isUnknown = !isWalletConnectError(error) || error instanceof UnknownOutcomeError
    return { result: isUnknown ? { kind: 'unknown', isSent: true } : { kind: 'no_effect' }, failure: error }
  }
}

/** Refused for the access token or the application, whatever the request was: it may be sent again once that is mended. */
const isAboutAccess = ({ status, apiCode }: RefusedError): boolean => status === 403 || (status === 401 && apiCode !== '401003')

/** Finds out what became of the write: reads first, and repeats it only where that is safe. Never rejects. */
export async function settleWrite(
  attempt: WriteAttempt,
  effect: Pick<Extract<LedgerEffect, { kind: 'settle' }>, 'mayRepeat' | 'isQuiet'>,
): Promise<AttemptReport> {
  const { operation } = attempt.prepared
  try {
    if (operation === 'payments.create') return await settlePayment(attempt, effect)
    if (operation === 'payments.refund') return await settleRefund(attempt, effect)
    if (requests[operation].retry === 'state') return await settleState(attempt)
    return review('Mercado Pago lists nothing that would show it')
  } catch (error) {
    return error instanceof RefusedError || error instanceof RangeError ? STILL_UNKNOWN : UNREACHABLE
  }
}

/** A state that is reached is proof, and to ask for it again changes nothing. */
async function settleState(attempt: WriteAttempt): Promise<AttemptReport> {
  const effect = await findEffect(attempt.prepared, readerOf(attempt))
  if (effect.kind === 'done') return reportDone(attempt, effect.data)
  return repeat(attempt, () => effect.kind === 'absent' && effect.isFinal)
}

/** The list of refunds is compared with what it was. A repeat is safe once no earlier request can arrive any more. */
async function settleRefund(attempt: WriteAttempt, { mayRepeat, isQuiet }: { mayRepeat: boolean; isQuiet: boolean }) {
  const { prepared, refundsBefore } = attempt
  let hasFailed = false
  const read: Read = (name, input) =>
    readerOf(attempt)(name, input).catch((error) => {
      hasFailed = !(error instanceof RefusedError)
      throw error
    })
  const effect = await findEffect(prepared, read, { refundsBefore })
  if (effect.kind === 'done') return reportDone(attempt, effect.data)
  if (effect.kind === 'unclear') return hasFailed ? UNREACHABLE : STILL_UNKNOWN
  return mayRepeat && isQuiet ? repeat(attempt, () => true) : STILL_UNKNOWN
}

async function settlePayment(attempt: WriteAttempt, { mayRepeat, isQuiet }: { mayRepeat: boolean; isQuiet: boolean }) {
  const found = await searchPayment(attempt)
  if (typeof found === 'object' && !(await attempt.hasOpenTwin())) return reportDone(attempt, found)
  const proveAbsence = async (): Promise<boolean> => {
    if (!isQuiet || found !== 'absent') return false
    const witness = await attempt.findWitness()
    // The witness first: what it shows of the index must not be newer than the search that does not show the payment.
    if (witness === undefined || !(await isIndexed(witness, readerOf(attempt)))) return false
    return (await searchPayment(attempt)) === 'absent'
  }
  if (mayRepeat) return repeat(attempt, proveAbsence)
  return (await proveAbsence()) ? { result: { kind: 'refused' as const, answer: JSON.stringify({}) } } : STILL_UNKNOWN
}

/**
 * Sends the same request again.
 *
 * @param isProved whether a refusal of the repeat can be believed: by itself it says nothing of the attempts before
 */
async function repeat(attempt: WriteAttempt, isProved: () => Promise<boolean> | boolean): Promise<AttemptReport> {
  const report = await sendWrite(attempt)
  if (report.result.kind === 'no_effect') return report.failure instanceof RefusedError ? STILL_UNKNOWN : UNREACHABLE
  if (report.result.kind !== 'refused') return report
  return (await isProved()) ? report : STILL_UNKNOWN
}

/**
 * Looks for one payment of the same reference and amount that holds money, was made no earlier than the write, and is not
 * that of another write.
 */
async function searchPayment(attempt: WriteAttempt): Promise<AdvancedPayment | 'absent' | 'unclear'> {
  const { prepared, claimedAt, isOwnedByAnother } = attempt
  const { external_reference, transaction_amount } = JSON.parse(prepared.body ?? '{}').wallet_payment ?? {}
  if (!external_reference) return 'unclear'
  const { results, paging } = await readerOf(attempt)('payments.search', { external_reference })
  const isComplete = typeof paging?.total === 'number' && paging.total <= results.length
  const candidates: AdvancedPayment[] = []
  let isReadable = true
  for (const payment of results) {
    const { transaction_amount: amount, external_reference: reference } = payment.wallet_payment ?? {}
    if (typeof amount !== 'number' || String(reference) !== external_reference) isReadable = false
    // One that seems to be older than the write may be so by a clock that was wrong: it proves neither.
    else if (amount === transaction_amount && !(await isOwnedByAnother(String(payment.id)))) candidates.push(payment)
  }
  const [found, ...others] = candidates
  if (!found) return isComplete && isReadable ? 'absent' : 'unclear'
  const status = found.status ?? found.payments?.[0]?.status ?? ''
  return others.length === 0 && HOLDS_MONEY.includes(status) && !isOlder(found, claimedAt) ? found : 'unclear'
}

/** How far the clock of Mercado Pago may be behind ours. */
const MAX_SKEW_MS = 10 * 60_000

function isOlder({ date_created }: AdvancedPayment, claimedAt: number): boolean {
  const createdAt = Date.parse(date_created ?? '')
  return createdAt < claimedAt - MAX_SKEW_MS
}

/** Done, if the answer is about what was asked. */
async function reportDone(attempt: WriteAttempt, data: unknown): Promise<AttemptReport> {
  const { operation } = attempt.prepared
  if (operation === 'payments.create') {
    const { id } = data as AdvancedPayment
    if (!isAbout(attempt.prepared, data as AdvancedPayment)) {
      // An answer may leave out what it is about; the payment itself has to say it.
      const payment = await readerOf(attempt)('payments.get', { advanced_payment_id: id }).catch(() => undefined)
      if (!payment || !isAbout(attempt.prepared, payment)) {
        return review(`payment ${id} does not have the reference and amount of the request`)
      }
    }
    if (await attempt.isOwnedByAnother(String(id))) return review(`payment ${id} is that of another write`)
  }
  const answer = JSON.stringify({ data })
  return { result: { kind: 'done', answer }, resource: resourceOf(operation, data) }
}

function isAbout({ body }: PreparedRequest, { wallet_payment }: AdvancedPayment): boolean {
  const { external_reference, transaction_amount } = JSON.parse(body ?? '{}').wallet_payment ?? {}
  const isSameReference = external_reference === undefined || String(wallet_payment?.external_reference) === external_reference
  return isSameReference && wallet_payment?.transaction_amount === transaction_amount
}

function resourceOf(operation: WriteName, data: unknown): string | undefined {
  const { id, agreement_id } = (data ?? {}) as { id?: number | string; agreement_id?: string }
  if (operation === 'agreements.create') return agreement_id
  return operation === 'payments.create' && id !== undefined ? String(id) : undefined
}

/** A refusal as it is stored. */
const refusalOf = ({ operation, status, apiCode, apiMessage, causes, requestId }: RefusedError): string =>
  JSON.stringify({ refusal: { operation, status, apiCode, apiMessage, causes, requestId } })

/** Ids of the refunds that the payment has now. @throws the errors of a read */
export async function listRefunds(attempt: WriteAttempt): Promise<string[]> {
  const [, advanced_payment_id = ''] = /\/advanced_payments\/([^/?]+)/.exec(attempt.prepared.path) ?? []
  return (await readerOf(attempt)('payments.listRefunds', { advanced_payment_id })).map(({ id }) => id)
}

function readerOf({ wallet, signal }: WriteAttempt): Read {
  return async <Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> => {
    const { data, mismatches } = await wallet.send(wallet.prepare(name, input), { signal })
    if (mismatches.length > 0) throw new RangeError('the answer is about something else')
    return data
  }
}
