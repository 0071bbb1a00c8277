import { type Context, Hono } from 'hono'
import {
  createWalletConnect,
  idempotencyKeyFrom,
  isWalletConnectError,
  type OperationName,
  RefusedError,
} from 'mercadopago-wallet-connect'
import { Webhook } from 'standardwebhooks'
import * as v from 'valibot'
import { CATALOGUE, MOST_OF_ONE, type ProductId, totalOf } from './catalogue.ts'
import { emulatorOf, type Scope } from './env.ts'
import { CAME_TO_NOTHING, type Me, type Order } from './wire.ts'

/** What a buyer's page may do without paying. */
const WALLET_OPERATIONS: OperationName[] = [
  'agreements.create',
  'agreements.get',
  'agreements.createPayerToken',
  'agreements.cancel',
  'discounts.validateCoupon',
  'discounts.create',
]
const OrderSchema = v.strictObject({
  items: v.pipe(
    v.array(
      v.strictObject({
        id: v.picklist(CATALOGUE.map(({ id }) => id) as ProductId[]),
        quantity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_OF_ONE)),
      }),
    ),
    v.minLength(1),
    v.maxLength(CATALOGUE.length),
  ),
  reserve: v.boolean(),
})
/** What the page is about to send. The library checks the rest when it is sent. */
const RequestSchema = v.object({
  request: v.looseObject({ operation: v.literal('payments.create'), idempotencyKey: v.string() }),
})
const CloseSchema = v.strictObject({ isUnknown: v.optional(v.boolean(), false) })
const RetrySchema = v.strictObject({ after: v.pipe(v.number(), v.integer()) })

/** How the shop reaches the proxy. */
type Ask = (request: Request, c: Context<Scope>) => Promise<Response>

/**
 * A shop's backend, as a merchant would write it: it knows who is logged in and what things cost, and holds the client
 * key. What a page gets of it are tickets: for one buyer, for minutes, for one exact charge.
 */
export function createShop(ask: Ask): Hono<Scope> {
  const app = new Hono<Scope>()

  const orders = (c: Context<Scope>) => c.env.SHOP.getByName('shop')

  /** A ticket for this buyer's page: the one thing that takes the client key. */
  async function openSession(c: Context<Scope>, session: object): Promise<string> {
    const headers = { authorization: `Bearer ${c.env.DEMO_CLIENT_KEY}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ external_user: { id: c.var.buyer }, origin: c.env.ORIGIN, ...session })
    const response = await ask(new Request(`${c.env.ORIGIN}/sessions`, { method: 'POST', headers, body }), c)
    if (!response.ok) throw new Refusal(502, `The proxy answers /sessions with ${response.status}`)
    const { ticket } = (await response.json()) as { ticket: string }
    return ticket
  }

  /** For exactly this try: amount, reference, capture and key are the shop's word. */
  const chargeTicket = (c: Context<Scope>, { id, amount, reserve, idempotency_key }: Order): Promise<string> =>
    openSession(c, {
      operations: ['payments.create', 'payments.get'],
      charge: { amount, external_reference: id, capture: !reserve, idempotency_key },
    })

  // The proxy tells of changes, signed.
  app.post('/events', async (c) => {
    const text = await c.req.text()
    const headers = Object.fromEntries(c.req.raw.headers)
    try {
      new Webhook(c.env.DEMO_EVENTS_SECRET).verify(text, headers)
    } catch {
      throw new Refusal(401, 'Not signed by the proxy')
    }
    const { type } = JSON.parse(text) as { type?: string }
    const journal = emulatorOf(c.env)
    await journal.end(await journal.begin({ from: 'proxy', to: 'shop', what: `event ${type}` }), { status: 204 })
    return c.body(null, 204)
  })

  app.get('/me', async (c) => {
    const { buyer } = c.var
    const [run, order = null] = await Promise.all([emulatorOf(c.env).run(), orders(c).open(buyer)])
    return c.json({ buyer, run, order } satisfies Me)
  })

  app.post('/wallet-ticket', async (c) =>
    c.json({ buyer: c.var.buyer, ticket: await openSession(c, { operations: WALLET_OPERATIONS }) }, 201),
  )

  /** The order of this cart, or the one that may be on its way already. */
  app.post('/orders', async (c) => {
    const { items, reserve } = await read(c, OrderSchema)
    const id = `order-${crypto.randomUUID()}`
    const { buyer } = c.var
    const idempotency_key = await keyOf(id, 1)
    return c.json(await orders(c).begin({ id, buyer, items, amount: totalOf(items), reserve, attempt: 1, idempotency_key }), 201)
  })

  /** The page says what it is about to send. Kept first, so that nobody can have a ticket for what the shop does not know. */
  app.post('/orders/:id/ticket', async (c) => {
    const { request } = await read(c, RequestSchema)
    const order = await orderOf(c)
    if (request.idempotencyKey !== order.idempotency_key) throw new Refusal(409, 'This order is at another try')
    const kept = await orders(c).keep(order, request as unknown as NonNullable<Order['request']>)
    if (!kept) throw new Refusal(409, 'This order is at another try')
    return c.json({ order: kept, ticket: await chargeTicket(c, kept) }, 201)
  })

  app.post('/orders/:id/retry', async (c) => {
    const { after } = await read(c, RetrySchema)
    const order = await orderOf(c)
    if (after !== order.attempt) return c.json(order, 201)
    if ((await outcomeOf(c, order)) !== 'nothing') throw new Refusal(409, 'This order is paid already, or may still be')
    return c.json(await orders(c).tryAgain(order, await keyOf(order.id, order.attempt + 1)), 201)
  })

  /** The buyer is done with it, however it ended; with `isUnknown` in the knowledge that it may still be charged, once. */
  app.post('/orders/:id/close', async (c) => {
    const { isUnknown } = await read(c, CloseSchema)
    const order = await orderOf(c)
    if (!isUnknown && (await outcomeOf(c, order)) === 'unknown') {
      throw new Refusal(409, 'What became of this order is not known yet')
    }
    await orders(c).putAway(order)
    return c.json({}, 201)
  })

  app.onError((error, c) => {
    if (error instanceof Refusal) return c.json({ message: error.message }, error.status)
    if (!isWalletConnectError(error)) throw error
    return c.json({ message: error.message, code: error.code, outcome: error.outcome }, 502)
  })

  async function orderOf(c: Context<Scope>): Promise<Order> {
    const order = await orders(c).find(c.req.param('id') ?? '', c.var.buyer)
    if (!order) throw new Refusal(404, 'There is no such order')
    return order
  }

  /**
   * What became of a try. Only the answer to its own request is proof: what cannot be found may still be on its way. A
   * ticket of the buyer has it answered by the very row of the ledger that the page asks.
   */
  async function outcomeOf(c: Context<Scope>, order: Order): Promise<'nothing' | 'something' | 'unknown'> {
    if (!order.request) return 'nothing'
    const proxy = { url: c.env.ORIGIN, ticket: await chargeTicket(c, order) }
    const wallet = createWalletConnect({ proxy, maxRetries: 0, fetch: (input, init) => ask(new Request(input, init), c) })
    const sent = await wallet
      .send(order.request)
      .catch((error: unknown) => (error instanceof RefusedError ? 'refused' : 'unknown'))
    if (sent === 'refused') return 'nothing'
    if (sent === 'unknown') return 'unknown'
    // The answer to the request is how it was then.
    const now = await wallet.payments.get(sent.data.id).catch(() => undefined)
    if (!now) return 'unknown'
    return CAME_TO_NOTHING.includes(String(now.status)) ? 'nothing' : 'something'
  }

  return app
}

const keyOf = (reference: string, attempt: number): Promise<string> =>
  idempotencyKeyFrom({ account: 'demo', operation: 'payments.create', reference, attempt })

class Refusal extends Error {
  readonly status: 400 | 401 | 404 | 409 | 502
  constructor(status: Refusal['status'], message: string) {
    super(message)
    this.status = status
  }
}

async function read<Schema extends v.GenericSchema>(c: Context<Scope>, schema: Schema): Promise<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, await c.req.json().catch(() => undefined))
  if (result.success) return result.output
  throw new Refusal(400, result.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`).join('; '))
}
