import { InvalidInputError, RefusedError, UnknownOutcomeError } from './errors.ts'
import { readEvidence, walletPayment } from './evidence.ts'
import { checkPrepared, type PreparedRequest } from './prepared-request.ts'
import { type Answer, type SendOptions, send, type Transport } from './send.ts'

/** What is known of a write after another look. */
export type Settlement<Data = unknown> =
  /** It took effect once; `data` is its answer. */
  | { outcome: 'done'; data: Data }
  /** It took no effect; `error` says why. A new wish may get a new key. */
  | { outcome: 'not_done'; error: RefusedError }
  /** Still not known. Keep the request, ask again later. */
  | { outcome: 'unknown'; error: UnknownOutcomeError }

/**
 * Settles a write whose outcome is unknown: sends the same request again (same key, same bytes), and where that does
 * not answer, reads. Never makes a new key.
 *
 * @throws {InvalidInputError} it is not a prepared write
 */
export async function reconcile(transport: Transport, prepared: PreparedRequest, options: SendOptions = {}): Promise<Settlement> {
  if (checkPrepared(prepared).retry === 'read') {
    throw new InvalidInputError([{ path: 'operation', message: 'must be a write: a read has no outcome to settle' }])
  }
  const sentAt = new Date().toISOString()
  let failure: unknown
  try {
    return { outcome: 'done', data: (await send(transport, prepared, options)).data }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    failure = error
  }

  const evidence = await readEvidence(prepared, (read): Promise<Answer> => send(transport, read, options))
  if (evidence.kind === 'done') return { outcome: 'done', data: evidence.data }
  if (failure instanceof RefusedError && provesNothingHappened(prepared, failure, evidence.kind === 'absent')) {
    return { outcome: 'not_done', error: failure }
  }
  if (failure instanceof UnknownOutcomeError) return { outcome: 'unknown', error: failure }
  const { status, attempts = 0 } = failure as Partial<UnknownOutcomeError>
  const { operation, idempotencyKey } = prepared
  const error = new UnknownOutcomeError({ operation, idempotencyKey: idempotencyKey ?? '', status, attempts, sentAt })
  return { outcome: 'unknown', error }
}

/**
 * A repeat that is refused while reading shows no effect: nothing happened. Where there is nothing to read by, only a
 * plain 400 counts: the API answers the repeat of a key that has a payment with that payment.
 */
function provesNothingHappened(
  { operation, body }: PreparedRequest,
  { status, apiCode }: RefusedError,
  isAbsent: boolean,
): boolean {
  if (status === 422 || status === 409) return false
  const isUnreadable = operation === 'payments.create' && !walletPayment(body).external_reference
  return isAbsent || (isUnreadable && status === 400 && apiCode !== '400136')
}
