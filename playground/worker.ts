import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Answer, createWalletConnect, type OperationName, operations } from 'mercadopago-wallet-connect'
import { authenticate } from './authenticate.ts'
import { failure, problem } from './failure.ts'
import { readRequest } from './input.ts'

export interface Env {
  /** The seller's access token: added here, never shown to a caller. */
  MERCADOPAGO_ACCESS_TOKEN: string
  /** SHA-256 of the key that callers give as `Authorization: Bearer …`, 64 hex digits. */
  CLIENT_KEY_SHA256: string
}

const MOST_BODY_BYTES = 65_536

/** Characters of a bearer token (RFC 6750): none of them is escaped in JSON. */
const ACCESS_TOKEN = /^[\w.~+/-]+=*$/
const notConfigured = (): Response => problem(503, 'The proxy is not configured.')

/**
 * The edge proxy: Mercado Pago's own paths, the caller's key in, the access token out. It passes nothing through:
 * requests are rebuilt from the table of operations, answers from what the client has read.
 *
 * @param upstream how requests leave; the runtime's `fetch` in production
 */
export function createProxy(upstream?: typeof fetch): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>()
  app.use(async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
  })
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: () => problem(413, 'Payload too large') }))
  app.use(authenticate)
  app.use(async (c, next) => (ACCESS_TOKEN.test(c.env.MERCADOPAGO_ACCESS_TOKEN ?? '') ? next() : notConfigured()))

  for (const [method, path, names] of routes()) {
    app.on(method, path, async (c) => {
      try {
        const prepared = await readRequest(c.req, names)
        const accessToken = c.env.MERCADOPAGO_ACCESS_TOKEN
        const wallet = createWalletConnect({ accessToken, ...(upstream && { fetch: upstream }) })
        return resource(await wallet.send(prepared), accessToken)
      } catch (error) {
        return failure(error)
      }
    })
  }
  app.notFound(() => problem(404, 'Not found'))
  app.onError(() => problem(500, 'Internal server error'))
  return app
}

/** The resource as the client has read it. Fields that nobody knows are kept; should one hold the access token, it stays here. */
function resource({ data, status }: Answer, accessToken: string): Response {
  if (data === undefined) return new Response(null, { status: 200 })
  const body = JSON.stringify(data).replaceAll(accessToken, '[redacted]')
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

/** Method and path of each operation, in Hono's spelling; capture and cancel share one. */
function routes(): [method: string, path: string, names: OperationName[]][] {
  const byRoute = new Map<string, OperationName[]>()
  for (const [name, { method, path }] of Object.entries(operations)) {
    const route = `${method} ${path.replace(/\{(\w+)\}/, ':$1')}`
    byRoute.set(route, [...(byRoute.get(route) ?? []), name as OperationName])
  }
  // Longest first, or `/search` would be taken for an id.
  return [...byRoute]
    .map(([route, names]): [string, string, OperationName[]] => [...(route.split(' ') as [string, string]), names])
    .sort(([, a], [, b]) => Number(a.includes(':')) - Number(b.includes(':')))
}

export default createProxy()
