import type { $Fetch } from 'ofetch'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import type { Clock } from './clock.ts'
import type { AbortListeners } from './deadline.ts'
import type { Verdict } from './judge.ts'

/** How requests are sent: the client's options, resolved once. */
export interface Transport {
  fetch: $Fetch
  /** Origin and path prefix, without a trailing slash. */
  baseURL: string
  /** The access token or the proxy's ticket. */
  credential: string | (() => string | Promise<string>)
  timeoutMs: number
  deadlineMs: number
  maxRetries: number
  clock: Clock
  aborts: AbortListeners
  /** What keeps a cache around `fetch` from answering a read; empty if the runtime refuses it. */
  freshRead: { cache?: 'no-store' }
  onAttempt?: ((event: AttemptEvent) => void) | undefined
  onDrift?: ((event: DriftEvent) => void) | undefined
}

/** One attempt of a call, for logs and metrics. Holds nothing secret. */
export interface AttemptEvent {
  operation: OperationName
  /** Number of the attempt, from 1. */
  attempt: number
  idempotencyKey: string | null
  /** What the attempt means: the resource, a refusal, still being processed, too many requests, or no readable response. */
  verdict: Verdict['kind']
  status: number | undefined
  requestId: string | undefined
  durationMs: number
}

/** What differs in a response: optional fields from the documentation, or the answer from what was asked. */
export interface DriftEvent {
  operation: OperationName
  issues: readonly Issue[]
  /** True if the answer is about something else than the request: another id, reference or amount. Do not act on it. */
  essential: boolean
}
