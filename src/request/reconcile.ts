import { InvalidInputError, RefusedError, UnknownOutcomeError } from '../errors.ts'
import { requests } from '../operations/requests.ts'
import { checkPreparedRequest } from './check-prepared-request.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { findEffectOf, type SendOptions, sendChecked, unknownOutcome } from './send.ts'
import type { Transport } from './transport.ts'

/** What is known of a write after another look. */
export type Settlement<Data = unknown> =
  | {
      /** It took effect once; `data` is its answer. */
      outcome: 'done'
      data: Data
    }
  | {
      /** It took no effect; `error` says why. A new wish may get a new key. */
      outcome: 'not_done'
      error: RefusedError
    }
  | {
      /** Still not known. Keep the request, ask again later. */
      outcome: 'unknown'
      error: UnknownOutcomeError
    }

/**
 * Settles a write whose outcome is unknown, within one deadline: sends the same request again (same key, same bytes),
 * and where that does not answer, reads. Never makes a new key, and never repeats what nothing protects.
 *
 * `not_done` is said of what has arrived. A request that broke off on its way may arrive up to minutes later: if it left
 * just now, ask again before you believe it.
 *
 * @throws {InvalidInputError} it is not a prepared write
 */
export async function reconcile(transport: Transport, stored: PreparedRequest, options?: SendOptions): Promise<Settlement> {
  const prepared = checkPreparedRequest(stored)
  const { retry } = requests[prepared.operation]
  if (retry === 'read') {
    throw new InvalidInputError([{ path: 'operation', message: 'must be a write: a read has no outcome to settle' }])
  }
  const { clock, deadlineMs } = transport
  const sentAt = clock.date()
  const end = clock.now() + deadlineMs
  let failure: unknown
  try {
    if (retry !== 'never') return { outcome: 'done', data: (await sendChecked(transport, prepared, options)).data }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    failure = error
  }

  const effect = await findEffectOf(transport, prepared, end, options)
  if (effect.kind === 'done') return { outcome: 'done', data: effect.data }
  // A repeat that is refused while reading shows no effect: nothing happened. 422 and 409 speak of an effect.
  const isRefused = failure instanceof RefusedError && failure.status !== 422 && failure.status !== 409
  if (isRefused && effect.kind === 'absent') return { outcome: 'not_done', error: failure as RefusedError }
  if (failure instanceof UnknownOutcomeError) return { outcome: 'unknown', error: failure }
  const { status, attempts = 0 } = (failure ?? {}) as Partial<UnknownOutcomeError>
  return { outcome: 'unknown', error: unknownOutcome(prepared, { status, attempts, sentAt }) }
}
