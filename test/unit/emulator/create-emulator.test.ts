import { createEmulator, DEFAULT_RULES, type EmulatorOptions, type Rules } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { agreements, payments, start, YEAR_MS } from '../../support/emulator/raw-emulator.ts'

describe('createEmulator', () => {
  it.each([
    [{ balence: 5 }, 'does not know balence'],
    [{ site: 'AR' }, 'site must be one of MLA, MLB'],
    [{ balance: 0.001 }, 'A balance of 0.001 is not an amount'],
    [{ seed: 'x' }, 'seed must be a whole number'],
    [{ now: Number.NaN }, 'now must be milliseconds since 1970'],
    [{ now: 1e300 }, 'now must be milliseconds since 1970'],
    [{ now: '2026-01-01' }, 'now must be milliseconds since 1970'],
    [{ now: new Date(0) }, 'now must be milliseconds since 1970'],
    [{ beforeEffect: 5 }, 'beforeEffect must be a function'],
  ])('refuses the options %j', (options, message) => {
    expect(() => createEmulator(options as object)).toThrow(message)
  })
})

const options = Object.keys(DEFAULT_RULES) as (keyof Rules)[]

describe('the rules of createEmulator', () => {
  it.each([
    ['balence', 5],
    ['refundDelay', 5],
    ['constructor', 5],
    ['toString', 5],
  ])('refuses the unknown option %s', (name, value) => {
    expect(() => createEmulator({ [name]: value })).toThrow(
      `does not know ${name}; it knows seed, now, balance, beforeEffect, site`,
    )
  })

  const wrong: Record<string, unknown[]> = {
    string: ['', 5, null, {}, []],
    number: [-1, Number.NaN, '5', null, {}],
    boolean: [0, 1, 'true', null],
    object: ['x', 5, {}, null, [{}], [null]],
    undefined: ['x', 5, {}, null, [7]],
  }

  it.each(options.flatMap((name) => (wrong[typeof DEFAULT_RULES[name]] ?? []).map((value) => [name, value] as const)))(
    'refuses the option %s with the value %j',
    (name, value) => {
      expect(() => createEmulator({ [name]: value })).toThrow(new RegExp(`^${name} must be `))
    },
  )

  it.each([
    ['site', 'AR'],
    ['site', 'mla'],
    ['amounts', 'constructor'],
    ['copDecimals', 1],
    ['replayOfPaid', '409'],
    ['origin', 'mercadopago'],
    ['origin', 'https://mercadopago.test/'],
    ['origin', 'https://mercadopago.test/path'],
    ['searchLimit', 1.5],
    ['searchLimit', Number.POSITIVE_INFINITY],
    ['maxKeyLength', 0.5],
    ['cancellable', ['approved']],
    ['cancellable', ['canceled']],
    ['typeTokens', [7]],
    ['accessTokens', [7]],
    ['retryDelaysMs', [-1]],
    ['retryDelaysMs', ['15']],
    ['retryDelaysMs', [Number.NaN]],
  ])('refuses the option %s with the unusable value %j', (name, value) => {
    expect(() => createEmulator({ [name]: value })).toThrow(new RegExp(`^${name} must be `))
  })
})

describe('guesses', () => {
  const { guesses } = createEmulator()

  it('name every option, and nothing else', () => {
    const named = new Set(guesses.map(({ option }) => option).filter((option) => option !== undefined))
    expect([...named].sort()).toEqual([...options].sort())
  })

  it('have a unique id, a decision and a reason', () => {
    expect(new Set(guesses.map(({ id }) => id)).size).toBe(guesses.length)
    for (const { id, decision, because } of guesses) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(decision, id).toMatch(/^\S.*\.$/)
      expect(['silent', 'disagree']).toContain(because)
    }
  })
})

describe('effects', () => {
  it('list what really happened, in order and in major units, and nothing that was refused', async () => {
    const { call, emulator, pay, propose } = start({ balance: 100 })
    const agreement_id = await propose()
    emulator.buyer.refuse(agreement_id)
    emulator.clock.advance(1_000)
    const { code } = emulator.buyer.approve(agreement_id)
    const path = `${agreements}/${agreement_id}/payer_token`
    await call('POST', path, { code: 'wrong' })
    const { body } = await call<{ payer_token: string }>('POST', path, { code })
    const token = body.payer_token
    const wallet_payment = { transaction_amount: 10.5, external_reference: 'ref' }
    const charged = (await pay(token, 10.5, { wallet_payment }, 'a')).body.id
    await pay(token, 10.5, { wallet_payment }, 'a')
    const reserved = (await pay(token, 20, { capture: false }, 'b')).body.id
    const released = (await pay(token, 30, { capture: false }, 'c')).body.id
    const rejected = (await pay(token, 99, {}, 'd')).body.id
    await pay('unknown')
    await call('PUT', `${payments}/${reserved}`, { capture: true })
    await call('PUT', `${payments}/${released}`, { status: 'cancelled' })
    await call('POST', `${payments}/${charged}/refunds`, { amount: 0.5 })
    await call('POST', `${payments}/${charged}/refunds`, { amount: 99 })
    await call('DELETE', `${agreements}/${agreement_id}`)

    const at = '2026-01-01T00:00:01Z'
    const paid = { at, agreement_id, external_reference: null, idempotency_key: null }
    expect(emulator.effects).toEqual([
      { at: '2026-01-01T00:00:00Z', kind: 'agreement_created', agreement_id },
      { at: '2026-01-01T00:00:00Z', kind: 'agreement_refused', agreement_id },
      { at, kind: 'agreement_confirmed', agreement_id },
      { at, kind: 'payer_token_created', agreement_id },
      {
        ...paid,
        kind: 'payment_charged',
        payment_id: charged,
        amount: 10.5,
        external_reference: 'ref',
        idempotency_key: 'a',
      },
      { ...paid, kind: 'payment_reserved', payment_id: reserved, amount: 20, idempotency_key: 'b' },
      { ...paid, kind: 'payment_reserved', payment_id: released, amount: 30, idempotency_key: 'c' },
      { ...paid, kind: 'payment_rejected', payment_id: rejected, amount: 99, idempotency_key: 'd' },
      { ...paid, kind: 'payment_captured', payment_id: reserved, amount: 20 },
      { ...paid, kind: 'payment_cancelled', payment_id: released, amount: 30 },
      { ...paid, kind: 'payment_refunded', payment_id: charged, amount: 0.5, external_reference: 'ref' },
      { at, kind: 'agreement_cancelled', agreement_id },
    ])
  })

  it('are a copy that does not grow, and that cannot change the emulator', async () => {
    const { emulator, propose } = start()
    await propose()
    const read = emulator.effects
    await propose()
    expect(read).toHaveLength(1)
    Object.assign(read[0] ?? {}, { kind: 'payment_charged' })
    Object.assign(read, { length: 0 })
    expect(emulator.effects.map(({ kind }) => kind)).toEqual(['agreement_created', 'agreement_created'])
  })
})

describe('seed', () => {
  async function story(options: EmulatorOptions, context = start(options)) {
    const { call, emulator, link, pay } = context
    const { id, token, code } = await link()
    const answers = [
      await pay(token, 100, { capture: false }, 'a'),
      await pay('unknown', 100, {}, 'b'),
      await call('GET', `${agreements}/${id}`),
      await call('GET', `${payments}/search`),
      await call('DELETE', `${agreements}/${id}`),
    ]
    return {
      ids: [id, token, code],
      answers: answers.map(({ status, headers, body }) => [status, [...headers], body]),
      effects: emulator.effects,
    }
  }

  it('gives the same responses to the same calls if it is the same', async () => {
    expect(await story({ seed: 7 })).toEqual(await story({ seed: 7 }))
    expect(await story({})).toEqual(await story({ seed: 1 }))
  })

  it.each([0, 2, -1, 2 ** 31])('gives other ids, codes and tokens if it is %i', async (seed) => {
    const [one, other] = [await story({}), await story({ seed })]
    expect(new Set([...one.ids, ...other.ids]).size).toBe(6)
  })

  it('is used again after reset, which leaves no agreement, payment, key, balance, effect or time', async () => {
    const context = start({ seed: 7 })
    const first = await story({}, context)
    context.emulator.buyer.setBalance(0)
    context.emulator.clock.advance(YEAR_MS)
    context.emulator.reset()
    expect(context.emulator.effects).toEqual([])
    expect(context.emulator.clock.now()).toBe(Date.UTC(2026, 0, 1))
    expect((await context.call('GET', `${agreements}/${first.ids[0]}`)).status).toBe(404)
    context.emulator.reset()
    expect(await story({}, context)).toEqual(first)
  })

  it('gives a request that was in flight at a reset no effect', async () => {
    let release = () => {}
    let gate: Promise<void> | undefined
    const { emulator, link, pay } = start({ beforeEffect: () => gate })
    const { token } = await link()
    gate = new Promise((resolve) => {
      release = resolve
    })
    const held = pay(token)
    emulator.reset()
    release()
    await held
    expect(emulator.effects).toEqual([])
  })

  it('is not shared by two emulators', async () => {
    const [one, two] = [start(), start()]
    const { token } = await one.link()
    expect((await two.pay(token)).status).toBe(401)
    expect(two.emulator.effects).toEqual([])
  })
})

describe('clock', () => {
  it('starts at the option now and never moves by itself', async () => {
    const { emulator, propose, call } = start({ now: Date.UTC(2030, 4, 5) })
    const id = await propose()
    await new Promise((resolve) => setTimeout(resolve, 20))
    await propose()
    expect(emulator.clock.now()).toBe(Date.UTC(2030, 4, 5))
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ date_created: '2030-05-05T00:00:00Z' })
    expect(new Set(emulator.effects.map(({ at }) => at))).toEqual(new Set(['2030-05-05T00:00:00Z']))
  })

  it('moves exactly as far as it is advanced', () => {
    const { clock } = createEmulator({ now: 1_000 })
    clock.advance(0)
    clock.advance(250)
    clock.advance(250)
    expect(clock.now()).toBe(1_500)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, undefined as never])('refuses to advance by %s', (ms) => {
    const { clock } = createEmulator()
    expect(() => clock.advance(ms)).toThrow(TypeError)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
  })
})
