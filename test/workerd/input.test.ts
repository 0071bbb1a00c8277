import { reset } from 'cloudflare:test'
import fc from 'fast-check'
import { operations } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json } from '../support/client/scripted-fetch.ts'
import { aPayment } from '../support/client/wallet.ts'
import { asBackend, throughWorker } from '../support/workerd/fixtures.ts'
import {
  inputs,
  known,
  names,
  PAYER_TOKEN,
  playDocuments,
  problemIn,
  requestOf,
  unknown,
  write,
} from '../support/workerd/recorded.ts'

const MAX_BODY_BYTES = 65_536
const key = { 'x-idempotency-key': 'k' }
const path = '/v1/advanced_payments'
const payment = { ...aPayment, payer: { token: PAYER_TOKEN, type_token: 'wallet-token' }, binary_mode: true }
const asCaller = asBackend()

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('an input that is not documented', () => {
  const refunds = `${path}/7/refunds`
  const agreement = '/v2/wallet_connect/agreements/22abcd1235ed497f945f755fcaba3c6c'
  const coupons = '/v2/wallet_connect/coupons'
  const payer = { 'x-payer-token': PAYER_TOKEN }
  const nested = (depth: number): string => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`
  const paying = (change: object): RequestInit => write('POST', { ...payment, ...change }, key)
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
    ['data that is nested without end', path, paying({ metadata: { a: JSON.parse(nested(17)) } })],
    ['an amount of the wrong type', path, paying({ wallet_payment: { transaction_amount: [] } })],
    ['an amount with three decimals', path, paying({ wallet_payment: { transaction_amount: 1.005 } })],
    ['an amount beyond 2^53', path, paying({ wallet_payment: { transaction_amount: 2 ** 60 } })],
    ['a negative amount', path, paying({ wallet_payment: { transaction_amount: -1 } })],
    ['a payer token with a line break', path, paying({ payer: { token: 'a\r\nx-a: b' } })],
    ['an unknown key', path, paying({ marketplace_fee: 1 })],
    ['an unknown key within', path, paying({ payer: { ...payment.payer, email: 'a@b.test' } })],
    ['the unknown key __proto__', path, write('POST', `{"__proto__": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['the unknown key constructor', path, write('POST', `{"constructor": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['the unknown key toString', path, write('POST', `{"toString": {}, ${JSON.stringify(payment).slice(1)}`, key)],
    ['a path parameter in the body', `${agreement}/payer_token`, write('POST', { code: 'c', agreement_id: 'another' })],
    ['the payment id in the body', refunds, write('POST', { amount: 25, advanced_payment_id: 8 }, key)],
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
    ['a cancellation with a body', agreement, write('DELETE', { reason: 'none' })],
    ['an unknown query', `${path}/7?expand=all`, { headers: asCaller }],
    ['an access token in the query', `${path}/search?access_token=x`, { headers: asCaller }],
    ['a filter that does not exist', `${path}/search?colector.id=1`, { headers: asCaller }],
    ['the filter __proto__', `${path}/search?__proto__=1`, { headers: asCaller }],
    ['the filter constructor', `${path}/search?constructor=1`, { headers: asCaller }],
    ['a path parameter in the query', `${path}/search?advanced_payment_id=7`, { headers: asCaller }],
    ['a payer token in the query', `${path}/7?payer_token=${PAYER_TOKEN}`, { headers: asCaller }],
  ]
  for (const value of ['a b', 'x'.repeat(129), 'a, b', 'a\tb']) {
    bad.push([`the idempotency key ${value.slice(0, 8)}`, path, write('POST', payment, { 'x-idempotency-key': value })])
    bad.push([`the idempotency key ${value.slice(0, 8)} of a refund`, refunds, write('POST', {}, { 'x-idempotency-key': value })])
    bad.push([
      `the idempotency key ${value.slice(0, 8)} that no one asked for`,
      `${path}/7`,
      write('PUT', { capture: true }, { 'x-idempotency-key': value }),
    ])
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
    const { reached } = playDocuments()
    const response = await throughWorker(path, init)
    expect(response.status).toBe(400)
    const { error, message } = await problemIn(response)
    expect(['bad_request', 'empty_required_header']).toContain(error)
    expect(message).not.toContain(PAYER_TOKEN)
    expect(reached).toEqual([])
  })

  it('is named in the message', async () => {
    const response = await throughWorker(path, write('POST', { ...payment, binary_mod: true }, key))
    expect((await problemIn(response)).message).toContain('binary_mod is not a known field; did you mean binary_mode?')
  })

  it('of any kind is never answered with 5xx, and never sent on with an unknown field', async () => {
    const { reached, plays } = playDocuments()
    const about = await known()
    for (const name of names) plays(name, json(400, document('error.400.openapi-generic')))
    reached.length = 0
    const routes = names.filter((name) => operations[name].method !== 'GET').map((name) => requestOf(name, about))
    const good = inputs(about)['payments.create']
    const merged = (into: string) =>
      fc.object().map((value) => JSON.stringify({ ...good, ...(into ? { [into]: value } : value) }))
    const anything = fc.tuple(fc.constantFrom(...routes), fc.oneof(fc.string(), fc.json(), merged('')))
    const asData = fc.tuple(
      fc.constant(requestOf('payments.create', about)),
      fc.oneof(merged('metadata'), merged('additional_info')),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, anything, asData), fc.uuid(), async ([{ path, init }, body], key) => {
        const headers = { ...(init.headers as Record<string, string>), 'x-idempotency-key': key }
        const response = await throughWorker(path, { ...init, headers, body })
        await problemIn(response)
        expect(response.status).toBe(400)
        for (const { body } of reached) {
          expect(Object.keys(JSON.parse(body ?? '{}')).filter((field) => !KNOWN.has(field))).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
    expect(reached.length).toBeGreaterThan(10)
  }, 30_000)
})

const KNOWN = new Set([
  ...['wallet_payment', 'payer', 'binary_mode', 'capture', 'status', 'metadata', 'additional_info'],
  ...['amount', 'id', 'code', 'coupon'],
])

describe('a header that is left out', () => {
  it.each(names.filter((name) => operations[name].retry !== 'keyed'))(
    'x-idempotency-key is not required for %s',
    async (name) => {
      playDocuments()
      const { path, init } = requestOf(name, await known(name))
      const { 'x-idempotency-key': _, ...headers } = init.headers as Record<string, string>
      expect((await throughWorker(path, { ...init, headers })).status).toBe(200)
      expect((await throughWorker(path, { ...init, headers: { ...headers, 'x-idempotency-key': '' } })).status).toBe(200)
    },
  )

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])('content-type may as well be %j', async (type) => {
    playDocuments()
    const { path, init } = requestOf('agreements.create', unknown)
    const headers = { ...(init.headers as Record<string, string>), 'content-type': type }
    expect((await throughWorker(path, { ...init, headers })).status).toBe(200)
  })
})

describe('a body', () => {
  const bodyOf = (bytes: number, input: object): string => {
    const empty = JSON.stringify({ ...input, metadata: { note: '' } })
    return JSON.stringify({ ...input, metadata: { note: 'x'.repeat(bytes - empty.length) } })
  }

  it('of 64 KiB is accepted', async () => {
    const { reached } = playDocuments()
    const body = bodyOf(MAX_BODY_BYTES, inputs(await known())['payments.create'])
    expect(body).toHaveLength(MAX_BODY_BYTES)
    expect((await throughWorker(path, write('POST', body, key))).status).toBe(201)
    expect(JSON.parse(reached.at(-1)?.body ?? '{}').metadata).toEqual(JSON.parse(body).metadata)
  })

  const tooLong = bodyOf(MAX_BODY_BYTES + 1, payment)
  it.each<[string, RequestInit]>([
    ['with its length', write('POST', tooLong, { ...key, 'content-length': String(tooLong.length) })],
    ['without its length', write('POST', tooLong, key)],
    ['as a stream', { ...write('POST', '', key), body: new Blob([tooLong, tooLong]).stream() }],
    ['of bytes in two each', write('POST', JSON.stringify({ note: 'ü'.repeat(MAX_BODY_BYTES / 2) }), key)],
  ])('over 64 KiB, %s, is refused with 413 and nothing is sent', async (_, init) => {
    const { reached } = playDocuments()
    const response = await throughWorker(path, init)
    expect(response.status).toBe(413)
    expect(await problemIn(response)).toMatchObject({ error: 'payload_too_large' })
    expect(reached).toEqual([])
  })
})
