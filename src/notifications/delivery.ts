import { InvalidNotificationError } from '../errors.ts'
import { isPlainObject } from '../schema/plain-object.ts'

/** A delivery as a framework presents it, where there is no `Request`. */
export interface PlainDelivery {
  /** Address or path, with its query, as received. */
  url: string
  /** Headers, as `Headers` or as an object; their names may be in any case. */
  headers: Headers | Record<string, string | readonly string[] | undefined>
  /** The raw body as text or bytes, or the JSON value that the framework parsed. */
  body?: unknown
}

/** The parts of a delivery. */
export interface Delivery {
  query: URLSearchParams
  /** Query parameter `data.id`, the id that is signed. */
  id: string | undefined
  /** The first value of a header, undefined if it is absent or blank. */
  header(name: string): string | undefined
  /**
   * Reads the body and parses it as JSON; undefined if it is empty.
   *
   * @throws {InvalidNotificationError} `unreadable`, `too_large` or `not_json`
   */
  body(): Promise<unknown>
}

/** The largest body that is read. Mercado Pago's notifications have a few hundred bytes. */
const MAX_BYTES = 65_536

/** Takes a delivery apart; reads its body only on demand. */
export function readDelivery(request: Request | PlainDelivery): Delivery {
  // Not `new URL`: a path such as `//[` would throw.
  const query = new URLSearchParams(/\?([^#]*)/.exec(request.url)?.[1] ?? '')
  return {
    query,
    id: lastOf(query, 'data.id')?.trim() || undefined,
    header: (name) => findHeader(request.headers, name)?.trim() || undefined,
    body: async () => parseBody(await readBody(request.body)),
  }
}

/** The last of repeated parameters: the address may have some of its own, and Mercado Pago's are appended to it. */
export const lastOf = (query: URLSearchParams, ...names: string[]): string | undefined =>
  [...query].findLast(([name]) => names.includes(name))?.[1]

function findHeader(headers: PlainDelivery['headers'], name: string): string | undefined {
  // Not `instanceof Headers`: another runtime or library may have its own Headers.
  const { get } = headers ?? {}
  const value: unknown =
    typeof get === 'function'
      ? (headers as Headers).get(name)
      : Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : undefined
}

async function readBody(body: unknown): Promise<unknown> {
  if (typeof body !== 'object' || body === null) return body
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  try {
    if ('getReader' in body) return await readStream(body as ReadableStream<unknown>)
  } catch (error) {
    throw error instanceof InvalidNotificationError ? error : new InvalidNotificationError('unreadable')
  }
  if (Array.isArray(body) || isPlainObject(body)) return body
  throw new InvalidNotificationError('unreadable')
}

const MAX_CHUNKS = 4_096

async function readStream(stream: ReadableStream<unknown>): Promise<Uint8Array> {
  const reader = stream.getReader()
  const bytes = new Uint8Array(MAX_BYTES)
  let length = 0
  let chunks = 0
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    const chunk = value instanceof Uint8Array && ++chunks <= MAX_CHUNKS ? value : undefined
    if (!chunk || length + chunk.byteLength > MAX_BYTES) {
      reader.cancel().catch(() => undefined)
      throw new InvalidNotificationError(chunk ? 'too_large' : 'unreadable')
    }
    bytes.set(chunk, length)
    length += chunk.byteLength
  }
  return bytes.subarray(0, length)
}

function parseBody(body: unknown): unknown {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body ?? undefined
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (bytes.length > MAX_BYTES) throw new InvalidNotificationError('too_large')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    throw new InvalidNotificationError('not_json')
  }
}
