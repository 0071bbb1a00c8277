import type { $Fetch } from 'ofetch'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import type { Clock } from './clock.ts'
import type { Verdict } from './judge.ts'

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
  clock: Clock
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
