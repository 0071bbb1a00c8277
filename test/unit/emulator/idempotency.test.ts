import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { INHERITED_NAMES, payments, start } from '../../support/emulator/raw-emulator.ts'

describe('X-Idempotency-Key', () => {
  const inFlight = { status: 409, body: document('error.409.idempotency-in-progress') }
  const used = { status: 422, body: document('error.422.idempotency-key-used') }

  it.each([undefined, ''])('is required to create a payment, which is refused with the key %j', async (key) => {
    const { call, emulator } = start()
    const headers = key === undefined ? {} : { 'x-idempotency-key': key }
    const { status, body } = await call('POST', payments, {}, headers)
    expect(status).toBe(400)
    expect(body).toEqual(document('error.400.missing-idempotency'))
    expect(emulator.effects).toEqual([])
  })

  it('repeats the first response with status 200, and charges once', async () => {
    const { call, emulator, link, pay } = start()
    const { token } = await link()
    const first = await pay(token, 100, { capture: false }, 'k')
    await call('PUT', `${payments}/${first.body.id}`, { capture: true })
    const { effects } = emulator
    const again = await pay(token, 100, { capture: false }, 'k')
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
    expect(emulator.effects).toEqual(effects)
  })

  it('repeats a rejected payment too, although the balance would suffice by now', async () => {
    const { emulator, link, pay } = start({ balance: 0 })
    const { token } = await link()
    const first = await pay(token, 100, {}, 'k')
    emulator.buyer.setBalance(1_000)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('repeats the response even if the agreement has been cancelled in the meantime', async () => {
    const { emulator, link, pay } = start()
    const { id, token } = await link()
    const first = await pay(token, 100, {}, 'k')
    emulator.buyer.cancel(id)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('is refused with another body, and still repeats the response to the first', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    const first = await pay(token, 100, {}, 'k')
    const { effects } = emulator
    expect(await pay(token, 101, {}, 'k')).toMatchObject(used)
    expect(emulator.effects).toEqual(effects)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('answers 409 while the first request is in flight, and then repeats its response', async () => {
    let release = () => {}
    let gate: Promise<void> | undefined
    const { emulator, link, pay, call } = start({ beforeEffect: () => gate })
    const { token } = await link()
    const { effects } = emulator
    gate = new Promise((resolve) => {
      release = resolve
    })
    const held = pay(token, 100, {}, 'k')
    expect(await pay(token, 100, {}, 'k')).toMatchObject(inFlight)
    expect(await pay(token, 101, {}, 'k')).toMatchObject(used)
    expect(await call('GET', `${payments}/search`)).toMatchObject({ status: 200, body: { paging: { total: 0 } } })
    expect(emulator.effects).toEqual(effects)
    release()
    const { status, body } = await held
    expect(status).toBe(201)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body })
    expect(emulator.effects).toHaveLength(effects.length + 1)
  })

  it('can be used again when beforeEffect fails and the fetch rejects', async () => {
    let fails = false
    const { link, pay } = start({ beforeEffect: () => (fails ? Promise.reject(new Error('cable')) : undefined) })
    const { token } = await link()
    fails = true
    await expect(pay(token, 100, {}, 'k')).rejects.toThrow('cable')
    fails = false
    expect((await pay(token, 100, {}, 'k')).status).toBe(201)
  })

  it.each([
    ['400', (token: string) => [token, -1]],
    ['401', () => ['unknown', 100]],
  ])('can be used again after a %s', async (status, wrong) => {
    const { link, pay } = start()
    const { token } = await link()
    const [badToken, badAmount] = wrong(token)
    expect(String((await pay(badToken, badAmount, {}, 'k')).status)).toBe(status)
    expect((await pay(token, 100, {}, 'k')).status).toBe(201)
  })

  it('may have 128 characters, but not more', async () => {
    const { link, pay } = start()
    const { token } = await link()
    expect((await pay(token, 100, {}, 'k'.repeat(128))).status).toBe(201)
    expect(await pay(token, 100, {}, 'k'.repeat(129))).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', cause: [{ code: '400058' }] },
    })
  })

  it.each(INHERITED_NAMES)('may be the word %s', async (key) => {
    const { link, pay } = start()
    const { token } = await link()
    expect([(await pay(token, 100, {}, key)).status, (await pay(token, 100, {}, key)).status]).toEqual([201, 200])
  })

  it('can be used again on another path and with another method', async () => {
    const { call, link, pay } = start()
    const { token } = await link()
    const key = { 'x-idempotency-key': 'k' }
    const first = await pay(token, 100, { capture: false }, 'k')
    const second = await pay(token, 100, { capture: false }, 'k2')
    for (const { id } of [first.body, second.body]) {
      expect((await call('PUT', `${payments}/${id}`, { capture: true }, key)).body).toMatchObject({ id, status: 'approved' })
      expect((await call('POST', `${payments}/${id}/refunds`, { amount: 10 }, key)).body).toMatchObject([{ amount: 10 }])
    }
  })

  it('keeps a repeated refund from refunding twice, which requests without a key do', async () => {
    const { call, emulator, link, pay } = start()
    const path = `${payments}/${(await pay((await link()).token)).body.id}/refunds`
    const key = { 'x-idempotency-key': 'r' }
    const first = await call('POST', path, { amount: 10 }, key)
    expect(await call('POST', path, { amount: 10 }, key)).toMatchObject({ status: 200, body: first.body })
    expect(await call('POST', path, { amount: 11 }, key)).toMatchObject(used)
    await call('POST', path, { amount: 10 })
    await call('POST', path, { amount: 10 })
    const refunds = emulator.effects.filter(({ kind }) => kind === 'payment_refunded')
    expect(refunds.map(({ idempotency_key }) => idempotency_key)).toEqual(['r', null, null])
  })

  it('keeps a repeated refund from refunding twice no longer than keyRetentionMs', async () => {
    const { call, emulator, link, pay, moves } = start({ keyRetentionMs: 1_000 })
    const path = `${payments}/${(await pay((await link()).token)).body.id}/refunds`
    const refund = () => call('POST', path, { amount: 10 }, { 'x-idempotency-key': 'r' })
    const first = await refund()
    await emulator.clock.advance(999)
    expect((await refund()).body).toEqual(first.body)
    await emulator.clock.advance(1)
    expect((await refund()).body).not.toEqual(first.body)
    expect(moves()).toEqual(['payment_charged 100', 'payment_refunded 10', 'payment_refunded 10'])
  })

  it('is ignored by a refund with refundKeys: ignored, but not by the payment, and effects still show it', async () => {
    const { call, emulator, link, pay } = start({ refundKeys: 'ignored' })
    const { token } = await link()
    const path = `${payments}/${(await pay(token, 100, {}, 'k')).body.id}/refunds`
    expect((await pay(token, 100, {}, 'k')).status).toBe(200)
    for (let i = 0; i < 2; i++) await call('POST', path, { amount: 10 }, { 'x-idempotency-key': 'r' })
    const refunds = emulator.effects.filter(({ kind }) => kind === 'payment_refunded')
    expect(refunds.map(({ idempotency_key }) => idempotency_key)).toEqual(['r', 'r'])
  })

  it.each([{ capture: true }, { status: 'cancelled' }])(
    'repeats the response to the change %j, which is refused a second time without a key',
    async (change) => {
      const { call, link, pay } = start()
      const path = `${payments}/${(await pay((await link()).token, 100, { capture: false })).body.id}`
      const key = { 'x-idempotency-key': 'c' }
      const first = await call('PUT', path, change, key)
      expect(await call('PUT', path, change, key)).toMatchObject({ status: 200, body: first.body })
      expect((await call('PUT', path, change)).status).toBe(400)
    },
  )

  it.each(['', 'k'.repeat(129)])('is refused for a refund, capture or cancellation if it is empty or too long', async (key) => {
    const { call, emulator, link, pay } = start()
    const path = `${payments}/${(await pay((await link()).token, 100, { capture: false })).body.id}`
    const { effects } = emulator
    expect((await call('PUT', path, { capture: true }, { 'x-idempotency-key': key })).status).toBe(400)
    expect((await call('POST', `${path}/refunds`, {}, { 'x-idempotency-key': key })).status).toBe(400)
    expect(emulator.effects).toEqual(effects)
  })
})
