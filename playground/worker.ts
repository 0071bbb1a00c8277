import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createWalletConnect, type OperationName, operations } from 'mercadopago-wallet-connect'
import { authenticate } from './authenticate.ts'
import { failure, problem } from './failure.ts'
import { readInput } from './input.ts'

export interface Env {
  /** The seller's access token: added here, never shown to a caller. */
  MERCADOPAGO_ACCESS_TOKEN: string
  /** SHA-256 of the key that callers give as `Authorization: Bearer …`, 64 hex digits. */
  CLIENT_KEY_SHA256: string
}

const MOST_BODY_BYTES = 65_536

/**
 * The edge proxy: Mercado Pago's own paths, the caller's key in, the access token out. It passes nothing through:
 * requests are rebuilt from the table of operations, answers from what the client has read.
 *
 * @param upstream how requests leave; the runtime's `fetch` in production
 */
export function createProxy(upstream?: typeof fetch): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>()
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: () => problem(413, 'Payload too large') }))
  app.use(authenticate)

  for (const [method, path, names] of routes()) {
    app.on(method, path, async (c) => {
      try {
        const { name, input, options } = await readInput(c.req, names)
        const wallet = createWalletConnect({
          accessToken: c.env.MERCADOPAGO_ACCESS_TOKEN,
          ...(upstream && { fetch: upstream }),
        })
        const answer = await wallet.send(wallet.prepare(name, input, options))
        return answer.data === undefined ? c.body(null, 200) : c.json(answer.data as object, answer.status as 200)
      } catch (error) {
        return failure(error)
      }
    })
  }
  app.notFound(() => problem(404, 'Not found'))
  app.onError(() => problem(500, 'Internal server error'))
  return app
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
