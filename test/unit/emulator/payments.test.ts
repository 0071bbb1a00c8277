import type { EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { agreements, INHERITED_NAMES, payments, start, YEAR_MS } from '../../support/emulator/raw-emulator.ts'

describe('POST /v1/advanced_payments', () => {
  const whole = document<{ wallet_payment: object; payer: object }>('create-payment.request')

  it('answers 201 with an approved payment that has the fields of the guide', async () => {
    const { link, pay } = start()
    const { token } = await link()
    const { status, body } = await pay(token, 700.5, { wallet_payment: whole.wallet_payment })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.any(Number),
      status: 'approved',
      wallet_payment: whole.wallet_payment,
      payments: [
        {
          id: expect.any(Number),
          status: 'approved',
          status_detail: 'accredited',
          payment_type_id: 'account_money',
          payment_method_id: 'account_money',
          transaction_amount: 700.5,
          installments: 1,
          description: 'Payment Description',
          capture: true,
          external_reference: 'Pago_123',
        },
      ],
      disbursements: [{ collector_id: expect.any(Number) }],
      payer: { id: expect.any(Number) },
      site_id: 'MLA',
      binary_mode: true,
      date_created: '2025-12-31T20:00:00.000-04:00',
      date_last_updated: '2025-12-31T20:00:00.000-04:00',
    })
    expect(Object.keys(body).sort()).toEqual(Object.keys(document('create-payment.approved.response.201')).sort())
  })

  it('answers 201 with a rejected payment, without inner id, dates and installments, when the balance is too low', async () => {
    const { link, pay } = start({ balance: 99.99 })
    const { status, body } = await pay((await link()).token)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'rejected',
      payments: [{ id: null, status: 'rejected', status_detail: 'insufficient_money', transaction_amount: 100 }],
    })
    expect(Object.keys(body).sort()).toEqual(Object.keys(document('create-payment.insufficient-funds.response.201')).sort())
    expect(body.payments[0]).not.toHaveProperty('installments')
  })

  it.each([true, false])('reserves the amount for capture: false with binary_mode %s', async (binary_mode) => {
    const { link, pay } = start()
    expect(await pay((await link()).token, 100, { capture: false, binary_mode })).toMatchObject({
      status: 201,
      body: {
        status: 'authorized',
        binary_mode,
        payments: [{ status: 'authorized', status_detail: 'pending_capture', capture: false }],
      },
    })
  })

  it.each(['wallet-token', 'wallet-tokens'])('accepts the type_token %s', async (type_token) => {
    const { link, pay } = start()
    const { token } = await link()
    expect(await pay(token, 1, { payer: { token, type_token } })).toMatchObject({ status: 201, body: { status: 'approved' } })
  })

  it('charges the same payer token any number of times', async () => {
    const { link, pay } = start()
    const { token } = await link()
    const [first, second] = [await pay(token), await pay(token)]
    expect([first.body.status, second.body.status]).toEqual(['approved', 'approved'])
    expect(second.body.id).not.toBe(first.body.id)
  })

  const refusal = document('error.400.idempotency-bad-request')
  it.each([
    ['no wallet_payment', { wallet_payment: undefined }],
    ['a wallet_payment that is null', { wallet_payment: null }],
    ['a wallet_payment that is text', { wallet_payment: '100' }],
    ['no payer', { payer: undefined }],
    ['no type_token', { payer: { token: 't' } }],
    ['another type_token', { payer: { token: 't', type_token: 'wallet' } }],
    ['a capture that is text', { capture: 'false' }],
    ['a binary_mode that is text', { binary_mode: 'true' }],
  ])('refuses a request with %s', async (_, change) => {
    const { link, pay, emulator } = start()
    const { token } = await link()
    const { effects } = emulator
    expect(await pay(token, 100, change)).toMatchObject({ status: 400, body: refusal })
    expect(emulator.effects).toEqual(effects)
  })

  it('refuses a wallet_payment without transaction_amount', async () => {
    const { link, pay } = start()
    const answer = await pay((await link()).token, undefined, { wallet_payment: {} })
    expect(answer).toMatchObject({ status: 400, body: { status: '400', message: 'Field transaction_amount is required.' } })
  })

  it.each<[EmulatorOptions['site'] & string, unknown]>([
    ['MLA', 0],
    ['MLA', -1],
    ['MLA', null],
    ['MLA', '100'],
    ['MLA', {}],
    ['MLA', true],
    ['MLA', 0.001],
    ['MLA', 0.1 + 0.2],
    ['MLA', 1e21],
    ['MLC', 99.5],
  ])('refuses in %s the amount %j', async (site, amount) => {
    const { link, pay } = start({ site })
    expect(await pay((await link()).token, amount)).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', message: 'Invalid transaction amount in wallet payments.' },
    })
  })

  it.each<[EmulatorOptions['site'] & string, number]>([
    ['MLA', 0.01],
    ['MLA', 8.2],
    ['MLA', 1.15],
    ['MLB', 9999.99],
    ['MLC', 100],
    ['MCO', 100.5],
  ])('charges in %s exactly the amount %j', async (site, amount) => {
    const { link, pay } = start({ site })
    const { body } = await pay((await link()).token, amount)
    expect(body).toMatchObject({ status: 'approved', site_id: site, payments: [{ transaction_amount: amount }] })
  })

  it.each([undefined, null, '', 7, {}, 'unknown'])('answers 401/401003 to the payer token %j', async (token) => {
    const { link, pay } = start()
    await link()
    expect(await pay(token)).toMatchObject({ status: 401, body: document('error.401.invalid-payer-token') })
  })

  it.each(['cancelled', 'expired'])('answers 401/401003 once the agreement is %s', async (status) => {
    const { call, emulator, link, pay } = start()
    const { id, token } = await link()
    if (status === 'cancelled') await call('DELETE', `${agreements}/${id}`)
    else emulator.clock.advance(YEAR_MS)
    const { effects } = emulator
    expect(await pay(token)).toMatchObject({ status: 401, body: document('error.401.invalid-payer-token') })
    expect(emulator.effects).toEqual(effects)
  })

  it('answers 401 to the code of an agreement in place of its payer token', async () => {
    const { emulator, propose, pay } = start()
    const { code } = emulator.buyer.approve(await propose())
    expect((await pay(code)).status).toBe(401)
  })

  it('refuses a discount that was not promised', async () => {
    const { link, pay } = start()
    const wallet_payment = { transaction_amount: 100, discount: { amount: 10 } }
    const answer = await pay((await link()).token, 100, { wallet_payment })
    expect(answer).toMatchObject({ status: 400, body: document('error.400.discount-mismatch') })
  })
})

describe('GET /v1/advanced_payments/{advanced_payment_id}', () => {
  it.each([10_000, 0])('returns the same payment as its creation, with a balance of %i', async (balance) => {
    const { call, link, pay } = start({ balance })
    const created = await pay((await link()).token)
    expect(await call('GET', `${payments}/${created.body.id}`)).toMatchObject({ status: 200, body: created.body })
  })

  it.each(['1', '0', '99999999999999999999', 'abc', ...INHERITED_NAMES])('answers 404 to the unknown id %s', async (id) => {
    const { status, body } = await start().call('GET', `${payments}/${id}`)
    expect(status).toBe(404)
    expect(body).toEqual(document('error.404.payment-not-found'))
  })
})
