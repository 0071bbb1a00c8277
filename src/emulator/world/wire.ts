import type { WireRequest } from './state.ts'

/** A request as it arrived, and how its sender wants `fetch` to behave. */
export interface Received {
  wire: WireRequest
  signal: AbortSignal | undefined
  redirect: string
}

/** Reads the arguments of `fetch`. @throws {TypeError} they are no request */
export async function receive(input: RequestInfo | URL, init?: RequestInit): Promise<Received> {
  const plain = readPlain(input, init)
  const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined) ?? undefined
  if (signal?.aborted) throw signal.reason
  if (plain) return { wire: plain, signal, redirect: init?.redirect ?? 'follow' }
  const request = isForeignRequest(input) ? await copyRequest(input, init) : new Request(input, init && choose(init))
  const text = request.body === null ? '' : await request.text()
  const headers = Object.fromEntries(request.headers)
  return { wire: { method: request.method, url: request.url, headers, text }, signal, redirect: request.redirect }
}

/** True for a `Request` of another realm or of a server's own class, which the global `Request` does not recognise. */
const isForeignRequest = (input: RequestInfo | URL): input is Request =>
  typeof input === 'object' && !(input instanceof Request) && 'method' in input && 'headers' in input

async function copyRequest(input: Request, init: RequestInit | undefined): Promise<Request> {
  const { url, method, headers, redirect, signal } = input
  const body = method === 'GET' || method === 'HEAD' ? null : await input.text()
  const own: RequestInit = { method, headers: Object.fromEntries(headers), body, redirect: redirect ?? 'follow' }
  return new Request(url, { ...own, ...(signal && { signal }), ...(init && choose(init)) })
}

const KNOWN = [
  'method',
  'headers',
  'body',
  'signal',
  'redirect',
  'duplex',
  'mode',
  'credentials',
  'cache',
  'referrer',
  'keepalive',
]

/** The fields of a request's options. Servers call their handlers with a second argument that is something else. */
const choose = (init: RequestInit): RequestInit =>
  Object.fromEntries(KNOWN.filter((name) => name in init).map((name) => [name, init[name as keyof RequestInit]]))

const WITH_BODY = ['POST', 'PUT']
const WITHOUT_BODY = ['GET', 'DELETE']

/**
 * The fast path for an address and a text, which is what nearly every caller gives: building a Request and reading it
 * again would take longer than everything else.
 */
function readPlain(input: RequestInfo | URL, init: RequestInit = {}): WireRequest | undefined {
  const { method = 'GET', body } = init
  const text = body ?? ''
  if (typeof input !== 'string' || typeof text !== 'string') return undefined
  if (!(body ? WITH_BODY : WITHOUT_BODY).includes(method)) return undefined
  const { href, username, password } = new URL(input)
  if (username || password) return undefined
  const headers = Object.fromEntries(new Headers(init.headers))
  if (text) headers['content-type'] ??= 'text/plain;charset=UTF-8'
  return { method, url: href, headers, text }
}

/** The value; rejects with the reason of the abort if the sender aborts first. */
export function untilAborted<Value>(signal: AbortSignal | undefined, work: Promise<Value>): Promise<Value> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  })
}
