import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { except } from 'hono/combine'
import { secureHeaders } from 'hono/secure-headers'
import { operationOf } from './call-name.ts'
import { type DemoEnv, emulatorOf, type Scope } from './env.ts'
import { createInspector } from './inspector.ts'
import { knowBuyer } from './session.ts'
import { createShop } from './shop.ts'
import type { Party } from './wire.ts'

/** What pages of other origins must not reach: they would act in the name of whoever is logged in here. */
const refuseStrangers: MiddlewareHandler<Scope> = async (c, next) => {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  const mayCome = isOwn(c) && (isRead || c.req.header('origin') === c.env.ORIGIN)
  return mayCome ? next() : refusal(c)
}

/**
 * The page where the buyer allows the shop to charge: nobody else's page may press its buttons, or have them pressed in a
 * frame. Whoever is no browser may: only browsers say where a form comes from, and they always do.
 */
const guardApproval: MiddlewareHandler<Scope> = async (c, next) => {
  const from = c.req.header('origin') ?? c.env.ORIGIN
  if (!isOwn(c) || from !== c.env.ORIGIN) return refusal(c)
  await next()
  c.header('x-frame-options', 'DENY')
}

const refusal = (c: Context<Scope>) => c.json({ message: `Only pages of ${c.env.ORIGIN} may ask for this` }, 403)

/** A name that somebody else has had point at this machine is not ours. */
const isOwn = (c: Context<Scope>): boolean => new URL(c.req.url).origin === c.env.ORIGIN

/** A file of the page, with headers that can be added to. */
async function assetOf(c: Context<Scope>): Promise<Response> {
  const { status, headers, body } = await c.env.ASSETS.fetch(c.req.raw)
  return c.newResponse(body, { status: status as 200, headers: Object.fromEntries(headers) })
}

type ExecutionContext = Context['executionCtx']
type Handler = (request: Request, env: DemoEnv, ctx: ExecutionContext) => Response | Promise<Response>

const EVENTS_PATH = '/shop/events'

/** Everything that the page loads is its own; nothing of it is written into the page. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

// With `no-referrer` a browser does not say either that a request comes from this page.
const pageHeaders = secureHeaders({ contentSecurityPolicy: PAGE_POLICY, referrerPolicy: 'same-origin' })

/**
 * The demo around the proxy: a shop's page and backend, and the inspector. All else goes to the proxy, and is written
 * into the journal on its way.
 */
export function createDemo(proxy: Handler): Hono<Scope> {
  const app = new Hono<Scope>()
  const asShop = (request: Request, c: Context<Scope>): Promise<Response> => observed(request, 'shop', c.env, c.executionCtx)

  async function observed(request: Request, from: Party, env: DemoEnv, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    const what = (await operationOf(request)) ?? (pathname === '/sessions' ? 'ticket' : undefined)
    if (what === undefined || request.method === 'OPTIONS') return proxy(request, env, ctx)
    const journal = emulatorOf(env)
    const id = await journal.begin({ from, to: 'proxy', what, key: request.headers.get('x-idempotency-key') })
    const response = await proxy(request, env, ctx)
    const isReplayed = response.headers.get('idempotent-replayed') === 'true'
    const key = response.headers.get('x-idempotency-key')
    const end = { status: response.status, outcome: isReplayed ? 'replayed' : null, ...(key !== null && { key }) }
    ctx.waitUntil(journal.end(id, end))
    return response
  }

  // The proxy is no browser, and signs what it tells. Nor is it a buyer: who posts a form there must not become one.
  app.use('/shop/*', except(EVENTS_PATH, refuseStrangers, knowBuyer))
  app.use('/inspector/*', refuseStrangers, knowBuyer)
  app.route('/shop', createShop(asShop))
  app.route('/inspector', createInspector(asShop))
  app.use('/v1/wallet_agreement/*', guardApproval)
  app.on(['GET', 'POST'], '/v1/wallet_agreement/*', (c) => emulatorOf(c.env).fetch(c.req.raw))
  app.use('/assets/*', pageHeaders)
  // With the page: what it asks for at once, side by side, would else come from a new buyer each.
  app.use('/', pageHeaders, knowBuyer)
  // By another name of this machine it would be another origin, for which there are no tickets.
  app.get('/', async (c) => (isOwn(c) ? assetOf(c) : c.redirect(c.env.ORIGIN)))
  app.get('/assets/*', assetOf)
  app.all('*', (c) => {
    const from = c.req.header('sec-fetch-site') === 'same-origin' ? 'page' : 'caller'
    return observed(c.req.raw, from, c.env, c.executionCtx)
  })
  return app
}
