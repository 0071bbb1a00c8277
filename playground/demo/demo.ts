import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { except } from 'hono/combine'
import { secureHeaders } from 'hono/secure-headers'
import { operationOf } from './call-name.ts'
import { type DemoEnv, type DemoScope, emulatorOf } from './env.ts'
import { createInspector } from './inspector.ts'
import { identifyBuyer } from './session.ts'
import { createShop } from './shop.ts'
import type { Party } from './wire.ts'

/** Refuses other origins' pages, which would act in the name of the buyer who is logged in here. */
const requireOwnPage: MiddlewareHandler<DemoScope> = async (c, next) => {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  const isAllowed = isOwnOrigin(c) && (isRead || c.req.header('origin') === c.env.ORIGIN)
  return isAllowed ? next() : refusal(c)
}

/**
 * Protects the page where the buyer approves: no other page may post its form or show it in a frame. Programs other than browsers
 * may: only browsers send an origin, and they always do.
 */
const protectApproval: MiddlewareHandler<DemoScope> = async (c, next) => {
  const origin = c.req.header('origin') ?? c.env.ORIGIN
  if (!isOwnOrigin(c) || origin !== c.env.ORIGIN) return refusal(c)
  await next()
  c.header('x-frame-options', 'DENY')
}

const refusal = (c: Context<DemoScope>) => c.json({ message: `Only pages of ${c.env.ORIGIN} may request this` }, 403)

/** True for our own origin. A foreign domain name can point at this machine, too. */
const isOwnOrigin = (c: Context<DemoScope>): boolean => new URL(c.req.url).origin === c.env.ORIGIN

/** A file of the page, as a response whose headers can be changed. */
async function assetOf(c: Context<DemoScope>): Promise<Response> {
  const { status, headers, body } = await c.env.ASSETS.fetch(c.req.raw)
  return c.newResponse(body, { status: status as 200, headers: Object.fromEntries(headers) })
}

type ExecutionContext = Context['executionCtx']
type Handler = (request: Request, env: DemoEnv, ctx: ExecutionContext) => Response | Promise<Response>

const EVENTS_PATH = '/shop/events'

/** The page loads only its own files, and has no inline code. */
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

// With `no-referrer` a browser would not send the page's origin either.
const pageHeaders = secureHeaders({ contentSecurityPolicy: PAGE_POLICY, referrerPolicy: 'same-origin' })

/**
 * The demo around the proxy: a shop's page and backend, and the inspector. Everything else goes to the proxy, and is written into
 * the journal.
 */
export function createDemo(proxy: Handler): Hono<DemoScope> {
  const app = new Hono<DemoScope>()
  const asShop = (request: Request, c: Context<DemoScope>): Promise<Response> => observed(request, 'shop', c.env, c.executionCtx)

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

  // The proxy sends events here, signed. It is not a browser, and must not get a buyer's session.
  app.use('/shop/*', except(EVENTS_PATH, requireOwnPage, identifyBuyer))
  app.use('/inspector/*', requireOwnPage, identifyBuyer)
  app.route('/shop', createShop(asShop))
  app.route('/inspector', createInspector(asShop))
  app.use('/v1/wallet_agreement/*', protectApproval)
  app.on(['GET', 'POST'], '/v1/wallet_agreement/*', (c) => emulatorOf(c.env).fetch(c.req.raw))
  app.use('/assets/*', pageHeaders)
  // The session starts with the page, or its first requests, sent in parallel, would each start one.
  app.use('/', pageHeaders, identifyBuyer)
  // Another name of this machine is another origin, for which there are no tickets.
  app.get('/', async (c) => (isOwnOrigin(c) ? assetOf(c) : c.redirect(c.env.ORIGIN)))
  app.get('/assets/*', assetOf)
  app.all('*', (c) => {
    const from = c.req.header('sec-fetch-site') === 'same-origin' ? 'page' : 'caller'
    return observed(c.req.raw, from, c.env, c.executionCtx)
  })
  return app
}
