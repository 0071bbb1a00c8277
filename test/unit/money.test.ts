import fc from 'fast-check'
import { InvalidInputError, type OperationName, type PrepareOptions, prepare, type Site, sites } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'

const payment = (transaction_amount: unknown, options: PrepareOptions = {}): string =>
  prepare(
    'payments.create',
    { wallet_payment: { transaction_amount: transaction_amount as number }, payer: { token: 't' } },
    options,
  ).body ?? ''

const onTheWire = (amount: unknown, options?: PrepareOptions): string | undefined =>
  /"transaction_amount":([^,}]+)/.exec(payment(amount, options))?.[1]

const issuesOf = (call: () => unknown): InvalidInputError['issues'] => {
  try {
    call()
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues
    throw error
  }
  return []
}

describe('prepare, given an amount', () => {
  it.each([
    [700.5, '700.5'],
    ['700.50', '700.5'],
    ['0.01', '0.01'],
    [1, '1'],
    ['1000', '1000'],
    [0.3, '0.3'],
    ['9007199254740.99', '9007199254740.99'],
    ['90071992547409.9', '90071992547409.9'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ])('sends %j as %s', (amount, wire) => {
    expect(onTheWire(amount)).toBe(wire)
  })

  it.each([
    ['more than two decimals', 0.1 + 0.2],
    ['more than two decimals', '1.001'],
    ['more than two decimals', '10.000'],
    ['zero', 0],
    ['zero', '0.00'],
    ['negative zero', -0],
    ['negative', -1],
    ['negative', '-1'],
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['an exponent', '1e3'],
    ['an exponent', 1e21],
    ['an exponent', 1e-7],
    ['at least 2^53', 2 ** 53],
    ['at least 2^53', '9007199254740993'],
    ['more digits than a double holds', '90071992547409.91'],
    ['a sign', '+5'],
    ['spaces', ' 5'],
    ['a separator', '1,5'],
    ['a separator', '1.000,50'],
    ['leading zeros', '007'],
    ['a missing digit', '5.'],
    ['a missing digit', '.5'],
    ['hexadecimal', '0x10'],
    ['Arabic digits', '٣'],
    ['empty', ''],
    ['null', null],
    ['a bigint', 5n],
    ['an object', { valueOf: () => 5 }],
    ['a list', [5]],
    ['a boolean', true],
  ])('refuses an amount (%s): %s', (_, amount) => {
    expect(issuesOf(() => payment(amount)).map(({ path }) => path)).toEqual(['wallet_payment.transaction_amount'])
  })

  it('reports a missing amount as required', () => {
    expect(issuesOf(() => payment(undefined))).toEqual([{ path: 'wallet_payment.transaction_amount', message: 'is required' }])
  })

  it('sends exactly the digits of the caller, for a number and for a string', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000_000_000_000 }), fc.integer({ min: 0, max: 99 }), (units, cents) => {
        const text = `${units}.${String(cents).padStart(2, '0')}`
        const plain = cents === 0 ? String(units) : text.replace(/0$/, '')
        expect(onTheWire(text)).toBe(plain)
        expect(onTheWire(Number(text))).toBe(plain)
      }),
    )
  })

  it('sends any number unchanged in value, or refuses it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double(),
          fc.float(),
          fc.maxSafeInteger().map((n) => n / 100),
        ),
        (amount) => {
          const issues = issuesOf(() => expect(Number(onTheWire(amount))).toBe(amount))
          if (issues.length === 0) expect(String(amount)).toMatch(/^\d+(\.\d{1,2})?$/)
        },
      ),
    )
  })
})

describe('prepare, given a site', () => {
  it('refuses decimals only if the currency of the site has none', () => {
    for (const site of Object.keys(sites) as Site[]) {
      const whole = sites[site].decimals === 0
      expect(issuesOf(() => payment('1000.50', { site })).length, site).toBe(whole ? 1 : 0)
      expect(onTheWire(1000, { site })).toBe('1000')
    }
  })

  it.each(['1000.00', '1000.5', 1000.5])('refuses the amount %j in Chilean pesos, which have no decimals', (amount) => {
    expect(issuesOf(() => payment(amount, { site: 'MLC' }))).toEqual([
      { path: 'wallet_payment.transaction_amount', message: 'must have no decimals in CLP' },
    ])
  })

  it.each([
    ['agreements.create', 'agreement_data.validation_amount', agreementOf],
    ['discounts.create', 'amount', (amount: number) => ({ payer_token: 't', amount })],
    ['payments.create', 'wallet_payment.discount.amount', discounted],
    ['payments.capture', 'wallet_payment.transaction_amount', paymentAgain],
    ['payments.cancel', 'wallet_payment.transaction_amount', paymentAgain],
    ['payments.refund', 'amount', (amount: number) => ({ advanced_payment_id: 7, amount })],
  ] as [OperationName, string, (amount: number) => object][])('checks the decimals in %s at %s', (operation, path, input) => {
    expect(issuesOf(() => prepare(operation, input(1.5) as never, { site: 'MLC' })).map((issue) => issue.path)).toEqual([path])
    expect(issuesOf(() => prepare(operation, input(2) as never, { site: 'MLC' }))).toEqual([])
  })
})

function agreementOf(validation_amount: number): object {
  return {
    return_uri: 'https://shop.test',
    external_flow_id: 'f',
    external_user: { id: 'u' },
    agreement_data: { validation_amount },
  }
}

function paymentAgain(transaction_amount: number): object {
  return { advanced_payment_id: 7, wallet_payment: { transaction_amount } }
}

function discounted(amount: number): object {
  const discount = { amount, description: 'd', detail: { cap: 100, value: 10, type: 'percent' } }
  return { wallet_payment: { transaction_amount: 100, discount }, payer: { token: 't' } }
}
