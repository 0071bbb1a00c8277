import { type Context, Hono } from 'hono'
import {
  type AdvancedPayment,
  createWalletConnect,
  idempotencyKeyFrom,
  isWalletConnectError,
  type OperationName,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { Webhook } from 'standardwebhooks'
import * as v from 'valibot'
import { CATALOGUE, MOST_OF_ONE, type ProductId, totalOf } from './catalogue.ts'
import { type DemoEnv, emulatorOf } from './env.ts'
import type { Order } from './wire.ts'

interface Scope {
  Bindings: DemoEnv
  Variables: { buyer: string }
}

/** What a buyer's page may do without paying. */
const WALLET_OPERATIONS: OperationName[] = [
  'agreements.create',
  'agreements.get',
  'agreements.createPayerToken',
  'agreements.cancel',
  'discounts.validateCoupon',
  'discounts.create',
]
/** While a payment is one of these, its order is not tried again. */
const CAME_TO_NOTHING = ['rejected', 'cancelled', 'canceled']

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
const AttemptSchema = v.strictObject({ after: v.pipe(v.number(), v.integer(), v.minValue(0)) })
const SellerSchema = v.strictObject({ do: v.picklist(['capture', 'cancel', 'refund']) })

/** How the shop reaches the proxy. */
type Ask = (request: Request, c: Context<Scope>) => Promise<Response>

/**
 * A shop's backend, as a merchant would write it: it knows who is logged in and what things cost, and holds the client
 * key. What a page gets of it are tickets: for one buyer, for minutes, for one exact charge.
 */
export function createShop(ask: Ask): Hono<Scope> {
  const app = new Hono<Scope>()

  const walletOf = (c: Context<Scope>): WalletConnect =>
    createWalletConnect({
      accessToken: c.env.DEMO_CLIENT_KEY,
      baseURL: c.env.ORIGIN,
      site: 'MLA',
      fetch: (input, init) => ask(new Request(input, init), c),
    })
  const orders = (c: Context<Scope>) => c.env.SHOP.getByName('shop')

  /** A question to the proxy that is not one of Mercado Pago's operations. */
  async function askProxy(c: Context<Scope>, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${c.env.DEMO_CLIENT_KEY}`, 'content-type': 'application/json' }
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await ask(new Request(`${c.env.ORIGIN}${path}`, init), c)
    if (!response.ok) throw new Refusal(502, `The proxy answers ${path} with ${response.status}`)
    return response.json()
  }
  const openSession = (c: Context<Scope>, session: object) =>
    askProxy(c, '/sessions', { external_user: { id: c.var.buyer }, origin: c.env.ORIGIN, ...session })

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

  app.get('/me', async (c) => c.json({ buyer: c.var.buyer, run: await orders(c).run() }))

  app.post('/wallet-ticket', async (c) => {
    const { ticket } = await openSession(c, { operations: WALLET_OPERATIONS })
    return c.json({ ticket }, 201)
  })

  app.post('/orders', async (c) => {
    const { items, reserve } = await read(c, OrderSchema)
    const id = `order-${crypto.randomUUID().slice(0, 8)}`
    const order: Order = { id, buyer: c.var.buyer, items, amount: totalOf(items), reserve, attempt: 1 }
    await orders(c).save(order)
    return c.json(order, 201)
  })

  app.get('/orders/:id', async (c) => {
    const order = await orderOf(c)
    const payments = await paymentsOf(walletOf(c), order)
    return c.json({ ...order, payments: payments.map(({ id, status }) => ({ id, status })) })
  })

  /** The ticket of the try that is on, or of the next one when that one has certainly come to nothing. */
  app.post('/orders/:id/ticket', async (c) => {
    const { after } = await read(c, AttemptSchema)
    let order = await orderOf(c)
    if (after === order.attempt) {
      await mayTryAgain(c, order)
      order = await orders(c).tryAgain(order, after)
    }
    const { id, amount, reserve, attempt } = order
    const idempotency_key = await keyOf(order)
    const { ticket } = await openSession(c, {
      operations: ['payments.create', 'payments.get'],
      charge: { amount, external_reference: id, capture: !reserve, idempotency_key },
    })
    return c.json({ ticket, attempt, idempotency_key }, 201)
  })

  app.post('/orders/:id/seller', async (c) => {
    const { do: action } = await read(c, SellerSchema)
    const order = await orderOf(c)
    const wallet = walletOf(c)
    const [payment] = await paymentsOf(wallet, order)
    if (!payment) throw new Refusal(409, 'There is no payment of this order')
    // One capture, cancellation and whole refund for each payment: pressing twice is asking again.
    const idempotencyKey = await idempotencyKeyFrom({
      account: 'demo',
      operation: `payments.${action}`,
      reference: String(payment.id),
      attempt: 1,
    })
    if (action === 'capture') await wallet.payments.capture(payment.id, {}, { idempotencyKey })
    if (action === 'cancel') await wallet.payments.cancel(payment.id, {}, { idempotencyKey })
    if (action === 'refund') await wallet.payments.refund(payment.id, {}, { idempotencyKey })
    const { status } = await wallet.payments.get(payment.id)
    return c.json({ id: payment.id, status })
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

  /** Only when neither Mercado Pago nor the ledger has anything that could still be paid. */
  async function mayTryAgain(c: Context<Scope>, order: Order): Promise<void> {
    const key = await keyOf(order)
    for (const state of ['open', 'NEEDS_REVIEW']) {
      const { results } = (await askProxy(c, `/operations?state=${state}`)) as { results: { key: string | null }[] }
      if (results.some((row) => row.key === key)) throw new Refusal(409, 'What became of the last try is not known yet')
    }
    const payments = await paymentsOf(walletOf(c), order)
    if (payments.some(({ status }) => !CAME_TO_NOTHING.includes(String(status)))) {
      throw new Refusal(409, 'This order is paid already, or may still be')
    }
  }

  return app
}

/** The newest first. */
async function paymentsOf(wallet: WalletConnect, { id }: Order): Promise<AdvancedPayment[]> {
  const { results } = await wallet.payments.search({ external_reference: id })
  return results.toSorted((a, b) => b.id - a.id)
}

const keyOf = ({ id, attempt }: Order): Promise<string> =>
  idempotencyKeyFrom({ account: 'demo', operation: 'payments.create', reference: id, attempt })

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
