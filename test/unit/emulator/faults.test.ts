import { createEmulator, FAULTS, type FaultName, type Injection, type Phase } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { endOf, startLinked } from '../../support/emulator/linked-emulator.ts'
import { payments } from '../../support/emulator/raw-emulator.ts'

const REQUEST_FAULTS = FAULTS.filter(({ name }) => !name.startsWith('notification_'))

describe('FAULTS', () => {
  it('are at least forty, each with a unique name and a sentence', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(40)
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
    for (const { name, description } of FAULTS) {
      expect(name).toMatch(/^[a-z][a-z_0-9]+$/)
      expect(description, name).toMatch(/^[A-Z0-9].*\.$/)
    }
  })
})

/** The end of a payment under each fault, and the number of charges. */
const shown: [FaultName, Phase | undefined, object, charges: number][] = [
  ['connection_refused', undefined, { failure: 'TypeError: fetch failed' }, 0],
  ['reset', 'after', { failure: 'TypeError: fetch failed' }, 1],
  ['reset', 'before', { failure: 'TypeError: fetch failed' }, 0],
  ['late_arrival', undefined, { failure: 'TypeError: fetch failed' }, 0],
  ['request_duplicated', undefined, { status: 200, text: expect.stringContaining('"approved"') }, 1],
  ['redirect_same_origin', 'before', { status: 307, text: '' }, 0],
  ['redirect_same_origin', 'after', { status: 307, text: '' }, 1],
  ['redirect_other_origin', 'before', { status: 307, text: '' }, 0],
  ['redirect_other_origin', 'after', { status: 307, text: '' }, 1],
  ['body_cut_by_length', undefined, { status: 201, text: expect.not.stringMatching(/}$/) }, 1],
  ['body_cut_by_chunk', undefined, { failure: expect.stringMatching(/^TypeError: (terminated|Failed to fetch)$/) }, 1],
  ['wrong_content_length', undefined, { status: 201, text: expect.stringMatching(/^{"id":.*}$/) }, 1],
  ['empty_success', 'after', { status: 200, text: '' }, 1],
  ['empty_success', 'before', { status: 200, text: '' }, 0],
  ['no_content', 'after', { status: 204, text: '' }, 1],
  ['no_content', 'before', { status: 204, text: '' }, 0],
  ['html_success', 'after', { status: 200, text: expect.stringMatching(/^<!doctype html>/) }, 1],
  ['html_success', 'before', { status: 200, text: expect.stringMatching(/^<!doctype html>/) }, 0],
  ['wrong_content_type', undefined, { status: 201, text: expect.stringMatching(/^{"id":/) }, 1],
  ['wrong_charset', undefined, { status: 201, text: expect.stringMatching(/^{\0"\0i\0d\0/) }, 1],
  ['deep_nesting', undefined, { status: 201, text: expect.stringMatching(/^{"nested":\[{10000}\]{10000},"id":/) }, 1],
  ['duplicate_keys', undefined, { status: 201, text: expect.stringMatching(/^{"id":1,"status":"rejected","id":\d{8},/) }, 1],
  ['proto_key', undefined, { status: 201, text: expect.stringMatching(/^{"__proto__":{"id":1,/) }, 1],
  ['another_resource', undefined, { status: 201, text: expect.stringContaining('another-order') }, 1],
  ['wrong_amount', undefined, { status: 201, text: expect.stringContaining('"transaction_amount":100') }, 1],
  ['clock_skew', undefined, { status: 201, text: expect.stringContaining('"date_created":"2026-01-01T20:00:00.000-04:00"') }, 1],
  ['documented_error', undefined, { status: 400, text: expect.stringContaining('Invalid payer token.') }, 0],
  ['executed_but_refused', undefined, { status: 400, text: expect.stringContaining('Invalid payer token.') }, 1],
  ['bad_request', undefined, { status: 400, text: expect.stringContaining('"bad_request"') }, 0],
  ['invalid_access_token', undefined, { status: 401, text: expect.stringContaining('Invalid access token') }, 0],
  ['invalid_payer_token', undefined, { status: 401, text: expect.stringContaining('"401003"') }, 0],
  ['policy_agent', undefined, { status: 403, text: expect.stringContaining('PA_UNAUTHORIZED_RESULT_FROM_POLICIES') }, 0],
  ['not_found', undefined, { status: 404, text: expect.stringContaining('404002') }, 0],
  ['request_timeout', 'after', { status: 408 }, 1],
  ['request_timeout', 'before', { status: 408 }, 0],
  ['in_progress', 'before', { status: 409, text: expect.stringContaining('"401001"') }, 0],
  ['in_progress', 'after', { status: 409, text: expect.stringContaining('"401001"') }, 1],
  ['in_progress_forever', 'before', { status: 409, text: expect.stringContaining('"401001"') }, 0],
  ['in_progress_forever', 'after', { status: 409, text: expect.stringContaining('"401001"') }, 1],
  ['key_used', undefined, { status: 422, text: expect.stringContaining('"422001"') }, 0],
  ['locked', undefined, { status: 423 }, 0],
  ['rate_limited', undefined, { status: 429 }, 0],
  ['rate_limited_retry_after', undefined, { status: 429 }, 0],
  ['rate_limited_absurd', undefined, { status: 429 }, 0],
  ['internal_error', 'after', { status: 500, text: expect.stringContaining('500000') }, 1],
  ['internal_error', 'before', { status: 500, text: expect.stringContaining('500000') }, 0],
  ['bad_gateway', 'after', { status: 502, text: expect.stringContaining('<h1>') }, 1],
  ['bad_gateway', 'before', { status: 502, text: expect.stringContaining('<h1>') }, 0],
  ['service_unavailable', 'after', { status: 503 }, 1],
  ['service_unavailable', 'before', { status: 503 }, 0],
  ['gateway_timeout', 'after', { status: 504 }, 1],
  ['gateway_timeout', 'before', { status: 504 }, 0],
  ['server_error_burst', 'after', { status: 500 }, 1],
  ['server_error_burst', 'before', { status: 500 }, 0],
  ['executed_twice', undefined, { status: 201 }, 2],
  ['key_forgotten', undefined, { status: 201 }, 1],
  ['agreement_cancelled', 'before', { status: 401, text: expect.stringContaining('"401003"') }, 0],
  ['agreement_cancelled', 'after', { status: 201 }, 1],
  // These have their own tests below, as they depend on the clock, or concern the search or large bodies.
  ...(
    ['hang', 'slow_headers', 'slow_body', 'stalled_body', 'bom', 'huge_body', 'search_lagging', 'search_duplicating'] as const
  ).map((name): (typeof shown)[0] => [name, undefined, {}, 0]),
]

describe('faults.inject', () => {
  it('is tested here with every request fault in each of its phases', () => {
    const all = REQUEST_FAULTS.flatMap(({ name, phases }) =>
      phases.length > 1 ? phases.map((phase) => `${name} ${phase}`) : [name],
    )
    const here = shown.map(([name, phase]) => (phase ? `${name} ${phase}` : name))
    expect(new Set(here)).toEqual(new Set(all.map((each) => each.replace(/^hang .*/, 'hang'))))
  })

  it.each(shown.filter(([, , end]) => Object.keys(end).length > 0))(
    'injects %s %s into one payment',
    async (fault, phase, end, charges) => {
      const setup = await startLinked()
      setup.emulator.faults.inject({ fault, ...(phase && { phase }) })
      expect(await endOf(setup.pay({ redirect: 'manual' }))).toMatchObject(end)
      expect(setup.charges()).toBe(charges)
      const expected = phase ?? FAULTS.find(({ name }) => name === fault)?.phases[0] ?? null
      expect(setup.emulator.faults.injected).toEqual([{ request: 3, operation: 'payments.create', fault, phase: expected }])
    },
  )

  it('injects a fault as many times as times says', async () => {
    const { emulator, pay, charges } = await startLinked()
    emulator.faults.inject({ fault: 'internal_error', phase: 'before', times: 2 })
    expect([(await pay()).status, (await pay()).status, (await pay()).status]).toEqual([500, 500, 201])
    expect(charges()).toBe(1)
  })

  it.each(['policy_agent', 'invalid_access_token', 'documented_error'] as const)(
    'injects with %s and times a refusal that passes',
    async (fault) => {
      const { emulator, pay, search, charges } = await startLinked()
      emulator.faults.inject({ fault, operation: 'payments.create', times: 2 })
      const statuses = [(await pay()).status, (await pay()).status]
      expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true)
      expect([charges(), (await search()).paging.total]).toEqual([0, 0])
      expect((await pay()).status).toBe(201)
      expect(charges()).toBe(1)
    },
  )

  it('injects a fault with times: Infinity until it is cleared', async () => {
    const { emulator, pay } = await startLinked()
    emulator.faults.inject({ fault: 'bad_gateway', times: Number.POSITIVE_INFINITY })
    for (let i = 0; i < 9; i++) expect((await pay()).status).toBe(502)
    emulator.faults.clear()
    expect((await pay()).status).toBe(200)
    expect(emulator.faults.injected).toEqual([])
  })

  it('injects a burst into five requests', async () => {
    const { emulator, pay } = await startLinked()
    emulator.faults.inject({ fault: 'server_error_burst' })
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push((await pay()).status)
    expect(statuses).toEqual([500, 500, 500, 500, 500, 200])
  })

  it('only injects into the named operation', async () => {
    const { emulator, pay, search } = await startLinked()
    emulator.faults.inject({ fault: 'internal_error', operation: 'payments.search', times: 9 })
    expect((await pay()).status).toBe(201)
    expect((await search()).status).toBe('500')
  })

  it('only injects into requests for which match returns true', async () => {
    const { emulator, pay, send } = await startLinked()
    const seen: object[] = []
    emulator.faults.inject({
      fault: 'bad_gateway',
      match: (request) => seen.push(request) > 0 && request.idempotencyKey === 'key-2',
    })
    expect((await pay()).status).toBe(201)
    expect((await pay({ headers: { 'x-idempotency-key': 'key-2' } })).status).toBe(502)
    await send('GET', `${payments}/search?status=approved`)
    expect(seen).toHaveLength(2)
    expect(seen[0]).toMatchObject({
      number: 3,
      operation: 'payments.create',
      method: 'POST',
      path: payments,
      query: {},
      headers: { authorization: 'Bearer TEST-1' },
      body: { wallet_payment: { external_reference: 'ref' } },
      idempotencyKey: 'key-1',
    })
  })

  it('injects several faults in the order of the calls', async () => {
    const { emulator, pay } = await startLinked()
    emulator.faults.inject({ fault: 'bad_gateway' })
    emulator.faults.inject({ fault: 'locked' })
    expect([(await pay()).status, (await pay()).status]).toEqual([502, 423])
  })

  it.each<[Injection, string]>([
    [{ fault: 'rest' as never }, 'There is no fault rest; there are connection_refused'],
    [{ fault: 'not_found', phase: 'after' }, 'not_found has the phase before, not after'],
    [{ fault: 'bom', phase: 'after' }, 'bom has no phase, not after'],
    [
      { fault: 'search_lagging', operation: 'payments.create' },
      'search_lagging can only happen to payments.search, not to payments.create',
    ],
    [{ fault: 'reset', times: 0 }, 'times must be a whole number from 1'],
    [{ fault: 'reset', times: 1.5 }, 'times must be a whole number from 1'],
    [{ fault: 'reset', delayMs: -1 }, 'delayMs must be 0 or more'],
    [{ fault: 'reset', operations: [] } as never, 'faults.inject does not know operations; it knows fault, operation, match'],
    [
      { fault: 'reset', operation: 'payment.create' as never },
      'There is no operation payment.create; there are agreements.create',
    ],
    [{ fault: 'reset', match: 'x' as never }, 'match must be a function'],
    ['reset' as never, 'faults.inject takes an object with fault, operation'],
    [{ fault: 'documented_error', error: 'Nothing' }, 'The documentation prints no error Nothing; see DOCUMENTED_ERRORS'],
    [
      { fault: 'documented_error', operation: 'payments.get', error: '401003' },
      'The documentation prints no error 401003 for payments.get; see DOCUMENTED_ERRORS',
    ],
    [
      { fault: 'executed_but_refused', operation: 'payments.get' },
      'executed_but_refused can only happen to agreements.create, agreements.cancel, agreements.createPayerToken,',
    ],
    [{ fault: 'executed_but_refused', error: 'Nothing' }, 'The documentation prints no error Nothing; see DOCUMENTED_ERRORS'],
    [{ fault: 'reset', error: '401003' }, 'The documentation prints no error 401003'],
  ])('refuses %j', async (injection, message) => {
    expect(() => createEmulator().faults.inject(injection)).toThrow(message)
  })
})

describe('faults.injectRandomly', () => {
  async function story(seed: number, rate: number) {
    const { emulator, pay } = await startLinked()
    emulator.faults.injectRandomly({ rate, seed, faults: ['reset', 'bad_gateway', 'locked'] })
    for (let i = 0; i < 60; i++) await endOf(pay({ headers: { 'x-idempotency-key': `key-${i}` } }))
    return emulator.faults.injected
  }

  it('injects the same faults into the same requests for the same seed', async () => {
    expect(await story(7, 0.3)).toEqual(await story(7, 0.3))
    expect(await story(7, 0.3)).not.toEqual(await story(8, 0.3))
  })

  it('injects about as often as rate says, from all faults that are allowed', async () => {
    const injected = await story(7, 0.5)
    expect(injected.length).toBeGreaterThan(15)
    expect(injected.length).toBeLessThan(45)
    expect(new Set(injected.map(({ fault, phase }) => `${fault} ${phase}`))).toEqual(
      new Set(['reset before', 'reset after', 'bad_gateway before', 'bad_gateway after', 'locked before']),
    )
    expect(await story(7, 0)).toEqual([])
    expect(await story(7, 1)).toHaveLength(60)
  })

  it('does not change the ids that the API creates', async () => {
    const [faulty, calm] = [await startLinked(), await startLinked()]
    faulty.emulator.faults.injectRandomly({ rate: 0 })
    expect(await faulty.json(faulty.pay())).toEqual(await calm.json(calm.pay()))
  })

  it.each([
    [{ rate: 2 }, 'rate must be between 0 and 1'],
    [{ rate: Number.NaN }, 'rate must be between 0 and 1'],
    [{ rate: '0.2' }, 'rate must be between 0 and 1'],
    [{ rate: 0.2, seeds: 3 }, 'faults.injectRandomly does not know seeds; it knows rate, seed, faults'],
    [{ rate: 0.2, faults: [] }, 'faults must be a list of names'],
    [{ rate: 0.2, faults: 'reset' }, 'faults must be a list of names'],
    [{ rate: 0.5, faults: ['nothing'] }, 'There is no request fault nothing'],
  ])('refuses %j', (plan, message) => {
    expect(() => createEmulator().faults.injectRandomly(plan as never)).toThrow(message)
  })
})
