import { InvalidInputError, RefusedError, UnknownOutcomeError } from '../errors.ts'
import { requests } from '../operations/requests.ts'
import { checkPreparedRequest } from './check-prepared-request.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { findEffectOf, type SendOptions, sendChecked, unknownOutcome } from './send.ts'
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

/**
 * Settles a write whose outcome is unknown, within one deadline: sends the same request again (same key, same bytes),
 * and if that does not settle it, reads. Never makes a new key, and never repeats a write of the class `never`.
 *
 * `not_done` covers only requests that have already arrived. A request whose connection broke may still arrive minutes
 * later: if it was sent just now, reconcile again before you rely on the result.
 *
 * @throws {InvalidInputError} the request is not a prepared write
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
  // Nothing happened if the repeat is refused and reads show no effect. But 422 and 409 suggest that there is an effect.
  const isRefused = failure instanceof RefusedError && failure.status !== 422 && failure.status !== 409
  if (isRefused && effect.kind === 'absent') return { outcome: 'not_done', error: failure as RefusedError }
  if (failure instanceof UnknownOutcomeError) return { outcome: 'unknown', error: failure }
  const { status, attempts = 0 } = (failure ?? {}) as Partial<UnknownOutcomeError>
  return { outcome: 'unknown', error: unknownOutcome(prepared, { status, attempts, sentAt }) }
}
