import { type OperationInput, type OperationName, prepare } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../../playground/ledger/fingerprint.ts'

const of = <Name extends OperationName>(operation: Name, input: OperationInput<Name>): Promise<string> =>
  fingerprintOf(prepare(operation, input, { idempotencyKey: 'key-1' } as never))

const payment = {
  wallet_payment: { transaction_amount: 700.5, description: 'A chair', external_reference: 'order-1' },
  payer: { token: 'payer-token-1' },
}

describe('fingerprintOf', () => {
  it.each([
    ['capture', { capture: true }],
    ['binary_mode', { binary_mode: true }],
    ['type_token', { payer: { token: 'payer-token-1', type_token: 'wallet-token' } }],
    ['no discount', { wallet_payment: { ...payment.wallet_payment, discount: {} } }],
    ['the last digit of an amount', { wallet_payment: { ...payment.wallet_payment, transaction_amount: '700.50' } }],
  ])('is the same for a payment that spells out %s', async (_, change) => {
    expect(await of('payments.create', { ...payment, ...change })).toBe(await of('payments.create', payment))
  })

  it.each([
    ['capture', { capture: false }],
    ['binary_mode', { binary_mode: false }],
    ['type_token', { payer: { token: 'payer-token-1', type_token: 'wallet-tokens' } }],
    ['amount', { wallet_payment: { ...payment.wallet_payment, transaction_amount: 700.51 } }],
    ['metadata', { metadata: { capture: true } }],
  ])('is another for a payment with another %s', async (_, change) => {
    expect(await of('payments.create', { ...payment, ...change })).not.toBe(await of('payments.create', payment))
  })

  it('is the same for a capture and for a cancellation that spell out their defaults', async () => {
    const id = { advanced_payment_id: '1' }
    expect(await of('payments.capture', { ...id, capture: true })).toBe(await of('payments.capture', id))
    for (const change of [{ status: 'cancelled' }, { status: 'canceled' }, { capture: false }] as const) {
      expect(await of('payments.cancel', { ...id, ...change })).toBe(await of('payments.cancel', id))
    }
    expect(await of('payments.cancel', id)).not.toBe(await of('payments.capture', id))
  })

  it('is what earlier versions have stored for requests that leave the defaults out', async () => {
    expect(await of('payments.create', payment)).toBe('1ae53912f5db2bb0c2ead0147c84333302b8edfc3653c30a2cd05ca316bcc348')
    expect(await of('payments.create', { ...payment, capture: false })).toBe(
      'c232316c348851251a354c0d8a3ab0ab6f420babf3f0de7470da3935b902a4e2',
    )
    expect(await of('payments.cancel', { advanced_payment_id: '1' })).toBe(
      '930d56389ad56fa0c0ae41e23e884c6aa0971b75f7c4f86ef948dd8ce449ed95',
    )
  })
})
