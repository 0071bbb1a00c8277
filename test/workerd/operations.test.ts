import { reset } from 'cloudflare:test'
import { createWalletConnect, idempotencyKeyFrom, type OperationName, type PaymentPage } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { scriptedFetch } from '../support/client/scripted-fetch.ts'
import { ACCESS_TOKEN } from '../support/secrets/secrets.ts'
import { asBackend, backend, throughWorker } from '../support/workerd/fixtures.ts'
import {
  ABOUT,
  answers,
  ask,
  known,
  names,
  PAYER_TOKEN,
  playDocuments,
  preparedOf,
  problemIn,
  requestOf,
  withHandle,
} from '../support/workerd/recorded.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** A payer token stays inside, and so does how many payments others have. */
function expected(name: OperationName, documented: unknown): unknown {
  if (name === 'agreements.createPayerToken') return { payer_token: expect.stringMatching(/^wch1\./) }
  if (name !== 'payments.search') return documented
  const { paging, results } = documented as PaymentPage
  return { paging: { limit: paging?.limit, offset: paging?.offset }, results }
}

describe('every operation', () => {
  it.each(names)(
    '%s is sent on as the client made it, with a key of its own, and its documented answer is returned',
    async (name) => {
      const { reached } = playDocuments()
      const about = await known()
      reached.length = 0
      const prepared = preparedOf(name, about)
      const { data, status } = await backend().send(prepared)

      const direct = createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: scriptedFetch(answers[name]) })
      const documented = await direct.send(prepared)
      expect({ data, status }).toEqual({ data: expected(name, documented.data), status: documented.status })

      // Before it gives out a payer token, the proxy looks whose it is.
      const before = name === 'agreements.createPayerToken' ? ['agreements.get'] : []
      expect(reached.map(({ operation }) => operation)).toEqual([...before, name])
      const sent = reached.at(-1)
      expect(sent?.url).toBe(`https://api.mercadopago.com${prepared.path}`)
      expect(sent?.method).toBe(prepared.method)
      expect(JSON.parse(sent?.body ?? 'null')).toEqual(
        name === 'payments.create'
          ? { ...JSON.parse(prepared.body ?? ''), payer: { token: PAYER_TOKEN, type_token: 'wallet-token' } }
          : JSON.parse(prepared.body ?? 'null'),
      )
      const reference = `:${prepared.idempotencyKey}`
      const key = await idempotencyKeyFrom({ account: 'shop', operation: name, reference, attempt: 1 })
      expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
        ...prepared.headers,
        ...(prepared.idempotencyKey && { 'x-idempotency-key': key }),
        ...('x-payer-token' in prepared.headers && { 'x-payer-token': PAYER_TOKEN }),
        authorization: `Bearer ${ACCESS_TOKEN}`,
      })
    },
  )

  it.each(names)('%s has an answer that no cache may store', async (name) => {
    playDocuments()
    const response = await ask(name, await known(name))
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it.each(names)('%s passes on nothing of the caller that is not documented', async (name) => {
    const { reached } = playDocuments()
    const { path, init } = requestOf(name, await known(name))
    const extra = {
      cookie: 'session=caller',
      'user-agent': 'caller/1.0',
      'x-forwarded-for': '203.0.113.7',
      'x-integrator-id': 'caller',
      'x-http-method-override': 'DELETE',
      forwarded: 'host=caller.test',
      'x-test-token': 'caller',
    }
    const headers = { 'x-payer-token': 'caller', ...(init.headers as Record<string, string>), ...extra }
    const isGet = init.method === 'GET'
    reached.length = 0
    const response = await throughWorker(isGet ? path : `${path}?access_token=caller&client.id=1`, { ...init, headers })
    expect(response.status).toBeLessThan(300)
    expect(JSON.stringify(reached.map(({ url, headers }) => [url, [...headers]]))).not.toMatch(
      /caller|client\.id|key-of-the-shop/,
    )
    expect(reached.at(-1)?.headers.get('authorization')).toBe(`Bearer ${ACCESS_TOKEN}`)
    expect(reached.at(-1)?.url).toBe(`https://api.mercadopago.com${path}`)
  })

  it('passes on the optional headers of its caller', async () => {
    const { reached } = playDocuments()
    const { path, init } = requestOf('payments.create', await known())
    const headers = { ...(init.headers as Record<string, string>), 'x-meli-session-id': 'device', 'x-platform-id': 'platform' }
    await throughWorker(path, { ...init, headers })
    expect(reached.at(-1)?.headers.get('x-meli-session-id')).toBe('device')
    expect(reached.at(-1)?.headers.get('x-platform-id')).toBe('platform')
  })

  it('has a different key in Mercado Pago for each client that uses the same key', async () => {
    const { reached } = playDocuments()
    const create = async (client: 'shop' | 'other') => {
      const { path, init } = requestOf('agreements.create', await known())
      const headers = { ...(init.headers as Record<string, string>), ...asBackend(client), 'x-idempotency-key': 'the-same' }
      await throughWorker(path, { ...init, headers })
      return reached.at(-1)?.headers.get('x-idempotency-key')
    }
    expect(await create('shop')).not.toBe(await create('other'))
  })
})

describe('a request that is not in the table of operations', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1/orders'],
    ['POST', '/v1/payments'],
    ['GET', '/v1/advanced_payments'],
    ['POST', '/v1/advanced_payments/'],
    ['POST', '//v1/advanced_payments'],
    ['POST', '/V1/advanced_payments'],
    ['PATCH', '/v1/advanced_payments/7'],
    ['DELETE', '/v1/advanced_payments/7'],
    ['POST', '/v1/advanced_payments/7'],
    ['PUT', '/v1/advanced_payments/7/refunds'],
    ['GET', '/v1/advanced_payments/7/refunds/8'],
    ['POST', '/v1/advanced_payments/search'],
    ['GET', '/v1/advanced_payments/../orders'],
    ['GET', '/v1/advanced_payments/%2e%2e/orders'],
    ['GET', '/v2/wallet_connect/agreements'],
    ['PUT', '/v2/wallet_connect/agreements/abc'],
    ['GET', '/v2/wallet_connect/agreements/abc/payer_token'],
    ['GET', '/v2/wallet_connect/coupons'],
    ['OPTIONS', '/v1/advanced_payments'],
    ['POST', '/health'],
  ])('%s %s is answered with 404', async (method, path) => {
    const { reached } = playDocuments()
    const response = await throughWorker(`https://proxy.test${path}`, { method, headers: asBackend() })
    expect(response.status).toBe(404)
    expect(await problemIn(response)).toMatchObject({ error: 'not_found' })
    expect(reached).toEqual([])
  })
})

describe('a resource that was not created through the proxy', () => {
  it.each(names.filter((name) => ABOUT[name] === 'agreement' || ABOUT[name] === 'payment'))(
    'does not exist for %s',
    async (name) => {
      const { reached } = playDocuments()
      const response = await ask(name, { agreement_id: 'abc', payer_token: 'x', advanced_payment_id: 7 })
      expect(response.status).toBe(404)
      const { message } = await problemIn(response)
      const unknown = name === 'agreements.get' ? 'The Agreement with that id' : 'The agreement_id does not exist'
      expect(message).toBe(ABOUT[name] === 'payment' ? 'Advanced payment not found.' : unknown)
      expect(reached).toEqual([])
    },
  )

  it.each(withHandle)('includes a payer token, which is invalid for %s', async (name) => {
    const { reached } = playDocuments()
    const { payer_token } = await known()
    reached.length = 0
    const broken = `${payer_token.slice(0, 40)}${payer_token[40] === 'A' ? 'B' : 'A'}${payer_token.slice(41)}`
    for (const handle of [PAYER_TOKEN, 'a.b', '.', '..', `${payer_token}.x`, broken]) {
      const response = await ask(name, { agreement_id: 'abc', payer_token: handle, advanced_payment_id: 7 })
      expect(response.status).toBe(401)
      expect(await problemIn(response)).toMatchObject({ error: 'unauthorized', cause: [{ code: '401003' }] })
    }
    expect(reached).toEqual([])
  })
})
