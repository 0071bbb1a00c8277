import { reset } from 'cloudflare:test'
import type { OperationName } from 'mercadopago-wallet-connect'
import { isApproved } from 'mercadopago-wallet-connect'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CLIENT_KEYS } from '../support/secrets/secrets.ts'
import { asBackend, backend, linkThrough, PAGE, playMercadoPago, throughWorker, ticketFor } from '../support/workerd/fixtures.ts'
import { ABOUT } from '../support/workerd/recorded.ts'
import { BROWSER_MAY, visible } from '../support/workerd/with-configuration.ts'

/** Everything of one buyer that has a name. */
interface Things {
  /** Approved; its code is not exchanged. */
  agreement_id: string
  code: string
  handle: string
  /** Reserved. */
  advanced_payment_id: number
}

/** Of nobody. */
const nowhere: Things = {
  agreement_id: 'f'.repeat(32),
  code: 'c'.repeat(64),
  handle: 'wch1.s1.AA.AA.AA.AA',
  advanced_payment_id: 404_404,
}

const PAYMENT = { transaction_amount: 10, external_reference: 'order-1' }
const agreement = ({ agreement_id }: Things): string => `/v2/wallet_connect/agreements/${agreement_id}`
const payment = ({ advanced_payment_id }: Things): string => `/v1/advanced_payments/${advanced_payment_id}`

/** Each operation that names something which exists already. */
const uses: Record<Exclude<OperationName, 'agreements.create' | 'payments.search'>, (of: Things) => [string, RequestInit]> = {
  'agreements.get': (of) => [agreement(of), {}],
  'agreements.cancel': (of) => [agreement(of), { method: 'DELETE' }],
  'agreements.createPayerToken': (of) => [
    `${agreement(of)}/payer_token`,
    { method: 'POST', body: JSON.stringify({ code: of.code }) },
  ],
  'discounts.validateCoupon': ({ handle }) => [
    '/v2/wallet_connect/coupons',
    { method: 'POST', headers: { 'x-payer-token': handle }, body: JSON.stringify({ id: 'COUPON' }) },
  ],
  'discounts.create': ({ handle }) => [
    '/v2/wallet_connect/discounts',
    { method: 'POST', headers: { 'x-payer-token': handle }, body: JSON.stringify({ amount: 10 }) },
  ],
  'payments.create': ({ handle }) => [
    '/v1/advanced_payments',
    { method: 'POST', body: JSON.stringify({ wallet_payment: PAYMENT, payer: { token: handle } }) },
  ],
  'payments.get': (of) => [payment(of), {}],
  'payments.capture': (of) => [payment(of), { method: 'PUT', body: '{"capture":true}' }],
  'payments.cancel': (of) => [payment(of), { method: 'PUT', body: '{"status":"cancelled"}' }],
  'payments.refund': (of) => [`${payment(of)}/refunds`, { method: 'POST', body: '{}' }],
  'payments.listRefunds': (of) => [`${payment(of)}/refunds`, {}],
}
type Used = keyof typeof uses
const names = Object.keys(uses) as Used[]
const browserMay = names.filter((name) => BROWSER_MAY.includes(name))

let emulator: Emulator
let shops: Things

/** A linked wallet, a reserved payment of it, and another agreement on its way. */
async function thingsOf(client: keyof typeof CLIENT_KEYS, user: string): Promise<Things> {
  const wallet = backend(client)
  const { payer_token } = await linkThrough(wallet, emulator, user)
  const { id } = await wallet.payments.create({ wallet_payment: PAYMENT, payer: { token: payer_token }, capture: false })
  const { agreement_id } = await wallet.agreements.create({
    return_uri: 'https://shop.example/linked',
    external_flow_id: 'second',
    external_user: { id: user },
  })
  const { code } = emulator.buyer.approve(agreement_id)
  return { agreement_id, code, handle: payer_token, advanced_payment_id: id }
}

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue()
  emulator = playMercadoPago({ oneAgreementPerUser: false })
  emulator.coupons.add({ code: 'COUPON', type: 'fixed', value: 1 })
  shops = await thingsOf('shop', 'buyer-1')
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

type Headers = Record<string, string>
const json = { 'content-type': 'application/json' }
const use = (name: Used, of: Things, credential: Headers, key: string = crypto.randomUUID()): Promise<Response> => {
  const [path, init] = uses[name](of)
  return throughWorker(path, {
    ...init,
    headers: { ...json, ...(init.headers as Headers), ...credential, 'x-idempotency-key': key },
  })
}

const ticketOf = async (client: 'shop' | 'other', user: string, name: Used): Promise<Headers> => {
  const charge = name === 'payments.create' && { charge: { amount: 10, external_reference: 'order-1' } }
  const ticket = await ticketFor({ external_user: { id: user }, operations: [name], ...charge }, client)
  return { authorization: `Bearer ${ticket}`, origin: PAGE }
}

/** As of nobody's: nothing tells them apart, and nothing happens. */
async function expectForeign(name: Used, things: Things, credential: () => Promise<Headers>): Promise<void> {
  const before = emulator.effects
  const foreign = await visible(await use(name, things, await credential()))
  const missing = await visible(await use(name, nowhere, await credential()))
  expect(foreign).toEqual(missing)
  const isOfHandle = ABOUT[name] === 'handle'
  expect(foreign.status).toBe(isOfHandle ? 401 : 404)
  if (isOfHandle) expect(JSON.parse(foreign.body)).toMatchObject({ cause: [{ code: '401003' }] })
  expect(emulator.effects).toEqual(before)
}

describe('a resource of another client', () => {
  it.each(names)('can be used by its own client: %s', async (name) => {
    if (name === 'payments.refund') await use('payments.capture', shops, asBackend('shop'))
    expect((await use(name, shops, asBackend('shop'))).status).toBeLessThan(300)
  })

  it.each(names)('looks to a backend as if it did not exist: %s', async (name) => {
    await expectForeign(name, shops, async () => asBackend('other'))
  })

  it.each(browserMay)('looks to a page as if it did not exist, even if its buyer has the same id: %s', async (name) => {
    await expectForeign(name, shops, () => ticketOf('other', 'buyer-1', name))
  })

  it('is never requested from Mercado Pago', async () => {
    const { calls } = vi.mocked(globalThis.fetch).mock
    const before = calls.length
    for (const name of names) await use(name, shops, asBackend('other'))
    expect(calls.length).toBe(before)
  })

  it('is not found by the id of its inner payment', async () => {
    const { payments } = await backend('shop').payments.get(shops.advanced_payment_id)
    const inner = { ...shops, advanced_payment_id: Number(payments?.[0]?.id) }
    expect(inner.advanced_payment_id).not.toBe(shops.advanced_payment_id)
    for (const name of names.filter((name) => name.startsWith('payments.') && name !== 'payments.create')) {
      await expectForeign(name, inner, async () => asBackend('other'))
    }
  })

  it('does not use up the key of a caller who tried to use it', async () => {
    const own = await thingsOf('other', 'buyer-9')
    for (const name of ['agreements.createPayerToken', 'discounts.create', 'payments.create', 'payments.refund'] as const) {
      expect((await use(name, shops, asBackend('other'), `key-of-${name}`)).status).toBeGreaterThanOrEqual(401)
      if (name === 'payments.refund') await use('payments.capture', own, asBackend('other'))
      expect((await use(name, own, asBackend('other'), `key-of-${name}`)).status).toBeLessThan(300)
    }
  })
})

describe('a resource of another buyer of the client', () => {
  it.each(browserMay)('can be used by the page of its own buyer: %s', async (name) => {
    expect((await use(name, shops, await ticketOf('shop', 'buyer-1', name))).status).toBeLessThan(300)
  })

  it.each(browserMay)('looks to a page as if it did not exist: %s', async (name) => {
    await expectForeign(name, shops, () => ticketOf('shop', 'buyer-2', name))
  })

  it.each(['buyer-', 'buyer-11', 'BUYER-1', 'buyer-1 ', 'buyer-1.buyer-1'])(
    'does not belong to a buyer called %j',
    async (user) => {
      for (const name of browserMay) await expectForeign(name, shops, () => ticketOf('shop', user, name))
    },
  )
})

describe('a search', () => {
  const search = (query: string, client: keyof typeof CLIENT_KEYS = 'other') =>
    throughWorker(`/v1/advanced_payments/search?${query}`, { headers: asBackend(client) }).then((response) =>
      response.json<{ paging: { total?: number }; results: { id: number }[] }>(),
    )

  const filters = async (): Promise<Record<string, string>> => {
    const paid = await backend('shop').payments.get(shops.advanced_payment_id)
    return {
      external_reference: 'order-1',
      status: 'authorized',
      'payment.id': String(paid.payments?.[0]?.id),
      'payment.external_reference': 'order-1',
      'payment.transaction_amount': '10',
      'payment.payment_method_id': 'account_money',
      'payer.id': String(paid.payer?.id),
      range: 'date_created',
      attributes: 'status',
    }
  }

  it('finds no payment of another client by any filter that finds it for that client', async () => {
    for (const filter of Object.entries(await filters())) {
      const query = new URLSearchParams([filter]).toString()
      expect(
        (await search(query, 'shop')).results.map(({ id }) => id),
        query,
      ).toEqual([shops.advanced_payment_id])
      expect(await search(query), query).toEqual(await search('external_reference=of-nobody'))
    }
  })

  it.each(['limit=0', 'limit=1', 'limit=2', 'limit=2&offset=1', 'offset=1', 'offset=100', 'limit=1&sort=id&criteria=asc'])(
    'does not count the payments of another client: %s',
    async (query) => {
      const own = [(await thingsOf('other', 'buyer-9')).advanced_payment_id]
      await thingsOf('shop', 'buyer-2')
      own.push((await thingsOf('other', 'buyer-8')).advanced_payment_id)
      const { paging, results } = await search(query)
      expect([undefined, own.length]).toContain(paging.total)
      expect(results.filter(({ id }) => !own.includes(id))).toEqual([])
    },
  )

  it('finds all payments of its own client', async () => {
    const own = (await thingsOf('other', 'buyer-9')).advanced_payment_id
    const idsOf = async (client?: 'shop') => (await search('external_reference=order-1', client)).results.map(({ id }) => id)
    expect(await idsOf()).toEqual([own])
    expect(await idsOf('shop')).toEqual([shops.advanced_payment_id])
  })
})

describe('an idempotency key', () => {
  const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged')

  it('of one client is independent of another client’s write with the same key', async () => {
    const own = await thingsOf('other', 'buyer-9')
    const first = await use('payments.create', shops, asBackend('shop'), 'key-1')
    const second = await use('payments.create', own, asBackend('other'), 'key-1')
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.headers.get('idempotent-replayed')).toBeNull()
    expect(await second.text()).not.toBe(await first.text())
    expect(new Set(charges().map(({ idempotency_key }) => idempotency_key)).size).toBe(2)
    // Nor with the key that Mercado Pago has.
    const upstreamKey = charges()[0]?.idempotency_key ?? ''
    expect((await use('payments.create', own, asBackend('other'), upstreamKey)).status).toBe(201)
    expect(charges()).toHaveLength(3)
  })

  it('of one operation is independent of the same key in another operation', async () => {
    const paid = await use('payments.create', shops, asBackend('shop'), 'key-1')
    const { id } = await paid.json<{ id: number }>()
    const refund = await use('payments.refund', { ...shops, advanced_payment_id: id }, asBackend('shop'), 'key-1')
    expect(refund.headers.get('idempotent-replayed')).toBeNull()
    expect(refund.status).toBeLessThan(300)
  })

  it('of one buyer’s page is independent of another buyer’s and of the backend’s', async () => {
    const second = await thingsOf('shop', 'buyer-2')
    const third = await thingsOf('shop', 'buyer-3')
    for (const [things, credential] of [
      [shops, await ticketOf('shop', 'buyer-1', 'discounts.create')],
      [second, await ticketOf('shop', 'buyer-2', 'discounts.create')],
      [third, asBackend('shop')],
    ] as const) {
      const promised = await use('discounts.create', things, credential, 'key-1')
      expect([promised.status, promised.headers.get('idempotent-replayed')]).toEqual([200, null])
    }
  })

  it('in charge tickets of two clients charges both', async () => {
    const own = await thingsOf('other', 'buyer-9')
    for (const [client, user, things] of [
      ['shop', 'buyer-1', shops],
      ['other', 'buyer-9', own],
    ] as const) {
      const charge = { amount: 10, external_reference: 'order-1', idempotency_key: 'key-1' }
      const ticket = await ticketFor({ external_user: { id: user }, operations: ['payments.create'], charge }, client)
      const paid = await use('payments.create', things, { authorization: `Bearer ${ticket}`, origin: PAGE })
      expect(paid.status).toBe(201)
      expect(isApproved(await paid.json())).toBe(true)
    }
    expect(charges()).toHaveLength(2)
  })
})
