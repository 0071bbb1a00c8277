import { reset } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json } from '../support/client/scripted-fetch.ts'
import {
  asBackend,
  backend,
  linkThrough,
  playMercadoPago,
  RETURN_URI,
  throughWorker,
  ticketFor,
} from '../support/workerd/fixtures.ts'
import { ask, inputs, known, PAYER_TOKEN, playDocuments, problemIn, requestOf, write } from '../support/workerd/recorded.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const linking = { ...document('create-agreement.request'), return_uri: RETURN_URI }

describe('the proxy', () => {
  it('does not pass on a payer token in the answer of discounts.validateCoupon', async () => {
    const { plays } = playDocuments()
    const about = await known()
    const coupon = document('validate-coupon.success.response.200')
    plays('discounts.validateCoupon', json(200, { ...coupon, description: `no coupon for ${PAYER_TOKEN}` }))
    expect(await (await ask('discounts.validateCoupon', about)).text()).not.toContain(PAYER_TOKEN)
  })

  it('repeats the stored answer of agreements.createPayerToken without a request to Mercado Pago', async () => {
    const { plays } = playDocuments()
    const { path, init } = requestOf('agreements.createPayerToken', await known())
    const first = await throughWorker(path, init)
    plays('agreements.get', { reject: new TypeError('fetch failed') })
    const again = await throughWorker(path, init)
    expect([again.status, await again.text()]).toEqual([200, await first.text()])
  })

  it('keeps two buyers apart, whatever characters their ids have', async () => {
    await expect(linkThrough(backend(), playMercadoPago(), '\ud800')).rejects.toMatchObject({ status: 400 })
    await expect(ticketFor({ external_user: { id: '\ud801' } })).rejects.toThrow('external_user.id must be well-formed Unicode')
  })

  it.each([
    '"disbursements":[{"amount":1e400}]',
    '"metadata":{"order":12345678901234567890}',
    '"metadata":{"__proto__":1}',
    '"metadata":{"constructor":1}',
  ])('sends %s on unchanged, or declines it', async (field) => {
    const { reached } = playDocuments()
    const payment = JSON.stringify(inputs(await known())['payments.create'])
    const init = write('POST', `${payment.slice(0, -1)},${field}}`, { 'x-idempotency-key': 'k' })
    const response = await throughWorker('/v1/advanced_payments', init)
    if (response.status !== 400) expect(reached.at(-1)?.body).toContain(field)
  })

  it('answers an invalid handle in the documented words', async () => {
    playDocuments()
    const response = await ask('payments.create', { agreement_id: 'abc', payer_token: 'none', advanced_payment_id: 7 })
    expect(await problemIn(response)).toEqual(document('error.401.invalid-payer-token'))
  })

  it('answers a refund of an unknown payment in the documented words', async () => {
    playDocuments()
    const response = await ask('payments.refund', { agreement_id: 'abc', payer_token: 'none', advanced_payment_id: 7 })
    expect(await problemIn(response)).toEqual(document('error.404.refund-not-found'))
  })

  it('returns the key that it made for a write without one, with which the write can be repeated', async () => {
    const { reached } = playDocuments()
    const body = JSON.stringify(linking)
    const link = (headers = {}) =>
      throughWorker('/v2/wallet_connect/agreements', { method: 'POST', headers: { ...asBackend(), ...headers }, body })
    const first = await link()
    const key = first.headers.get('x-idempotency-key') ?? ''
    const again = await link({ 'x-idempotency-key': key })
    expect([again.status, await again.text()]).toEqual([200, await first.text()])
    expect(reached).toHaveLength(1)
  })

  it.each(['javascript:alert(1)', 'http://evil.test/', '//evil.test', ''])(
    'does not send a page to %j, whatever Mercado Pago answers',
    async (agreement_uri) => {
      const { plays } = playDocuments()
      plays('agreements.create', json(200, { agreement_id: 'abc', agreement_uri }))
      const init = write('POST', linking, { 'x-idempotency-key': 'k' })
      expect((await throughWorker('/v2/wallet_connect/agreements', init)).status).toBe(409)
    },
  )

  it('declines a filter that is given twice', async () => {
    const { reached } = playDocuments()
    const response = await throughWorker('/v1/advanced_payments/search?limit=1&limit=2', { headers: asBackend() })
    expect(response.status).toBe(400)
    expect((await problemIn(response)).message).toContain('limit must be given once')
    expect(reached).toEqual([])
  })

  it('accepts the scheme of a credential in lower case', async () => {
    playDocuments()
    const headers = { authorization: 'bearer key-of-the-shop' }
    expect((await throughWorker('/v1/advanced_payments/search', { headers })).status).toBe(200)
  })
})
