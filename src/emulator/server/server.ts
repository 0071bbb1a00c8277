import type { FaultContext, SeenRequest } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/faults.ts'
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
  /** A request is done: tells whom it concerns. */
  settle(request: SeenRequest | undefined): Promise<void>
  /** Comes when the clock shows this. */
  waitUntil(at: number): Promise<void>
  /** The request that a rule works for; null between rules. */
  cause: SeenRequest | null
}

/** Answers a request, with the fault that is due. */
export async function serve(server: Server, { wire, signal, redirect }: Received, arrivedAt: number): Promise<Response> {
  const { world, faults } = server
  const number = ++world.state.requests
  const request = faults.isArmed ? see(number, wire) : undefined
  const due = request && faults.forRequest(request)
  if (!due) return toResponse(await perform(server, wire, request))
  const scene = sceneOf(server, wire, request, { ...due, signal, arrivedAt })
  const struck = await due.fault.run(scene)
  if (struck instanceof Response) return struck
  if (struck.status !== 307 || redirect === 'manual') return toResponse(struck)
  return follow(server, wire, request, redirect, struck)
}

function sceneOf(
  server: Server,
  wire: WireRequest,
  request: SeenRequest,
  {
    phase,
    delayMs,
    error,
    signal,
    arrivedAt,
  }: Pick<FaultContext, 'phase' | 'delayMs' | 'error' | 'signal'> & { arrivedAt: number },
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
      const again = await perform(server, wire, request)
      if (known) world.state.keys[name] = known
      return again
    },
    receiveLater: (delayMs) => world.schedule(delayMs, { kind: 'receive', request: wire }),
    wait: (delayMs) => server.waitUntil(arrivedAt + delayMs),
  }
}

/** As `fetch` does that was not told to leave redirects alone: 307 keeps method and body. */
function follow(
  server: Server,
  wire: WireRequest,
  request: SeenRequest,
  redirect: string,
  { headers }: WireResponse,
): Promise<Response> {
  const target = new URL(headers.location ?? '', wire.url)
  if (redirect === 'error' || target.origin !== new URL(wire.url).origin) throw new TypeError('fetch failed')
  return perform(server, { ...wire, url: target.href }, request).then(toResponse)
}

/** Has the API do it; what it announces meanwhile is caused by this request. */
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
    await server.settle(request)
  }
}

/** The request as faults see it; undefined if it is none of the API's. */
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
