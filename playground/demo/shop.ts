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
import { CATALOGUE, MAX_QUANTITY, type ProductId, totalOf } from './catalogue.ts'
import { type DemoScope, emulatorOf } from './env.ts'
import { FAILED_STATUSES, type Me, type Order } from './wire.ts'

/** The operations of a buyer's page other than paying. */
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
        quantity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_QUANTITY)),
      }),
    ),
    v.minLength(1),
    v.maxLength(CATALOGUE.length),
  ),
  reserve: v.boolean(),
})
/** The request that the page is about to send. The library checks the rest when it is sent. */
const RequestSchema = v.object({
  request: v.looseObject({ operation: v.literal('payments.create'), idempotencyKey: v.string() }),
})
const CloseSchema = v.strictObject({ isUnknown: v.optional(v.boolean(), false) })
const RetrySchema = v.strictObject({ after: v.pipe(v.number(), v.integer()) })

/** Sends a request to the proxy. */
type CallProxy = (request: Request, c: Context<DemoScope>) => Promise<Response>

/**
 * A shop's backend, as a merchant would write it: it knows who is logged in and what things cost, and has the client key. Its pages
 * get tickets: for one buyer, for minutes, for one exact charge.
 */
export function createShop(callProxy: CallProxy): Hono<DemoScope> {
  const app = new Hono<DemoScope>()

  const orders = (c: Context<DemoScope>) => c.env.SHOP.getByName('shop')

  /** Makes a ticket for this buyer's page: the only call that needs the client key. */
  async function openSession(c: Context<DemoScope>, session: object): Promise<string> {
    const headers = { authorization: `Bearer ${c.env.DEMO_CLIENT_KEY}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ external_user: { id: c.var.buyer }, origin: c.env.ORIGIN, ...session })
    const response = await callProxy(new Request(`${c.env.ORIGIN}/sessions`, { method: 'POST', headers, body }), c)
    if (!response.ok) throw new ShopError(502, `The proxy answered /sessions with ${response.status}`)
    const { ticket } = (await response.json()) as { ticket: string }
    return ticket
  }

  /** Makes a ticket for exactly this attempt: the shop sets amount, reference, capture and key. */
  const chargeTicket = (c: Context<DemoScope>, { id, amount, reserve, idempotency_key }: Order): Promise<string> =>
    openSession(c, {
      operations: ['payments.create', 'payments.get'],
      charge: { amount, external_reference: id, capture: !reserve, idempotency_key },
    })

  // The proxy's events, which are signed.
  app.post('/events', async (c) => {
    const text = await c.req.text()
    const headers = Object.fromEntries(c.req.raw.headers)
    try {
      new Webhook(c.env.DEMO_EVENTS_SECRET).verify(text, headers)
    } catch {
      throw new ShopError(401, 'Not signed by the proxy')
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

  /** Opens the order of a cart, or returns the open one if it may be paid already. */
  app.post('/orders', async (c) => {
    const { items, reserve } = await read(c, OrderSchema)
    const id = `order-${crypto.randomUUID()}`
    const { buyer } = c.var
    const idempotency_key = await keyOf(id, 1)
    return c.json(await orders(c).begin({ id, buyer, items, amount: totalOf(items), reserve, attempt: 1, idempotency_key }), 201)
  })

  /** Stores the request that the page is about to send, and only then makes a ticket for it. */
  app.post('/orders/:id/ticket', async (c) => {
    const { request } = await read(c, RequestSchema)
    const order = await orderOf(c)
    if (request.idempotencyKey !== order.idempotency_key) throw new ShopError(409, 'This order is at another attempt')
    const stored = await orders(c).storeRequest(order, request as unknown as NonNullable<Order['request']>)
    if (!stored) throw new ShopError(409, 'This order is at another attempt')
    return c.json({ order: stored, ticket: await chargeTicket(c, stored) }, 201)
  })

  app.post('/orders/:id/retry', async (c) => {
    const { after } = await read(c, RetrySchema)
    const order = await orderOf(c)
    if (after !== order.attempt) return c.json(order, 201)
    if ((await outcomeOf(c, order)) !== 'nothing') throw new ShopError(409, 'This order is paid already, or may still be')
    return c.json(await orders(c).nextAttempt(order, await keyOf(order.id, order.attempt + 1)), 201)
  })

  /** Closes the order. With `isUnknown` the buyer knows that it may still be charged, once. */
  app.post('/orders/:id/close', async (c) => {
    const { isUnknown } = await read(c, CloseSchema)
    const order = await orderOf(c)
    if (!isUnknown && (await outcomeOf(c, order)) === 'unknown') {
      throw new ShopError(409, 'The outcome of this order is not known yet')
    }
    await orders(c).close(order)
    return c.json({}, 201)
  })

  app.onError((error, c) => {
    if (error instanceof ShopError) return c.json({ message: error.message }, error.status)
    if (!isWalletConnectError(error)) throw error
    return c.json({ message: error.message, code: error.code, outcome: error.outcome }, 502)
  })

  async function orderOf(c: Context<DemoScope>): Promise<Order> {
    const order = await orders(c).find(c.req.param('id') ?? '', c.var.buyer)
    if (!order) throw new ShopError(404, 'There is no such order')
    return order
  }

  /**
   * The outcome of an attempt. Only the answer to its own request is proof: a payment that is not found may still be in flight.
   * With a ticket of the buyer it is answered from the same row of the ledger that the page uses.
   */
  async function outcomeOf(c: Context<DemoScope>, order: Order): Promise<'nothing' | 'something' | 'unknown'> {
    if (!order.request) return 'nothing'
    const proxy = { url: c.env.ORIGIN, ticket: await chargeTicket(c, order) }
    const wallet = createWalletConnect({ proxy, maxRetries: 0, fetch: (input, init) => callProxy(new Request(input, init), c) })
    const sent = await wallet
      .send(order.request)
      .catch((error: unknown) => (error instanceof RefusedError ? 'refused' : 'unknown'))
    if (sent === 'refused') return 'nothing'
    if (sent === 'unknown') return 'unknown'
    // The answer to the request shows the payment as it was then.
    const now = await wallet.payments.get(sent.data.id).catch(() => undefined)
    if (!now) return 'unknown'
    return FAILED_STATUSES.includes(String(now.status)) ? 'nothing' : 'something'
  }

  return app
}

const keyOf = (reference: string, attempt: number): Promise<string> =>
  idempotencyKeyFrom({ account: 'demo', operation: 'payments.create', reference, attempt })

class ShopError extends Error {
  readonly status: 400 | 401 | 404 | 409 | 502
  constructor(status: ShopError['status'], message: string) {
    super(message)
    this.status = status
  }
}

async function read<Schema extends v.GenericSchema>(c: Context<DemoScope>, schema: Schema): Promise<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, await c.req.json().catch(() => undefined))
  if (result.success) return result.output
  throw new ShopError(400, result.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`).join('; '))
}
