import type { EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { INHERITED_NAMES, payments, type RawPayment, start } from '../../support/emulator/raw-emulator.ts'

const HOUR_MS = 3_600_000

describe(`GET ${payments}/search`, () => {
  /** Four payments, an hour apart, the first at 00:00 UTC: approved, a card's, rejected, another buyer's. */
  async function searchable() {
    const shop = start({ balance: 1_000 })
    const { token } = await shop.link('buyer', { payment_type_id: 'credit_card', payment_method_id: 'visa', limit: 2_000 })
    const other = await shop.link('other')
    const ids: number[] = []
    for (const [payer, amount] of [
      [token, 100],
      [token, 1_500],
      [token, 5_000],
      [other.token, 7.5],
    ] as const) {
      ids.push((await shop.pay(payer, amount)).body.id)
      await shop.emulator.clock.advance(HOUR_MS)
    }
    const answer = (query: string) => shop.call<{ results: RawPayment[] }>('GET', `${payments}/search?${query}`)
    /** Positions of the results. */
    const search = async (query: string) => (await answer(query)).body.results.map(({ id }) => ids.indexOf(id))
    return { ...shop, ids, answer, search }
  }

  it.each<[string, number[]]>([
    ['', [3, 2, 1, 0]],
    ['sort=date_created&criteria=asc', [0, 1, 2, 3]],
    ['sort=date_created&criteria=desc', [3, 2, 1, 0]],
    ['sort=id&criteria=asc', [0, 1, 2, 3]],
    ['criteria=asc&limit=2&offset=1', [1, 2]],
    ['date_created=2025-12-31', [3, 2, 1, 0]],
    ['date_created=2025-12-31T21', [1]],
    ['date_created=2026', []],
    ['begin_date=2026-01-01T01:00:00Z', [3, 2, 1]],
    ['begin_date=2026-01-01T01:00:00.001Z', [3, 2]],
    ['end_date=2026-01-01T01:00:00Z', [1, 0]],
    ['begin_date=2025-12-31T21:00:00.000-04:00&end_date=2025-12-31T22:00:00.000-04:00', [2, 1]],
    ['range=date_created&begin_date=2026-01-01T02:00:00Z', [3, 2]],
    ['begin_date=2026-01-02', []],
    ['payer.email=test_user_786547@testuser.com', [2, 1, 0]],
    ['payer.email=test_user_786548@testuser.com', [3]],
    ['payer.email=nobody@testuser.com', []],
    ['payment.payment_method_id=visa', [2, 1]],
    ['payment.transaction_amount=7.5', [3]],
    ['payment.transaction_amount=7.50', [3]],
    ['payment.transaction_amount=7', []],
    ['unknown=1', [3, 2, 1, 0]],
  ])('finds payments by %s', async (query, found) => {
    const { search } = await searchable()
    expect(await search(query)).toEqual(found)
  })

  it('finds and sorts payments by the last change', async () => {
    const { search, refund, ids } = await searchable()
    await refund(ids[0] ?? 0, 1)
    expect(await search('sort=date_last_updated')).toEqual([0, 3, 2, 1])
    expect(await search('range=date_last_updated&begin_date=2026-01-01T04:00:00Z')).toEqual([0])
    expect(await search('range=date_created&begin_date=2026-01-01T04:00:00Z')).toEqual([])
  })

  it('finds a discounted payment by the amount that was charged', async () => {
    const { emulator, call, link, pay } = start()
    const { token } = await link()
    emulator.coupons.add({ type: 'fixed', value: 50, cap: 50 })
    await call('POST', '/v2/wallet_connect/discounts', { amount: 550 }, { 'x-payer-token': token })
    const discount = { amount: 50, description: 'd', detail: { value: 50, type: 'fixed', cap: 50 } }
    await pay(token, 550, { wallet: { discount } })
    const total = async (amount: number) =>
      (await call<{ paging: object }>('GET', `${payments}/search?payment.transaction_amount=${amount}`)).body.paging
    expect([await total(500), await total(550)]).toMatchObject([{ total: 1 }, { total: 0 }])
  })

  it('returns the id and the requested attributes', async () => {
    const { answer } = await searchable()
    const { results } = (await answer('attributes=status,payer,nonsense&limit=1')).body
    expect(results).toEqual([{ id: expect.any(Number), status: 'approved', payer: { id: 786_548 } }])
  })

  it.each([
    ['sort=amount', '400047'],
    ['sort=constructor', '400047'],
    ['criteria=up', '400047'],
    ['range=money', '400047'],
    ['range=constructor', '400047'],
    ['begin_date=yesterday', '400041'],
    ['begin_date=2026-13-01', '400041'],
    ['end_date=', '400042'],
    ['end_date=01/02/2026', '400042'],
  ])('refuses %s', async (query, code) => {
    const { answer } = await searchable()
    const message = 'Some parameters are invalid for search.'
    expect(await answer(query)).toMatchObject({ status: 400, body: { status: '400', message, cause: [{ code }] } })
  })
})

describe('GET /v1/advanced_payments/search', () => {
  async function five(options?: EmulatorOptions) {
    const context = start({ balance: 100, ...options })
    const { token } = await context.link()
    const ids: number[] = []
    for (const [index, amount] of [10, 20.5, 30, 1000, 5].entries()) {
      const wallet_payment = { transaction_amount: amount, external_reference: index % 2 ? 'odd' : 'even' }
      ids.push((await context.pay(token, amount, { wallet_payment, capture: index !== 2 })).body.id)
    }
    const search = (query: string) => context.call<{ paging: object; results: RawPayment[] }>('GET', `${payments}/search${query}`)
    const found = async (query: string) => (await search(query)).body.results.map(({ id }) => ids.indexOf(id))
    return { ...context, ids, search, found }
  }

  it('returns all payments from newest to oldest, as GET shows them', async () => {
    const { call, ids, search, found } = await five()
    expect(await found('')).toEqual([4, 3, 2, 1, 0])
    const { status, body } = await search('')
    expect(status).toBe(200)
    expect(body.paging).toEqual({ total: 5, limit: 30, offset: 0 })
    expect(body.results[0]).toEqual((await call('GET', `${payments}/${ids[4]}`)).body)
  })

  it.each([
    ['?status=approved', [4, 1, 0]],
    ['?status=authorized', [2]],
    ['?status=rejected', [3]],
    ['?status=refunded', []],
    ['?external_reference=odd', [3, 1]],
    ['?payment.external_reference=even', [4, 2, 0]],
    ['?external_reference=ODD', []],
    ['?payment.transaction_amount=20.5', [1]],
    ['?payment.payment_method_id=account_money', [4, 3, 2, 1, 0]],
    ['?payment.payment_method_id=visa', []],
    ['?payer.id=1', []],
    ['?status=approved&external_reference=odd', [1]],
    ['?begin_date=2020-01-01&sort=id', [4, 3, 2, 1, 0]],
    ...INHERITED_NAMES.map((name): [string, number[]] => [`?${name}=1`, [4, 3, 2, 1, 0]]),
  ])('filters by %s', async (query, expected) => {
    const { found, search } = await five()
    expect(await found(query)).toEqual(expected)
    expect((await search(query)).body.paging).toMatchObject({ total: expected.length })
  })

  it('filters by payment.id, which is the id of the inner payment', async () => {
    const { found, search } = await five()
    const inner = (await search('?status=authorized')).body.results[0]?.payments[0].id
    expect(await found(`?payment.id=${inner}`)).toEqual([2])
  })

  it.each([
    ['?limit=2', [4, 3], { total: 5, limit: 2, offset: 0 }],
    ['?limit=2&offset=2', [2, 1], { total: 5, limit: 2, offset: 2 }],
    ['?limit=2&offset=4', [0], { total: 5, limit: 2, offset: 4 }],
    ['?offset=9', [], { total: 5, limit: 30, offset: 9 }],
    ['?limit=0', [], { total: 5, limit: 0, offset: 0 }],
    ['?limit=1000', [4, 3, 2, 1, 0], { total: 5, limit: 30, offset: 0 }],
    ['?status=approved&limit=1&offset=1', [1], { total: 3, limit: 1, offset: 1 }],
  ])('returns the page %s', async (query, expected, paging) => {
    const { found, search } = await five()
    expect(await found(query)).toEqual(expected)
    expect((await search(query)).body.paging).toEqual(paging)
  })

  it('returns at most searchLimit results', async () => {
    const { search } = await five({ searchLimit: 3 })
    expect((await search('?limit=5')).body).toMatchObject({ paging: { total: 5, limit: 3 }, results: [{}, {}, {}] })
  })

  it('shows with searchDelayMs the older payments meanwhile, with a total and pages of their own', async () => {
    const { emulator, found, ids, link, pay, search } = await five({ searchDelayMs: HOUR_MS })
    expect((await search('?external_reference=even')).body).toMatchObject({ paging: { total: 0 }, results: [] })
    await emulator.clock.advance(HOUR_MS)
    ids.push((await pay((await link('another')).token, 10)).body.id)
    expect(await found('')).toEqual([4, 3, 2, 1, 0])
    expect((await search('?limit=2&offset=4')).body).toMatchObject({ paging: { total: 5 }, results: [{}] })
    await emulator.clock.advance(HOUR_MS)
    expect(await found('')).toEqual([5, 4, 3, 2, 1, 0])
  })

  it.each(['?limit=x', '?limit=-1', '?offset=1.5', '?offset=-1', '?limit='])('answers 400 to %s', async (query) => {
    const { search } = await five()
    expect(await search(query)).toMatchObject({ status: 400, body: document('error.400.idempotency-bad-request') })
  })
})
