import {
  InvalidInputError,
  InvalidResponseError,
  RefusedError,
  UnavailableError,
  type UnavailableReason,
  UnknownOutcomeError,
  type WalletConnectError,
} from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import { requests } from '../operations/requests.ts'
import { isSendableToken, SENDABLE_TOKEN } from '../schema/fields.ts'
import { attempt } from './attempt.ts'
import { checkPreparedRequest } from './check-prepared-request.ts'
import { Cancelled, sleep, withDeadline } from './deadline.ts'
import { type FoundEffect, findEffect } from './find-effect.ts'
import type { Verdict } from './judge.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { mayHaveBeenExecuted, nextStep, retryDelayMs } from './retry-policy.ts'
import type { Transport } from './transport.ts'

/** What `send` resolves to. */
export interface Answer<Data = unknown> {
  data: Data
  /** HTTP status: 201 for a new payment, 200 for everything else. */
  status: number
  requestId: string | undefined
  /** How many requests were sent. */
  attempts: number
  idempotencyKey: string | null
  /** True if an earlier request with this key had already taken effect. */
  replayed: boolean
}

/** Options of every call. */
export interface SendOptions {
  /** Ends the call at once when it aborts, even while it waits between attempts. */
  signal?: AbortSignal | undefined
}

/**
 * Sends a prepared request until there is an answer, within the deadline: the same key and the same bytes each time.
 *
 * @throws {InvalidInputError} the request or the access token is not valid; nothing was sent
 * @throws {RefusedError} the API declined; nothing was done
 * @throws {UnavailableError} there was no usable answer, and certainly nothing was done
 * @throws {UnknownOutcomeError} a write may have been done
 * @throws {InvalidResponseError} the response to a read is not the documented resource
 */
export async function send(transport: Transport, stored: PreparedRequest, options?: SendOptions): Promise<Answer> {
  return sendChecked(transport, checkPreparedRequest(stored), options)
}

/** Does what `send` does, for a request that has been checked or was just prepared. */
export async function sendChecked(transport: Transport, prepared: PreparedRequest, options?: SendOptions): Promise<Answer> {
  const signal = readSignal(options)
  const { clock, maxRetries } = transport
  const sentAt = clock.date()
  const end = clock.now() + transport.deadlineMs
  const { operation, idempotencyKey } = prepared
  const { retry } = requests[operation]
  const accessToken = await resolveToken(transport, operation, signal)
  // True once an attempt of a write may have been executed. A later refusal then no longer proves that nothing was done.
  let mayHaveMoved = false
  let last: Verdict | undefined

  for (let attempts = 0; ; ) {
    const fail = (cutShort?: Cancelled['reason']): WalletConnectError =>
      mayHaveMoved
        ? unknownOutcome(prepared, { status: last?.status, attempts, sentAt })
        : unavailable({ operation, last, attempts, cutShort })

    const startedAt = clock.now()
    if (signal?.aborted) throw fail('aborted')
    if (startedAt >= end) throw fail('timeout')
    const timeoutMs = Math.min(transport.timeoutMs, end - startedAt)
    const verdict = await attempt(transport, { accessToken, prepared, timeoutMs, signal })
    attempts += 1
    last = verdict
    report(transport, { prepared, attempt: attempts, verdict, durationMs: clock.now() - startedAt })

    const { requestId } = verdict
    const next = nextStep(verdict, retry, mayHaveMoved)
    if (verdict.kind === 'answer') {
      const { data, status, replayed } = verdict
      return { data, status, requestId, attempts, idempotencyKey, replayed }
    }
    if (verdict.kind === 'refused') {
      const { kind, ...refusal } = verdict
      const refused = new RefusedError({ operation, ...refusal })
      if (next === 'refuse') throw refused
      if (next !== 'find') throw fail()
      const effect = await findEffectOf(transport, prepared, end, { signal })
      if (effect.kind === 'absent') throw refused
      if (effect.kind === 'unclear') throw fail()
      return { data: effect.data, status: 200, requestId, attempts, idempotencyKey, replayed: true }
    }
    mayHaveMoved ||= retry !== 'read' && mayHaveBeenExecuted(verdict)

    const delayMs = retryDelayMs(attempts, verdict, clock.random())
    const isOver = attempts > maxRetries || delayMs >= end - clock.now()
    if (isOver || next !== 'repeat') throw fail()
    await sleep({ ms: delayMs, signal, clock }).catch(() => {
      throw fail('aborted')
    })
  }
}

/** Finds out by reads whether a write took effect, in the time that is left until `end`. */
export function findEffectOf(
  transport: Transport,
  prepared: PreparedRequest,
  end: number,
  options: SendOptions | undefined,
): Promise<FoundEffect> {
  const inTimeLeft = (): Transport => ({ ...transport, deadlineMs: end - transport.clock.now() })
  return findEffect(prepared, (read) => sendChecked(inTimeLeft(), read, options))
}

/** The error for a write that may have been executed. */
export function unknownOutcome(
  { operation, idempotencyKey }: PreparedRequest,
  { status, attempts, sentAt }: { status: number | undefined; attempts: number; sentAt: number },
): UnknownOutcomeError {
  const key = idempotencyKey ?? ''
  return new UnknownOutcomeError({ operation, idempotencyKey: key, status, attempts, sentAt: new Date(sentAt).toISOString() })
}

/** The error for a call without a usable answer, of which nothing was executed. */
function unavailable({
  operation,
  last,
  attempts,
  cutShort,
}: {
  operation: OperationName
  last: Verdict | undefined
  attempts: number
  cutShort: Cancelled['reason'] | undefined
}): WalletConnectError {
  const { status, retryAfterMs } = last ?? {}
  if (last?.kind === 'lost' && last.reason === 'unreadable' && !cutShort) {
    return new InvalidResponseError({ operation, status: status ?? 0, issues: last.issues })
  }
  return new UnavailableError({ operation, reason: cutShort ?? unavailableReason(last), status, attempts, retryAfterMs })
}

function unavailableReason(verdict: Verdict | undefined): UnavailableReason {
  if (verdict?.kind === 'limited') return 'rate_limited'
  if (verdict?.kind !== 'lost' || verdict.reason === 'unreadable') return 'server'
  return verdict.reason
}

function readSignal(options: SendOptions | undefined): AbortSignal | undefined {
  try {
    const { signal } = options ?? {}
    const isSignal =
      typeof signal?.aborted === 'boolean' &&
      typeof signal.addEventListener === 'function' &&
      typeof signal.removeEventListener === 'function'
    if (signal === undefined || isSignal) return signal
  } catch {
    // A getter of the options or of the signal threw.
  }
  throw new InvalidInputError([{ path: 'signal', message: 'must be an AbortSignal' }])
}

/** The access token, from the caller's function if there is one: checked, and within the deadline. */
async function resolveToken(
  { credential, deadlineMs, clock }: Transport,
  operation: OperationName,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (typeof credential === 'string') return credential
  let token: unknown
  try {
    token = await withDeadline({ ms: deadlineMs, signal, clock }, async () => credential())
  } catch (error) {
    const reason = error instanceof Cancelled ? error.reason : 'network'
    throw new UnavailableError({ operation, reason, attempts: 0, status: undefined, retryAfterMs: undefined })
  }
  if (isSendableToken(token)) return token
  throw new InvalidInputError([{ path: 'accessToken', message: SENDABLE_TOKEN }])
}

/** Calls `onAttempt` and `onDrift`. */
function report(
  { onAttempt, onDrift }: Transport,
  event: { prepared: PreparedRequest; attempt: number; verdict: Verdict; durationMs: number },
): void {
  const { prepared, attempt, verdict, durationMs } = event
  const { operation, idempotencyKey } = prepared
  if (onAttempt) {
    const { kind, status, requestId } = verdict
    notify(onAttempt, { operation, attempt, idempotencyKey, verdict: kind, status, requestId, durationMs })
  }
  if (onDrift && verdict.kind === 'answer' && verdict.drift.length > 0) notify(onDrift, { operation, issues: verdict.drift })
}

/** Calls a hook and ignores what it throws: a hook must not change the result of a payment. */
function notify<Event>(hook: (event: Event) => void, event: Event): void {
  try {
    void Promise.resolve(hook(event)).catch(() => undefined)
  } catch {}
}
