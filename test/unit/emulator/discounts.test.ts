import type { CouponCampaign, EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { payments, start } from '../../support/emulator/raw-emulator.ts'

const coupons = '/v2/wallet_connect/coupons'
const discounts = '/v2/wallet_connect/discounts'
const guidePath = '/v2/wallet_connect/payment/discounts'
const HOUR_MS = 3_600_000

const tenth: CouponCampaign = { code: 'TEN', type: 'percent', value: 10, cap: 1_000 }
const fifty: CouponCampaign = { code: 'FIFTY', type: 'fixed', value: 50, cap: 50 }
const unasked: CouponCampaign = { type: 'percent', value: 10, cap: 1_000 }

interface Promised {
  transaction_amount: number
  currency_id: string
  legal_terms?: string
  discount: { amount?: number; detail?: object }
}

/** A linked buyer in a shop with these campaigns. */
async function shop(campaigns: CouponCampaign[] = [], options: EmulatorOptions = {}) {
  const started = start(options)
  for (const coupon of campaigns) started.emulator.coupons.add(coupon)
  const { token, id } = await started.link()

  const validate = (code: unknown, payer = token) => started.call('POST', coupons, { id: code }, { 'x-payer-token': payer })
  const promise = (amount: unknown, coupon?: unknown, { payer = token, path = discounts } = {}) =>
    started.call<Promised>('POST', path, { amount, coupon }, { 'x-payer-token': payer })
  const payWith = (
    amount: number,
    discount: unknown,
    { payer = token, ...more }: { payer?: string } & object = {},
    key?: string,
  ) => started.pay(payer, amount, { wallet: { discount }, ...more }, key)
  /** Promises, and repeats the promise in a payment. */
  const payPromised = async (amount: number, code?: string, more: object = {}) =>
    payWith(amount, repeated((await promise(amount, code)).body, code), more)

  return { ...started, token, id, validate, promise, payWith, payPromised }
}

/** The promise as a payment repeats it. */
const repeated = ({ discount }: Promised, code?: string): object => ({
  ...discount,
  description: 'A discount',
  code: code ?? null,
})

const mismatch = { status: 400, body: document('error.400.discount-mismatch') }

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
    const { emulator, promise } = await shop([tenth, unasked])
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
        unasked,
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
    const { promise, emulator, id } = await shop([{ ...unasked, cap: 1_000_000 }])
    expect((await promise(150, undefined, { path })).body).toEqual(document('create-discount.reference.response.200'))
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'discount_promised', agreement_id: id, amount: 15 })
  })

  it('promises an empty discount if there is no campaign', async () => {
    const { promise } = await shop([tenth])
    expect((await promise(150, null, { path })).body).toEqual(document('create-discount.none-without-coupon.response.200'))
  })

  it('promises the largest discount without a coupon, and that of the coupon with one', async () => {
    const { promise } = await shop([unasked, { type: 'fixed', value: 30, cap: 30 }, tenth])
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

describe('a promise', () => {
  const limited = { ...tenth, uses: 1 }
  const limitedUnasked = { ...unasked, uses: 1 }

  it.each([
    [limited, 10_000],
    [limitedUnasked, 200],
  ])('takes a use of the coupon %j and returns it %i ms later', async (coupon, lifetime) => {
    const { promise, emulator, link, id } = await shop([coupon])
    const other = { payer: (await link('other')).token }
    await promise(100, coupon.code)
    await emulator.clock.advance(lifetime - 1)
    expect((await promise(100, coupon.code, other)).body.discount).toEqual({})
    await emulator.clock.advance(1)
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'discount_released', agreement_id: id, amount: 10 })
    expect((await promise(100, coupon.code, other)).body.discount.amount).toBe(10)
  })

  it('is extended when it is requested again, with the same token', async () => {
    const { promise, payWith, emulator } = await shop([limited])
    const first = await promise(100, 'TEN')
    await emulator.clock.advance(9_999)
    expect((await promise(100, 'TEN')).body).toEqual(first.body)
    await emulator.clock.advance(9_999)
    expect((await payWith(100, repeated(first.body, 'TEN'))).status).toBe(201)
    expect(emulator.effects.filter(({ kind }) => kind === 'discount_promised')).toHaveLength(1)
  })

  it('cannot be used after its time', async () => {
    const { promise, payWith, emulator } = await shop([tenth])
    const { body } = await promise(100, 'TEN')
    await emulator.clock.advance(10_000)
    expect(await payWith(100, repeated(body, 'TEN'))).toMatchObject(mismatch)
  })

  it('can be used for one payment, and then stays used', async () => {
    const { promise, payWith, emulator } = await shop([limited])
    const { body } = await promise(100, 'TEN')
    expect((await payWith(100, repeated(body, 'TEN'))).status).toBe(201)
    expect(await payWith(100, repeated(body, 'TEN'))).toMatchObject(mismatch)
    await emulator.clock.advance(HOUR_MS)
    expect((await promise(100, 'TEN')).body.discount).toEqual({})
  })

  it('cannot be used by another buyer', async () => {
    const { promise, payWith, link } = await shop([tenth])
    const { body } = await promise(100, 'TEN')
    expect(await payWith(100, repeated(body, 'TEN'), { payer: (await link('other')).token })).toMatchObject(mismatch)
  })

  it('is kept for its time again after a rejected payment, and then released', async () => {
    const { promise, payWith, emulator } = await shop([limited])
    const discount = repeated((await promise(100, 'TEN')).body, 'TEN')
    await emulator.clock.advance(9_000)
    emulator.buyer.setBalance(0)
    expect((await payWith(100, discount)).body.status).toBe('rejected')
    emulator.buyer.setBalance(100)
    await emulator.clock.advance(9_999)
    const kept = emulator.snapshot()
    expect((await payWith(100, discount)).body.status).toBe('approved')

    emulator.restore(kept)
    await emulator.clock.advance(1)
    expect(emulator.effects.at(-1)?.kind).toBe('discount_released')
    expect(await payWith(100, discount)).toMatchObject(mismatch)
    expect((await promise(100, 'TEN')).body.discount.amount).toBe(10)
  })

  it.each<[string, number, (started: Awaited<ReturnType<typeof shop>>, id: number) => unknown]>([
    ['is cancelled', 0, ({ call }, id) => call('PUT', `${payments}/${id}`, { status: 'cancelled' })],
    ['is rejected', 0, ({ emulator }, id) => emulator.processor.settle(id, { status: 'rejected', status_detail: 'bank_error' })],
    ['expires', 30 * 24 * HOUR_MS, ({ emulator }) => emulator.clock.advance(30 * 24 * HOUR_MS)],
  ])('returns its use 10 s after a payment that held money %s', async (_, __, end) => {
    const started = await shop([limited])
    const { emulator, promise, payPromised } = started
    emulator.processor.decideNext({ status: 'pending', status_detail: 'pending_challenge' })
    const { body } = await payPromised(100, 'TEN', { binary_mode: false })
    expect(body.status).toBe('pending')
    await end(started, body.id)
    await emulator.clock.advance(9_999)
    expect((await promise(100, 'TEN')).body.discount).toEqual({})
    await emulator.clock.advance(1)
    expect((await promise(100, 'TEN')).body.discount.amount).toBe(10)
  })
})

describe(`POST ${payments} with a discount`, () => {
  it('shows it in every place of the guide', async () => {
    const { payPromised, call, moves, balance, token } = await shop([fifty], { balance: 1_000 })
    const { status, body } = await payPromised(550, 'FIFTY')
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'approved',
      wallet_payment: {
        transaction_amount: 550,
        discount: {
          amount: 50,
          description: 'A discount',
          code: 'FIFTY',
          detail: { value: 50, type: 'fixed', cap: 50 },
        },
      },
      payments: [
        { transaction_amount: 500, coupon_amount: 50, campaign_id: expect.stringMatching(/^\d+$/), coupon_code: 'FIFTY' },
      ],
      wallet_connect_discount: { amount: 50, token: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    })
    expect((await call('GET', `${payments}/${body.id}`)).body).toEqual(body)
    expect(moves()).toEqual(['payment_charged 500'])
    expect(await balance(token)).toBe(500)
  })

  it('without a coupon has no coupon_code', async () => {
    const { payPromised } = await shop([unasked])
    expect((await payPromised(550)).body).toMatchObject({ payments: [{ coupon_amount: 55, coupon_code: null }] })
  })

  it.each([undefined, null, {}])('may be left out or empty: %j', async (discount) => {
    const { promise, payWith } = await shop([unasked])
    await promise(100)
    const { body } = await payWith(100, discount)
    expect(body.payments[0].transaction_amount).toBe(100)
    expect(body).not.toHaveProperty('wallet_connect_discount')
  })

  it.each(['percent', 'percentage', 'percentual'])('may have the type %s', async (type) => {
    const { promise, payWith } = await shop([tenth])
    const { body } = await promise(550, 'TEN')
    const discount = { ...repeated(body, 'TEN'), detail: { ...body.discount.detail, type } }
    expect((await payWith(550, discount)).body.payments[0].transaction_amount).toBe(495)
  })

  it.each<[string, object | string]>([
    ['a higher amount', { amount: 55.01 }],
    ['a lower amount', { amount: 54.99 }],
    ['no amount', { amount: undefined }],
    ['an amount in text', { amount: '55' }],
    ['no description', { description: undefined }],
    ['no code', { code: null }],
    ['another code', { code: 'FIFTY' }],
    ['no detail', { detail: undefined }],
    ['another value', { detail: { value: 11, type: 'percentage', cap: 1_000 } }],
    ['another type', { detail: { value: 10, type: 'fixed', cap: 1_000 } }],
    ['an unknown type', { detail: { value: 10, type: 'percents', cap: 1_000 } }],
    ['another cap', { detail: { value: 10, type: 'percentage', cap: 999 } }],
    ['no cap', { detail: { value: 10, type: 'percentage' } }],
    ['nothing but text', 'TEN'],
  ])('is refused with %s, which uses up neither the key nor the promise', async (_, change) => {
    const { promise, payWith, moves } = await shop([tenth, fifty])
    const right = repeated((await promise(550, 'TEN')).body, 'TEN')
    expect(await payWith(550, typeof change === 'string' ? change : { ...right, ...change }, {}, 'k')).toMatchObject(mismatch)
    expect(moves()).toEqual([])
    expect(await payWith(550, right, {}, 'k')).toMatchObject({ status: 201, body: { status: 'approved' } })
  })

  it.each([
    ['another transaction_amount', 549],
    ['what is left to pay', 495],
  ])('is refused for %s', async (_, amount) => {
    const { promise, payWith } = await shop([tenth])
    expect(await payWith(amount, repeated((await promise(550, 'TEN')).body, 'TEN'))).toMatchObject(mismatch)
  })

  it('is refused with a code if the promise was made without one', async () => {
    const { promise, payWith } = await shop([unasked])
    expect(await payWith(550, repeated((await promise(550)).body, 'TEN'))).toMatchObject(mismatch)
  })

  it('reduces what the balance has to cover', async () => {
    const { payPromised } = await shop([fifty], { balance: 500 })
    expect((await payPromised(550.01, 'FIFTY')).body.status).toBe('rejected')
    expect((await payPromised(550, 'FIFTY')).body.status).toBe('approved')
  })

  it('replays to the same key', async () => {
    const { promise, payWith, moves } = await shop([tenth])
    const discount = repeated((await promise(550, 'TEN')).body, 'TEN')
    const first = await payWith(550, discount, {}, 'k')
    expect(await payWith(550, discount, {}, 'k')).toMatchObject({ status: 200, body: first.body as object })
    expect(moves()).toEqual(['payment_charged 495'])
  })

  it('reduces what is reserved and captured', async () => {
    const { payPromised, call, moves } = await shop([tenth])
    const { id } = (await payPromised(550, 'TEN', { capture: false })).body
    await call('PUT', `${payments}/${id}`, { capture: true })
    expect(moves()).toEqual(['payment_reserved 495', 'payment_captured 495'])
  })

  it('limits refunds to what was charged, and stays used after them', async () => {
    const { payPromised, refund, read, moves, promise, emulator } = await shop([{ ...tenth, uses: 1 }])
    const { id } = (await payPromised(550, 'TEN')).body
    expect(await refund(id, 495.01)).toMatchObject({ status: 400, body: { message: 'Invalid amount' } })
    expect(await refund(id, 95)).toMatchObject({ status: 200, body: [{ amount: 95 }] })
    expect(await refund(id)).toMatchObject({ status: 200, body: [{ amount: 400 }] })
    expect((await read(id)).status).toBe('refunded')
    expect(moves()).toEqual(['payment_charged 495', 'payment_refunded 95', 'payment_refunded 400'])
    await emulator.clock.advance(HOUR_MS)
    expect((await promise(550, 'TEN')).body.discount).toEqual({})
  })

  it('may be the whole amount, which then moves no money and cannot be refunded', async () => {
    const { payPromised, refund, moves } = await shop([{ ...tenth, value: 100 }], { balance: 0 })
    const { body } = await payPromised(100, 'TEN')
    expect(body).toMatchObject({ status: 'approved', payments: [{ transaction_amount: 0, coupon_amount: 100 }] })
    expect(moves()).toEqual(['payment_charged 0'])
    expect((await refund(body.id)).status).toBe(400)
  })
})

describe("amounts: 'string'", () => {
  it('lets a payment repeat the strings of a promise', async () => {
    const { call, emulator, link, pay } = start({ amounts: 'string' })
    emulator.coupons.add({ type: 'percent', value: 10, cap: 50 })
    const { token } = await link()
    const promise = await call<{ discount: object }>(
      'POST',
      '/v2/wallet_connect/discounts',
      { amount: 100 },
      { 'x-payer-token': token },
    )
    expect(promise.body.discount).toMatchObject({ amount: '10.00', detail: { cap: '50.00' } })
    const wallet_payment = { transaction_amount: 100, discount: { ...promise.body.discount, description: 'ten percent' } }
    expect((await pay(token, 100, { wallet_payment })).status).toBe(201)
  })
})
