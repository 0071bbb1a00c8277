import * as v from 'valibot'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import { type ResponseSpec, responses } from '../operations/responses.ts'
import { describeIssues } from '../schema/describe-issues.ts'
import { isEssential } from '../schema/schema-path.ts'
import { type ErrorResponse, readErrorResponse, redact } from './error-response.ts'

/** What is known of every attempt. */
interface Evidence {
  status: number | undefined
  requestId: string | undefined
  /** What `Retry-After` asks for. */
  retryAfterMs: number | undefined
}

/** What one attempt showed. */
export type Verdict =
  /** The resource. */
  | (Evidence & { kind: 'answer'; status: number; data: unknown; drift: readonly Issue[]; replayed: boolean })
  /** Declined: this attempt did nothing. */
  | (Evidence & { kind: 'refused'; status: number } & ErrorResponse)
  /** The same request is still being processed. */
  | (Evidence & { kind: 'busy' })
  /** Not executed: too many requests. */
  | (Evidence & { kind: 'limited' })
  /** No readable answer: it may have been executed or not. */
  | Lost

/** An attempt without a readable answer. */
export interface Lost extends Evidence {
  kind: 'lost'
  reason: 'network' | 'timeout' | 'aborted' | 'server' | 'unreadable'
  issues: readonly Issue[]
}

/** An attempt that brought no response, or only its status. */
export const lostWithout = (reason: Lost['reason'], status?: number): Lost =>
  lost({ status, requestId: undefined, retryAfterMs: undefined }, reason)

const lost = (evidence: Evidence, reason: Lost['reason'], issues: readonly Issue[] = []): Lost => ({
  ...evidence,
  kind: 'lost',
  reason,
  issues,
})

/** One HTTP response, read to its end. */
export interface ReceivedResponse {
  status: number
  headers: Pick<Headers, 'get'>
  /** The text of the body; undefined if it is too long or not UTF-8. */
  text: string | undefined
}

/** What judging needs besides the response. */
export interface JudgeContext {
  operation: OperationName
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  now: number
  /** What was sent and must not be repeated, should the API quote it. */
  secrets: () => string[]
}

/** Says what one response means. What follows from it is up to `retry-policy.ts`. */
export function judge({ status, headers, text }: ReceivedResponse, { operation, now, secrets }: JudgeContext): Verdict {
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), now)
  const evidence = { status, requestId: readRequestId(headers, secrets), retryAfterMs }
  if (!Number.isInteger(status)) return lost({ ...evidence, status: undefined }, 'unreadable', [NO_ANSWER])
  if (status < 200 || status > 599 || (status >= 300 && status < 400)) return lost(evidence, 'unreadable', [NO_ANSWER])
  const json = parseJson(text)
  if (status < 300 && !json.ok) return lost(evidence, 'unreadable', [json.issue])
  if (status < 300 && json.ok) return readResource(operation, json.value, evidence, headers)
  if (status >= 500 || status === 408) return lost(evidence, 'server')
  if (status === 429) return { ...evidence, kind: 'limited' }
  const response = readErrorResponse(json.ok ? json.value : undefined, secrets())
  // A conflict that cannot be read may be the one that says "still being processed".
  const isInProgress = !json.ok || [response.apiCode, ...response.causes.map(({ code }) => code)].includes('401001')
  if (status === 423 || (status === 409 && isInProgress)) return { ...evidence, kind: 'busy' }
  return { ...evidence, ...response, kind: 'refused' }
}

const NO_ANSWER: Issue = { path: '', message: 'is not an answer of the API' }

type Parsed = { ok: true; value: unknown } | { ok: false; issue: Issue }

function parseJson(text: string | undefined): Parsed {
  if (text === undefined) return { ok: false, issue: { path: '', message: 'is too long or not UTF-8' } }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return text.trim() === '' ? { ok: true, value: undefined } : { ok: false, issue: { path: '', message: 'is not JSON' } }
  }
}

/** The resource in a 2xx. A field that the resource can do without may differ: it is kept as it came, and reported. */
function readResource(
  operation: OperationName,
  value: unknown,
  evidence: Evidence & { status: number },
  headers: Pick<Headers, 'get'>,
): Verdict {
  const { output, createdStatus = 0 }: ResponseSpec = responses[operation]
  const result = v.safeParse(output, value)
  const issues = result.issues ?? []
  const fatal = issues.filter(({ path }) => isEssential(output, value, path ?? []))
  if (fatal.length > 0) return lost(evidence, 'unreadable', describeIssues(output, value, fatal))
  const isRepeat = createdStatus ? evidence.status !== createdStatus : headers.get('idempotent-replayed') === 'true'
  const drift = describeIssues(output, value, issues)
  return { ...evidence, kind: 'answer', data: result.output, drift, replayed: isRepeat }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A UUID as it is; of anything else only what is certainly not one of our secrets. */
function readRequestId(headers: Pick<Headers, 'get'>, secrets: () => string[]): string | undefined {
  const value = headers.get('x-request-id')
  if (value === null || UUID.test(value)) return value ?? undefined
  return /^[\w.:-]{1,64}$/.test(value) ? redact(value, secrets()) : undefined
}

/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined for anything else. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const value = header.trim()
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER)
  const isHttpDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(value)
  const date = isHttpDate ? Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
