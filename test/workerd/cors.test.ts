import { reset } from 'cloudflare:test'
import { operations } from 'mercadopago-wallet-connect'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { asBackend, backend, linkThrough, PAGE, playMercadoPago, throughWorker, ticketFor } from '../support/workerd/fixtures.ts'

const LISTED = ['https://shop.example', 'https://www.shop.example', 'https://other.example']
const UNLISTED = [
  'https://evil.test',
  'https://shop.example.evil.test',
  'https://evilshop.example',
  'https://evil.shop.example',
  'https://shop.exampl',
  'https://shop.example.',
  'https://shop.example:443',
  'https://shop.example:8443',
  'http://shop.example',
  'HTTPS://shop.example',
  'https://Shop.example',
  'https://shop.example/',
  'https://shop.example@evil.test',
  'https://evil.test#https://shop.example',
  'https://shop.example, https://evil.test',
  'https://shop.example https://evil.test',
  'shop.example',
  'https://proxy.test',
  'file://',
  'null',
  '*',
]

const AGREEMENTS = '/v2/wallet_connect/agreements'
const PAYMENTS = '/v1/advanced_payments'

let emulator: Emulator
let agreement: string

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue()
  emulator = playMercadoPago()
  agreement = `${AGREEMENTS}/${(await linkThrough(backend(), emulator)).agreement_id}`
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const allowed = ({ headers }: Response): string | null => headers.get('access-control-allow-origin')
const listIn = ({ headers }: Response, name: string): string[] => (headers.get(name) ?? '').toLowerCase().split(/ *, */)

const preflight = (origin: string, path = PAYMENTS): Promise<Response> =>
  throughWorker(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-idempotency-key',
    },
  })

/** Nothing that lets any page in, or one with its cookies. */
function expectNarrow(response: Response): void {
  expect(allowed(response)).not.toBe('*')
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  expect(response.headers.get('access-control-allow-private-network')).toBeNull()
  for (const name of ['access-control-allow-headers', 'access-control-allow-methods', 'access-control-expose-headers']) {
    expect(response.headers.get(name) ?? '').not.toContain('*')
  }
  expect(listIn(response, 'vary')).toContain('origin')
}

describe('a preflight', () => {
  const paths = [...Object.values(operations).map(({ path }) => path.replace(/\{\w+\}/, '7')), '/sessions', '/nowhere']

  it.each(LISTED)('from %s is allowed, for what the API needs and no more', async (origin) => {
    const response = await preflight(origin)
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(allowed(response)).toBe(origin)
    expect(listIn(response, 'access-control-allow-methods').sort()).toEqual(['delete', 'get', 'post', 'put'])
    const headers = ['authorization', 'content-type', 'x-idempotency-key', 'x-meli-session-id', 'x-payer-token', 'x-platform-id']
    expect(listIn(response, 'access-control-allow-headers').sort()).toEqual(headers)
    expect(response.headers.get('access-control-max-age')).toBe('7200')
    expectNarrow(response)
  })

  it.each(UNLISTED)('from %s is allowed nothing', async (origin) => {
    const response = await preflight(origin)
    expect(allowed(response)).toBeNull()
    expectNarrow(response)
  })

  it('is answered in the same way on every path, without Mercado Pago or the ledger', async () => {
    const { calls } = vi.mocked(globalThis.fetch).mock
    const before = calls.length
    const first = await preflight(PAGE)
    for (const path of paths) {
      const response = await preflight(PAGE, path)
      expect([response.status, [...response.headers].sort()]).toEqual([first.status, [...first.headers].sort()])
    }
    expect(calls.length).toBe(before)
  })

  it('needs no credential, unlike an OPTIONS request that is not a preflight', async () => {
    expect((await preflight(PAGE)).status).toBe(204)
    expect((await throughWorker(PAYMENTS, { method: 'OPTIONS', headers: { origin: PAGE } })).status).toBe(401)
  })
})

describe('an answer', () => {
  const asTicket = async (origin: string) => ({
    authorization: `Bearer ${await ticketFor({ operations: ['agreements.get', 'agreements.create'], origin: PAGE })}`,
    origin,
  })
  const answers: Record<number, (origin: string) => Promise<Response>> = {
    200: async (origin) => throughWorker(agreement, { headers: await asTicket(origin) }),
    400: async (origin) => throughWorker(`${agreement}?x=1`, { headers: await asTicket(origin) }),
    401: (origin) => throughWorker(agreement, { headers: { origin } }),
    403: async (origin) => throughWorker(`${PAYMENTS}/7`, { headers: await asTicket(origin) }),
    404: async (origin) => throughWorker(`${AGREEMENTS}/elsewhere`, { headers: await asTicket(origin) }),
    413: async (origin) =>
      throughWorker(AGREEMENTS, { method: 'POST', headers: await asTicket(origin), body: 'x'.repeat(65_537) }),
    503: async (origin) => {
      const headers = await asTicket(origin)
      vi.mocked(globalThis.fetch).mockRejectedValue(new TypeError('gone'))
      return throughWorker(agreement, { headers })
    },
  }

  it.each(Object.keys(answers).map(Number))('with %i can be read by the page that the ticket is for', async (status) => {
    const response = await answers[status]?.(PAGE)
    expect(response?.status).toBe(status)
    if (!response) return
    expect(allowed(response)).toBe(PAGE)
    expect(listIn(response, 'access-control-expose-headers').sort()).toEqual([
      'idempotent-replayed',
      'retry-after',
      'x-idempotency-key',
    ])
    expectNarrow(response)
  })

  it.each(Object.keys(answers).map(Number))('with %i cannot be read by a page that is not listed', async (status) => {
    const response = await answers[status]?.('https://evil.test')
    expect(response && allowed(response)).toBeNull()
    if (response) expectNarrow(response)
  })

  it('varies by origin even if the request has none', async () => {
    for (const path of [agreement, '/health', '/nowhere']) {
      const response = await throughWorker(path, { headers: asBackend() })
      expect(allowed(response)).toBeNull()
      expectNarrow(response)
    }
  })

  it('exposes Retry-After and Idempotent-Replayed', async () => {
    const { payer_token } = await linkThrough(backend(), emulator, 'buyer-2')
    const charge = { amount: 10, external_reference: 'order-1' }
    const ticket = await ticketFor({ external_user: { id: 'buyer-2' }, operations: ['payments.create'], charge })
    const pay = () =>
      throughWorker(PAYMENTS, {
        method: 'POST',
        headers: { authorization: `Bearer ${ticket}`, origin: PAGE, 'x-idempotency-key': 'key-1' },
        body: JSON.stringify({
          wallet_payment: { transaction_amount: 10, external_reference: 'order-1' },
          payer: { token: payer_token },
        }),
      })
    await pay()
    const again = await pay()
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(listIn(again, 'access-control-expose-headers')).toContain('idempotent-replayed')
  })
})

describe('a client key in a page', () => {
  it.each(UNLISTED)('from %s is refused, and nothing happens', async (origin) => {
    const before = emulator.effects
    const response = await throughWorker(agreement, { method: 'DELETE', headers: { ...asBackend(), origin } })
    expect(response.status).toBe(403)
    expect(allowed(response)).toBeNull()
    expect(emulator.effects).toEqual(before)
  })

  it('from another client’s origin is refused', async () => {
    const response = await throughWorker(agreement, { headers: { ...asBackend('shop'), origin: 'https://other.example' } })
    expect(response.status).toBe(403)
  })

  it('from its own client’s origin is accepted', async () => {
    expect((await throughWorker(agreement, { headers: { ...asBackend(), origin: PAGE } })).status).toBe(200)
  })
})

describe('a request that a page can send without a preflight', () => {
  const types = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'text/plain;charset=utf-8']
  const body = { return_uri: 'https://shop.example/linked', external_flow_id: 'f', external_user: { id: 'buyer-9' } }
  const writes = [
    ['POST', AGREEMENTS],
    ['POST', `${PAYMENTS}/7/refunds`],
    ['POST', PAYMENTS],
    ['POST', '/sessions'],
    ['GET', `${PAYMENTS}/search`],
  ] as const

  it.each(types)('as %s has no effect, whatever cookies it has', async (type) => {
    const before = emulator.effects
    const cookie = `authorization=Bearer ${asBackend().authorization}; ticket=${await ticketFor()}`
    for (const [method, path] of writes) {
      for (const origin of ['https://evil.test', 'null', PAGE]) {
        const response = await throughWorker(path, {
          method,
          headers: { 'content-type': type, origin, cookie },
          ...(method === 'POST' && { body: JSON.stringify(body) }),
        })
        expect(response.status).toBe(401)
        expect(response.headers.get('set-cookie')).toBeNull()
      }
    }
    expect(emulator.effects).toEqual(before)
  })

  it.each(['access_token', 'ticket', 'authorization', 'Authorization', 'key'])(
    'has no effect with a credential in the query: %s',
    async (name) => {
      const before = emulator.effects
      for (const value of ['key-of-the-shop', 'Bearer key-of-the-shop', await ticketFor()]) {
        const query = new URLSearchParams({ [name]: value })
        const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(body) }
        expect((await throughWorker(`${AGREEMENTS}?${query}`, init)).status).toBe(401)
      }
      expect(emulator.effects).toEqual(before)
    },
  )

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])('cannot change its method with %s', async (name) => {
    const before = emulator.effects
    const response = await throughWorker(agreement, { headers: { ...asBackend(), [name]: 'DELETE' } })
    expect(response.status).toBe(200)
    expect(emulator.effects).toEqual(before)
  })

  it('would have an effect with the credential', async () => {
    const response = await throughWorker(AGREEMENTS, { method: 'POST', headers: asBackend(), body: JSON.stringify(body) })
    expect(response.status).toBe(200)
  })
})
