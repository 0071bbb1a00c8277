import { reset } from 'cloudflare:test'
import fc from 'fast-check'
import { operations } from 'mercadopago-wallet-connect'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  backend,
  type Linked,
  linkThrough,
  PAGE,
  playMercadoPago,
  type Session,
  throughWorker,
  ticketFor,
} from '../support/workerd/fixtures.ts'
import { visible } from '../support/workerd/with-configuration.ts'

/** What a true ticket cannot do. The judge is what really happened in the emulator. */

let emulator: Emulator
let own: Linked

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue()
  emulator = playMercadoPago()
  own = await linkThrough(backend(), emulator)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const CHARGE = { amount: '700.50', external_reference: 'order-1', idempotency_key: 'key-1' }
const PAYMENT = { transaction_amount: 700.5, external_reference: 'order-1' }

const chargeTicket = (charge: Partial<Session['charge']> = {}): Promise<string> =>
  ticketFor({ operations: ['payments.create', 'payments.get'], charge: { ...CHARGE, ...charge } })
const linkAnother = (): Promise<Linked> => linkThrough(backend(), emulator, 'buyer-2')
const payments = () => emulator.effects.filter(({ kind }) => kind.startsWith('payment_'))

const asPage = (ticket: string, key: string = crypto.randomUUID()): Record<string, string> => ({
  authorization: `Bearer ${ticket}`,
  origin: PAGE,
  'content-type': 'application/json',
  'x-idempotency-key': key,
})

/** A charge by a page: as its ticket says, but for the change. */
const pay = (ticket: string, change: object = {}, key?: string): Promise<Response> =>
  throughWorker('/v1/advanced_payments', {
    method: 'POST',
    headers: asPage(ticket, key),
    body: JSON.stringify({ wallet_payment: PAYMENT, payer: { token: own.payer_token }, ...change }),
  })
const payFor = (ticket: string, change: object): Promise<Response> => pay(ticket, { wallet_payment: { ...PAYMENT, ...change } })

/** Refused, nothing has happened, and the ticket is as good as it was. */
async function expectRefusal(ticket: string, response: Response, statuses: readonly number[] = [403]): Promise<void> {
  expect(statuses).toContain(response.status)
  expect(payments()).toEqual([])
  expect((await pay(ticket)).status).toBe(201)
  expect(payments()).toMatchObject([{ kind: 'payment_charged', amount: 700.5, external_reference: 'order-1' }])
}

describe('an amount other than the ticket’s', () => {
  it.each<[unknown]>([
    [700.49],
    [700.51],
    [700.4999999999999],
    [700],
    [701],
    [7.005],
    [7005],
    [70050],
    [0],
    [0.01],
    [-0],
    [-700.5],
    [1e21],
    [5e-324],
    [2 ** 31],
    [2 ** 53],
    [2 ** 63],
    [Number.MAX_VALUE],
    [''],
    ['0'],
    ['0.00'],
    ['-0'],
    ['-700.50'],
    ['+700.50'],
    ['0700.50'],
    ['700.501'],
    ['700.500'],
    ['700,50'],
    ['7.00.50'],
    ['700.5.0'],
    ['700.'],
    ['.5'],
    [' 700.50'],
    ['700.50 '],
    ['700.50\n'],
    ['700 50'],
    ["700'50"],
    ['7e2'],
    ['7005e-1'],
    ['0x2bc'],
    ['0b1010111100'],
    ['0o1274'],
    ['1/2'],
    ['700.50%'],
    ['$700.50'],
    ['ARS 700.50'],
    ['NaN'],
    ['nan'],
    ['Infinity'],
    ['-Infinity'],
    ['\u0667\u0660\u0660'],
    ['\uff17\uff10\uff10.\uff15\uff10'],
    ['\u00bd'],
    ['null'],
    ['undefined'],
    ['true'],
    ['99999999999999999999999'],
    ['0.0000000000000000000001'],
    [`700.50${'0'.repeat(300)}`],
    [null],
    [true],
    [[]],
    [[700.5]],
    [['700.50']],
    [{}],
    [{ valueOf: 700.5 }],
  ])('is refused: %j', async (transaction_amount) => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await payFor(ticket, { transaction_amount }), [400, 403])
  })

  it('is refused if it is left out, or given twice', async () => {
    const ticket = await chargeTicket()
    const bodies = [
      `{"wallet_payment": {"external_reference": "order-1"}`,
      `{"wallet_payment": {"transaction_amount": 700.5, "transaction_amount": 1, "external_reference": "order-1"}`,
      `{"wallet_payment": ${JSON.stringify(PAYMENT)}, "wallet_payment": {"transaction_amount": 1, "external_reference": "order-1"}`,
      `{"wallet_payment": ${JSON.stringify(PAYMENT)}, "transaction_amount": 1`,
    ]
    for (const beginning of bodies) {
      const body = `${beginning}, "payer": {"token": "${own.payer_token}"}}`
      const response = await throughWorker('/v1/advanced_payments', { method: 'POST', headers: asPage(ticket), body })
      expect([400, 403]).toContain(response.status)
    }
    expect(payments()).toEqual([])
  })

  it.each([700.5, '700.5', '700.50'])('does not include the same amount written as %j', async (transaction_amount) => {
    expect((await payFor(await chargeTicket(), { transaction_amount })).status).toBe(201)
    expect(payments()).toMatchObject([{ amount: 700.5 }])
  })

  it('is never charged, whatever the two amounts are', async () => {
    const cents = fc.integer({ min: 1, max: 10_000_000 })
    const near = (amount: number) => fc.constantFrom(amount, amount + 1, amount - 1, amount * 10, amount * 100, amount / 10)
    const pair = cents.chain((amount) => fc.tuple(fc.constant(amount), near(amount)))
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(pair, async ([agreed, asked]) => {
        const before = payments().length
        const ticket = await chargeTicket({ amount: agreed / 100, idempotency_key: crypto.randomUUID() })
        const { status } = await payFor(ticket, { transaction_amount: asked / 100 })
        const since = payments().slice(before)
        expect(since.map(({ amount }) => amount)).toEqual(agreed === asked ? [agreed / 100] : [])
        if (status === 201) accepted += 1
      }),
      { numRuns: 60 },
    )
    expect(accepted).toBeGreaterThan(0)
  })
})

describe('a reference other than the ticket’s', () => {
  it.each([
    'order-2',
    'order-1 ',
    ' order-1',
    'Order-1',
    'order-1\0',
    'order-1\u200b',
    'order\u20111',
    'order-',
    'order-11',
    '',
    null,
    1,
    ['order-1'],
    undefined,
  ])('is refused: %j', async (external_reference) => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await payFor(ticket, { external_reference }), [400, 403])
  })
})

describe('a capture other than the ticket’s', () => {
  it.each([
    [{ capture: false }, {}],
    [{ capture: false, binary_mode: true }, {}],
    [{}, { capture: false }],
    [{ capture: true }, { capture: false }],
  ])('is refused: %j with a ticket of %j', async (change, charge) => {
    const ticket = await chargeTicket(charge)
    expect((await pay(ticket, change)).status).toBe(403)
    expect(payments()).toEqual([])
  })

  it('does not include the ticket’s own value', async () => {
    expect((await pay(await chargeTicket({ capture: false, idempotency_key: 'key-2' }), { capture: false })).status).toBe(201)
    expect((await pay(await chargeTicket({ capture: true, idempotency_key: 'key-3' }), { capture: true })).status).toBe(201)
    expect(payments().map(({ kind }) => kind)).toEqual(['payment_reserved', 'payment_charged'])
  })
})

describe('a field that a browser may not set', () => {
  /** All of the documented payment that is not said by the ticket, or the buyer's own. */
  const payment: Record<string, unknown> = {
    external_reference: 'order-1',
    description: 'Two chairs',
    application_id: 7,
    metadata: {},
    additional_info: {},
    payments: [],
    disbursements: [{ collector_id: 7, amount: 700.5 }],
  }
  const wallet_payment: Record<string, unknown> = {
    statement_descriptor: 'EVIL',
    forward_data: { sub_merchant: { sub_merchant_id: 7 } },
  }
  const allowed = ['wallet_payment', 'payer', 'binary_mode', 'capture']
  const allowedWithin = ['transaction_amount', 'description', 'external_reference', 'discount']

  it('is every documented field that the ticket does not set', () => {
    const { entries } = operations['payments.create'].input
    expect(Object.keys(entries).sort()).toEqual([...allowed, ...Object.keys(payment)].sort())
    const within = entries.wallet_payment.entries
    expect(Object.keys(within).sort()).toEqual([...allowedWithin, ...Object.keys(wallet_payment)].sort())
  })

  it.each(Object.entries(payment))('is %s', async (name, value) => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await pay(ticket, { [name]: value }))
  })

  it.each(Object.entries(wallet_payment))('is wallet_payment.%s', async (name, value) => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await payFor(ticket, { [name]: value }), [400, 403])
  })

  it('is binary_mode: false', async () => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await pay(ticket, { binary_mode: false }))
  })

  it.each(['card-token', 'Wallet-token'])('is another type of token: %s', async (type_token) => {
    const ticket = await chargeTicket()
    await expectRefusal(ticket, await pay(ticket, { payer: { token: own.payer_token, type_token } }), [400, 403])
  })

  it.each([
    'notification_url',
    'application_fee',
    'marketplace_fee',
    'currency_id',
    'collector_id',
    'coupon_amount',
    'sponsor_id',
  ])('is %s, at every level', async (name) => {
    const ticket = await chargeTicket()
    expect((await payFor(ticket, { [name]: 1 })).status).toBe(400)
    expect((await pay(ticket, { payer: { token: own.payer_token, [name]: 1 } })).status).toBe(400)
    await expectRefusal(ticket, await pay(ticket, { [name]: 1 }), [400])
  })

  it('does not include the texts for the buyer and binary_mode: true', async () => {
    const change = { wallet_payment: { ...PAYMENT, description: 'Two chairs' }, binary_mode: true }
    expect((await pay(await chargeTicket(), change)).status).toBe(201)
  })

  it('includes a discount that Mercado Pago has not promised', async () => {
    const discount = { amount: 700, description: 'free', detail: { cap: 700, value: 700, type: 'fixed' } }
    expect((await payFor(await chargeTicket(), { discount })).status).toBe(400)
    expect(payments()).toEqual([])
  })
})

describe('a buyer other than the ticket’s', () => {
  let others: Linked
  beforeEach(async () => {
    others = await linkAnother()
  })

  it('is never charged: another buyer’s handle is as invalid as none', async () => {
    const ticket = await chargeTicket()
    const foreign = await visible(await pay(ticket, { payer: { token: others.payer_token } }))
    expect(foreign.status).toBe(401)
    expect(JSON.parse(foreign.body)).toMatchObject({ cause: [{ code: '401003' }] })
    expect(foreign).toEqual(await visible(await pay(ticket, { payer: { token: 'nothing' } })))
    await expectRefusal(ticket, await pay(ticket, { payer: { token: others.payer_token } }), [401])
  })

  it('cannot be forged from two handles', async () => {
    const ticket = await chargeTicket()
    const [mine, foreign] = [own.payer_token.split('.'), others.payer_token.split('.')]
    const parts = mine.map((_, i) => i)
    // Every choice of parts from the one or the other.
    const mixed = Array.from({ length: 2 ** parts.length }, (_, choice) =>
      parts.map((i) => ((choice >> i) & 1 ? mine : foreign)[i]).join('.'),
    )
    let differ = 0
    for (const token of new Set(mixed)) {
      if (token === own.payer_token || token === others.payer_token) continue
      differ += 1
      expect((await pay(ticket, { payer: { token } })).status).toBe(401)
    }
    expect(differ).toBe(14)
    await expectRefusal(ticket, await pay(ticket, { payer: { token: others.payer_token } }), [401])
  })

  it('has agreements and payments that look as if they did not exist', async () => {
    const operations = ['agreements.get', 'agreements.cancel', 'payments.get'] as const
    const ticket = await ticketFor({ operations })
    const paid = await backend().payments.create({ wallet_payment: PAYMENT, payer: { token: others.payer_token } })
    const before = emulator.effects
    for (const [method, path] of [
      ['GET', `/v2/wallet_connect/agreements/${others.agreement_id}`],
      ['DELETE', `/v2/wallet_connect/agreements/${others.agreement_id}`],
      ['GET', `/v1/advanced_payments/${paid.id}`],
    ]) {
      expect((await throughWorker(path ?? '', { method: method ?? '', headers: asPage(ticket) })).status).toBe(404)
    }
    expect(emulator.effects).toEqual(before)
    const mine = `/v2/wallet_connect/agreements/${own.agreement_id}`
    expect((await throughWorker(mine, { headers: asPage(ticket) })).status).toBe(200)
  })

  it.each(['buyer-2', 'Buyer-1', 'buyer-1 ', 'buyer', 'buyer-1\0', 'buyer\u20111'])('cannot be linked: %j', async (id) => {
    const ticket = await ticketFor({ operations: ['agreements.create'] })
    const before = emulator.effects
    const link = (id: string) =>
      throughWorker('/v2/wallet_connect/agreements', {
        method: 'POST',
        headers: asPage(ticket),
        body: JSON.stringify({ return_uri: 'https://shop.example/linked', external_flow_id: 'f', external_user: { id } }),
      })
    expect((await link(id)).status).toBe(403)
    expect(emulator.effects).toEqual(before)
    expect((await link('buyer-1')).status).toBe(200)
  })
})

describe('a charge ticket that is used again', () => {
  it('charges once, however many keys its holder sends', async () => {
    const ticket = await chargeTicket()
    const first = await visible(await pay(ticket, {}, 'first'))
    for (let i = 0; i < 20; i++) {
      const again = await pay(ticket, {}, `key-${i}`)
      expect(again.headers.get('idempotent-replayed')).toBe('true')
      expect([again.status, await again.text()]).toEqual([200, first.body])
    }
    expect(payments()).toHaveLength(1)
  })

  it('charges once when it is used several times at once', async () => {
    const ticket = await chargeTicket()
    const responses = await Promise.all(Array.from({ length: 100 }, () => pay(ticket)))
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(responses.filter(({ status }) => ![200, 201, 409].includes(status))).toEqual([])
    expect(payments()).toHaveLength(1)
  })

  it('charges once if the request changes: another text is refused as a second use of the key', async () => {
    const ticket = await chargeTicket()
    expect((await pay(ticket)).status).toBe(201)
    const other = await payFor(ticket, { description: 'Another chair' })
    expect(other.status).toBe(422)
    expect(await other.json()).toMatchObject({ cause: [{ code: '422001' }] })
    expect(payments()).toHaveLength(1)
  })

  it('charges once if its first answer is lost', async () => {
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    const ticket = await chargeTicket()
    expect((await pay(ticket)).status).toBe(409)
    expect((await pay(ticket)).status).toBe(409)
    expect(payments()).toHaveLength(1)
  })

  it('charges once with a second ticket of the same key, and with the backend’s own request with that key', async () => {
    for (const ticket of [await chargeTicket(), await chargeTicket(), await chargeTicket()]) {
      expect((await pay(ticket)).status).toBeLessThan(300)
    }
    const body = { wallet_payment: PAYMENT, payer: { token: own.payer_token } }
    await backend().payments.create(body, { idempotencyKey: 'key-1' })
    expect(payments()).toHaveLength(1)
  })

  it('charges nothing with a second ticket of the same key for another amount, reference or buyer', async () => {
    expect((await pay(await chargeTicket())).status).toBe(201)
    expect((await payFor(await chargeTicket({ amount: 1 }), { transaction_amount: 1 })).status).toBe(422)
    const elsewhere = await chargeTicket({ external_reference: 'order-2' })
    expect((await payFor(elsewhere, { external_reference: 'order-2' })).status).toBe(422)
    const operations = ['payments.create'] as const
    const others = await linkAnother()
    const another = await ticketFor({ external_user: { id: 'buyer-2' }, operations, charge: CHARGE })
    expect((await pay(another, { payer: { token: others.payer_token } })).status).toBe(422)
    expect(payments()).toHaveLength(1)
  })

  it('charges again only with another key from its backend', async () => {
    expect((await pay(await chargeTicket())).status).toBe(201)
    expect((await pay(await chargeTicket({ idempotency_key: 'key-2' }))).status).toBe(201)
    expect(payments()).toHaveLength(2)
  })
})
