import * as v from 'valibot'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/operation-types.ts'
import { type ResponseSpec, responses } from '../operations/responses.ts'
import { describeIssues } from '../schema/describe-issues.ts'
import { isEssential } from '../schema/schema-path.ts'
import { type ErrorResponse, readErrorResponse, redact } from './error-response.ts'

/** What is known about every attempt. */
interface ResponseMeta {
  status: number | undefined
  requestId: string | undefined
  /** The wait that `Retry-After` asks for, in milliseconds. */
  retryAfterMs: number | undefined
}

/** What one attempt means. */
export type Verdict =
  /** A response with the resource. */
  | (ResponseMeta & { kind: 'answer'; status: number; data: unknown; drift: readonly Issue[]; replayed: boolean })
  /** The API declined: this attempt did nothing. */
  | (ResponseMeta & { kind: 'refused'; status: number } & ErrorResponse)
  /** The same request is still being processed. */
  | (ResponseMeta & { kind: 'busy' })
  /** Too many requests: this attempt was not executed. */
  | (ResponseMeta & { kind: 'limited' })
  /** No readable response: the attempt may or may not have been executed. */
  | Lost

/** An attempt without a readable response. */
export interface Lost extends ResponseMeta {
  kind: 'lost'
  reason: 'network' | 'timeout' | 'aborted' | 'server' | 'unreadable'
  issues: readonly Issue[]
}

/** The verdict on an attempt without a response, or with only its status. */
export const lostWithout = (reason: Lost['reason'], status?: number): Lost =>
  lost({ status, requestId: undefined, retryAfterMs: undefined }, reason)

const lost = (meta: ResponseMeta, reason: Lost['reason'], issues: readonly Issue[] = []): Lost => ({
  ...meta,
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

/** What `judge` needs besides the response. */
export interface JudgeContext {
  operation: OperationName
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  now: number
  /** The secrets that were sent, to be replaced wherever the API quotes them. */
  secrets: () => string[]
}

/** Says what one response means. `retry-policy.ts` decides what to do next. */
export function judge({ status, headers, text }: ReceivedResponse, { operation, now, secrets }: JudgeContext): Verdict {
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), now)
  const meta = { status, requestId: readRequestId(headers, secrets), retryAfterMs }
  if (!Number.isInteger(status)) return lost({ ...meta, status: undefined }, 'unreadable', [BAD_STATUS])
  if (status < 200 || status > 599 || (status >= 300 && status < 400)) return lost(meta, 'unreadable', [BAD_STATUS])
  const json = parseJson(text)
  if (status < 300 && !json.ok) return lost(meta, 'unreadable', [json.issue])
  if (status < 300 && json.ok) return readResource(operation, json.value, meta, headers)
  if (status >= 500 || status === 408) return lost(meta, 'server')
  if (status === 429) return { ...meta, kind: 'limited' }
  const response = readErrorResponse(json.ok ? json.value : undefined, secrets())
  // A 409 that does not say what it is may be the one that means "still being processed".
  const codes = [response.apiCode ?? '', ...response.causes.map(({ code }) => code)]
  const isInProgress = codes.includes('401001') || !codes.some((code) => REFUSING_CONFLICT.test(code))
  if (status === 423 || (status === 409 && isInProgress)) return { ...meta, kind: 'busy' }
  return { ...meta, ...response, kind: 'refused' }
}

/** The codes of a conflict that is a refusal: those of the numbered catalogue, and that of a key with another body. */
const REFUSING_CONFLICT = /^(?:\d{6}|idempotency_key_already_used)$/

const BAD_STATUS: Issue = { path: '', message: 'does not have a status that the API uses' }

type Parsed = { ok: true; value: unknown } | { ok: false; issue: Issue }

function parseJson(text: string | undefined): Parsed {
  if (text === undefined) return { ok: false, issue: { path: '', message: 'is too long or not UTF-8' } }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return text.trim() === '' ? { ok: true, value: undefined } : { ok: false, issue: { path: '', message: 'is not JSON' } }
  }
}

/** Reads the resource of a 2xx. An optional field that differs from its schema is kept as it came, and reported as drift. */
function readResource(
  operation: OperationName,
  value: unknown,
  meta: ResponseMeta & { status: number },
  headers: Pick<Headers, 'get'>,
): Verdict {
  const { output, createdStatus = 0 }: ResponseSpec = responses[operation]
  const result = v.safeParse(output, value)
  const issues = result.issues ?? []
  const fatal = issues.filter(({ path }) => isEssential(output, value, path ?? []))
  if (fatal.length > 0) return lost(meta, 'unreadable', describeIssues(output, value, fatal))
  const replayed = createdStatus ? meta.status !== createdStatus : headers.get('idempotent-replayed') === 'true'
  const drift = describeIssues(output, value, issues)
  return { ...meta, kind: 'answer', data: result.output, drift, replayed }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The header `x-request-id`: a UUID unchanged, anything else only if it is short, and with secrets replaced. */
function readRequestId(headers: Pick<Headers, 'get'>, secrets: () => string[]): string | undefined {
  const value = headers.get('x-request-id')
  if (value === null || UUID.test(value)) return value ?? undefined
  return /^[\w.:-]{1,64}$/.test(value) ? redact(value, secrets()) : undefined
}

/** Reads `Retry-After`, whole seconds or an HTTP date, as milliseconds from `now`; undefined for anything else. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const value = header.trim()
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER)
  const isHttpDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(value)
  const date = isHttpDate ? Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
