import { createEmulator, type Snapshot } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { start } from '../../support/emulator/raw-emulator.ts'

const payments = '/v1/advanced_payments'
const stored = (snapshot: Snapshot): Snapshot => JSON.parse(JSON.stringify(snapshot))

describe('snapshot and restore', () => {
  it('continue in another emulator as if nothing had happened', async () => {
    const one = start({ seed: 7 })
    const { token } = await one.link()
    one.emulator.coupons.add({ code: 'TEN', type: 'fixed', value: 10, uses: 1 })
    const paid = (await one.pay(token, 100, {}, 'key')).body.id
    one.emulator.processor.decideNext({ status: 'rejected', status_detail: 'cc_rejected_high_risk' })
    await one.emulator.clock.advance(5_000)

    const other = start({ seed: 1 })
    other.emulator.restore(stored(one.emulator.snapshot()))
    expect(other.emulator.clock.now()).toBe(one.emulator.clock.now())
    expect(other.emulator.effects).toEqual(one.emulator.effects)
    for (const each of [one, other]) {
      expect(await each.pay(token, 100, {}, 'key')).toMatchObject({ status: 200, body: { id: paid } })
      expect(await each.pay(token, 200, {}, 'key')).toMatchObject({ status: 422 })
      expect(await each.pay(token, 5, {}, 'next')).toMatchObject({ status: 201, body: { status: 'rejected' } })
    }
    const [mine, theirs] = [await one.pay(token, 7, {}, 'last'), await other.pay(token, 7, {}, 'last')]
    expect(theirs.body).toEqual(mine.body)
    expect(theirs.headers.get('x-request-id')).toBe(mine.headers.get('x-request-id'))
  })

  it('are independent of what happens afterwards', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    const snapshot = emulator.snapshot()
    const before = JSON.stringify(snapshot)
    await pay(token)
    expect(JSON.stringify(snapshot)).toBe(before)
    emulator.restore(snapshot)
    await pay(token)
    expect(JSON.stringify(snapshot)).toBe(before)
  })

  it('keep scheduled tasks', async () => {
    const { emulator, call, link, pay } = start({ refundDelayMs: 1_000 })
    const { token } = await link()
    const { id } = (await pay(token)).body
    await call('POST', `${payments}/${id}/refunds`)
    const snapshot = stored(emulator.snapshot())
    emulator.reset()
    emulator.restore(snapshot)
    await emulator.clock.advance(999)
    expect((await call('GET', `${payments}/${id}`)).body).toMatchObject({ status: 'approved' })
    await emulator.clock.advance(1)
    expect((await call('GET', `${payments}/${id}`)).body).toMatchObject({ status: 'refunded' })
  })

  it('leave out requests in flight, whose keys can be used again', async () => {
    let gate: Promise<void> | undefined
    let release = (): void => {}
    const { emulator, link, pay } = start({ beforeEffect: () => gate })
    const { token } = await link()
    gate = new Promise((resolve) => {
      release = resolve
    })
    const held = pay(token, 100, {}, 'key')
    await new Promise((resolve) => setTimeout(resolve, 5))
    const snapshot = emulator.snapshot()
    emulator.restore(snapshot)
    release()
    await held
    gate = undefined
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toEqual([])
    expect((await pay(token, 100, {}, 'key')).status).toBe(201)
  })

  it.each([
    ['nothing', undefined],
    ['another version', { version: 2, state: {} }],
    ['no state', { version: 1 }],
    ['a state without its parts', { version: 1, site: 'MLA', decimals: 2, state: {} }],
    [
      'a state with a part of another kind',
      { ...createEmulator().snapshot(), state: { ...(createEmulator().snapshot().state as object), coupons: {} } },
    ],
  ])('refuse %s, and leave the emulator as it was', async (_, snapshot) => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    expect(() => emulator.restore(snapshot as never)).toThrow('This is not a snapshot of this version of the emulator')
    expect((await pay(token)).status).toBe(201)
  })

  it('refuse a snapshot of another site', () => {
    const snapshot = createEmulator({ site: 'MLC' }).snapshot()
    expect(() => createEmulator().restore(snapshot)).toThrow('from an emulator of MLC with 0 decimals')
    expect(() => createEmulator({ site: 'MCO', copDecimals: 0 }).restore(createEmulator({ site: 'MCO' }).snapshot())).toThrow(
      '2 decimals',
    )
  })
})
