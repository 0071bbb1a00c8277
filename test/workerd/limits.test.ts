import { createExecutionContext, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../playground/proxy.ts'
import {
  asBackend,
  backend,
  linkThrough,
  ORIGIN,
  playMercadoPago,
  throughWorker,
  ticketFor,
  upstreamIs,
} from '../support/workerd/fixtures.ts'

let emulator: Emulator
beforeEach(() => {
  emulator = playMercadoPago()
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  await reset()
})

/** A proxy of its own, with a breaker that has seen nothing. */
function freshProxy(change: Partial<Env> = {}): typeof throughWorker {
  const proxy = createProxy()
  return async (path, init) =>
    proxy.fetch(new Request(new URL(path, ORIGIN), init), { ...env, ...change }, createExecutionContext())
}

describe('the limit of requests', () => {
  const limited = (limit: (options: { key: string }) => boolean) => ({
    limit: async (options: { key: string }) => ({ success: limit(options) }),
  })

  it('is counted per client, and answers 429 before anything else is checked', async () => {
    const send = freshProxy({ CLIENT_LIMIT: limited(({ key }) => key !== 'shop') })
    for (const path of ['/v1/advanced_payments/7', '/v1/advanced_payments/search', '/nowhere']) {
      const response = await send(path, { headers: asBackend() })
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toBe('60')
      expect(await response.json()).toMatchObject({ status: '429', error: 'too_many_requests' })
    }
    expect((await send('/v1/advanced_payments/7', { headers: asBackend('other') })).status).toBe(404)
  })

  it('of a buyer’s page is separate from its backend’s', async () => {
    const ticket = await ticketFor()
    const send = freshProxy({ BUYER_LIMIT: limited(({ key }) => key !== 'shop:buyer-1') })
    const page = await send('/v1/advanced_payments/7', { headers: { authorization: `Bearer ${ticket}` } })
    expect(page.status).toBe(429)
    expect((await send('/v1/advanced_payments/7', { headers: asBackend() })).status).toBe(404)
  })

  it('slows down the guessing of keys, per address', async () => {
    const send = freshProxy({ ANONYMOUS_LIMIT: limited(({ key }) => key !== 'address:203.0.113.7') })
    const guess = (address: string) =>
      send('/v1/advanced_payments/7', { headers: { authorization: 'Bearer guess', 'cf-connecting-ip': address } })
    expect((await guess('203.0.113.7')).status).toBe(429)
    expect((await guess('203.0.113.8')).status).toBe(401)
  })

  it('is real: six hints a minute for one resource', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => env.HINT_LIMIT.limit({ key: 'somebody' })))
    expect(results.filter(({ success }) => success)).toHaveLength(6)
  })
})

describe('the breaker', () => {
  const get = (id: number) => (send: typeof throughWorker) => send(`/v1/advanced_payments/${id}`, { headers: asBackend() })

  async function aPayment(): Promise<{ id: number; payer_token: string }> {
    const { payer_token } = await linkThrough(backend(), emulator)
    const { id } = await backend().payments.create({
      wallet_payment: { transaction_amount: 10, external_reference: 'order-1' },
      payer: { token: payer_token },
    })
    return { id, payer_token }
  }

  it('stops reads from an upstream that fails, and allows them again when it has recovered', async () => {
    const { id } = await aPayment()
    // Before the breaker takes its clock.
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const send = freshProxy()
    const down = vi.fn(async () => new Response('', { status: 500 }))
    upstreamIs(down)
    for (let call = 0; call < 20; call++) expect((await get(id)(send)).status).toBe(503)
    const asked = down.mock.calls.length
    const response = await get(id)(send)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(4)
    expect(down.mock.calls.length).toBe(asked)

    upstreamIs(emulator.fetch)
    vi.setSystemTime(Date.now() + 5_001)
    expect((await get(id)(send)).status).toBe(200)
    expect((await get(id)(send)).status).toBe(200)
  }, 60_000)

  it('begins no write while Mercado Pago does not answer', async () => {
    // Its pause must not be over before the last of many requests.
    vi.setSystemTime(Date.now())
    const { payer_token } = await aPayment()
    upstreamIs(async () => Promise.reject(new TypeError('gone')))
    const pay = (order: number) =>
      throughWorker('/v1/advanced_payments', {
        method: 'POST',
        headers: { ...asBackend(), 'x-idempotency-key': `order-${order}` },
        body: JSON.stringify({ wallet_payment: { transaction_amount: 10 }, payer: { token: payer_token } }),
      })
    const statuses: number[] = []
    for (let order = 0; order < 200; order++) statuses.push((await pay(order)).status)
    // Each of the four parts of the ledger sees for itself.
    expect(statuses.filter((status) => status === 409).length).toBeLessThan(100)
    expect(statuses.slice(-20)).toEqual(Array(20).fill(503))
    const listed = await throughWorker('/operations?state=open', { headers: asBackend('operator') })
    const { results } = await listed.json<{ results: unknown[] }>()
    expect(results).toHaveLength(statuses.filter((status) => status === 409).length)
  })

  it('of one client does not stop another', async () => {
    const shop = await aPayment()
    const other = await linkThrough(backend('other'), emulator, 'buyer-of-the-other')
    upstreamIs(async (input, init) =>
      String(init?.body).includes('trouble') ? new Response('', { status: 500 }) : emulator.fetch(input, init),
    )
    const pay = (client: 'shop' | 'other', payer_token: string, order: number) =>
      throughWorker('/v1/advanced_payments', {
        method: 'POST',
        headers: { ...asBackend(client), 'x-idempotency-key': `order-${order}` },
        body: JSON.stringify({
          wallet_payment: { transaction_amount: 10, description: client === 'other' ? 'trouble' : 'chairs' },
          payer: { token: payer_token },
        }),
      })
    const trouble: number[] = []
    for (let order = 0; order < 120; order++) trouble.push((await pay('other', other.payer_token, order)).status)
    expect(trouble).toContain(503)
    for (let order = 0; order < 12; order++) expect((await pay('shop', shop.payer_token, order)).status).toBe(201)
  })

  it('is not opened by requests that Mercado Pago declines, such as those of a revoked wallet', async () => {
    const { payer_token, agreement_id } = await linkThrough(backend(), emulator)
    emulator.buyer.cancel(agreement_id)
    for (let order = 0; order < 100; order++) {
      const response = await throughWorker('/v1/advanced_payments', {
        method: 'POST',
        headers: { ...asBackend(), 'x-idempotency-key': `order-${order}` },
        body: JSON.stringify({ wallet_payment: { transaction_amount: 10 }, payer: { token: payer_token } }),
      })
      expect(response.status).toBe(401)
      await response.body?.cancel()
    }
    const coupon = () =>
      throughWorker('/v2/wallet_connect/coupons', {
        method: 'POST',
        headers: { ...asBackend(), 'x-payer-token': payer_token },
        body: JSON.stringify({ id: 'NONE' }),
      })
    for (let call = 0; call < 30; call++) expect((await coupon()).status).toBeLessThan(500)
  })
})

describe('the log', () => {
  const FIELDS = ['at', 'method', 'route', 'status', 'operation', 'client', 'caller', 'outcome', 'attempt', 'error', 'ms']

  it('has one line of JSON for each request, with allowed fields only, and nothing that a caller sent', async () => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line))
    const noise = 'CANARY'
    await throughWorker(`/v1/advanced_payments/${noise}?${noise}=${noise}`, {
      headers: { authorization: `Bearer ${noise}`, [noise]: noise },
    })
    await throughWorker('/v1/advanced_payments', {
      method: 'POST',
      headers: { ...asBackend(), 'x-idempotency-key': noise },
      body: JSON.stringify({ [noise]: noise }),
    })
    await throughWorker(`/${noise}`, { method: 'PATCH', headers: asBackend() })
    await throughWorker('/notifications', {
      method: 'POST',
      body: JSON.stringify({ type: noise, action: noise, data: { id: noise } }),
    })
    await throughWorker('/health')
    expect(lines).toHaveLength(5)
    for (const line of lines) expect(Object.keys(JSON.parse(line)).filter((field) => !FIELDS.includes(field))).toEqual([])
    expect(lines.join('\n')).not.toContain(noise)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { at: 'request', method: 'GET', status: 401, caller: 'anonymous' },
      { method: 'POST', route: '/v1/advanced_payments', status: 400, caller: 'backend', client: 'shop' },
      { method: 'PATCH', route: 'none', status: 404 },
      { method: 'POST', route: '/notifications', status: 200, outcome: 'hint, not in the ledger' },
      { method: 'GET', route: '/health', status: 200 },
    ])
  })
})
