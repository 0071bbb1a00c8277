import * as mercadopago from 'mercadopago'
import { AdvancedPayment, MercadoPagoConfig } from 'mercadopago'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { linkWallet } from '../support/client/wallet.ts'
import { type SdkOperation, sdkCalls } from '../support/faults/sdk-matrix.ts'

interface Payment {
  id: number
  status: string
  api_response: { status: number }
}

describe('the official SDK with the emulator as Mercado Pago', () => {
  let emulator: Emulator
  let body: object
  beforeEach(async () => {
    emulator = createEmulator()
    vi.stubGlobal('fetch', emulator.fetch)
    const { payer_token } = await linkWallet(emulator)
    body = {
      wallet_payment: { transaction_amount: 700.5, external_reference: 'order-1' },
      payer: { token: payer_token, type_token: 'wallet-token' },
    }
  })
  afterEach(() => vi.unstubAllGlobals())

  const call = async (operation: SdkOperation, id = 0, more: object = {}): Promise<Payment> =>
    (await sdkCalls('TEST-1')(operation, { ...body, ...more }, String(id))) as Payment

  it('has nothing for agreements, payer tokens, coupons and discounts', () => {
    expect(Object.keys(mercadopago)).toContain('AdvancedPayment')
    expect(Object.keys(mercadopago).filter((name) => /agreement|wallet|payer|coupon|discount/i.test(name))).toEqual([])
  })

  it('creates and gets a payment', async () => {
    const created = await call('payments.create')
    expect(created).toMatchObject({ status: 'approved', api_response: { status: 201 } })
    expect(await call('payments.get', created.id)).toMatchObject({ id: created.id, status: 'approved' })
  })

  it('captures and cancels a reserved payment', async () => {
    const reserved = await call('payments.create', 0, { capture: false })
    expect(reserved.status).toBe('authorized')
    expect(await call('payments.capture', reserved.id)).toMatchObject({ status: 'approved' })
    const other = await call('payments.create', 0, { capture: false })
    expect(await call('payments.cancel', other.id)).toMatchObject({ status: 'cancelled' })
  })

  it('refunds a payment', async () => {
    const { id } = await call('payments.create')
    const refunds = (await call('payments.refund', id)) as unknown as object[]
    expect([...refunds]).toMatchObject([{ amount: 700.5, status: 'approved' }])
    expect(await call('payments.get', id)).toMatchObject({ status: 'refunded' })
  })

  it('searches', async () => {
    const { id } = await call('payments.create')
    expect(await call('payments.search')).toMatchObject({ paging: { total: 1 }, results: [{ id }] })
  })

  it('keeps a key that was given once, and is answered with the payment before', async () => {
    const payments = new AdvancedPayment(new MercadoPagoConfig({ accessToken: 'TEST-1' }))
    const first = await payments.create({ body: body as never, requestOptions: { idempotencyKey: 'order-1' } })
    const second = await payments.create({ body: body as never })
    expect(second.id).toBe(first.id)
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })
})
