import { reset } from 'cloudflare:test'
import { isApproved } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { rejection } from '../support/client/wallet.ts'
import { asBackend, backend, linkThrough, playMercadoPago, throughWorker } from '../support/workerd/fixtures.ts'
import { problemIn, write } from '../support/workerd/recorded.ts'

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
  it('serves this package’s client from the agreement to its end', async () => {
    const emulator = playMercadoPago({ balance: 100_000 })
    emulator.coupons.add({ code: 'TENTH', type: 'percent', value: 10, cap: 1_000 })
    const wallet = backend()
    const { agreement_id, payer_token } = await linkThrough(wallet, emulator)
    expect(await wallet.agreements.get(agreement_id)).toMatchObject({ id: agreement_id, status: 'confirmed_by_user' })
    const charge = (amount: string, capture: boolean, external_reference: string, more = {}) =>
      wallet.payments.create({
        wallet_payment: { transaction_amount: amount, description: 'Two chairs', external_reference, ...more },
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
    expect(found).toMatchObject({ paging: { limit: 5 }, results: [{ id: released.id }] })

    expect(await wallet.discounts.validateCoupon({ payer_token, id: 'TENTH' })).toMatchObject({ status: 'success' })
    const { discount } = await wallet.discounts.create({ payer_token, amount: 500, coupon: 'TENTH' })
    const promised = { amount: discount.amount, description: 'A tenth', code: 'TENTH', detail: discount.detail } as never
    expect(isApproved(await charge('500', true, 'order-4', { discount: promised }))).toBe(true)

    expect(await wallet.agreements.cancel(agreement_id)).toBeUndefined()
    expect(await rejection(charge('10', true, 'order-5'))).toMatchObject({ code: 'refused', status: 401, apiCode: '401003' })
  })

  it('answers the guide’s payment with 201, the same key again with 200 and the same bytes, and no key with 400', async () => {
    const { payer_token } = await linkThrough(backend(), playMercadoPago())
    const guide = document('create-payment.request')
    const body = { ...guide, payer: { token: payer_token, type_token: 'wallet-token' } }
    const paste = (headers = {}): Promise<Response> => throughWorker('/v1/advanced_payments', write('POST', body, headers))

    const first = await paste({ 'X-Idempotency-Key': 'IDEMPOTENCY_KEY' })
    expect(first.status).toBe(201)
    expect(first.headers.has('idempotent-replayed')).toBe(false)
    const bytes = await first.text()
    const payment = JSON.parse(bytes)
    expect(payment).toMatchObject({ id: expect.any(Number), status: 'approved', wallet_payment: guide.wallet_payment })

    const again = await paste({ 'X-Idempotency-Key': 'IDEMPOTENCY_KEY' })
    expect(again.status).toBe(200)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await again.text()).toBe(bytes)

    for (const response of [await paste(), await paste({ 'X-Idempotency-Key': '' })]) {
      expect(response.status).toBe(400)
      expect(await problemIn(response)).toEqual(document('error.400.missing-idempotency'))
    }
    const page = await throughWorker('/v1/advanced_payments/search', { headers: asBackend() })
    expect(await page.json()).toMatchObject({ paging: { offset: 0 }, results: [{ id: payment.id }] })
  })

  it('answers 200 when the same key comes again with defaults spelled out, and sends Mercado Pago the first bytes alone', async () => {
    const emulator = playMercadoPago()
    const { payer_token } = await linkThrough(backend(), emulator)
    const { wallet_payment } = document('create-payment.request')
    const plain = { wallet_payment, payer: { token: payer_token } }
    const spelledOut = { ...plain, payer: { token: payer_token, type_token: 'wallet-token' }, binary_mode: true, capture: true }
    for (const [key, bodies] of Object.entries({ 'plain-first': [plain, spelledOut], 'plain-last': [spelledOut, plain] })) {
      const answers: string[] = []
      const statuses: number[] = []
      for (const body of [...bodies, ...bodies]) {
        const response = await throughWorker('/v1/advanced_payments', write('POST', body, { 'x-idempotency-key': key }))
        statuses.push(response.status)
        answers.push(await response.text())
      }
      expect(statuses).toEqual([201, 200, 200, 200])
      expect(new Set(answers).size).toBe(1)
    }
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(2)
  })

  it('accepts the documented bodies from a plain fetch', async () => {
    const { agreement_id, payer_token } = await linkThrough(backend(), playMercadoPago())
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
    expect(await answerTo(`${path}/refunds`, { headers: asBackend() })).toHaveLength(1)
    const zero = await throughWorker(
      `${path}/refunds`,
      write('POST', document('refund-payment.full-zero.request'), { 'x-idempotency-key': 'zero' }),
    )
    expect(zero.status).toBe(400)
    expect(await zero.text()).toContain('leave it out to refund all that is left')
    const rest = write('POST', '', { 'x-idempotency-key': 'rest' })
    expect(await answerTo(`${path}/refunds`, rest)).toHaveLength(1)
    expect(await answerTo(path, { headers: asBackend() })).toMatchObject({ id, status: 'refunded' })

    const other = await charge('second', false)
    const cancellation = write('PUT', document('update-payment.reference-cancelled.request'))
    expect(await answerTo(`/v1/advanced_payments/${other.id}`, cancellation)).toMatchObject({ status: 'cancelled' })

    const ended = await throughWorker(`/v2/wallet_connect/agreements/${agreement_id}`, { method: 'DELETE', headers: asBackend() })
    expect([ended.status, await ended.text()]).toEqual([200, ''])
  })
})
