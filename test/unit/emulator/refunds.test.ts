import type { EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { agreements, INHERITED_NAMES, payments, type RawPayment, start } from '../../support/emulator/raw-emulator.ts'

describe('POST /v1/advanced_payments/{advanced_payment_id}/refunds', () => {
  async function paid(options?: EmulatorOptions, more?: Record<string, unknown>) {
    const context = start(options)
    const { token } = await context.link()
    const { body } = await context.pay(token, 100, more)
    const path = `${payments}/${body.id}`
    const refund = (amount?: unknown) => context.call('POST', `${path}/refunds`, amount === undefined ? undefined : { amount })
    const status = async () => (await context.call<RawPayment>('GET', path)).body.status
    return { ...context, token, payment: body, path, refund, status }
  }

  it.each([undefined, '', '{}', { amount: 0 }, { amount: null }, { amount: 100 }])(
    'refunds the whole payment for the body %j',
    async (request) => {
      const { call, path, payment, status } = await paid()
      const { status: http, body } = await call<object[]>('POST', `${path}/refunds`, request)
      expect(http).toBe(200)
      expect(body).toEqual([
        {
          id: expect.any(Number),
          payment_id: payment.payments[0].id,
          amount: 100,
          source: { id: expect.any(Number), name: expect.any(String), type: 'collector' },
          date_created: '2025-12-31T20:00:00.000-04:00',
          status: 'approved',
        },
      ])
      const documented = document<object[]>('refund-payment.response.200')
      expect(Object.keys(body[0] ?? {}).sort()).toEqual(Object.keys(documented[0] ?? {}).sort())
      expect(await status()).toBe('refunded')
    },
  )

  it('refunds a payment in parts', async () => {
    const { call, path, refund, status } = await paid()
    expect(await refund(25)).toMatchObject({ status: 200, body: [{ amount: 25 }] })
    expect((await call('GET', path)).body).toMatchObject({
      status: 'partially_refunded',
      payments: [{ status: 'approved', status_detail: 'partially_refunded' }],
    })
    expect(await refund(0.01)).toMatchObject({ status: 200, body: [{ amount: 0.01 }] })
    expect(await status()).toBe('partially_refunded')
    expect(await refund()).toMatchObject({ status: 200, body: [{ amount: 74.99 }] })
    expect((await call('GET', path)).body).toMatchObject({
      status: 'refunded',
      payments: [{ status: 'refunded', status_detail: 'refunded' }],
    })
  })

  it.each([100.01, -1, 0.001, '25', true, {}])('refuses the amount %j', async (amount) => {
    const { refund, status } = await paid()
    expect(await refund(amount)).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', message: 'Invalid amount' },
    })
    expect(await status()).toBe('approved')
  })

  it('refuses to refund more than is left', async () => {
    const { refund } = await paid()
    await refund(60)
    expect(await refund(40.01)).toMatchObject({ status: 400, body: { message: 'Invalid amount' } })
    expect(await refund(40)).toMatchObject({ status: 200 })
  })

  it('refuses to refund a payment that is refunded already', async () => {
    const { emulator, refund } = await paid()
    await refund()
    const { effects } = emulator
    for (const amount of [undefined, 0, 1]) {
      expect(await refund(amount)).toMatchObject({ status: 400, body: { message: 'Payment already refunded' } })
    }
    expect(emulator.effects).toEqual(effects)
  })

  it.each([
    ['rejected', { balance: 0 }, {}, undefined],
    ['authorized', {}, { capture: false }, undefined],
    ['cancelled', {}, { capture: false }, { status: 'cancelled' }],
  ])('refuses to refund a payment that is %s', async (_, options, more, change) => {
    const { call, path, refund } = await paid(options, more)
    if (change) await call('PUT', path, change)
    expect(await refund()).toMatchObject({ status: 400, body: { message: "Can't set status refunded." } })
  })

  it('refunds a payment whose agreement is cancelled', async () => {
    const { call, emulator, refund } = await paid()
    const id = emulator.effects[0]?.agreement_id
    await call('DELETE', `${agreements}/${id}`)
    expect(await refund()).toMatchObject({ status: 200 })
  })

  it.each(['GET', 'POST'])('%s answers 404 for a payment that does not exist', async (method) => {
    const answer = await start().call(method, `${payments}/1/refunds`)
    expect(answer).toMatchObject({ status: 404, body: document('error.404.refund-not-found') })
  })

  it.each(['abc', '1x', '-1', '1.5', '12345678901234567', ...INHERITED_NAMES])('answers 400048 to the id %s', async (id) => {
    for (const method of ['GET', 'POST']) {
      const answer = await start().call(method, `${payments}/${id}/refunds`)
      expect(answer).toMatchObject({ status: 400, body: document('error.400.refund-invalid-splitter-id') })
    }
  })

  it('changes the status of the payment after refundDelayMs, although the refund itself counts at once', async () => {
    const { emulator, refund, status } = await paid({ refundDelayMs: 1_000 })
    expect(await refund()).toMatchObject({ status: 200, body: [{ status: 'approved' }] })
    expect(await refund()).toMatchObject({ status: 400, body: { message: 'Payment already refunded' } })
    emulator.clock.advance(999)
    expect(await status()).toBe('approved')
    emulator.clock.advance(1)
    expect(await status()).toBe('refunded')
  })

  it('applies refundDelayMs to each refund separately', async () => {
    const { call, emulator, path, refund } = await paid({ refundDelayMs: 1_000 })
    await refund(40)
    emulator.clock.advance(500)
    await refund(60)
    emulator.clock.advance(500)
    expect((await call('GET', path)).body).toMatchObject({
      status: 'partially_refunded',
      date_last_updated: '2025-12-31T20:00:01.000-04:00',
    })
    emulator.clock.advance(60_000)
    expect((await call('GET', path)).body).toMatchObject({
      status: 'refunded',
      date_last_updated: '2025-12-31T20:00:01.500-04:00',
    })
  })

  it('GET lists the refunds in the order of their creation', async () => {
    const { call, path, refund } = await paid()
    expect(await call('GET', `${path}/refunds`)).toMatchObject({ status: 200, body: [] })
    const made = [await refund(10), await refund(20), await refund()].flatMap(({ body }) => body)
    const { body } = await call<object[]>('GET', `${path}/refunds`)
    expect(body).toEqual(made)
    expect(body).toMatchObject([{ amount: 10 }, { amount: 20 }, { amount: 70 }])
  })
})
