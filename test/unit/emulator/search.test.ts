import { describe, expect, it } from 'vitest'
import { payments, type RawPayment, start } from '../../support/emulator/raw-emulator.ts'

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
  ])('finds by %s', async (query, found) => {
    const { search } = await searchable()
    expect(await search(query)).toEqual(found)
  })

  it('finds and sorts by the last change', async () => {
    const { search, refund, ids } = await searchable()
    await refund(ids[0] ?? 0, 1)
    expect(await search('sort=date_last_updated')).toEqual([0, 3, 2, 1])
    expect(await search('range=date_last_updated&begin_date=2026-01-01T04:00:00Z')).toEqual([0])
    expect(await search('range=date_created&begin_date=2026-01-01T04:00:00Z')).toEqual([])
  })

  it('finds a discounted payment by what the method was charged', async () => {
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

  it('shows the id and the attributes that are wanted', async () => {
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
