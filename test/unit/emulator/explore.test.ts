import { type Emulator, exploreFaults, INVARIANTS, type ReportedOutcome } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { carefulCheckout, naiveCheckout } from '../../../playground/examples/checkouts.ts'
import { draws } from '../../support/client/draws.ts'

const api = 'https://api.mercadopago.com'
const charge = (fetch: Emulator['fetch'], token: string, key: string, external_reference = 'order-1') =>
  fetch(`${api}/v1/advanced_payments`, {
    method: 'POST',
    headers: { authorization: 'Bearer TEST-1', 'x-idempotency-key': key },
    body: JSON.stringify({
      wallet_payment: { transaction_amount: 10, external_reference },
      payer: { token, type_token: 'wallet-token' },
    }),
  })

/** Two requests; no fault is wanted at them. */
async function link({ fetch, buyer }: Emulator): Promise<string> {
  const post = async (path: string, body: object): Promise<{ agreement_id: string; payer_token: string }> => {
    const headers = { authorization: 'Bearer TEST-1' }
    return (await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
  }
  const agreements = '/v2/wallet_connect/agreements'
  const external_user = { id: 'buyer' }
  const { agreement_id } = await post(agreements, { return_uri: 'https://shop.example', external_flow_id: 'f', external_user })
  const { code } = buyer.approve(agreement_id)
  return (await post(`${agreements}/${agreement_id}/payer_token`, { code })).payer_token
}

/** Tries until it is answered, with the same key or with a new one. */
const checkout =
  (keyOf: (tries: number) => string, tries = 3) =>
  async (emulator: Emulator): Promise<ReportedOutcome> => {
    const token = await link(emulator)
    for (let i = 1; i <= tries; i++) {
      const response = await charge(emulator.fetch, token, keyOf(i)).catch(() => undefined)
      if (response?.ok) return 'paid'
    }
    return 'unknown'
  }

/** On a busy machine a checkout takes long to end, which is no finding. */
const timeoutMs = 25_000

describe('exploreFaults', () => {
  it('finds that a new key for each try charges twice', { timeout: 30_000 }, async () => {
    const { findings, report } = await exploreFaults(naiveCheckout)
    const classic = findings.find(({ schedule }) => schedule[0]?.fault === 'reset' && schedule[0].request === 3)
    expect(classic).toMatchObject({
      schedule: [{ request: 3, fault: 'reset', phase: 'after' }],
      broken: ['charged_once', 'nothing_reserved'],
      reported: { '*': 'paid' },
    })
    expect(classic?.message).toContain('reset after the effect at request 3 (payments.create)')
    expect(classic?.effects.filter(({ kind }) => kind === 'payment_reserved')).toHaveLength(2)
    expect(report).toContain(classic?.replay)
  })

  it('finds nothing in a checkout that keeps its request and reconciles', { timeout: 60_000 }, async () => {
    const { findings, schedules, report, unknown } = await exploreFaults(carefulCheckout, { timeoutMs })
    expect(findings, report).toEqual([])
    expect(schedules).toBeGreaterThanOrEqual(300)
    // A key that is stuck for ever, and five errors in a row, leave nothing to know; on a slow machine a few time limits do.
    expect(unknown).toBeLessThan(schedules / 10)
  })

  it('finds nothing in that checkout under two faults either', { timeout: 60_000 }, async () => {
    const pairs = draws(150, 400)
    const { findings, schedules, report } = await exploreFaults(carefulCheckout, { pairs, seed: 7, timeoutMs })
    expect(findings, report).toEqual([])
    expect(schedules).toBeGreaterThanOrEqual(300 + pairs)
  })

  it('replays a finding', async () => {
    const { findings } = await exploreFaults(checkout(String), { faults: ['reset'] })
    expect(findings).toHaveLength(1)
    const [found] = findings
    const replayed = await exploreFaults(checkout(String), { schedule: found?.schedule ?? [] })
    expect(replayed).toMatchObject({ schedules: 1, findings: [found] })
    expect(found?.replay).toBe(
      'await exploreFaults(scenario, { seed: 1, schedule: [{"request":3,"fault":"reset","phase":"after"}] })',
    )
    const calm = await exploreFaults(
      checkout(() => 'one-key'),
      { schedule: found?.schedule ?? [] },
    )
    expect(calm.findings).toEqual([])
  })

  it('tries every fault in each phase at every request', async () => {
    const options = { faults: ['reset', 'locked', 'search_lagging', 'in_progress_forever'] } as const
    const { schedules, requests } = await exploreFaults(
      checkout(() => 'one-key'),
      options,
    )
    expect(requests).toEqual([
      { number: 1, operation: 'agreements.create' },
      { number: 2, operation: 'agreements.createPayerToken' },
      { number: 3, operation: 'payments.create' },
    ])
    // Calm; two resets and a lock at each request; twice in progress for ever at the payment.
    expect(schedules).toBe(1 + 3 * 3 + 2)
  })

  it('shrinks a pair to one fault if that is enough', async () => {
    const { findings } = await exploreFaults(checkout(String), { faults: ['reset'], pairs: true })
    expect(findings.map(({ schedule }) => schedule)).toEqual([[{ request: 3, fault: 'reset', phase: 'after' }]])
  })

  it('keeps a pair if both faults are needed', async () => {
    // It gives the key up after the second lost answer.
    const { findings } = await exploreFaults(
      checkout((tries) => (tries < 3 ? 'one-key' : 'another')),
      { faults: ['reset', 'in_progress_forever'], pairs: true },
    )
    const schedules = findings.map(({ schedule }) => schedule.map(({ request, fault, phase }) => `${request} ${fault} ${phase}`))
    expect(schedules).toContainEqual(['3 reset after', '4 reset after'])
    expect(schedules.every((each) => each.length === 2 || each[0]?.includes('in_progress_forever after'))).toBe(true)
  })

  it('chooses the same pairs for the same seed', async () => {
    const explore = (seed: number) =>
      exploreFaults(checkout(String, 2), { pairs: 40, seed, faults: ['reset', 'bad_gateway', 'locked'] })
    const [one, again] = [await explore(7), await explore(7)]
    expect(again).toEqual(one)
  })

  it('reports a checkout that is wrong without any fault', async () => {
    const scenario = async (emulator: Emulator): Promise<ReportedOutcome> => {
      await charge(emulator.fetch, await link(emulator), 'key')
      return 'not_paid'
    }
    const { findings } = await exploreFaults(scenario, { faults: [] })
    expect(findings).toMatchObject([
      { schedule: [], broken: ['reported_truthfully'], message: expect.stringContaining('without any fault') },
    ])
  })

  it('reports a checkout that never ends', async () => {
    const { findings } = await exploreFaults(
      checkout(() => 'one-key'),
      { faults: ['hang'], timeoutMs: 50 },
    )
    expect(findings.map(({ broken }) => broken)).toEqual(findings.map(() => ['ends']))
    expect(findings).toHaveLength(6)
  })

  it('moves the clock while the checkout waits for a slow response', async () => {
    const { findings, unknown } = await exploreFaults(
      checkout(() => 'one-key'),
      { faults: ['slow_headers', 'slow_body'] },
    )
    expect({ findings, unknown }).toEqual({ findings: [], unknown: 0 })
  })

  it('counts an error as "not paid", and one whose outcome is unknown as "unknown"', async () => {
    const throwing = (error: unknown) => async (emulator: Emulator) => {
      await charge(emulator.fetch, await link(emulator), 'key')
      throw error
    }
    const explore = (error: unknown) => exploreFaults(throwing(error), { schedule: [] })
    expect((await explore(new Error('no'))).findings).toMatchObject([{ broken: ['reported_truthfully'] }])
    expect((await explore(undefined)).findings).toHaveLength(1)
    expect(await explore({ outcome: 'unknown' })).toMatchObject({ findings: [], unknown: 1 })
  })

  it('repeats a burst as many times as the fault does by itself', async () => {
    const twice = checkout(() => 'one-key', 2)
    const schedule = [{ request: 3, fault: 'server_error_burst', phase: 'after' }] as const
    expect(await exploreFaults(twice, { schedule })).toMatchObject({ unknown: 1, missed: [] })
  })

  it('lists the scheduled faults that did not happen because no request fitted', async () => {
    const missing = { request: 9, fault: 'reset' } as const
    const { missed, report } = await exploreFaults(checkout(String), { schedule: [missing] })
    expect(missed).toEqual([missing])
    expect(report).toContain('1 scheduled fault(s) did not happen')
  })

  it('injects the schedule even if the scenario resets the emulator or clears its faults', async () => {
    const scenario = async (emulator: Emulator): Promise<ReportedOutcome> => {
      await link(emulator)
      emulator.reset()
      emulator.faults.clear()
      return checkout(String)(emulator)
    }
    const { findings, requests } = await exploreFaults(scenario, { faults: ['reset'] })
    expect(requests).toHaveLength(5)
    expect(findings.map(({ schedule }) => schedule)).toEqual([[{ request: 5, fault: 'reset', phase: 'after' }]])
  })

  it('does not shrink a schedule to one that breaks less', async () => {
    // The first lost response is reported as "not paid"; a second one makes the checkout charge again.
    const scenario = async (emulator: Emulator): Promise<ReportedOutcome> => {
      const token = await link(emulator)
      if (await charge(emulator.fetch, token, 'a').catch(() => undefined)) return 'paid'
      if (await charge(emulator.fetch, token, 'a').catch(() => undefined)) return 'not_paid'
      await charge(emulator.fetch, token, 'b')
      return 'not_paid'
    }
    const { findings } = await exploreFaults(scenario, { faults: ['reset'], pairs: true })
    const worst = findings.filter(({ broken }) => broken.includes('charged_once'))
    expect(worst.map(({ schedule }) => schedule.length)).toEqual(expect.arrayContaining([2]))
  })

  it('keeps what the scenario threw', async () => {
    const error = new Error('the shop is shut')
    const scenario = async (emulator: Emulator): Promise<ReportedOutcome> => {
      const response = await charge(emulator.fetch, await link(emulator), 'key')
      if (!response.ok) throw error
      return 'paid'
    }
    const { findings } = await exploreFaults(scenario, { faults: ['internal_error'] })
    expect(findings).toMatchObject([{ broken: ['reported_truthfully'], error }])
  })

  it.each<[string, unknown, unknown, string]>([
    ['a scenario that fails', async () => Promise.reject(new Error('typo')), {}, 'The scenario fails without any fault'],
    ['a scenario that makes no request', async () => 'not_paid', {}, 'The scenario makes no request'],
    [
      'a scenario that says true',
      async () => true,
      {},
      'must return paid, not_paid, unknown, or an object with one of these for each external_reference; it returned true',
    ],
    ['a scenario that says nothing', async () => {}, {}, 'it returned undefined'],
    ['no scenario', undefined, {}, 'exploreFaults takes a function'],
    ['a misspelt option', checkout(String), { pair: 3 }, 'exploreFaults does not know pair; it knows pairs, seed'],
    ['pairs that are no number', checkout(String), { pairs: 'x' }, 'pairs must be true or a number'],
    ['negative pairs', checkout(String), { pairs: -4 }, 'pairs must be true or a number'],
    [
      'a seed of the emulators',
      checkout(String),
      { emulator: { seed: 3 } },
      'seed is an option of exploreFaults, not of emulator',
    ],
    ['a fault that there is not', checkout(String), { faults: ['nope'] }, 'There is no request fault nope'],
    [
      'a fault of notifications',
      checkout(String),
      { faults: ['notification_never'] },
      'There is no request fault notification_never',
    ],
    ['a schedule that is no list', checkout(String), { schedule: {} }, 'schedule must be a list'],
    [
      'names of invariants',
      checkout(String),
      { invariants: ['charged_once'] },
      'invariants must be a list of { name, description, holds }',
    ],
  ])('refuses %s', async (_, scenario, options, message) => {
    await expect(exploreFaults(scenario as never, options as never)).rejects.toThrow(message)
  })

  it('checks each order against what was reported for it', async () => {
    const scenario = (reported: Record<string, ReportedOutcome>) => async (emulator: Emulator) => {
      await charge(emulator.fetch, await link(emulator), 'key', 'a')
      return reported
    }
    const broken = async (reported: Record<string, ReportedOutcome>) =>
      (await exploreFaults(scenario(reported), { faults: [] })).findings.flatMap(({ broken }) => broken)
    expect(await broken({ a: 'paid', b: 'not_paid' })).toEqual([])
    expect(await broken({ a: 'paid', b: 'paid' })).toEqual(['reported_truthfully'])
    expect(await broken({ a: 'not_paid' })).toEqual(['reported_truthfully'])
    expect(await broken({ b: 'not_paid' })).toEqual([])
  })

  it('checks the invariants that it is given', async () => {
    const two = {
      name: 'two',
      description: 'two payments are made',
      holds: ({ effects }: { effects: readonly object[] }) => effects.length > 9,
    }
    const { findings } = await exploreFaults(
      checkout(() => 'one-key'),
      { faults: [], invariants: [...INVARIANTS, two] },
    )
    expect(findings).toMatchObject([{ broken: ['two'] }])
  })

  it('only tries breaches of the API that are named in faults', async () => {
    const { findings } = await exploreFaults(
      checkout(() => 'one-key'),
      { faults: ['executed_twice'] },
    )
    expect(findings).toMatchObject([{ schedule: [{ request: 3, fault: 'executed_twice' }], broken: ['charged_once'] }])
  })

  it('gives the emulators their options', async () => {
    const { findings } = await exploreFaults(
      checkout(() => 'one-key'),
      { faults: [], emulator: { balance: 1 } },
    )
    expect(findings).toMatchObject([{ broken: ['reported_truthfully'], effects: [{}, {}, {}, { kind: 'payment_rejected' }] }])
  })
})

describe('INVARIANTS', () => {
  const at = '2026-01-01T00:00:00Z'
  const effect = (kind: string, payment_id: number, amount = 10, external_reference = 'a') =>
    ({ at, kind, agreement_id: 'x', payment_id, amount, external_reference }) as never

  it('require that an order without a report has no money reserved', () => {
    const effects = [effect('payment_charged', 1), effect('payment_reserved', 2, 10, 'b')]
    const names = INVARIANTS.filter(({ holds }) => !holds({ reported: { a: 'paid' }, effects, ended: true })).map(
      ({ name }) => name,
    )
    expect(names).toEqual(['nothing_reserved'])
  })

  it('prefer the report for an order to the report for all', () => {
    const effects = [effect('payment_charged', 1), effect('payment_rejected', 2, 10, 'b')]
    expect(INVARIANTS.every(({ holds }) => holds({ reported: { '*': 'paid', b: 'not_paid' }, effects, ended: true }))).toBe(true)
  })

  const broken = (reported: ReportedOutcome, ...effects: never[]) =>
    INVARIANTS.filter(({ holds }) => !holds({ reported: { '*': reported }, effects, ended: true })).map(({ name }) => name)

  it.each<[ReportedOutcome, string[], never[]]>([
    ['paid', [], [effect('payment_charged', 1)]],
    ['paid', [], [effect('payment_reserved', 1), effect('payment_captured', 1)]],
    ['paid', [], [effect('payment_undecided', 1), effect('payment_charged', 1)]],
    ['paid', [], [effect('payment_charged', 1), effect('payment_refunded', 1)]],
    ['paid', [], [effect('payment_rejected', 1), effect('payment_charged', 2)]],
    ['paid', ['reported_truthfully'], []],
    ['paid', ['reported_truthfully'], [effect('payment_rejected', 1)]],
    ['paid', ['charged_once'], [effect('payment_charged', 1), effect('payment_charged', 2)]],
    ['paid', ['charged_once'], [effect('payment_charged', 1), effect('payment_refunded', 1), effect('payment_charged', 2)]],
    ['paid', ['reported_truthfully', 'nothing_reserved'], [effect('payment_reserved', 1)]],
    ['paid', [], [effect('payment_reserved', 1), effect('payment_cancelled', 1), effect('payment_charged', 2)]],
    ['paid', [], [effect('payment_charged', 1), effect('payment_charged_back', 1)]],
    ['not_paid', [], [effect('payment_charged', 1), effect('payment_charged_back', 1)]],
    ['not_paid', [], []],
    ['not_paid', [], [effect('payment_rejected', 1)]],
    ['not_paid', [], [effect('payment_reserved', 1), effect('payment_cancelled', 1)]],
    ['not_paid', [], [effect('payment_charged', 1), effect('payment_refunded', 1)]],
    ['not_paid', ['reported_truthfully'], [effect('payment_charged', 1), effect('payment_refunded', 1, 4)]],
    ['not_paid', ['reported_truthfully', 'nothing_reserved'], [effect('payment_reserved', 1)]],
    ['unknown', [], [effect('payment_reserved', 1)]],
    ['unknown', ['charged_once'], [effect('payment_reserved', 1), effect('payment_reserved', 2)]],
    ['paid', [], [effect('payment_charged', 1), effect('payment_charged', 2, 10, 'b')]],
  ])('hold as expected after the report %s: %j', (reported, expected, effects) => {
    expect(broken(reported, ...effects)).toEqual(expected)
  })
})
