import type { CouponCampaign } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { automatic, coupons, discounts, fifty, guidePath, repeated, shop, tenth } from '../../support/emulator/discount-shop.ts'

describe('coupons', () => {
  it.each([
    [{ type: 'free' }, 'type must be percent or fixed'],
    [{ value: 0 }, 'value must be a number above 0'],
    [{ value: -1 }, 'value must be a number above 0'],
    [{ value: Number.NaN }, 'value must be a number above 0'],
    [{ value: 100.5 }, 'at most 100 percent'],
    [{ type: 'fixed', value: 0.001 }, 'value must be an amount'],
    [{ cap: -1 }, 'cap must be an amount'],
    [{ cap: '5' }, 'cap must be an amount'],
    [{ min_payment_amount: 0.001 }, 'min_payment_amount must be an amount'],
    [{ max_payment_amount: Number.POSITIVE_INFINITY }, 'max_payment_amount must be an amount'],
    [{ uses: 1.5 }, 'uses must be a whole number'],
    [{ uses: -1 }, 'uses must be a whole number'],
    [{ code: '' }, 'code must not be empty'],
    [{ status: 'active' }, 'status must be success, pending or invalid'],
    [{ min: 5 }, 'does not know min'],
  ])('add refuses %j', async (change, message) => {
    const { emulator, validate } = await shop()
    expect(() => emulator.coupons.add({ ...tenth, ...change } as CouponCampaign)).toThrow(message)
    expect((await validate('TEN')).body).toEqual({ status: 'invalid' })
  })

  it('add refuses a second coupon with the same code until the first is removed', async () => {
    const { emulator, promise } = await shop([tenth])
    expect(() => emulator.coupons.add(tenth)).toThrow('There is already a coupon TEN')
    emulator.coupons.remove('TEN')
    emulator.coupons.add({ ...tenth, value: 20 })
    expect((await promise(100, 'TEN')).body.discount.amount).toBe(20)
  })

  it('remove withdraws a coupon and keeps existing promises', async () => {
    const { emulator, promise, validate, payWith } = await shop([tenth])
    const { body } = await promise(100, 'TEN')
    emulator.coupons.remove('TEN')
    expect((await validate('TEN')).body).toEqual({ status: 'invalid' })
    expect((await promise(200, 'TEN')).status).toBe(400)
    expect((await payWith(100, repeated(body, 'TEN'))).status).toBe(201)
  })

  it('remove without a code only withdraws the discounts without a code', async () => {
    const { emulator, promise } = await shop([tenth, automatic])
    emulator.coupons.remove()
    expect((await promise(100)).body.discount).toEqual({})
    expect((await promise(100, 'TEN')).body.discount.amount).toBe(10)
  })

  it('have a different campaign id each', async () => {
    const { promise } = await shop([tenth, fifty])
    const terms = [(await promise(100, 'TEN')).body.legal_terms, (await promise(100, 'FIFTY')).body.legal_terms]
    expect(terms[0]).toMatch(/^https:\/\/api\.mercadopago\.com\/v2\/discounts\/campaign\/\d+\/terms\/html$/)
    expect(terms[1]).not.toBe(terms[0])
  })
})

describe(`POST ${coupons}`, () => {
  it.each(['success', 'pending'] as const)('returns a coupon that is %s with the fields of the reference', async (status) => {
    const range = { cap: 100, min_payment_amount: 100, max_payment_amount: 10_000 }
    const { validate } = await shop([{ ...tenth, ...range, status, description: 'Ten percent' }])
    const answer = await validate('TEN')
    expect(answer).toMatchObject({ status: 200, body: { detail: { value: 10, type: 'percent', ...range } } })
    expect(answer.body).toMatchObject({ status, description: 'Ten percent', legal_terms: expect.stringContaining('https://') })
    const sample = document<{ detail: object }>('validate-coupon.success.response.200')
    expect(Object.keys(answer.body as object).sort()).toEqual(Object.keys(sample).sort())
    expect(Object.keys((answer.body as typeof sample).detail).sort()).toEqual(Object.keys(sample.detail).sort())
  })

  it('returns the value of a fixed discount in the currency', async () => {
    const { validate } = await shop([{ code: 'F', type: 'fixed', value: 12.5, cap: 12.5 }])
    expect((await validate('F')).body).toMatchObject({ detail: { value: 12.5, type: 'fixed', cap: 12.5 } })
  })

  it('returns a cap even if there is none, and no range if there is none', async () => {
    const { validate } = await shop([{ code: 'TEN', type: 'percent', value: 10 }])
    expect((await validate('TEN')).body).toMatchObject({ detail: { value: 10, type: 'percent', cap: 1_000_000 } })
    expect((await validate('TEN')).text).not.toContain('payment_amount')
  })

  it.each(['unknown', 'ten', ' TEN', 'EXPIRED', 'USED', 'constructor', '__proto__', 'null'])(
    'answers that the coupon %s is invalid',
    async (code) => {
      const { validate } = await shop([
        tenth,
        automatic,
        { ...tenth, code: 'EXPIRED', status: 'invalid' },
        { ...tenth, code: 'USED', uses: 0 },
      ])
      expect(await validate(code)).toMatchObject({ status: 200, body: document('validate-coupon.invalid.response.200') })
    },
  )

  it.each([undefined, null, '', ' ', 7, {}, ['TEN']])('refuses the id %j', async (id) => {
    const { validate } = await shop([tenth])
    expect(await validate(id)).toMatchObject({ status: 400, body: document('error.400.invalid-coupon-id') })
  })

  it('neither uses the coupon nor leaves an effect', async () => {
    const { validate, promise, emulator } = await shop([{ ...tenth, uses: 1 }])
    const before = emulator.effects
    for (let i = 0; i < 3; i++) await validate('TEN')
    expect(emulator.effects).toEqual(before)
    expect((await promise(100, 'TEN')).body.discount.amount).toBe(10)
  })
})

describe.each([coupons, discounts, guidePath])('POST %s', (path) => {
  const invalid = { status: 400, body: { error: 'bad_request', message: 'Invalid payer token.', status: 400 } }
  const body = { id: 'TEN', amount: 100 }

  it.each(['', 'unknown', 'constructor'])('refuses the payer token %j', async (payer) => {
    const { call } = await shop([tenth])
    expect(await call('POST', path, body, payer ? { 'x-payer-token': payer } : {})).toMatchObject(invalid)
  })

  it('refuses the payer token of an agreement that is cancelled', async () => {
    const { call, emulator, token, id } = await shop([tenth])
    emulator.buyer.cancel(id)
    expect(await call('POST', path, body, { 'x-payer-token': token })).toMatchObject(invalid)
  })

  it.each(['{', '[]', '7'])('refuses the body %s', async (text) => {
    const { call, token } = await shop([tenth])
    const answer = await call('POST', path, text, { 'x-payer-token': token })
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', status: 400 } })
  })
})

describe.each([discounts, guidePath])('POST %s', (path) => {
  it.each<[Partial<CouponCampaign>, number, number]>([
    [fifty, 550, 50],
    [{ ...fifty, value: 600, cap: 1_000 }, 550, 550],
    [{ ...fifty, cap: 30 }, 550, 30],
    [tenth, 550, 55],
    [{ ...tenth, cap: 20 }, 550, 20],
    [{ ...tenth, value: 100 }, 550, 550],
    [tenth, 0.05, 0.01],
    [tenth, 0.14, 0.01],
    [{ ...tenth, value: 12.5 }, 0.98, 0.12],
    [{ ...tenth, value: 12.5 }, 1, 0.13],
    [{ ...tenth, value: 1.15 }, 30, 0.35],
    [{ ...tenth, min_payment_amount: 100, max_payment_amount: 200 }, 100, 10],
    [{ ...tenth, min_payment_amount: 100, max_payment_amount: 200 }, 200, 20],
    [{ ...tenth, status: 'pending' }, 100, 10],
  ])('promises for the coupon %j and the amount %d the discount %d', async (coupon, amount, discount) => {
    const { promise } = await shop([{ ...tenth, ...coupon, code: 'C' }])
    const { status, body } = await promise(amount, 'C', { path })
    expect(status).toBe(200)
    expect(body).toMatchObject({ transaction_amount: amount, discount: { amount: discount } })
  })

  it.each<[string, Partial<CouponCampaign>, number]>([
    ['below the range', { min_payment_amount: 100 }, 99.99],
    ['above the range', { max_payment_amount: 200 }, 200.01],
    ['that comes to nothing', {}, 0.04],
    ['that is used up', { uses: 0 }, 100],
  ])('promises an empty discount for a coupon %s', async (_, change, amount) => {
    const { promise, emulator } = await shop([{ ...tenth, ...change }])
    const { status, body } = await promise(amount, 'TEN', { path })
    expect(status).toBe(200)
    expect(body).toEqual({ transaction_amount: amount, currency_id: 'ARS', discount: {} })
    expect(emulator.effects.some(({ kind }) => kind === 'discount_promised')).toBe(false)
  })

  it('answers with the fields of the reference', async () => {
    const { promise, emulator, id } = await shop([{ ...automatic, cap: 1_000_000 }])
    expect((await promise(150, undefined, { path })).body).toEqual(document('create-discount.reference.response.200'))
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'discount_promised', agreement_id: id, amount: 15 })
  })

  it('promises an empty discount if there is no campaign', async () => {
    const { promise } = await shop([tenth])
    expect((await promise(150, null, { path })).body).toEqual(document('create-discount.none-without-coupon.response.200'))
  })

  it('promises the largest discount without a coupon, and that of the coupon with one', async () => {
    const { promise } = await shop([automatic, { type: 'fixed', value: 30, cap: 30 }, tenth])
    expect((await promise(100, undefined, { path })).body.discount.amount).toBe(30)
    expect((await promise(400, undefined, { path })).body.discount.amount).toBe(40)
    expect((await promise(100, 'TEN', { path })).body.discount.amount).toBe(10)
  })

  const currencies = { MLA: 'ARS', MLB: 'BRL', MLC: 'CLP', MCO: 'COP', MLM: 'MXN', MPE: 'PEN', MLU: 'UYU' }

  it.each(Object.entries(currencies) as [keyof typeof currencies, string][])(
    'has for the site %s the currency %s',
    async (site, currency_id) => {
      const { promise } = await shop([tenth], { site })
      expect((await promise(1_000, 'TEN', { path })).body).toMatchObject({ currency_id, discount: { amount: 100 } })
    },
  )

  const zero = 'transaction_amount must be greater than 0'
  const missing = 'transaction_amount must not be null.'
  const amount = 'Invalid amount in discount.'
  const coupon = 'Invalid coupon in discount.'

  it.each<[unknown, unknown, string]>([
    [0, 'TEN', zero],
    [-1, undefined, zero],
    [undefined, 'TEN', missing],
    [null, undefined, missing],
    ['100', undefined, amount],
    [0.001, undefined, amount],
    [true, undefined, amount],
    [2 ** 60, undefined, amount],
    [100, '', coupon],
    [100, 7, coupon],
    [100, {}, coupon],
  ])('refuses the amount %j with the coupon %j: %s', async (value, code, message) => {
    const { promise } = await shop([tenth])
    expect(await promise(value, code, { path })).toMatchObject({
      status: 400,
      body: { error: 'bad_request', message, status: 400 },
    })
  })

  it.each(['unknown', 'EXPIRED', 'REMOVED', 'constructor'])('refuses the unknown coupon %s', async (code) => {
    const { promise, emulator } = await shop([
      { ...tenth, code: 'EXPIRED', status: 'invalid' },
      { ...tenth, code: 'REMOVED' },
    ])
    emulator.coupons.remove('REMOVED')
    const body =
      path === guidePath
        ? { error: 'not_found', message: 'Not found manual input code', status: 404 }
        : { error: 'bad_request', message: coupon, status: 400 }
    const answer = await promise(100, code, { path })
    expect([answer.status, answer.body]).toEqual([body.status, body])
  })
})
