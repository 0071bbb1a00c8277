import fc from 'fast-check'
import {
  type CreatePaymentInput,
  InvalidInputError,
  newIdempotencyKey,
  type OperationName,
  prepare,
} from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { aPayment } from '../support/client/wallet.ts'

const issuesOf = (operation: OperationName, input: unknown, options?: unknown): InvalidInputError['issues'] => {
  try {
    prepare(operation, input as never, options as never)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    return (error as InvalidInputError).issues
  }
}
const body = (input: CreatePaymentInput): Record<string, unknown> => JSON.parse(prepare('payments.create', input).body ?? '')
const agreement = document('create-agreement.request')
const withWallet = (fields: object): CreatePaymentInput => ({
  ...aPayment,
  wallet_payment: { ...aPayment.wallet_payment, ...fields },
})

describe('prepare', () => {
  it('makes a plain JSON value without the access token', () => {
    const prepared = prepare('payments.create', aPayment, { idempotencyKey: 'key-1' })
    expect(JSON.parse(JSON.stringify(prepared))).toEqual(prepared)
    expect(prepared).toEqual({
      operation: 'payments.create',
      method: 'POST',
      path: '/v1/advanced_payments',
      headers: { accept: 'application/json', 'content-type': 'application/json', 'x-idempotency-key': 'key-1' },
      body: expect.any(String),
      idempotencyKey: 'key-1',
    })
  })

  it('makes a new UUID v4 as the key of each write, and no key for a read', () => {
    const keys = Array.from({ length: 100 }, () => prepare('payments.create', aPayment).idempotencyKey)
    expect(new Set(keys).size).toBe(100)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(prepare('payments.get', { advanced_payment_id: 7 }).idempotencyKey).toBeNull()
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })

  it('makes the same bytes from the same input, and does not change the input', () => {
    const input = Object.freeze({ ...aPayment, payer: Object.freeze({ token: 't' }) })
    expect(prepare('payments.create', input).body).toBe(prepare('payments.create', input).body)
  })

  it('sends binary_mode true by default, unless the money is only reserved', () => {
    expect(body(aPayment)).toMatchObject({ binary_mode: true })
    expect(body({ ...aPayment, capture: true })).toMatchObject({ binary_mode: true, capture: true })
    expect(body({ ...aPayment, capture: false })).not.toHaveProperty('binary_mode')
    expect(body({ ...aPayment, capture: false, binary_mode: true })).toMatchObject({ binary_mode: true })
    expect(body({ ...aPayment, binary_mode: false })).toMatchObject({ binary_mode: false })
  })

  it('sends type_token wallet-token by default', () => {
    expect(body(aPayment)).toMatchObject({ payer: { type_token: 'wallet-token' } })
    expect(body({ ...aPayment, payer: { token: 't', type_token: 'wallet-tokens' } }).payer).toMatchObject({
      type_token: 'wallet-tokens',
    })
  })

  it('sends no body for a full refund, and the amount for a partial one', () => {
    expect(prepare('payments.refund', { advanced_payment_id: 7 })).toMatchObject({ body: null })
    expect(prepare('payments.refund', { advanced_payment_id: 7, amount: '25.50' }).body).toBe('{"amount":25.5}')
  })

  it('refuses a refund whose amount is undefined, which would refund everything', () => {
    expect(issuesOf('payments.refund', { advanced_payment_id: 7, amount: undefined })).toEqual([
      { path: 'amount', message: 'must not be undefined: leave it out to refund all that is left' },
    ])
  })

  it('sends the payer token of a discount only as a header', () => {
    const prepared = prepare('discounts.create', { payer_token: 'secret-token', amount: 5 })
    expect(prepared.headers['x-payer-token']).toBe('secret-token')
    expect(prepared.body).toBe('{"amount":5}')
  })

  it('sends the device and the platform as headers', () => {
    const { headers } = prepare('payments.create', aPayment, { deviceId: 'device', platformId: 'platform' })
    expect(headers).toMatchObject({ 'x-meli-session-id': 'device', 'x-platform-id': 'platform' })
  })

  it('leaves out undefined filters and encodes the others', () => {
    const { path } = prepare('payments.search', { external_reference: 'a b&c=d', status: undefined, 'payer.id': 7 })
    expect(path).toBe('/v1/advanced_payments/search?external_reference=a+b%26c%3Dd&payer.id=7')
  })
})

describe('prepare, checking its input', () => {
  it('names an unknown field and suggests the closest known one', () => {
    expect(issuesOf('payments.create', withWallet({ external_refrence: 'x' }))).toEqual([
      { path: 'wallet_payment.external_refrence', message: 'is not a known field; did you mean external_reference?' },
    ])
    expect(issuesOf('payments.create', { ...aPayment, idempotencyKey: 'k' })).toEqual([
      { path: 'idempotencyKey', message: 'is not a known field; options are the last argument' },
    ])
  })

  it('reports everything that is wrong at once', () => {
    const input = {
      wallet_payment: { transaction_amount: -1, descripton: 'x', zzzzzzzz: 1 },
      payer: {},
      captured: true,
      Payer: {},
    }
    expect(issuesOf('payments.create', input)).toEqual([
      { path: 'wallet_payment.transaction_amount', message: 'must be greater than 0' },
      { path: 'wallet_payment.descripton', message: 'is not a known field; did you mean description?' },
      { path: 'wallet_payment.zzzzzzzz', message: 'is not a known field' },
      { path: 'payer.token', message: 'is required' },
      { path: 'captured', message: 'is not a known field; did you mean capture?' },
      { path: 'Payer', message: 'is not a known field; did you mean payer?' },
    ])
  })

  it('refuses an unknown option, because a misspelt idempotencyKey could cause a second charge', () => {
    expect(issuesOf('payments.create', aPayment, { idempotencykey: 'k' })).toEqual([
      { path: 'idempotencykey', message: 'is not a known field; did you mean idempotencyKey?' },
    ])
  })

  it.each(['', ' ', 'a b', 'a\nb', 'ñ', 'x'.repeat(129), 7, null, {}])('refuses the idempotency key %j', (idempotencyKey) => {
    expect(issuesOf('payments.create', aPayment, { idempotencyKey }).map(({ path }) => path)).toEqual(['idempotencyKey'])
  })

  it.each(['x', 'x'.repeat(128), 'faDF8323asd298', '0d5020ed-1af6-469c-ae06-c3bec19954bb'])(
    'accepts the idempotency key %s',
    (idempotencyKey) => {
      expect(issuesOf('payments.create', aPayment, { idempotencyKey })).toEqual([])
    },
  )

  it.each(['', '..', '.', 'a/b', '../x', 'a b', 'a%2fb', 'a?b', 'a#b', 'a\\b', 'ñ', 'x'.repeat(65), 7, null, undefined])(
    'refuses the agreement id %j',
    (agreement_id) => {
      expect(issuesOf('agreements.get', { agreement_id }).map(({ path }) => path)).toEqual(['agreement_id'])
    },
  )

  it.each([
    '',
    '..',
    '7/..',
    '7 ',
    '-7',
    '0',
    '07',
    '1.5',
    '1e3',
    '0x7',
    0,
    -1,
    1.5,
    Number.NaN,
    2 ** 53,
    '9007199254740993',
    null,
    undefined,
  ])('refuses the advanced payment id %j', (advanced_payment_id) => {
    for (const operation of [
      'payments.get',
      'payments.capture',
      'payments.cancel',
      'payments.refund',
      'payments.listRefunds',
    ] as const) {
      expect(issuesOf(operation, { advanced_payment_id }).map(({ path }) => path)).toEqual(['advanced_payment_id'])
    }
  })

  it.each([null, undefined, 'text', 7, true, [], () => {}])('refuses the input %j', (input) => {
    expect(issuesOf('payments.create', input)).not.toEqual([])
  })

  it.each(['payments.steal', '__proto__', 'constructor', '', null])('refuses the operation %j', (operation) => {
    expect(issuesOf(operation as never, {})).toEqual([
      { path: 'operation', message: expect.stringMatching(/^is not an operation/) },
    ])
  })

  it('refuses input that cannot be read or is not JSON', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const trap = Object.defineProperty({}, 'payer', {
      enumerable: true,
      get: () => {
        throw new Error('getter')
      },
    })
    expect(issuesOf('payments.create', { ...aPayment, metadata: cycle })).toHaveLength(1)
    expect(issuesOf('payments.create', { ...aPayment, metadata: { big: 1n } })).toHaveLength(1)
    expect(issuesOf('payments.create', trap)).toHaveLength(1)
  })

  it.each([
    ['statement_descriptor', 'x'.repeat(51)],
    ['statement_descriptor', 'no punctuation!'],
    ['statement_descriptor', ''],
    ['external_reference', ''],
    ['description', 7],
    ['forward_data', {}],
    ['discount', []],
    ['discount', { amount: 5 }],
    ['discount', Promise.resolve({ amount: 5 })],
    ['discount', new Map([['amount', 5]])],
  ])('refuses wallet_payment.%s if it is %j', (field, value) => {
    expect(
      issuesOf('payments.create', withWallet({ [field]: value })).every(({ path }) => path.startsWith(`wallet_payment.${field}`)),
    ).toBe(true)
    expect(issuesOf('payments.create', withWallet({ [field]: value }))).not.toEqual([])
  })

  it.each([
    ['metadata', [1], 'metadata'],
    ['metadata', Promise.resolve({ order: 1 }), 'metadata'],
    ['additional_info', 'text', 'additional_info'],
    ['metadata', { coupon: Promise.resolve('TEN') }, 'metadata'],
    ['additional_info', { items: [new Map()] }, 'additional_info'],
    ['disbursements', [{ amount: 1 }, new Map()], 'disbursements.1'],
    ['disbursements', [{ amount: Promise.resolve(1) }], 'disbursements.0'],
  ])('refuses a payment whose %s is %j, which JSON would turn into something else', (field, value, path) => {
    expect(issuesOf('payments.create', { ...aPayment, [field]: value })).toEqual([
      { path, message: 'must be a plain object that holds only JSON values' },
    ])
  })

  it('accepts values with toJSON, null and undefined list items in metadata', () => {
    const { body } = prepare('payments.create', { ...aPayment, metadata: { at: new Date(0), none: null, list: [1, undefined] } })
    expect(JSON.parse(body ?? '').metadata).toEqual({ at: '1970-01-01T00:00:00.000Z', none: null, list: [1, null] })
  })

  it.each([
    ['return_uri', 'shop://linked'],
    ['return_uri', 'not an address'],
    ['return_uri', `https://shop.test/${'x'.repeat(2048)}`],
    ['external_flow_id', 'x'.repeat(65)],
    ['external_user', {}],
    ['agreement_data', { description: 'x'.repeat(257) }],
  ])('refuses an agreement whose %s is %j', (field, value) => {
    const issues = issuesOf('agreements.create', { ...agreement, [field]: value })
    expect(issues.map(({ path }) => path.split('.')[0])).toEqual([field])
  })

  it('refuses a sub-merchant without any one of its 14 fields', () => {
    const full = document<{ wallet_payment: { forward_data: { sub_merchant: Record<string, unknown> } } }>(
      'create-payment.reference.request',
    )
    const { sub_merchant } = full.wallet_payment.forward_data
    expect(Object.keys(sub_merchant)).toHaveLength(14)
    for (const field of Object.keys(sub_merchant)) {
      const { [field]: _, ...rest } = sub_merchant
      expect(issuesOf('payments.create', withWallet({ forward_data: { sub_merchant: rest } }))).toEqual([
        { path: `wallet_payment.forward_data.sub_merchant.${field}`, message: 'is required' },
      ])
    }
  })

  it('never quotes an invalid value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12, unit: fc.constantFrom('q', 'j', 'x', 'Q', 'J', 'X') }), (secret) => {
        const input = {
          wallet_payment: { transaction_amount: secret, discount: secret },
          payer: { token: `${secret} ` },
          capture: secret,
        }
        expect(JSON.stringify(issuesOf('payments.create', input, { idempotencyKey: `${secret} ` }))).not.toContain(secret)
        expect(JSON.stringify(issuesOf('payments.create', input))).not.toContain(secret)
      }),
    )
  })
})
