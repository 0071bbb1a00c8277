import * as v from 'valibot'
import { InvalidInputError, RefusedError, UnknownOutcomeError } from '../errors.ts'
import { AdvancedPaymentIdSchema } from '../operations/payment.ts'
import { requests } from '../operations/requests.ts'
import { checkPreparedRequest } from './check-prepared-request.ts'
import { findEffect, isIndexed } from './find-effect.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { inTimeLeft, readerUntil, type SendPreparedOptions, sendChecked, unknownOutcome } from './send.ts'
import type { Transport } from './transport.ts'

/** What `reconcile` found out about a write. */
export type Settlement<Data = unknown> =
  | {
      /** The write took effect, once; `data` is its result. */
      outcome: 'done'
      data: Data
    }
  | {
      /** The write took no effect; `error` says why. A new attempt may use a new key. */
      outcome: 'not_done'
      error: RefusedError
    }
  | {
      /** Still not known. Keep the request and reconcile it again later. */
      outcome: 'unknown'
      error: UnknownOutcomeError
    }

/** What goes with `reconcile`. */
export interface ReconcileOptions extends SendPreparedOptions {
  /**
   * The id of a payment that was made after the last attempt had ended, two minutes or more. If the search shows it, then
   * it proves something that the search does not show the payment of this request, and that no request is under way any more.
   */
  witness?: number | string | undefined
}

/**
 * Settles a write whose outcome is unknown, within one deadline: sends the same request again (same key, same bytes), and
 * if that does not settle it, reads. A refund is read first. Never makes a new key, and never repeats a write of the class
 * `never`.
 *
 * `not_done` needs proof: a refusal of the repeat does not say what became of the first attempt, and a search may show
 * payments late. Proof is a state that excludes the effect, a refusal that is about the bytes of the request, or the `witness`:
 * the search shows it and not the payment, or the list of refunds does not hold the refund. Without proof it is `unknown`.
 *
 * @throws {InvalidInputError} the request is not a prepared write
 */
export async function reconcile(
  transport: Transport,
  stored: PreparedRequest,
  options: ReconcileOptions = {},
): Promise<Settlement> {
  const prepared = checkPreparedRequest(stored)
  const { operation } = prepared
  const { retry } = requests[operation]
  if (retry === 'read') {
    throw new InvalidInputError([{ path: 'operation', message: 'must be a write: a read has no outcome to settle' }])
  }
  const { clock, deadlineMs } = transport
  const { signal, refundsBefore, witness } = options
  if (witness !== undefined && !v.is(AdvancedPaymentIdSchema, witness)) {
    throw new InvalidInputError([{ path: 'witness', message: 'must be the id of an advanced payment' }])
  }
  if (refundsBefore !== undefined && !(Array.isArray(refundsBefore) && refundsBefore.every((id) => typeof id === 'string'))) {
    throw new InvalidInputError([{ path: 'refundsBefore', message: 'must be a list of ids, as strings' }])
  }
  const sentAt = clock.date()
  const end = clock.now() + deadlineMs
  const read = readerUntil(end, transport, prepared, signal)
  const unknown = (failure?: Partial<UnknownOutcomeError>): Settlement => {
    const { status, attempts = 0 } = failure ?? {}
    return { outcome: 'unknown', error: unknownOutcome(prepared, { status, attempts, sentAt }) }
  }
  if (operation === 'payments.refund') {
    const effect = await findEffect(prepared, read, { refundsBefore })
    if (effect.kind === 'done') return { outcome: 'done', data: effect.data }
    if (effect.kind === 'unclear') return unknown()
  }

  let failure: unknown
  try {
    if (retry !== 'never') {
      const { data, mismatches } = await sendChecked(inTimeLeft(transport, end), prepared, { signal, refundsBefore })
      return mismatches.length === 0 ? { outcome: 'done', data } : unknown()
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    failure = error
  }
  // The witness first: what it shows of the index must not be newer than the search that does not show the payment.
  const isWitnessed = witness !== undefined && (await isIndexed(witness, read))
  const effect = await findEffect(prepared, read, { refundsBefore })
  if (effect.kind === 'done') return { outcome: 'done', data: effect.data }
  if (failure instanceof RefusedError && effect.kind === 'absent') {
    const isProved = effect.isFinal || isWitnessed || isAboutTheBytes(failure)
    if (isProved && isPlain(failure)) return { outcome: 'not_done', error: failure }
  }
  return failure instanceof UnknownOutcomeError ? { outcome: 'unknown', error: failure } : unknown(failure as never)
}

/** 422 and 409 suggest that there is an effect. */
const isPlain = ({ status }: RefusedError): boolean => status !== 422 && status !== 409

/**
 * The codes for a field that is missing or malformed, in the numbered catalogue of errors of 2019: the same bytes would
 * have been refused at the first attempt too.
 */
const ABOUT_THE_BYTES = /^400?0(?:14|16|17|19|2[0-9]|30|31|43|46|53|55|58)$/

const isAboutTheBytes = ({ status, apiCode }: RefusedError): boolean => status === 400 && ABOUT_THE_BYTES.test(apiCode ?? '')
