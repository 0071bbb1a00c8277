import { reset } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import fc from 'fast-check'
import {
  createWalletConnect,
  isApproved,
  type OperationInput,
  type OperationName,
  operations,
  UnknownOutcomeError,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../playground/worker.ts'
import { document } from '../documents.ts'
import { json, type Step, scriptedFetch, text } from '../scripted-fetch.ts'
import { aPayment, rejection } from '../wallet.ts'

const ORIGIN = 'https://proxy.test'
const CLIENT_KEY = 'demo-key'
const ACCESS_TOKEN = 'APP_USR-4242-canary-of-the-seller'
const PAYER_TOKEN = 'canary-of-the-buyer'
const MOST_BODY_BYTES = 65_536
const env = {
  MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
  // SHA-256 of `demo-key`
  CLIENT_KEY_SHA256: 'c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c',
}

type Send = (path: string, init?: RequestInit) => Promise<Response>

const { default: worker } = exports as unknown as { default: Fetcher }

/** Through the deployed entry: the Worker, and behind it the emulator. */
const throughWorker: Send = async (path, init = {}) =>
  worker.fetch(new Request(new URL(path, ORIGIN), { redirect: 'manual', ...init }))

/** Through the proxy alone, with a scripted upstream behind it. */
function proxyOf(...steps: Step[]): { send: Send; sent: ReturnType<typeof scriptedFetch>['sent'] } {
  const upstream = scriptedFetch(...steps)
  const proxy = createProxy(upstream)
  return { send: async (path, init) => proxy.fetch(new Request(new URL(path, ORIGIN), init), env), sent: upstream.sent }
}

const clientOf = (send: Send): WalletConnect =>
  createWalletConnect({
    accessToken: CLIENT_KEY,
    baseURL: ORIGIN,
    maxRetries: 0,
    fetch: (input, init) => send(String(input), init as RequestInit),
  })

const asCaller = { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' }

const write = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { ...asCaller, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** Reads an answer that declines, and fails if it is not in the documented envelope. */
async function problemIn(response: Response): Promise<{ status: string; error: string; message: string; cause?: unknown }> {
  const problem = await response.json<{ status: string; error: string; message: string; cause?: unknown }>()
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(problem).toEqual({
    status: String(response.status),
    error: expect.stringMatching(/./),
    message: expect.stringMatching(/./),
    ...('cause' in problem && { cause: expect.any(Array) }),
  })
  if (response.status < 500) expect(problem.error).not.toBe('internal_error')
  return problem
}

/** Everything that a caller can see of an answer. */
const visible = async (response: Response): Promise<string> =>
  JSON.stringify([response.status, response.statusText, [...response.headers], await response.text()])

/** A linked wallet in the emulator: what a payer token is worth. */
async function linkedWallet(wallet: WalletConnect): Promise<{ agreement_id: string; payer_token: string }> {
  const { agreement_id, agreement_uri } = await wallet.agreements.create(document('create-agreement.request') as never)
  expect(agreement_uri).toBe(`${ORIGIN}/v1/wallet_agreement/${agreement_id}`)
  const body = new URLSearchParams({ decision: 'approve' })
  const back = await throughWorker(agreement_uri, { method: 'POST', body })
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  return { agreement_id, payer_token }
}

const agreement_id = '22abcd1235ed497f945f755fcaba3c6c'
const approved = document('create-payment.approved.response.201')
const payment = { ...aPayment, payer: { token: PAYER_TOKEN, type_token: 'wallet-token' }, binary_mode: true }

/** A use of every operation and its documented answer. */
const uses: { [Name in OperationName]: { input: OperationInput<Name>; answer: () => Response } } = {
  'agreements.create': {
    input: document('create-agreement.request') as never,
    answer: json(200, document('create-agreement.response.200')),
  },
  'agreements.get': { input: { agreement_id }, answer: json(200, document('get-agreement.response.200')) },
  'agreements.cancel': { input: { agreement_id }, answer: text(200, '') },
  'agreements.createPayerToken': {
    input: { agreement_id, code: 'the-code' },
    answer: json(200, document('create-payer-token.response.200')),
  },
  'discounts.validateCoupon': {
    input: { payer_token: PAYER_TOKEN, id: 'BLACKFRIDAY20' },
    answer: json(200, document('validate-coupon.success.response.200')),
  },
  'discounts.create': {
    input: { payer_token: PAYER_TOKEN, amount: 550, coupon: 'COUPON' },
    answer: json(200, document('create-discount.with-coupon.response.200')),
  },
  'payments.create': { input: payment, answer: json(201, approved) },
  'payments.get': { input: { advanced_payment_id: 7 }, answer: json(200, document('get-payment.response.200')) },
  'payments.search': {
    input: { external_reference: 'Pago_123', 'payment.id': 9, limit: 10 },
    answer: json(200, { paging: { total: 1, limit: 10, offset: 0 }, results: [approved] }),
  },
  'payments.capture': { input: { advanced_payment_id: 7 }, answer: json(200, document('update-payment.response.200')) },
  'payments.cancel': {
    input: { advanced_payment_id: 7 },
    answer: json(200, document('cancel-payment.wallet-2019.response.200')),
  },
  'payments.refund': {
    input: { advanced_payment_id: 7, amount: 25 },
    answer: json(200, document('refund-payment.response.200')),
  },
  'payments.listRefunds': { input: { advanced_payment_id: 7 }, answer: json(200, document('refund-payment.response.200')) },
}
const names = Object.keys(uses) as OperationName[]
const isRead = (name: OperationName): boolean => operations[name].retry === 'read'
const reads = names.filter(isRead)
const writes = names.filter((name) => !isRead(name))

/** One operation as a caller sends it, byte for byte as the client makes it. */
function requestOf(name: OperationName): { path: string; init: RequestInit } {
  const { path, method, headers, body } = clientOf(throughWorker).prepare(name, uses[name].input as never)
  return { path, init: { method, body, headers: { ...headers, ...asCaller } } }
}

beforeEach(() => {
  // No waiting between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('GET /health', () => {
  it('answers 200 without a key', async () => {
    const response = await throughWorker('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })
})

describe('the Worker with the emulator behind it', () => {
  it('takes a wallet from the agreement to its end, by this package’s client', async () => {
    const wallet = clientOf(throughWorker)
    const { agreement_id, payer_token } = await linkedWallet(wallet)
    expect(await wallet.agreements.get(agreement_id)).toMatchObject({ id: agreement_id, status: 'confirmed_by_user' })
    const charge = (amount: string, capture: boolean, external_reference: string) =>
      wallet.payments.create({
        wallet_payment: { transaction_amount: amount, description: 'Two chairs', external_reference },
        payer: { token: payer_token },
        capture,
      })

    const reserved = await charge('700.50', false, 'order-1')
    expect(reserved.status).toBe('authorized')
    expect(await wallet.payments.capture(reserved.id)).toMatchObject({ id: reserved.id, status: 'approved' })
    expect(await wallet.payments.refund(reserved.id, { amount: '200.25' })).toMatchObject([{ amount: 200.25 }])
    expect(await wallet.payments.get(reserved.id)).toMatchObject({ status: 'partially_refunded' })
    await wallet.payments.refund(reserved.id)
    expect(await wallet.payments.listRefunds(reserved.id)).toMatchObject([{ amount: 200.25 }, { amount: 500.25 }])
    expect(await wallet.payments.get(reserved.id)).toMatchObject({ status: 'refunded' })

    const released = await charge('10', false, 'order-2')
    expect(await wallet.payments.cancel(released.id)).toMatchObject({ status: 'cancelled' })
    expect(isApproved(await charge('250000', true, 'order-3'))).toBe(false)
    const found = await wallet.payments.search({ external_reference: 'order-2', limit: 5 })
    expect(found).toMatchObject({ paging: { total: 1, limit: 5 }, results: [{ id: released.id }] })

    expect(await wallet.agreements.cancel(agreement_id)).toBeUndefined()
    expect(await rejection(charge('10', true, 'order-4'))).toMatchObject({ code: 'refused', status: 401, apiCode: '401003' })
  })

  it('answers the guide’s payment with 201, the same key again with 200 and the same id, and no key with 400', async () => {
    const { payer_token } = await linkedWallet(clientOf(throughWorker))
    const guide = document('create-payment.request')
    const body = { ...guide, payer: { token: payer_token, type_token: 'wallet-token' } }
    const paste = (headers = {}): Promise<Response> => throughWorker('/v1/advanced_payments', write('POST', body, headers))

    const first = await paste({ 'X-Idempotency-Key': 'IDEMPOTENCY_KEY' })
    expect(first.status).toBe(201)
    const payment = await first.json<{ id: number }>()
    expect(payment).toMatchObject({ id: expect.any(Number), status: 'approved', wallet_payment: guide.wallet_payment })

    const again = await paste({ 'X-Idempotency-Key': 'IDEMPOTENCY_KEY' })
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual(payment)

    for (const response of [await paste(), await paste({ 'X-Idempotency-Key': '' })]) {
      expect(response.status).toBe(400)
      expect(await problemIn(response)).toEqual(document('error.400.missing-idempotency'))
    }
    const page = await throughWorker('/v1/advanced_payments/search', { headers: asCaller })
    expect(await page.json()).toMatchObject({ paging: { total: 1 }, results: [{ id: payment.id }] })
  })

  it('takes the documented bodies by plain fetch', async () => {
    const { agreement_id, payer_token } = await linkedWallet(clientOf(throughWorker))
    const answerTo = async (path: string, init: RequestInit): Promise<{ id: number; status: string }> => {
      const response = await throughWorker(path, init)
      expect(response.status, path).toBeLessThan(300)
      return response.json()
    }
    const charge = (key: string, capture: boolean): Promise<{ id: number; status: string }> => {
      const body = { ...document('create-payment.request'), payer: { token: payer_token, type_token: 'wallet-token' }, capture }
      return answerTo('/v1/advanced_payments', write('POST', body, { 'x-idempotency-key': key }))
    }

    const { id } = await charge('first', false)
    const path = `/v1/advanced_payments/${id}`
    expect(await answerTo(path, write('PUT', document('capture-payment.request')))).toMatchObject({ id, status: 'approved' })
    const partial = write('POST', document('refund-payment.partial.request'), { 'x-idempotency-key': 'refund' })
    expect(await answerTo(`${path}/refunds`, partial)).toMatchObject([{ amount: 25, status: 'approved' }])
    expect(await answerTo(`${path}/refunds`, { headers: asCaller })).toHaveLength(1)
    expect(await answerTo(path, { headers: asCaller })).toMatchObject({ id, status: 'partially_refunded' })

    const other = await charge('second', false)
    const cancellation = write('PUT', document('update-payment.reference-cancelled.request'))
    expect(await answerTo(`/v1/advanced_payments/${other.id}`, cancellation)).toMatchObject({ status: 'cancelled' })

    const ended = await throughWorker(`/v2/wallet_connect/agreements/${agreement_id}`, { method: 'DELETE', headers: asCaller })
    expect([ended.status, await ended.text()]).toEqual([200, ''])
  })

  it('tells the emulator’s refusals on in the documented envelope', async () => {
    const unknown = await throughWorker('/v1/advanced_payments/404', { headers: asCaller })
    expect(unknown.status).toBe(404)
    expect(await problemIn(unknown)).toMatchObject({ message: 'Advanced payment not found.' })
    const init = write('POST', payment, { 'x-idempotency-key': 'k' })
    const stranger = await throughWorker('/v1/advanced_payments', init)
    expect(await problemIn(stranger)).toEqual(document('error.401.invalid-payer-token'))
  })
})

describe('every operation', () => {
  it.each(names)('%s is sent on as the client made it, and its answer comes back as the API gave it', async (name) => {
    const { answer, input } = uses[name]
    const { send, sent } = proxyOf(answer)
    const viaProxy = clientOf(send)
    const prepared = viaProxy.prepare(name, input as never)
    const { data, status } = await viaProxy.send(prepared)

    const direct = createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: scriptedFetch(answer) })
    expect({ data, status }).toEqual(await direct.send(prepared).then(({ data, status }) => ({ data, status })))
    expect(sent).toHaveLength(1)
    expect(sent[0]?.url).toBe(`https://api.mercadopago.com${prepared.path}`)
    expect(sent[0]?.method).toBe(prepared.method)
    expect(sent[0]?.body).toBe(prepared.body)
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      ...prepared.headers,
      authorization: `Bearer ${ACCESS_TOKEN}`,
    })
  })

  it.each(names)('%s is answered with a body that no cache keeps', async (name) => {
    const { path, init } = requestOf(name)
    const response = await proxyOf(uses[name].answer).send(path, init)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it.each(names)('%s passes nothing of the caller on that is not documented', async (name) => {
    const { path, init } = requestOf(name)
    const extra = {
      cookie: 'session=caller',
      'user-agent': 'caller/1.0',
      'x-forwarded-for': '203.0.113.7',
      'x-integrator-id': 'caller',
      'x-http-method-override': 'DELETE',
      forwarded: 'host=caller.test',
      'x-test-token': 'caller',
    }
    const payer = name.startsWith('discounts.') ? {} : { 'x-payer-token': 'caller' }
    const headers = { ...(init.headers as Record<string, string>), ...extra, ...payer }
    const { send, sent } = proxyOf(uses[name].answer)
    const isGet = init.method === 'GET'
    const response = await send(isGet ? path : `${path}?access_token=caller&client.id=1`, { ...init, headers })
    expect(response.status).toBeLessThan(300)
    expect(JSON.stringify([sent[0]?.url, [...(sent[0]?.headers ?? [])]])).not.toMatch(/caller|client\.id|demo-key/)
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${ACCESS_TOKEN}`)
    expect(sent[0]?.url).toBe(`https://api.mercadopago.com${path}`)
  })
})

describe('authentication', () => {
  const credentials: [string, Record<string, string>][] = [
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer demo-kex' }],
    ['the key in other letters', { authorization: 'Bearer DEMO-KEY' }],
    ['the key and more', { authorization: 'Bearer demo-key demo-key' }],
    ['the beginning of the key', { authorization: 'Bearer demo-ke' }],
    ['an empty key', { authorization: 'Bearer' }],
    ['another scheme', { authorization: `Basic ${btoa('demo-key:')}` }],
    ['another scheme with the key', { authorization: 'Digest demo-key' }],
    ['no scheme', { authorization: 'demo-key' }],
    ['the digest of the key', { authorization: `Bearer ${env.CLIENT_KEY_SHA256}` }],
    ['the access token', { authorization: `Bearer ${ACCESS_TOKEN}` }],
    ['a cookie', { cookie: 'authorization=demo-key' }],
  ]

  it.each(credentials)('refuses %s with 401 and sends nothing', async (_, headers) => {
    for (const name of names) {
      const { path, init } = requestOf(name)
      const { authorization, ...rest } = init.headers as Record<string, string>
      const { send, sent } = proxyOf(uses[name].answer)
      const response = await send(path, { ...init, headers: { ...rest, ...headers } })
      expect(response.status).toBe(401)
      expect(await problemIn(response)).toMatchObject({ error: 'unauthorized' })
      expect(sent).toHaveLength(0)
    }
  })

  it('does not take the key from the query', async () => {
    const response = await throughWorker('/v1/advanced_payments/7?access_token=demo-key')
    expect(response.status).toBe(401)
  })

  it.each(['', 'c48a', 'not hex at all', `${env.CLIENT_KEY_SHA256}00`])(
    'lets nobody in when the digest is %j',
    async (CLIENT_KEY_SHA256) => {
      const { path, init } = requestOf('payments.get')
      const upstream = scriptedFetch(uses['payments.get'].answer)
      const response = await createProxy(upstream).fetch(new Request(ORIGIN + path, init), { ...env, CLIENT_KEY_SHA256 })
      expect(response.status).toBe(401)
      expect(upstream.sent).toHaveLength(0)
    },
  )
})

describe('what is not in the table of operations', () => {
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
    ['PUT', `/v2/wallet_connect/agreements/${agreement_id}`],
    ['GET', `/v2/wallet_connect/agreements/${agreement_id}/payer_token`],
    ['GET', '/v2/wallet_connect/coupons'],
    ['OPTIONS', '/v1/advanced_payments'],
    ['POST', '/health'],
  ])('%s %s is answered with 404', async (method, path) => {
    const { send, sent } = proxyOf(uses['payments.get'].answer)
    const response = await send(ORIGIN + path, { method, headers: asCaller })
    expect(response.status).toBe(404)
    expect(await problemIn(response)).toMatchObject({ error: 'not_found' })
    expect(sent).toHaveLength(0)
  })
})

describe('an input that is not documented', () => {
  const key = { 'x-idempotency-key': 'k' }
  const path = '/v1/advanced_payments'
  const refunds = `${path}/7/refunds`
  const coupons = '/v2/wallet_connect/coupons'
  const payer = { 'x-payer-token': PAYER_TOKEN }
  const codes = `/v2/wallet_connect/agreements/${agreement_id}/payer_token`
  const nested = (depth: number): string => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`
  const bad: [string, path: string, RequestInit][] = [
    ['truncated JSON', path, write('POST', '{"wallet_payment":', key)],
    ['no JSON', path, write('POST', 'wallet_payment=1', key)],
    ['an empty body', path, write('POST', '', key)],
    ['an array', path, write('POST', [payment], key)],
    ['null', path, write('POST', 'null', key)],
    ['a number', path, write('POST', '7', key)],
    ['a string', path, write('POST', '"text"', key)],
    ['bytes that are not text', path, { ...write('POST', '', key), body: new Uint8Array([0xff, 0xfe, 0x00, 0x7b]) }],
    ['very deep JSON', path, write('POST', nested(5_000), key)],
    ['an amount of the wrong type', path, write('POST', { ...payment, wallet_payment: { transaction_amount: [] } }, key)],
    ['an amount with three decimals', path, write('POST', { ...payment, wallet_payment: { transaction_amount: 1.005 } }, key)],
    ['an amount beyond 2^53', path, write('POST', { ...payment, wallet_payment: { transaction_amount: 2 ** 60 } }, key)],
    ['a negative amount', path, write('POST', { ...payment, wallet_payment: { transaction_amount: -1 } }, key)],
    ['a payer token with a line break', path, write('POST', { ...payment, payer: { token: 'a\r\nx-a: b' } }, key)],
    ['an unknown key', path, write('POST', { ...payment, marketplace_fee: 1 }, key)],
    ['an unknown key within', path, write('POST', { ...payment, payer: { ...payment.payer, email: 'a@b.test' } }, key)],
    ['the unknown key __proto__', path, write('POST', `{"__proto__": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['the unknown key constructor', path, write('POST', `{"constructor": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['the unknown key toString', path, write('POST', `{"toString": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['a path parameter in the body', codes, write('POST', { code: 'c', agreement_id: 'another' })],
    ['a header field in the body', coupons, write('POST', { id: 'C', payer_token: PAYER_TOKEN })],
    ['a header field in the body as well', coupons, write('POST', { id: 'C', payer_token: 'another' }, payer)],
    ['a payer token of spaces', coupons, write('POST', { id: 'C' }, { 'x-payer-token': 'a b' })],
    ['no payer token', coupons, write('POST', { id: 'C' })],
    ['a refund without a key', refunds, write('POST', { amount: 25 })],
    ['a refund with an empty key', refunds, write('POST', { amount: 25 }, { 'x-idempotency-key': '' })],
    ['a refund of nothing in words', refunds, write('POST', { amount: null }, key)],
    ['a refund of a misspelled amount', refunds, write('POST', { ammount: 5 }, key)],
    ['an update that says neither capture nor cancel', `${path}/7`, write('PUT', {})],
    ['an update without a body', `${path}/7`, { method: 'PUT', headers: asCaller }],
    ['an update that says nothing but the amount', `${path}/7`, write('PUT', { wallet_payment: payment.wallet_payment })],
    ['a capture that is false', `${path}/7`, write('PUT', { capture: false })],
    ['a capture that is text', `${path}/7`, write('PUT', { capture: 'true' })],
    ['capture and cancellation at once', `${path}/7`, write('PUT', { capture: true, status: 'cancelled' })],
    ['an unknown status', `${path}/7`, write('PUT', { status: 'approved' })],
    ['a cancellation with a body', `/v2/wallet_connect/agreements/${agreement_id}`, write('DELETE', { reason: 'none' })],
    ['an unknown query', `${path}/7?expand=all`, { headers: asCaller }],
    ['an access token in the query', `${path}/search?access_token=x`, { headers: asCaller }],
    ['a filter that does not exist', `${path}/search?colector.id=1`, { headers: asCaller }],
  ]
  for (const value of ['a b', 'x'.repeat(129), 'a, b', 'a\tb']) {
    bad.push([`the idempotency key ${value.slice(0, 8)}`, path, write('POST', payment, { 'x-idempotency-key': value })])
    bad.push([`the idempotency key ${value.slice(0, 8)} of a refund`, refunds, write('POST', {}, { 'x-idempotency-key': value })])
  }
  for (const header of ['x-meli-session-id', 'x-platform-id']) {
    bad.push([`a ${header} with a space`, path, write('POST', payment, { ...key, [header]: 'a b' })])
  }
  const ids = [
    '..%2f',
    '..%2Forders',
    '%00',
    '%20',
    '7%20',
    '7%0d%0aa:b',
    '%zz',
    '7%3fa',
    '7%23a',
    '7;a',
    '7%5c',
    '%C3%BC',
    '%ff',
  ]
  for (const id of [...ids, '0', '-1', '+7', '7.0', '1e3', '0x7', 'abc', '7'.repeat(21), '9'.repeat(2_000)]) {
    bad.push([`the payment id ${id.slice(0, 12)}`, `${path}/${id}`, { headers: asCaller }])
    bad.push([`the payment id ${id.slice(0, 12)} to update`, `${path}/${id}`, write('PUT', { capture: true })])
    bad.push([`the payment id ${id.slice(0, 12)} to refund`, `${path}/${id}/refunds`, write('POST', {}, key)])
  }
  for (const id of [...ids, 'a.b', 'a'.repeat(65), 'a'.repeat(2_000)]) {
    const agreement = `/v2/wallet_connect/agreements/${id}`
    bad.push([`the agreement id ${id.slice(0, 12)}`, agreement, { headers: asCaller }])
    bad.push([`the agreement id ${id.slice(0, 12)} to cancel`, agreement, { method: 'DELETE', headers: asCaller }])
    bad.push([`the agreement id ${id.slice(0, 12)} to exchange`, `${agreement}/payer_token`, write('POST', { code: 'c' })])
  }

  it.each(bad)('%s is refused with 400 and nothing is sent', async (_, path, init) => {
    const { send, sent } = proxyOf(json(201, approved))
    const response = await send(path, init)
    expect(response.status).toBe(400)
    const { error, message } = await problemIn(response)
    expect(['bad_request', 'empty_required_header']).toContain(error)
    expect(message).not.toContain(PAYER_TOKEN)
    expect(sent).toHaveLength(0)
  })

  it('is named in the message', async () => {
    const response = await throughWorker(path, write('POST', { ...payment, binary_mod: true }, key))
    expect((await problemIn(response)).message).toContain('binary_mod is not a known field; did you mean binary_mode?')
  })

  it('of any kind is never a 5xx, and never leaves with an unknown field', async () => {
    const routes = names.filter((name) => operations[name].method !== 'GET').map(requestOf)
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify({ ...payment, ...value })),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), body, async ({ path, init }, body) => {
        const { send, sent } = proxyOf(json(400, document('error.400.openapi-generic')))
        const response = await send(path, { ...init, body })
        await problemIn(response)
        expect(response.status).toBe(400)
        for (const { body } of sent) expect(Object.keys(JSON.parse(body ?? '{}')).filter((key) => !KNOWN.has(key))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

const KNOWN = new Set(['wallet_payment', 'payer', 'binary_mode', 'capture', 'status', 'amount', 'id', 'code', 'coupon'])

describe('a body', () => {
  const bodyOf = (bytes: number): string => {
    const empty = JSON.stringify({ ...payment, metadata: { note: '' } })
    return JSON.stringify({ ...payment, metadata: { note: 'x'.repeat(bytes - empty.length) } })
  }
  const key = { 'x-idempotency-key': 'k' }

  it('of 64 KiB is taken', async () => {
    const { send, sent } = proxyOf(json(201, approved))
    const body = bodyOf(MOST_BODY_BYTES)
    expect((await send('/v1/advanced_payments', write('POST', body, key))).status).toBe(201)
    expect(sent[0]?.body).toHaveLength(MOST_BODY_BYTES)
  })

  const tooLong = bodyOf(MOST_BODY_BYTES + 1)
  it.each<[string, RequestInit]>([
    ['with its length', write('POST', tooLong, { ...key, 'content-length': String(tooLong.length) })],
    ['without its length', write('POST', tooLong, key)],
    ['as a stream', { ...write('POST', '', key), body: new Blob([tooLong, tooLong]).stream() }],
    ['of bytes in two each', write('POST', JSON.stringify({ note: 'ü'.repeat(MOST_BODY_BYTES / 2) }), key)],
  ])('over 64 KiB, %s, is refused with 413 and nothing is sent', async (_, init) => {
    const { send, sent } = proxyOf(json(201, approved))
    const response = await send('/v1/advanced_payments', init)
    expect(response.status).toBe(413)
    expect(await problemIn(response)).toMatchObject({ error: 'payload_too_large' })
    expect(sent).toHaveLength(0)
  })
})

describe('an upstream that declines', () => {
  const ask = async (name: OperationName, ...steps: Step[]): Promise<Response> => {
    const { path, init } = requestOf(name)
    return proxyOf(...steps).send(path, init)
  }

  const ours = ['error.401.openapi-generic', 'error.403.policy-agent'] as const
  it.each(names.flatMap((name) => ours.map((file) => [name, file] as const)))(
    '%s: our token refused with %s is 503 and not the caller’s fault',
    async (name, file) => {
      const response = await ask(name, json(Number(file.slice(6, 9)), document(file)))
      expect(response.status).toBe(503)
      const { message } = await problemIn(response)
      expect(message).not.toMatch(/access token|unauthorized/i)
    },
  )

  it.each([
    'error.400.refund-invalid-splitter-id',
    'error.400.discount-mismatch',
    'error.401.invalid-payer-token',
    'error.404.payment-not-found',
    'error.404.refund-not-found',
    'error.422.idempotency-key-used',
  ])('%s is told on: status, sentence and codes', async (file) => {
    const documented = document<{ status: string; message: string; cause?: { code: string | number }[] }>(file)
    const response = await ask('payments.create', json(Number(file.slice(6, 9)), documented))
    expect(response.status).toBe(Number(file.slice(6, 9)))
    const problem = await problemIn(response)
    expect(problem.message).toBe(documented.message)
    if (documented.cause) expect(problem.cause).toMatchObject(documented.cause.map(({ code }) => ({ code: String(code) })))
  })

  it('because the key was used answers as documented, word for word', async () => {
    const documented = document('error.422.idempotency-key-used')
    expect(await problemIn(await ask('payments.create', json(422, documented)))).toEqual(documented)
  })

  it.each(names)('%s: too many requests is 429 and passes Retry-After on', async (name) => {
    const response = await ask(name, json(429, document('error.429.rate-limited'), { 'retry-after': '60' }))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await problemIn(response)).toMatchObject({ error: 'too_many_requests' })
  })

  it.each(names)('%s: is not asked again after a refusal', async (name) => {
    const { path, init } = requestOf(name)
    const { send, sent } = proxyOf(json(400, document('error.400.openapi-generic')))
    await send(path, init)
    expect(sent).toHaveLength(1)
  })
})

describe('an upstream that does not answer', () => {
  const failures: [string, Step][] = [
    ['a network failure', { reject: new TypeError('fetch failed') }],
    ['a 500', json(500, { message: `Internal error of ${ACCESS_TOKEN}` })],
    ['a 503', text(503, 'upstream connect error')],
    ['garbage', text(200, '<html>Welcome</html>')],
    ['a cut body', { cut: 200 }],
    ['a redirect', text(302, null, { location: 'https://elsewhere.test/' })],
  ]
  const withFailures = (some: OperationName[]) =>
    some.flatMap((name) => failures.map(([what, step]) => [name, what, step] as const))

  it.each(withFailures(writes))('%s after %s: 409, still being processed, come again', async (name, _, step) => {
    const { path, init } = requestOf(name)
    const response = await proxyOf(step).send(path, init)
    expect(response.status).toBe(409)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await problemIn(response)).toEqual(document('error.409.idempotency-in-progress'))
  })

  it.each(withFailures(reads))('%s after %s: 503, nothing was done', async (name, _, step) => {
    const { path, init } = requestOf(name)
    const response = await proxyOf(step).send(path, init)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await problemIn(response)).cause).toBeUndefined()
  })

  it('leaves the client behind the proxy with an unknown outcome under its own key', async () => {
    const wallet = clientOf(proxyOf({ reject: new TypeError('fetch failed') }).send)
    const error = await rejection(wallet.payments.create(aPayment, { idempotencyKey: 'order-7' }))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error).toMatchObject({ idempotencyKey: 'order-7', status: 409 })
  })

  it('is asked with the same key and bytes at each attempt', async () => {
    const { send, sent } = proxyOf({ reject: new TypeError('fetch failed') }, { cut: 201 }, json(200, approved))
    const { path, init } = requestOf('payments.create')
    expect((await send(path, init)).status).toBe(200)
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ headers, body }) => `${headers.get('x-idempotency-key')} ${body}`)).size).toBe(1)
  })
})

describe('the access token', () => {
  /** Says back what it was told, in every place that a caller might see. */
  const echo = (status: number, fields: object): Step => {
    const body = {
      ...fields,
      message: `Bearer ${ACCESS_TOKEN} of ${PAYER_TOKEN}`,
      error: ACCESS_TOKEN,
      code: ACCESS_TOKEN,
      cause: [{ code: ACCESS_TOKEN, message: ACCESS_TOKEN, description: ACCESS_TOKEN, data: ACCESS_TOKEN }],
      debug: { authorization: [`Bearer ${ACCESS_TOKEN}`] },
    }
    const headers = { 'x-request-id': ACCESS_TOKEN, 'x-debug': ACCESS_TOKEN, location: `https://a.test/${ACCESS_TOKEN}` }
    return json(status, body, { ...headers, 'set-cookie': `t=${ACCESS_TOKEN}` })
  }
  const documented: Record<string, object> = {
    'agreements.create': document('create-agreement.response.200'),
    'agreements.get': document('get-agreement.response.200'),
    'agreements.createPayerToken': document('create-payer-token.response.200'),
    'discounts.validateCoupon': document('validate-coupon.success.response.200'),
    'discounts.create': document('create-discount.with-coupon.response.200'),
    'payments.search': { results: [{ ...approved, debug: ACCESS_TOKEN }] },
  }

  it.each(names)('%s: is in no answer, whatever the upstream says', async (name) => {
    const { path, init } = requestOf(name)
    const isTheBuyers = JSON.stringify(init).includes(PAYER_TOKEN)
    for (const status of [200, 201, 302, 400, 401, 403, 404, 409, 422, 429, 500]) {
      const { send, sent } = proxyOf(echo(status, { id: 7, ...documented[name] }))
      const answer = await visible(await send(path, init))
      expect(sent.length).toBeGreaterThan(0)
      expect(answer).not.toContain(ACCESS_TOKEN)
      if (isTheBuyers && status >= 300) expect(answer).not.toContain(PAYER_TOKEN)
    }
  })

  it.each(['', 'two words', 'line\nbreak', undefined])(
    'that is %j is the seller’s fault: 5xx, and nothing is sent',
    async (token) => {
      for (const name of ['payments.create', 'payments.get'] as const) {
        const { path, init } = requestOf(name)
        const upstream = scriptedFetch(uses[name].answer)
        const request = new Request(ORIGIN + path, init)
        const response = await createProxy(upstream).fetch(request, { ...env, MERCADOPAGO_ACCESS_TOKEN: token as string })
        expect(response.status).toBe(503)
        expect((await problemIn(response)).message).not.toMatch(/accessToken/)
        expect(upstream.sent).toHaveLength(0)
      }
    },
  )

  it('of the emulator is in no answer of the Worker', async () => {
    const wallet = clientOf(throughWorker)
    const { agreement_id } = await linkedWallet(wallet)
    for (const path of [
      `/v2/wallet_connect/agreements/${agreement_id}`,
      '/v1/advanced_payments/search',
      '/v1/orders',
      '/health',
    ]) {
      expect(await visible(await throughWorker(path, { headers: asCaller }))).not.toContain('TEST-emulator')
    }
  })
})
