import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { automatic, fifty, HOUR_MS, repeated, shop, tenth } from '../../support/emulator/discount-shop.ts'
import { payments, start } from '../../support/emulator/raw-emulator.ts'

const mismatch = { status: 400, body: document('error.400.discount-mismatch') }

describe('a promise', () => {
  const limited = { ...tenth, uses: 1 }
  const limitedAutomatic = { ...automatic, uses: 1 }

  it.each([
    [limited, 10_000],
    [limitedAutomatic, 200],
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
  it('returns the discount in every place that the guide shows', async () => {
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

  it('returns no coupon_code for a promise without a coupon', async () => {
    const { payPromised } = await shop([automatic])
    expect((await payPromised(550)).body).toMatchObject({ payments: [{ coupon_amount: 55, coupon_code: null }] })
  })

  it.each([undefined, null, {}])('may be left out or empty: %j', async (discount) => {
    const { promise, payWith } = await shop([automatic])
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
    const { promise, payWith } = await shop([automatic])
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
