import type { $Fetch } from 'ofetch'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import type { Clock } from './clock.ts'
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

/** Optional fields of a response that differ from the documentation. */
export interface DriftEvent {
  operation: OperationName
  issues: readonly Issue[]
}
