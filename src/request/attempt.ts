import { Cancelled, withDeadline } from './deadline.ts'
import { judge, lostWithout, type Verdict } from './judge.ts'
import type { PreparedRequest } from './prepared-request.ts'
import type { Transport } from './transport.ts'

/** The largest body that is read, in bytes. The largest documented response is a page of a search. */
const MAX_BYTES = 1_048_576

/** One HTTP request to send. */
export interface Attempt {
  accessToken: string
  prepared: PreparedRequest
  /** Milliseconds for the whole response, body included. */
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** Sends one HTTP request and judges the response, or the lack of one. Never rejects. */
export async function attempt(
  { fetch, baseURL, clock, aborts, freshRead }: Pick<Transport, 'fetch' | 'baseURL' | 'clock' | 'aborts' | 'freshRead'>,
  { accessToken, prepared, timeoutMs, signal }: Attempt,
): Promise<Verdict> {
  let status: number | undefined
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  try {
    return await withDeadline({ ms: timeoutMs, signal, clock, aborts }, async (inner) => {
      const response = await fetch.raw(baseURL + prepared.path, {
        method: prepared.method,
        headers: { ...prepared.headers, authorization: `Bearer ${accessToken}` },
        body: prepared.body,
        signal: inner,
        ...(prepared.method === 'GET' && freshRead),
        redirect: 'manual',
        // ofetch is only the transport: retries, time limits and reading the body are done here.
        retry: false,
        ignoreResponseError: true,
        responseType: 'stream',
      })
      if (Number.isInteger(response.status)) status = response.status
      // The body of an older polyfill is no web stream.
      reader = typeof response.body?.getReader === 'function' ? response.body.getReader() : undefined
      const text = reader ? await readText(reader, inner) : await response.text()
      const { operation } = prepared
      const secrets = (): string[] => secretsOf(prepared, accessToken)
      return judge({ status: response.status, headers: response.headers, text }, { operation, now: clock.date(), secrets })
    })
  } catch (error) {
    void quietly(() => reader?.cancel())
    // The error itself is dropped: ofetch's errors hold the request with its Authorization header.
    return lostWithout(error instanceof Cancelled ? error.reason : 'network', status)
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const READS_PER_TURN = 256

/** Reads a body as text; undefined if it is too long or not UTF-8. Cancels the body if it stops before the end. */
async function readText(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<string | undefined> {
  const cancel = (): void => void quietly(() => reader.cancel())
  if (signal.aborted) cancel()
  const chunks: Uint8Array[] = []
  let length = 0
  let reads = 0
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    length += value?.byteLength ?? 0
    if (!value || length > MAX_BYTES || signal.aborted) {
      cancel()
      return undefined
    }
    chunks.push(value)
    // A body that always has the next chunk ready would keep timers from firing.
    if (++reads % READS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve))
  }
  try {
    return UTF8.decode(chunks.length === 1 ? chunks[0] : concatenate(chunks, length))
  } catch {
    return undefined
  }
}

/** Runs `work` and ignores its result and its errors. */
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

/** Matches the payer token, the code and the coupon in a JSON body. */
const SECRET_FIELD = /"(?:token|code|coupon)":("(?:[^"\\]|\\.)*")/g
/** Matches the coupon in the body of `discounts.validateCoupon`. */
const COUPON_ID = /"id":("(?:[^"\\]|\\.)*")/g

/** The secrets that were sent, to be replaced wherever the API quotes them. */
function secretsOf({ operation, body, headers }: PreparedRequest, accessToken: string): string[] {
  const pattern = operation === 'discounts.validateCoupon' ? COUPON_ID : SECRET_FIELD
  const inBody = [...(body ?? '').matchAll(pattern)].map(([, text = '""']): string => JSON.parse(text))
  return [accessToken, headers['x-payer-token'] ?? '', headers['x-meli-session-id'] ?? '', ...inBody]
}
