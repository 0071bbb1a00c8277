import type { $Fetch } from 'ofetch'
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
import { type OperationName, type RetryClass, requests } from '../operations/requests.ts'
import { isSendableToken, SENDABLE_TOKEN } from '../schema/fields.ts'
import { attempt, type Verdict } from './attempt.ts'
import { checkPreparedRequest } from './check-prepared-request.ts'
import { Cancelled, sleep, withDeadline } from './deadline.ts'
import { type FoundEffect, findEffect } from './find-effect.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { retryDelayMs } from './retry-policy.ts'

/** How requests leave: the client's options, resolved once. */
export interface Transport {
  fetch: $Fetch
  /** Origin and path prefix, without a slash at the end. */
  baseURL: string
  /** The access token or the proxy's ticket. */
  credential: string | (() => string | Promise<string>)
  timeoutMs: number
  deadlineMs: number
  maxRetries: number
  onAttempt?: ((event: AttemptEvent) => void) | undefined
  onDrift?: ((event: DriftEvent) => void) | undefined
}

/** One attempt, for logs and metrics. Holds nothing secret. */
export interface AttemptEvent {
  operation: OperationName
  /** From 1. */
  attempt: number
  idempotencyKey: string | null
  /** What came back: the resource, a refusal, "still being processed", "too many requests", or nothing readable. */
  verdict: Verdict['kind']
  status: number | undefined
  requestId: string | undefined
  durationMs: number
}

/** An answer that differs from the documentation where it does not matter. */
export interface DriftEvent {
  operation: OperationName
  issues: readonly Issue[]
}

/** What `send` resolves to. */
export interface Answer<Data = unknown> {
  data: Data
  /** HTTP status: 201 for a new payment, 200 for everything else. */
  status: number
  requestId: string | undefined
  /** Requests that left. */
  attempts: number
  idempotencyKey: string | null
  /** True if the effect is that of an earlier attempt with this key. */
  replayed: boolean
}

/** What goes with any call. */
export interface SendOptions {
  /** Ends the call at once, also while it waits. */
  signal?: AbortSignal | undefined
}

/**
 * Sends a prepared request until there is an answer, within the deadline: the same key and the same bytes each time.
 *
 * @throws {InvalidInputError} the request or the access token cannot be sent; nothing left
 * @throws {RefusedError} the API declined; nothing was done
 * @throws {UnavailableError} no answer, and certainly nothing was done
 * @throws {UnknownOutcomeError} a write that may have been done
 * @throws {InvalidResponseError} a read was answered with something else
 */
export async function send(transport: Transport, stored: PreparedRequest, options?: SendOptions): Promise<Answer> {
  return sendChecked(transport, checkPreparedRequest(stored), options)
}

/** `send` of a request that was prepared just now. */
export async function sendChecked(transport: Transport, prepared: PreparedRequest, options?: SendOptions): Promise<Answer> {
  const signal = readSignal(options)
  const sentAt = Date.now()
  const end = performance.now() + transport.deadlineMs
  const { credential } = transport
  const { operation, idempotencyKey } = prepared
  const { retry } = requests[operation]
  const accessToken = typeof credential === 'string' ? credential : await ask(credential, transport, operation, signal)
  // Set once an attempt of a write may have been executed; from then on no refusal is a plain one.
  let mayHaveMoved = false
  let last: Verdict | undefined

  for (let attempts = 0; ; ) {
    const fail = (cutShort?: Cancelled['reason']): WalletConnectError =>
      mayHaveMoved
        ? new UnknownOutcomeError({
            operation,
            idempotencyKey: idempotencyKey ?? '',
            status: last?.status,
            attempts,
            sentAt: new Date(sentAt).toISOString(),
          })
        : unanswered(operation, last, attempts, cutShort)

    const startedAt = performance.now()
    if (signal?.aborted) throw fail('aborted')
    if (startedAt >= end) throw fail('timeout')
    const timeoutMs = Math.min(transport.timeoutMs, end - startedAt)
    const { fetch, baseURL } = transport
    const verdict = await attempt({ fetch, baseURL, accessToken, prepared, timeoutMs, signal })
    attempts += 1
    last = verdict
    report(transport, prepared, attempts, verdict, startedAt)

    const { requestId } = verdict
    if (verdict.kind === 'answer') {
      const { data, status, replayed } = verdict
      return { data, status, requestId, attempts, idempotencyKey, replayed }
    }
    if (verdict.kind === 'refused') {
      const { kind, ...refusal } = verdict
      const refused = new RefusedError({ operation, ...refusal })
      if (!mayHaveMoved) throw refused
      if (retry !== 'state') throw fail()
      const evidence = await findEffectOf(transport, prepared, end, { signal })
      if (evidence.kind === 'absent') throw refused
      if (evidence.kind === 'unclear') throw fail()
      return { data: evidence.data, status: 200, requestId, attempts, idempotencyKey, replayed: true }
    }
    mayHaveMoved ||= retry !== 'read' && verdict.kind !== 'limited'

    const delayMs = retryDelayMs(attempts, honouredRetryAfter(verdict), Math.random())
    const isOver = attempts > transport.maxRetries || delayMs >= end - performance.now()
    if (isOver || !mayRepeat(retry, verdict)) throw fail()
    await sleep(delayMs, signal).catch(() => {
      throw fail('aborted')
    })
  }
}

/** Reads what became of a write, in what is left until `end`. */
export function findEffectOf(
  transport: Transport,
  prepared: PreparedRequest,
  end: number,
  options: SendOptions | undefined,
): Promise<FoundEffect> {
  return findEffect(prepared, (read) => sendChecked({ ...transport, deadlineMs: end - performance.now() }, read, options))
}

/** What the API did not answer may be asked again; what nobody there answers, such as a redirect, will not change. */
function mayRepeat(retry: RetryClass, verdict: Verdict): boolean {
  if (retry === 'never') return false
  if (verdict.kind !== 'lost') return true
  const { reason, status } = verdict
  const isAnswerable = status === undefined || (status >= 200 && status < 300) || status === 408 || status >= 500
  return reason !== 'aborted' && isAnswerable
}

/** `Retry-After` means something on 409, 429 and 503 only. */
function honouredRetryAfter({ status, retryAfterMs }: Verdict): number | undefined {
  return status === 409 || status === 429 || status === 503 ? retryAfterMs : undefined
}

/** The error of a call of which nothing was executed. */
function unanswered(
  operation: OperationName,
  last: Verdict | undefined,
  attempts: number,
  cutShort: Cancelled['reason'] | undefined,
): WalletConnectError {
  const { status, retryAfterMs } = last ?? {}
  if (last?.kind === 'lost' && last.reason === 'unreadable' && !cutShort) {
    return new InvalidResponseError({ operation, status: status ?? 0, issues: last.issues ?? [] })
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
    // Its own getter threw.
  }
  throw new InvalidInputError([{ path: 'signal', message: 'must be an AbortSignal' }])
}

/** What the caller's provider gives, in time and fit to be sent. */
async function ask(
  provider: () => string | Promise<string>,
  { deadlineMs }: Transport,
  operation: OperationName,
  signal: AbortSignal | undefined,
): Promise<string> {
  let token: unknown
  try {
    token = await withDeadline(deadlineMs, signal, async () => provider())
  } catch (error) {
    const reason = error instanceof Cancelled ? error.reason : 'network'
    throw new UnavailableError({ operation, reason, attempts: 0, status: undefined, retryAfterMs: undefined })
  }
  if (isSendableToken(token)) return token
  throw new InvalidInputError([{ path: 'accessToken', message: SENDABLE_TOKEN }])
}

function report(
  { onAttempt, onDrift }: Transport,
  { operation, idempotencyKey }: PreparedRequest,
  attempt: number,
  verdict: Verdict,
  startedAt: number,
): void {
  if (onAttempt) {
    const { kind, status, requestId } = verdict
    const durationMs = performance.now() - startedAt
    notify(onAttempt, { operation, attempt, idempotencyKey, verdict: kind, status, requestId, durationMs })
  }
  if (onDrift && verdict.kind === 'answer' && verdict.drift.length > 0) notify(onDrift, { operation, issues: verdict.drift })
}

/** A hook of the caller's must not decide about money: what it throws is dropped. */
function notify<Event>(hook: (event: Event) => void, event: Event): void {
  try {
    void Promise.resolve(hook(event)).catch(() => undefined)
  } catch {}
}
