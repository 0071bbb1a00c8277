import { InvalidNotificationError } from './errors.ts'

/** A delivery as a framework hands it over, where there is no `Request`. */
export interface PlainDelivery {
  /** Address or path with its query, as received. */
  url: string
  headers: Headers | Record<string, string | readonly string[] | undefined>
  /** Raw text or bytes, or the JSON value that the framework has made of them. */
  body?: unknown
}

/** What is read of a delivery. */
export interface Delivery {
  query: URLSearchParams
  /** The first value of a header, undefined if it is absent or blank. */
  header(name: string): string | undefined
  /** @throws {InvalidNotificationError} `unreadable`, `too_large` or `not_json` */
  body(): Promise<unknown>
}

/** Mercado Pago's notifications have some hundred bytes. */
const MOST_BYTES = 65_536

export function readDelivery(request: Request | PlainDelivery): Delivery {
  const { headers } = request
  const get = (name: string): string | undefined => {
    if (headers instanceof Headers) return headers.get(name) ?? undefined
    const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? []
    return typeof value === 'string' ? value : value?.[0]
  }
  return {
    // Not `new URL`: a path such as `//[` would throw.
    query: new URLSearchParams(/\?([^#]*)/.exec(request.url)?.[1] ?? ''),
    header: (name) => get(name)?.trim() || undefined,
    body: async () => parseBody(await readBody(request.body)),
  }
}

async function readBody(body: unknown): Promise<unknown> {
  try {
    if (body instanceof ReadableStream) return await readStream(body)
  } catch (error) {
    throw error instanceof InvalidNotificationError ? error : new InvalidNotificationError('unreadable')
  }
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  return body
}

async function readStream(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader()
  const bytes = new Uint8Array(MOST_BYTES)
  let length = 0
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (!value || length + value.byteLength > MOST_BYTES) {
      reader.cancel().catch(() => undefined)
      throw new InvalidNotificationError('too_large')
    }
    bytes.set(value, length)
    length += value.byteLength
  }
  return bytes.subarray(0, length)
}

function parseBody(body: unknown): unknown {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body ?? undefined
  if (body.length > MOST_BYTES) throw new InvalidNotificationError('too_large')
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    throw new InvalidNotificationError('not_json')
  }
}
