/** What the network does to one request. */
export type Step =
  /** The answer, a fresh one each time. */
  | (() => Response | Promise<Response>)
  /** Rejects with this. */
  | { reject: unknown }
  /** Throws this before there is a promise. */
  | { throw: unknown }
  /** Never answers, and does not listen to the signal. */
  | 'hang'
  /** Headers, and then a body that never ends. */
  | { stall: number }
  /** Headers, half a body, and then a broken connection. */
  | { cut: number }

export interface Sent {
  url: string
  method: string
  headers: Headers
  body: string | null
  init: RequestInit
}

/** A `fetch` that follows a script and writes down what it was asked; the last step goes on for ever. */
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

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): (() => Response) => {
  const text = JSON.stringify(body)
  return () => new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } })
}

export const text = (status: number, body: string | null, headers: Record<string, string> = {}): (() => Response) => {
  return () => new Response(body, { status, headers })
}
