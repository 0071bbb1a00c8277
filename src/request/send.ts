import {
  InvalidInputError,
  InvalidResponseError,
  type Issue,
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
import { findEffect, type Known, listRefundIds, type Read } from './find-effect.ts'
import type { Verdict } from './judge.ts'
import { findMismatches } from './mismatch.ts'
import { type PreparedRequest, prepare } from './prepared-request.ts'
import { mayHaveBeenExecuted, nextStep, retryDelayMs } from './retry-policy.ts'
import type { DriftEvent, Transport } from './transport.ts'

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
  /** What shows that the answer is about something else than the request: another id, reference or amount. Usually empty. */
  mismatches: readonly Issue[]
}

/** Options of every call. */
export interface SendOptions {
  /** Ends the call at once when it aborts, even while it waits between attempts. */
  signal?: AbortSignal | undefined
}

/** Options of sending a prepared request. */
export interface SendPreparedOptions extends SendOptions {
  /** For a refund: ids of the refunds that the payment had before the first attempt; read when left out. */
  refundsBefore?: readonly string[] | undefined
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
export async function send(transport: Transport, stored: PreparedRequest, options?: SendPreparedOptions): Promise<Answer> {
  return sendChecked(transport, checkPreparedRequest(stored), options)
}

/** Does what `send` does, for a request that has been checked or was just prepared. */
export async function sendChecked(
  transport: Transport,
  prepared: PreparedRequest,
  options?: SendPreparedOptions,
): Promise<Answer> {
  const signal = readSignal(options)
  const { clock, aborts, maxRetries } = transport
  const sentAt = clock.date()
  const end = clock.now() + transport.deadlineMs
  const { operation, idempotencyKey } = prepared
  const { retry } = requests[operation]
  const accessToken = await resolveToken(transport, operation, signal)
  // True once an attempt of a write may have been executed. A later refusal then no longer proves that nothing was done.
  let mayHaveMoved = false
  let last: Verdict | undefined
  const read = readerUntil(end, transport, prepared, signal)
  const known: Known = { refundsBefore: options?.refundsBefore }
  if (operation === 'payments.refund') known.refundsBefore ??= await listRefundIds(prepared, read)

  for (let attempts = 0; ; ) {
    const fail = (cutShort?: Cancelled['reason']): WalletConnectError =>
      mayHaveMoved
        ? unknownOutcome(prepared, { status: last?.status, attempts, sentAt })
        : unavailable({ operation, last, attempts, cutShort })

    const answerWith = (data: unknown, status: number, replayed: boolean): Answer => {
      const mismatches = findMismatches(prepared, data)
      if (mismatches.length > 0) reportDrift(transport, { operation, issues: mismatches, essential: true })
      return { data, status, requestId: last?.requestId, attempts, idempotencyKey, replayed, mismatches }
    }

    const startedAt = clock.now()
    if (signal?.aborted) throw fail('aborted')
    if (startedAt >= end) throw fail('timeout')
    const timeoutMs = Math.min(transport.timeoutMs, end - startedAt)
    const verdict = await attempt(transport, { accessToken, prepared, timeoutMs, signal })
    attempts += 1
    last = verdict
    report(transport, { prepared, attempt: attempts, verdict, durationMs: clock.now() - startedAt })

    const next = nextStep(verdict, operation, mayHaveMoved)
    if (verdict.kind === 'answer') return answerWith(verdict.data, verdict.status, verdict.replayed)
    if (verdict.kind === 'refused') {
      const { kind, ...refusal } = verdict
      const refused = new RefusedError({ operation, ...refusal })
      if (next === 'refuse') throw refused
      if (next !== 'find') throw fail()
      const effect = await findEffect(prepared, read, known)
      // What is refused alike to write and to read was refused for its credential or its id, before it could do anything.
      const isRefusedAlike = !mayHaveMoved && effect.kind === 'unclear' && isSame(effect.refusal, refused)
      // A lost attempt may still arrive.
      const isAbsent = effect.kind === 'absent' && (effect.isFinal || !mayHaveMoved)
      if (isAbsent || isRefusedAlike) throw refused
      // From here on, not even the refusal says that nothing was done.
      mayHaveMoved = true
      if (effect.kind !== 'done') throw fail()
      return answerWith(effect.data, 200, true)
    }
    mayHaveMoved ||= retry !== 'read' && mayHaveBeenExecuted(verdict)

    const delayMs = retryDelayMs(attempts, verdict, clock.random())
    const isOver = attempts > maxRetries || delayMs >= end - clock.now()
    if (isOver || !next.endsWith('repeat')) throw fail()
    await sleep({ ms: delayMs, signal, clock, aborts }).catch(() => {
      throw fail('aborted')
    })
    if (next !== 'find_then_repeat') continue
    const effect = await findEffect(prepared, read, known)
    if (effect.kind === 'unclear') throw fail()
    if (effect.kind === 'done') return answerWith(effect.data, 200, true)
  }
}

const isSame = (a: RefusedError | undefined, b: RefusedError): boolean =>
  a?.status === b.status && a.apiCode === b.apiCode && a.apiMessage === b.apiMessage

/** The transport, for a call that must be over at `end`. */
export const inTimeLeft = (transport: Transport, end: number): Transport => ({
  ...transport,
  deadlineMs: end - transport.clock.now(),
})

/** Makes reads about `prepared`, for the same platform, in the time that is left until `end`. */
export function readerUntil(end: number, transport: Transport, prepared: PreparedRequest, signal: AbortSignal | undefined): Read {
  const platformId = prepared.headers['x-platform-id']
  return async (name, input) => {
    const { data, mismatches } = await sendChecked(inTimeLeft(transport, end), prepare(name, input, { platformId }), { signal })
    // What is about something else shows nothing. The caller takes it as a read that failed.
    if (mismatches.length > 0) throw new TypeError('the answer is about something else')
    return data as never
  }
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
  { credential, deadlineMs, clock, aborts }: Transport,
  operation: OperationName,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (typeof credential === 'string') return credential
  let token: unknown
  try {
    token = await withDeadline({ ms: deadlineMs, signal, clock, aborts }, async () => credential())
  } catch (error) {
    const reason = error instanceof Cancelled ? error.reason : 'network'
    throw new UnavailableError({ operation, reason, attempts: 0, status: undefined, retryAfterMs: undefined })
  }
  if (isSendableToken(token)) return token
  throw new InvalidInputError([{ path: 'accessToken', message: SENDABLE_TOKEN }])
}

/** Calls `onAttempt` and `onDrift`. */
function report(
  transport: Transport,
  event: { prepared: PreparedRequest; attempt: number; verdict: Verdict; durationMs: number },
): void {
  const { prepared, attempt, verdict, durationMs } = event
  const { operation, idempotencyKey } = prepared
  const { onAttempt } = transport
  if (onAttempt) {
    const { kind, status, requestId } = verdict
    notify(onAttempt, { operation, attempt, idempotencyKey, verdict: kind, status, requestId, durationMs })
  }
  if (verdict.kind === 'answer' && verdict.drift.length > 0)
    reportDrift(transport, { operation, issues: verdict.drift, essential: false })
}

function reportDrift({ onDrift }: Transport, event: DriftEvent): void {
  if (onDrift) notify(onDrift, event)
}

/** Calls a hook and ignores what it throws: a hook must not change the result of a payment. */
function notify<Event>(hook: (event: Event) => void, event: Event): void {
  try {
    void Promise.resolve(hook(event)).catch(() => undefined)
  } catch {}
}
