import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { agreements, INHERITED_NAMES, payments, type RawPayment, start, YEAR_MS } from '../../support/emulator/raw-emulator.ts'

describe('buyer', () => {
  it('approve redirects to the seller with the code and the agreement', async () => {
    const { emulator, propose } = start()
    const id = await propose()
    const { code, redirect_uri } = emulator.buyer.approve(id)
    expect(redirect_uri).toBe(`https://www.mercadopago.com/?code=${code}&agreement=${id}`)
  })

  it('refuse redirects to the seller without a code and leaves the agreement unconfirmed', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    expect(emulator.buyer.refuse(id)).toEqual({ redirect_uri: `https://www.mercadopago.com/?agreement=${id}` })
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'pending' })
    expect(() => emulator.buyer.approve(id)).not.toThrow()
  })

  it('cancel ends the agreement and its payer token', async () => {
    const { call, emulator, link, pay } = start()
    const { id, token } = await link()
    emulator.buyer.cancel(id)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'cancelled' })
    expect((await pay(token)).status).toBe(401)
  })

  it.each(['approve', 'refuse'] as const)(
    '%s throws for an agreement that is confirmed, cancelled or expired',
    async (decision) => {
      const { emulator, propose } = start()
      const [approved, cancelled, expired] = [await propose('a'), await propose('b'), await propose('c')]
      emulator.buyer.approve(approved)
      emulator.buyer.cancel(cancelled)
      expect(() => emulator.buyer[decision](approved)).toThrow('confirmed_by_user')
      expect(() => emulator.buyer[decision](cancelled)).toThrow('cancelled')
      emulator.clock.advance(YEAR_MS)
      expect(() => emulator.buyer[decision](expired)).toThrow('expired')
    },
  )

  it.each(['approve', 'refuse', 'cancel'] as const)('%s throws for an agreement that does not exist', (act) => {
    for (const id of ['unknown', 'constructor']) expect(() => start().emulator.buyer[act](id)).toThrow()
  })

  it('approve throws as long as another agreement of the same buyer is confirmed', async () => {
    const { call, emulator, propose } = start()
    const [first, second, third] = [await propose(), await propose(), await propose()]
    emulator.buyer.approve(first)
    expect(() => emulator.buyer.approve(second)).toThrow(`active agreement: ${first}`)
    expect((await call('GET', `${agreements}/${second}`)).body).toMatchObject({ status: 'pending' })
    expect(() => emulator.buyer.refuse(third)).not.toThrow()
    await call('DELETE', `${agreements}/${first}`)
    expect(() => emulator.buyer.approve(second)).not.toThrow()
  })

  it('approve accepts a new agreement once the confirmed one has expired, even if it was not read', async () => {
    const { emulator, propose } = start()
    emulator.buyer.approve(await propose())
    emulator.clock.advance(YEAR_MS)
    const next = await propose()
    expect(() => emulator.buyer.approve(next)).not.toThrow()
  })

  it('approve ignores the agreements of other external users', async () => {
    const { emulator, propose } = start()
    emulator.buyer.approve(await propose('a'))
    const other = await propose('b')
    expect(() => emulator.buyer.approve(other)).not.toThrow()
  })

  it.each([-1, 0.001, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])(
    'setBalance and the option balance refuse %s',
    (amount) => {
      expect(() => start().emulator.buyer.setBalance(amount)).toThrow(TypeError)
      expect(() => createEmulator({ balance: amount })).toThrow(TypeError)
    },
  )
})

describe('the balance of a buyer', () => {
  it('covers charges to the last cent, and no further', async () => {
    const { link, pay } = start({ balance: 100 })
    const { token } = await link()
    expect((await pay(token, 60.3)).body.status).toBe('approved')
    expect((await pay(token, 39.71)).body.status).toBe('rejected')
    expect((await pay(token, 39.7)).body.status).toBe('approved')
    expect((await pay(token, 0.01)).body.status).toBe('rejected')
  })

  it('is held by capture: false, and returned by a cancellation but not by a capture', async () => {
    const { call, link, pay } = start({ balance: 100 })
    const { token } = await link()
    const reserve = async (amount: number): Promise<RawPayment> => (await pay(token, amount, { capture: false })).body
    const [first, second] = [await reserve(60), await reserve(40)]
    expect((await reserve(0.01)).status).toBe('rejected')
    await call('PUT', `${payments}/${first.id}`, { capture: true })
    expect((await reserve(0.01)).status).toBe('rejected')
    await call('PUT', `${payments}/${second.id}`, { status: 'cancelled' })
    expect((await reserve(40.01)).status).toBe('rejected')
    expect((await reserve(40)).status).toBe('authorized')
  })

  it('increases by refunds', async () => {
    const { call, link, pay } = start({ balance: 100 })
    const { token } = await link()
    const { id } = (await pay(token, 100)).body
    await call('POST', `${payments}/${id}/refunds`, { amount: 25 })
    expect((await pay(token, 25.01)).body.status).toBe('rejected')
    expect((await pay(token, 25)).body.status).toBe('approved')
  })

  it('can be set for one buyer, and for all', async () => {
    const { emulator, link, pay } = start()
    const [a, b] = [await link('a'), await link('b')]
    const statuses = async () => [(await pay(a.token)).body.status, (await pay(b.token)).body.status]
    emulator.buyer.setBalance(0, 'a')
    expect(await statuses()).toEqual(['rejected', 'approved'])
    emulator.buyer.setBalance(0)
    expect(await statuses()).toEqual(['rejected', 'rejected'])
    emulator.buyer.setBalance(100)
    expect(await statuses()).toEqual(['approved', 'approved'])
  })

  it.each(INHERITED_NAMES)('can be set for an external_user.id of %s', async (user) => {
    const { emulator, link, pay } = start()
    const { token } = await link(user)
    expect((await pay(token)).body.status).toBe('approved')
    emulator.buyer.setBalance(99, user)
    expect((await pay(token)).body.status).toBe('rejected')
    emulator.buyer.setBalance(1, 'other')
    expect((await pay(token, 99)).body.status).toBe('approved')
  })
})
