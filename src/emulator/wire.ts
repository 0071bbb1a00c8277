import type { WireRequest } from './state.ts'

/** A request as it came, and what its sender asked of `fetch`. */
export interface Received {
  wire: WireRequest
  signal: AbortSignal | undefined
  redirect: string
}

/** Reads what was given to `fetch`. @throws {TypeError} it is no request */
export async function receive(input: RequestInfo | URL, init?: RequestInit): Promise<Received> {
  const request = new Request(input, init)
  const signal = init?.signal ?? request.signal ?? undefined
  if (signal?.aborted) throw signal.reason
  const text = request.body === null ? '' : await request.text()
  const headers = Object.fromEntries(request.headers)
  return { wire: { method: request.method, url: request.url, headers, text }, signal, redirect: request.redirect }
}

/** The value, or what the sender aborted with. */
export function untilAborted<Value>(signal: AbortSignal | undefined, work: Promise<Value>): Promise<Value> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  })
}
