import { type Context, Hono, type Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import { authenticate, type Caller, mayDo } from './access/authenticate.ts'
import { openSession } from './access/sessions.ts'
import { type Configuration, readConfiguration } from './configuration/configuration.ts'
import { Declined, problem, toResponse } from './http/envelope.ts'
import { failure } from './http/failure.ts'
import { readJson, readRequest } from './http/input.ts'
import { type Route, routes } from './http/routes.ts'
import { createLedgers } from './ledger/ledgers.ts'
import { type LogLine, log } from './log.ts'
import { createInboxes } from './notifications/inboxes.ts'
import { receiveNotification } from './notifications/intake.ts'
import { listNotifications, listOperations } from './operator.ts'
import { perform } from './perform.ts'
import { createBreakers } from './upstream/breaker.ts'
import { createUpstream } from './upstream/upstream.ts'

interface ProxyScope {
  Bindings: Env
  Variables: { configuration: Configuration; caller: Caller; line: Partial<LogLine> }
}

const MAX_BODY_BYTES = 65_536

/** What a page may send and see. The allowed origins are those of the clients. */
const CORS = {
  allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  allowHeaders: ['authorization', 'content-type', 'x-idempotency-key', 'x-meli-session-id', 'x-payer-token', 'x-platform-id'],
  exposeHeaders: ['retry-after', 'idempotent-replayed', 'x-idempotency-key'],
  maxAge: 7_200,
}

/**
 * The edge proxy: Mercado Pago's own paths, called with a client key or ticket, sent on with the access token. It passes nothing
 * through: requests are rebuilt from the table of operations, answers from its schemas.
 *
 * @param upstreamOf the `fetch` for reads; the runtime's own if it is undefined, as in production
 */
export function createProxy(upstreamOf: (env: Env) => typeof fetch | undefined = () => undefined): Hono<ProxyScope> {
  const app = new Hono<ProxyScope>()
  const breakers = createBreakers(Date.now)
  const configurationOf = memoize(readConfiguration)
  const upstreamFor = memoize((env: Env) => createUpstream(configurationOf(env).accessTokens, upstreamOf(env)))

  app.use(observe)
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"] }, crossOriginResourcePolicy: false }))
  app.use(async (c, next) => {
    try {
      c.set('configuration', configurationOf(c.env))
    } catch (error) {
      c.var.line.outcome = 'not configured'
      return toResponse(problem(503, `The proxy is not configured: ${error instanceof TypeError ? error.message : 'unreadable'}`))
    }
    await next()
  })
  app.use((c, next) => {
    const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined
    const origins = c.var.configuration.clients.all.flatMap((client) => client.origins)
    const allow = cors({ ...CORS, origin: (origin) => (origins.includes(origin) ? origin : null) })
    return isPreflight || c.req.method !== 'OPTIONS' ? allow(c, next) : next()
  })
  app.get('/health', (c) => {
    c.var.line.route = '/health'
    return c.json({ status: 'ok' })
  })
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => toResponse(problem(413, 'Payload too large')) }))

  app.post('/notifications', async (c) => {
    c.var.line.route = '/notifications'
    const intake = {
      ...c.var.configuration,
      env: c.env,
      inboxes: createInboxes(c.env.INBOX, c.var.configuration.shards),
      ledgers: createLedgers(c.env.LEDGER, c.var.configuration.shards),
    }
    const { status, outcome } = await receiveNotification(c.req.raw, intake)
    c.var.line.outcome = outcome
    return status === 200 ? new Response(null) : toResponse(problem(status, `Not accepted: ${outcome}`))
  })

  app.use(admit)
  app.post('/sessions', async (c) => {
    c.var.line.route = '/sessions'
    return toResponse(await openSession(c.var.caller, await readJson(c.req), c.var.configuration))
  })
  app.get('/operations', async (c) => {
    c.var.line.route = '/operations'
    return c.json(await listOperations(c.var.caller, c.req.query(), createLedgers(c.env.LEDGER, c.var.configuration.shards)))
  })
  app.get('/notifications', async (c) => {
    c.var.line.route = '/notifications'
    return c.json(await listNotifications(c.var.caller, c.req.query(), createInboxes(c.env.INBOX, c.var.configuration.shards)))
  })
  for (const route of routes()) {
    const path = honoPath(route)
    app.on(route.method, path, async (c) => {
      const { caller, configuration, line } = c.var
      line.route = path
      const allowed = route.names.filter((name) => mayDo(caller, name))
      if (allowed.length === 0) throw new Declined(problem(403, 'This credential does not allow it'))
      const request = await readRequest(c.req, route)
      line.operation = request.operation
      if (!allowed.includes(request.operation)) throw new Declined(problem(403, 'This credential does not allow it'))
      const { outcome, key, ...answer } = await perform(
        { caller, request, parameters: c.req.param() },
        {
          upstream: upstreamFor(c.env),
          ledgers: createLedgers(c.env.LEDGER, c.var.configuration.shards),
          sealingKeys: configuration.sealingKeys,
          breaker: breakers.forClient(caller.client.id),
          waitUntil: (work) => c.executionCtx.waitUntil(work),
        },
      )
      line.outcome = outcome
      return toResponse(answer, {
        ...(outcome === 'replayed' && { 'idempotent-replayed': 'true' }),
        // Also if the proxy made the key: a caller needs it to find out what became of the write.
        ...(key !== undefined && { 'x-idempotency-key': key }),
      })
    })
  }
  app.notFound(() => toResponse(problem(404, 'Not found')))
  app.onError((error, c) => {
    const answer = failure(error)
    if (answer.status === 500) c.var.line.error = error.name
    return toResponse(answer)
  })
  return app
}

/** Logs one line for each request, with nothing in it that a caller sent. */
async function observe(c: Context<ProxyScope>, next: Next): Promise<void> {
  const line: Partial<LogLine> = { route: 'none', caller: 'anonymous' }
  c.set('line', line)
  const startedAt = Date.now()
  await next()
  c.header('cache-control', 'no-store')
  log({ at: 'request', method: methodOf(c.req.method), status: c.res.status, ms: Date.now() - startedAt, ...line })
}

/** The method, if it is a known one: callers can send any text. */
const methodOf = (method: string): string => (/^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/.test(method) ? method : 'other')

/** Lets in callers that can be authenticated, within their rate limits. */
async function admit(c: Context<ProxyScope>, next: Next): Promise<void> {
  const tooMany = (): Declined => new Declined(problem(429, 'Too many requests', { retryAfterMs: 60_000 }))
  try {
    c.set('caller', await authenticate(c.req.raw, c.var.configuration))
  } catch (error) {
    const address = c.req.header('cf-connecting-ip')
    const { success } = address ? await c.env.ANONYMOUS_LIMIT.limit({ key: `address:${address}` }) : { success: true }
    throw success ? error : tooMany()
  }
  const { client, ticket } = c.var.caller
  Object.assign(c.var.line, { client: client.id, caller: ticket ? 'browser' : 'backend' })
  // Buyers' pages have a limit of their own, so that they cannot use up their backend's.
  const { success } = ticket
    ? await c.env.BUYER_LIMIT.limit({ key: `${client.id}:${ticket.user}` })
    : await c.env.CLIENT_LIMIT.limit({ key: client.id })
  if (!success) throw tooMany()
  await next()
}

/** A path in Hono's spelling. */
const honoPath = ({ path }: Route): string => path.replace(/\{(\w+)\}/, ':$1')

/** Calls `make` once for each key. Secrets change with a deployment only, and then `env` is another object. */
function memoize<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>()
  return (key) => {
    const value = made.get(key) ?? make(key)
    made.set(key, value)
    return value
  }
}
