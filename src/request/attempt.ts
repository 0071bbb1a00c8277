import type { $Fetch } from 'ofetch'
import * as v from 'valibot'
import type { Issue } from '../errors.ts'
import type { OperationName } from '../operations/requests.ts'
import { type ResponseSpec, responses } from '../operations/responses.ts'
import { describeIssues } from '../schema/describe-issues.ts'
import { isEssential } from '../schema/schema-path.ts'
import { Cancelled, withDeadline } from './deadline.ts'
import { type ErrorResponse, readErrorResponse, redact } from './error-response.ts'
import type { PreparedRequest } from './prepared-request.ts'
import { parseRetryAfter } from './retry-policy.ts'

interface Seen {
  status: number | undefined
  requestId: string | undefined
  /** What `Retry-After` asks for. */
  retryAfterMs: number | undefined
}

/** What one attempt showed. */
export type Verdict =
  /** The resource. */
  | (Seen & { kind: 'answer'; status: number; data: unknown; drift: readonly Issue[]; replayed: boolean })
  /** Declined: this attempt did nothing. */
  | (Seen & { kind: 'refused'; status: number } & ErrorResponse)
  /** The same request is still being processed. */
  | (Seen & { kind: 'busy' })
  /** Not executed: too many requests. */
  | (Seen & { kind: 'limited' })
  /** No readable answer: it may have been executed or not. */
  | Lost

type Lost = Seen & {
  kind: 'lost'
  reason: 'network' | 'timeout' | 'aborted' | 'server' | 'unreadable'
  issues: readonly Issue[]
}

const lost = (seen: Seen, reason: Lost['reason'], issues: readonly Issue[] = []): Lost => ({
  ...seen,
  kind: 'lost',
  reason,
  issues,
})

/** The most of an answer that is read. A page of a search is the largest one documented. */
const MOST_BYTES = 1_048_576

/** One request on its way. */
export interface Attempt {
  fetch: $Fetch
  /** Without a slash at the end. */
  baseURL: string
  accessToken: string
  prepared: PreparedRequest
  /** For the answer with its body. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** One HTTP request and what came of it. Never rejects. */
export async function attempt({ fetch, baseURL, accessToken, prepared, timeoutMs, signal }: Attempt): Promise<Verdict> {
  let status: number | undefined
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  try {
    return await withDeadline(timeoutMs, signal, async (inner) => {
      const response = await fetch.raw(baseURL + prepared.path, {
        method: prepared.method,
        headers: { ...prepared.headers, authorization: `Bearer ${accessToken}` },
        body: prepared.body,
        signal: inner,
        redirect: 'manual',
        // ofetch only carries: repeating, time limits and reading are ours.
        retry: false,
        ignoreResponseError: true,
        responseType: 'stream',
      })
      if (Number.isInteger(response.status)) status = response.status
      reader = response.body?.getReader()
      const text = reader ? await readText(reader, inner) : await response.text()
      return judge(prepared.operation, response, text, () => secretsOf(prepared, accessToken))
    })
  } catch (error) {
    void quietly(() => reader?.cancel())
    // What was thrown is dropped: ofetch's errors hold the request with its Authorization header.
    const reason = error instanceof Cancelled ? error.reason : 'network'
    return lost({ status, requestId: undefined, retryAfterMs: undefined }, reason)
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const READS_PER_TURN = 256

/** Text of a body, undefined if it is too long or not UTF-8. Lets go of the body when it stops before the end. */
async function readText(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<string | undefined> {
  const letGo = (): void => void quietly(() => reader.cancel())
  if (signal.aborted) letGo()
  const chunks: Uint8Array[] = []
  let length = 0
  let reads = 0
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    length += value?.byteLength ?? 0
    if (!value || length > MOST_BYTES || signal.aborted) {
      letGo()
      return undefined
    }
    chunks.push(value)
    // A body that is always ready would keep every timer waiting.
    if (++reads % READS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve))
  }
  try {
    return UTF8.decode(chunks.length === 1 ? chunks[0] : concatenate(chunks, length))
  } catch {
    return undefined
  }
}

/** Does something of which nobody waits for the end. */
async function quietly(work: () => unknown): Promise<void> {
  try {
    await work()
  } catch {}
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.byteLength
  }
  return all
}

function judge(operation: OperationName, response: Response, text: string | undefined, secrets: () => string[]): Verdict {
  const { status, headers } = response
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
  const requestId = readRequestId(headers, secrets)
  const seen = { status, requestId, retryAfterMs }
  if (!Number.isInteger(status)) return lost({ ...seen, status: undefined }, 'unreadable', [NO_ANSWER])
  if (status < 200 || status > 599 || (status >= 300 && status < 400)) return lost(seen, 'unreadable', [NO_ANSWER])
  const json = parseJson(text)
  if (status < 300) return json.ok ? readResource(operation, json.value, seen, headers) : lost(seen, 'unreadable', [json.issue])
  if (status >= 500 || status === 408) return lost(seen, 'server')
  if (status === 429) return { ...seen, kind: 'limited' }
  const refusal = readErrorResponse(json.ok ? json.value : undefined, secrets())
  // A conflict that cannot be read may be the one that says "still being processed".
  const isInProgress = !json.ok || refusal.apiCode === '401001' || refusal.causes.some(({ code }) => code === '401001')
  if (status === 423 || (status === 409 && isInProgress)) return { ...seen, kind: 'busy' }
  return { ...seen, ...refusal, kind: 'refused' }
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
function readResource(operation: OperationName, value: unknown, seen: Seen & { status: number }, headers: Headers): Verdict {
  const { output, createdStatus = 0 }: ResponseSpec = responses[operation]
  const result = v.safeParse(output, value)
  const issues = result.issues ?? []
  const fatal = issues.filter(({ path }) => isEssential(output, value, path ?? []))
  if (fatal.length > 0) return lost(seen, 'unreadable', describeIssues(output, value, fatal))
  const isRepeat = createdStatus ? seen.status !== createdStatus : headers.get('idempotent-replayed') === 'true'
  const drift = describeIssues(output, value, issues)
  return { ...seen, kind: 'answer', data: result.output, drift, replayed: isRepeat }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A UUID as it is; of anything else only what is certainly not one of our secrets. */
function readRequestId(headers: Headers, secrets: () => string[]): string | undefined {
  const value = headers.get('x-request-id')
  if (value === null || UUID.test(value)) return value ?? undefined
  return /^[\w.:-]{1,64}$/.test(value) ? redact(value, secrets()) : undefined
}

/** Payer token, code and coupon in the text of a body. */
const SECRET_FIELD = /"(?:token|code|coupon)":("(?:[^"\\]|\\.)*")/g
/** The coupon in its validation. */
const COUPON_ID = /"id":("(?:[^"\\]|\\.)*")/g

/** What we sent and must not repeat, should the API quote it. */
function secretsOf({ operation, body, headers }: PreparedRequest, accessToken: string): string[] {
  const pattern = operation === 'discounts.validateCoupon' ? COUPON_ID : SECRET_FIELD
  const inBody = [...(body ?? '').matchAll(pattern)].map(([, text = '""']): string => JSON.parse(text))
  return [accessToken, headers['x-payer-token'] ?? '', headers['x-meli-session-id'] ?? '', ...inBody]
}
