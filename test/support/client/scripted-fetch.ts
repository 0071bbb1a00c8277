/** What the network does to one request. */
export type Step =
  /** Makes the response, a new one each time. */
  | (() => Response | Promise<Response>)
  /** Rejects with this value. */
  | { reject: unknown }
  /** Throws this value instead of returning a promise. */
  | { throw: unknown }
  /** Never settles, and ignores the signal. */
  | 'hang'
  /** Sends headers with this status, and then a body that never ends. */
  | { stall: number }
  /** Sends headers with this status and half a body, and then breaks the connection. */
  | { cut: number }

/** A request that `scriptedFetch` received. */
export interface Sent {
  url: string
  method: string
  headers: Headers
  body: string | null
  init: RequestInit
}

/** A `fetch` that follows a script and records its requests in `sent`. After the script ends, its last step repeats. */
export function scriptedFetch(...steps: Step[]): typeof fetch & { sent: Sent[] } {
  const sent: Sent[] = []
  const scripted = (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers as HeadersInit)
    sent.push({ url: String(input), method: init.method ?? 'GET', headers, body: (init.body ?? null) as string | null, init })
    const step = steps[Math.min(sent.length, steps.length) - 1]
    if (typeof step === 'function') return Promise.resolve().then(step)
    if (step === undefined || step === 'hang') return new Promise(() => {})
    if ('reject' in step) return Promise.reject(step.reject)
    if ('throw' in step) throw step.throw
    return Promise.resolve(
      'stall' in step ? broken(step.stall, () => {}) : broken(step.cut, (c) => c.error(new TypeError('terminated'))),
    )
  }
  return Object.assign(scripted as typeof fetch, { sent })
}

function broken(status: number, end: (controller: ReadableStreamDefaultController) => void): Response {
  let isFirst = true
  const body = new ReadableStream({
    pull(controller) {
      if (!isFirst) return end(controller)
      isFirst = false
      controller.enqueue(new TextEncoder().encode('{"id": 104'))
    },
  })
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

/** A response with a JSON body. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}): (() => Response) => {
  const text = JSON.stringify(body)
  return () => new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** A response with a text body, or with none. */
export const text = (status: number, body: string | null, headers: Record<string, string> = {}): (() => Response) => {
  return () => new Response(body, { status, headers })
}
