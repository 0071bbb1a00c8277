import { Cancelled, withDeadline } from './deadline.ts'
import { judge, lostWithout, type Verdict } from './judge.ts'
import type { PreparedRequest } from './prepared-request.ts'
import type { Transport } from './transport.ts'

/** The most of an answer that is read. A page of a search is the largest one documented. */
const MAX_BYTES = 1_048_576

/** One request on its way. */
export interface Attempt {
  accessToken: string
  prepared: PreparedRequest
  /** For the answer with its body. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** Sends one HTTP request and judges what came of it. Never rejects. */
export async function attempt(
  { fetch, baseURL, clock }: Pick<Transport, 'fetch' | 'baseURL' | 'clock'>,
  { accessToken, prepared, timeoutMs, signal }: Attempt,
): Promise<Verdict> {
  let status: number | undefined
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  try {
    return await withDeadline({ ms: timeoutMs, signal, clock }, async (inner) => {
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
      const { operation } = prepared
      const secrets = (): string[] => secretsOf(prepared, accessToken)
      return judge({ status: response.status, headers: response.headers, text }, { operation, now: clock.date(), secrets })
    })
  } catch (error) {
    void quietly(() => reader?.cancel())
    // What was thrown is dropped: ofetch's errors hold the request with its Authorization header.
    return lostWithout(error instanceof Cancelled ? error.reason : 'network', status)
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const READS_PER_TURN = 256

/** The text of a body, undefined if it is too long or not UTF-8. Lets go of the body when it stops before the end. */
async function readText(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<string | undefined> {
  const letGo = (): void => void quietly(() => reader.cancel())
  if (signal.aborted) letGo()
  const chunks: Uint8Array[] = []
  let length = 0
  let reads = 0
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    length += value?.byteLength ?? 0
    if (!value || length > MAX_BYTES || signal.aborted) {
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

/** Does something whose end nobody waits for. */
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

/** Payer token, code and coupon in the text of a body. */
const SECRET_FIELD = /"(?:token|code|coupon)":("(?:[^"\\]|\\.)*")/g
/** The coupon in its validation. */
const COUPON_ID = /"id":("(?:[^"\\]|\\.)*")/g

/** What was sent and must not be repeated, should the API quote it. */
function secretsOf({ operation, body, headers }: PreparedRequest, accessToken: string): string[] {
  const pattern = operation === 'discounts.validateCoupon' ? COUPON_ID : SECRET_FIELD
  const inBody = [...(body ?? '').matchAll(pattern)].map(([, text = '""']): string => JSON.parse(text))
  return [accessToken, headers['x-payer-token'] ?? '', headers['x-meli-session-id'] ?? '', ...inBody]
}
