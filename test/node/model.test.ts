import * as fc from 'fast-check'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import { expect, it } from 'vitest'
import { draws } from '../support/client/draws.ts'

/** What money and states should be: the whole reference, written without a look at the emulator. */
class Model {
  balance: number
  isLinked = false
  /** Payer tokens so far. */
  tokens = 0
  payments: { status: string; amount: number; refunded: number }[] = []
  /** Key to the request and the payment that it made. */
  keys = new Map<string, { body: string; payment: number }>()

  constructor(balance: number) {
    this.balance = balance
  }

  /** Expected HTTP status. */
  pay(amount: number, capture: boolean, key: string): number {
    const body = `${amount} ${capture} ${this.tokens}`
    const known = this.keys.get(key)
    if (known) return known.body === body ? 200 : 422
    if (!this.isLinked) return 401
    const isFunded = amount <= this.balance
    if (isFunded) this.balance -= amount
    this.payments.push({ status: isFunded ? (capture ? 'approved' : 'authorized') : 'rejected', amount, refunded: 0 })
    this.keys.set(key, { body, payment: this.payments.length - 1 })
    return 201
  }

  capture(index: number): number {
    const payment = this.payments[index]
    if (payment?.status !== 'authorized') return 400
    payment.status = 'approved'
    return 200
  }

  cancel(index: number): number {
    const payment = this.payments[index]
    if (payment?.status !== 'authorized') return 400
    payment.status = 'cancelled'
    this.balance += payment.amount
    return 200
  }

  refund(index: number, wanted: number): number {
    const payment = this.payments[index]
    if (!payment || !['approved', 'partially_refunded'].includes(payment.status)) return 400
    const amount = wanted === 0 ? payment.amount - payment.refunded : wanted
    if (amount > payment.amount - payment.refunded) return 400
    payment.refunded += amount
    payment.status = payment.refunded === payment.amount ? 'refunded' : 'partially_refunded'
    this.balance += amount
    return 200
  }
}

/** The emulator, driven by raw requests; amounts are cents. */
class Real {
  readonly emulator: Emulator
  agreement = ''
  token = 'none'
  ids: number[] = []

  constructor(balance: number) {
    this.emulator = createEmulator({ balance })
  }

  async call(method: string, path: string, body?: object, key?: string) {
    const headers = { authorization: 'Bearer TEST-1', ...(key && { 'x-idempotency-key': key }) }
    const response = await this.emulator.fetch(`https://api.mercadopago.com${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : undefined }
  }
}

type Command = fc.AsyncCommand<Model, Real>

/** A command that is always possible, named by its arguments. */
const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => name,
})

const agreements = '/v2/wallet_connect/agreements'
const payments = '/v1/advanced_payments'

const link = command('link', async (model, real) => {
  const { body } = await real.call('POST', agreements, {
    return_uri: 'https://shop.example',
    external_flow_id: 'flow',
    external_user: { id: 'buyer' },
  })
  if (model.isLinked) {
    expect(() => real.emulator.buyer.approve(body.agreement_id)).toThrow('active agreement')
    return
  }
  real.agreement = body.agreement_id
  const { code } = real.emulator.buyer.approve(real.agreement)
  real.token = (await real.call('POST', `${agreements}/${real.agreement}/payer_token`, { code })).body.payer_token
  model.isLinked = true
  model.tokens += 1
})

const unlink = command('unlink', async (model, real) => {
  if (!model.isLinked) return
  expect((await real.call('DELETE', `${agreements}/${real.agreement}`)).status).toBe(200)
  model.isLinked = false
})

const pay = (amount: number, capture: boolean, key: number): Command =>
  command(`pay(${amount}, ${capture}, key ${key})`, async (model, real) => {
    const before = model.payments.length
    const expected = model.pay(amount, capture, String(key))
    const { status, body } = await real.call(
      'POST',
      payments,
      {
        wallet_payment: { transaction_amount: amount / 100 },
        payer: { token: real.token, type_token: 'wallet-token' },
        capture,
      },
      String(key),
    )
    expect(status).toBe(expected)
    if (model.payments.length > before) real.ids.push(body.id)
    if (status === 200) expect(body.id).toBe(real.ids[model.keys.get(String(key))?.payment ?? -1])
  })

/** A change of the payment at `index` of those that there are. */
const change = (name: 'capture' | 'cancel', index: number): Command => ({
  check: ({ payments }) => payments.length > 0,
  async run(model, real) {
    const at = index % model.payments.length
    const body = name === 'capture' ? { capture: true } : { status: 'cancelled' }
    const { status } = await real.call('PUT', `${payments}/${real.ids[at]}`, body)
    expect(status).toBe(model[name](at))
  },
  toString: () => `${name}(${index})`,
})

const refund = (index: number, amount: number): Command => ({
  check: ({ payments }) => payments.length > 0,
  async run(model, real) {
    const at = index % model.payments.length
    const { status } = await real.call('POST', `${payments}/${real.ids[at]}/refunds`, { amount: amount / 100 })
    expect(status).toBe(model.refund(at, amount))
  },
  toString: () => `refund(${index}, ${amount})`,
})

/** All that can be seen from outside is what the model says. */
const look = command('look', async (model, real) => {
  const { body } = await real.call('GET', `${payments}/search?sort=id&criteria=asc`)
  expect(body.results.map(({ status }: { status: string }) => status)).toEqual(
    model.payments.slice(0, 30).map(({ status }) => status),
  )
  expect(body.paging.total).toBe(model.payments.length)
  expect(balanceOf(real.emulator)).toBe(model.balance)
})

/** Nobody can ask for it: it is what the snapshot says. */
function balanceOf(emulator: Emulator): number {
  const { buyers, defaultBalance } = emulator.snapshot().state as {
    buyers: Record<string, { balance: number | null }>
    defaultBalance: number
  }
  return buyers.buyer?.balance ?? defaultBalance
}

/** The log of effects alone gives the same balance. */
function balanceByEffects({ effects }: Emulator, start: number): number {
  const signs: Record<string, number> = { payment_charged: -1, payment_reserved: -1, payment_cancelled: 1, payment_refunded: 1 }
  return effects.reduce((sum, { kind, amount = 0 }) => sum + (signs[kind] ?? 0) * Math.round(amount * 100), start)
}

const START = 50_000
const amounts = fc.integer({ min: 1, max: 20_000 })
const payment = fc.tuple(amounts, fc.boolean(), fc.nat(20)).map(([amount, capture, key]) => pay(amount, capture, key))
const commands = fc.commands(
  [
    fc.constant(link),
    fc.constant(unlink),
    payment,
    payment,
    payment,
    fc.nat(9).map((index) => change('capture', index)),
    fc.nat(9).map((index) => change('cancel', index)),
    fc.tuple(fc.nat(9), fc.oneof(fc.constant(0), amounts)).map(([index, amount]) => refund(index, amount)),
    fc.constant(look),
    fc.constant(
      command('a snapshot and back', async (_, { emulator }) => {
        emulator.restore(JSON.parse(JSON.stringify(emulator.snapshot())))
      }),
    ),
  ],
  { maxCommands: 24, size: 'max' },
)

const RUNS = draws(2_000, 10_000)

it('the emulator is what the model says, after any calls in any order', { timeout: 240_000 }, async () => {
  let payments = 0
  await fc.assert(
    fc.asyncProperty(commands, async (calls) => {
      const model = new Model(START)
      const real = new Real(START / 100)
      await fc.asyncModelRun(() => ({ model, real }), [link, ...calls, look])
      expect(balanceByEffects(real.emulator, START)).toBe(model.balance)
      payments += model.payments.length
    }),
    { numRuns: RUNS },
  )
  expect(payments).toBeGreaterThan(RUNS)
})
