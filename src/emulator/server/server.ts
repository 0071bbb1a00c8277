import type { FaultContext, SeenRequest } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { nameOfKey } from '../rules/idempotency-rules.ts'
import type { WireRequest } from '../world/state.ts'
import type { Received } from '../world/wire.ts'
import { parse, type WireResponse } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'
import { answer, type Hooks } from './router.ts'
import { findRoute } from './routes.ts'

/** The API with its faults. */
export interface Server {
  world: World
  faults: FaultPlan
  beforeEffect: () => void | Promise<void>
  /** Ends a request: waits for the deliveries that come before its response, and starts what is due. */
  afterRequest(request: SeenRequest | undefined): Promise<void>
  /** Resolves when the clock shows this time. */
  waitUntil(at: number): Promise<void>
  /** The request whose rule is running, which causes its notifications; null between rules. */
  cause: SeenRequest | null
}

/** Answers a request, with the fault that is due if there is one. */
export async function serve(server: Server, { wire, signal, redirect }: Received, arrivedAt: number): Promise<Response> {
  const { world, faults } = server
  const number = ++world.state.requests
  const request = faults.isArmed ? see(number, wire) : undefined
  const due = request && faults.forRequest(request)
  if (!due) return toResponse(await perform(server, wire, request))
  const answer = await due.fault.run(contextOf(server, wire, request, { ...due, signal, arrivedAt }))
  if (answer instanceof Response) return answer
  if (answer.status !== 307 || redirect === 'manual') return toResponse(answer)
  const target = redirectTarget(wire, answer, redirect)
  return perform(server, { ...wire, url: target }, request).then(toResponse)
}

type Occurrence = Pick<FaultContext, 'phase' | 'delayMs' | 'error' | 'signal'> & { arrivedAt: number }

function contextOf(
  server: Server,
  wire: WireRequest,
  request: SeenRequest,
  { phase, delayMs, error, signal, arrivedAt }: Occurrence,
): FaultContext {
  const { world } = server
  const name = nameOfKey(request.method, request.path, request.idempotencyKey ?? '')
  return {
    world,
    request,
    phase,
    delayMs,
    error,
    signal,
    perform: (view) => perform(view ? { ...server, world: { ...world, ...view } } : server, wire, request),
    async replayWithoutKey() {
      const known = world.state.keys[name]
      delete world.state.keys[name]
      const answer = await perform(server, wire, request)
      if (known) world.state.keys[name] = known
      return answer
    },
    receiveLater: (delayMs) => world.schedule(delayMs, { kind: 'receive', request: wire }),
    wait: (delayMs) => server.waitUntil(arrivedAt + delayMs),
  }
}

/** The address to which a `fetch` follows a 307, which keeps method and body. @throws {TypeError} as `fetch` does */
function redirectTarget({ url }: WireRequest, { headers }: WireResponse, redirect: string): string {
  const target = new URL(headers.location ?? '', url)
  if (redirect === 'error' || target.origin !== new URL(url).origin) throw new TypeError('fetch failed')
  return target.href
}

/** Has the API carry out a request, which is then the cause of the notifications that its rule announces. */
export async function perform(server: Server, wire: WireRequest, request: SeenRequest | undefined): Promise<WireResponse> {
  const hooks: Hooks = {
    beforeEffect: server.beforeEffect,
    runRule(rule) {
      server.cause = request ?? null
      try {
        return rule()
      } finally {
        server.cause = null
      }
    },
  }
  try {
    return await answer(server.world, wire, hooks)
  } finally {
    await server.afterRequest(request)
  }
}

/** The request as faults see it; undefined if it asks for no operation of the API. */
function see(number: number, { method, url, headers, text }: WireRequest): SeenRequest | undefined {
  const { pathname, searchParams } = new URL(url)
  const body = parse(text) ?? {}
  const operation = findRoute(method, pathname, body)?.operation
  if (!operation) return undefined
  return {
    number,
    operation,
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers,
    body,
    idempotencyKey: headers['x-idempotency-key'] ?? null,
  }
}

function toResponse({ status, text, headers }: WireResponse): Response {
  return new Response(text === '' ? null : text, { status, headers })
}
