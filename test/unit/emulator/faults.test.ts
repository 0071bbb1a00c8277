import {
  createEmulator,
  DOCUMENTED_ERRORS,
  FAULTS,
  type FaultName,
  type Injection,
  type OperationName,
  type Phase,
} from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'

const api = 'https://api.mercadopago.com'
const payments = '/v1/advanced_payments'
const agreements = '/v2/wallet_connect/agreements'
const HOUR_MS = 3_600_000

/** An emulator with a linked wallet, and a payment on it that can be tried again and again. */
async function start() {
  const emulator = createEmulator()
  const send = (method: string, path: string, body?: object, init: RequestInit = {}) =>
    emulator.fetch(api + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      ...init,
      headers: { authorization: 'Bearer TEST-1', 'x-idempotency-key': 'key-1', ...(init.headers as Record<string, string>) },
    })
  const json = async (response: Promise<Response>) => JSON.parse(await (await response).text())
  const agreement = { return_uri: 'https://shop.example', external_flow_id: 'flow', external_user: { id: 'buyer' } }
  const { agreement_id } = await json(send('POST', agreements, agreement))
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await json(send('POST', `${agreements}/${agreement_id}/payer_token`, { code }))
  const pay = (init?: RequestInit) =>
    send(
      'POST',
      payments,
      {
        wallet_payment: { transaction_amount: 10, external_reference: 'ref' },
        payer: { token: payer_token, type_token: 'wallet-token' },
      },
      init,
    )
  const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged').length
  return { emulator, agreement_id, send, json, pay, charges, search: () => json(send('GET', `${payments}/search`)) }
}

type Started = Awaited<ReturnType<typeof start>>

/** How it ends: the status and text of an answer, or the words of a rejection. */
async function endOf(
  request: Promise<Response>,
): Promise<{ status: number; text: string; headers: Headers } | { failure: string }> {
  try {
    const response = await request
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    return { failure: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

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

/** What a payment shows of a fault: how it ends, and how often it is charged. */
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
  // These have tests of their own, since they go by the clock, or concern the search.
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
      const stage = await start()
      stage.emulator.faults.inject({ fault, ...(phase && { phase }) })
      expect(await endOf(stage.pay({ redirect: 'manual' }))).toMatchObject(end)
      expect(stage.charges()).toBe(charges)
      const expected = phase ?? FAULTS.find(({ name }) => name === fault)?.phases[0] ?? null
      expect(stage.emulator.faults.injected).toEqual([{ request: 3, operation: 'payments.create', fault, phase: expected }])
    },
  )

  it('injects a fault as many times as times says', async () => {
    const { emulator, pay, charges } = await start()
    emulator.faults.inject({ fault: 'internal_error', phase: 'before', times: 2 })
    expect([(await pay()).status, (await pay()).status, (await pay()).status]).toEqual([500, 500, 201])
    expect(charges()).toBe(1)
  })

  it('injects a fault with times: Infinity until it is cleared', async () => {
    const { emulator, pay } = await start()
    emulator.faults.inject({ fault: 'bad_gateway', times: Number.POSITIVE_INFINITY })
    for (let i = 0; i < 9; i++) expect((await pay()).status).toBe(502)
    emulator.faults.clear()
    expect((await pay()).status).toBe(200)
    expect(emulator.faults.injected).toEqual([])
  })

  it('injects a burst into five requests', async () => {
    const { emulator, pay } = await start()
    emulator.faults.inject({ fault: 'server_error_burst' })
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push((await pay()).status)
    expect(statuses).toEqual([500, 500, 500, 500, 500, 200])
  })

  it('only injects into the named operation', async () => {
    const { emulator, pay, search } = await start()
    emulator.faults.inject({ fault: 'internal_error', operation: 'payments.search', times: 9 })
    expect((await pay()).status).toBe(201)
    expect((await search()).status).toBe('500')
  })

  it('only injects into requests for which match returns true', async () => {
    const { emulator, pay, send } = await start()
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
    const { emulator, pay } = await start()
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
    [{ fault: 'reset', error: '401003' }, 'The documentation prints no error 401003'],
  ])('refuses %j', async (injection, message) => {
    expect(() => createEmulator().faults.inject(injection)).toThrow(message)
  })
})

describe('a fault that delays the response', () => {
  const aborted = async (request: (init: RequestInit) => Promise<Response>) => {
    const controller = new AbortController()
    const end = endOf(request({ signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 10))
    controller.abort(new Error('enough'))
    return end
  }

  it.each<[FaultName, Phase | undefined, number]>([
    ['hang', 'before', 0],
    ['hang', 'after', 1],
    ['stalled_body', undefined, 1],
    ['slow_headers', undefined, 1],
    ['slow_body', undefined, 1],
  ])('ends with an abort: %s %s', async (fault, phase, charges) => {
    const stage = await start()
    stage.emulator.faults.inject({ fault, ...(phase && { phase }) })
    // Chromium says the same of every body that breaks.
    expect(await aborted(stage.pay)).toEqual({ failure: expect.stringMatching(/^(Error: enough|TypeError: Failed to fetch)$/) })
    expect(stage.charges()).toBe(charges)
  })

  it.each(['slow_headers', 'slow_body'] as const)('ends when the clock has moved by delayMs: %s', async (fault) => {
    const { emulator, pay } = await start()
    emulator.faults.inject({ fault, delayMs: HOUR_MS })
    let isOver = false
    const end = endOf(pay()).finally(() => {
      isOver = true
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    await emulator.clock.advance(HOUR_MS - 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(isOver).toBe(false)
    await emulator.clock.advance(1)
    expect(await end).toMatchObject({ status: 201, text: expect.stringMatching(/^{"id":.*}$/) })
  })

  it('does not let a request reach the API that was aborted before it was sent', async () => {
    const { pay, charges } = await start()
    expect(await endOf(pay({ signal: AbortSignal.abort(new Error('enough')) }))).toEqual({ failure: 'Error: enough' })
    expect(charges()).toBe(0)
  })
})

describe('a fault of the body', () => {
  const bytesOf = async ({ emulator, pay }: Started, fault: FaultName) => {
    emulator.faults.inject({ fault })
    return new Uint8Array(await (await pay()).arrayBuffer())
  }

  it('bom puts three bytes before the JSON', async () => {
    expect([...(await bytesOf(await start(), 'bom')).slice(0, 4)]).toEqual([0xef, 0xbb, 0xbf, 0x7b])
  })

  it('huge_body adds ten megabytes to the JSON', async () => {
    const bytes = await bytesOf(await start(), 'huge_body')
    expect(bytes.length).toBeGreaterThan(10_000_000)
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ status: 'approved' })
  })

  it('body_cut_by_length keeps the Content-Length of the whole body', async () => {
    const { emulator, pay } = await start()
    emulator.faults.inject({ fault: 'body_cut_by_length' })
    const response = await pay()
    const said = Number(response.headers.get('content-length'))
    expect((await response.text()).length).toBe(Math.ceil(said / 2))
  })
})

describe('a fault of the state', () => {
  it('late_arrival takes effect once and later, and with its key', async () => {
    const { emulator, pay, charges } = await start()
    emulator.faults.inject({ fault: 'late_arrival', delayMs: HOUR_MS })
    await endOf(pay())
    await emulator.clock.advance(HOUR_MS)
    expect(charges()).toBe(1)
    expect((await pay()).status).toBe(200)
  })

  it('in_progress_forever blocks its key and no other', async () => {
    const { emulator, pay, charges } = await start()
    emulator.faults.inject({ fault: 'in_progress_forever', phase: 'before' })
    for (let i = 0; i < 3; i++) expect((await pay()).status).toBe(409)
    expect((await pay({ headers: { 'x-idempotency-key': 'key-2' } })).status).toBe(201)
    expect(charges()).toBe(1)
  })

  it('key_forgotten lets the same key charge again after its delay', async () => {
    const { emulator, pay, charges } = await start()
    emulator.faults.inject({ fault: 'key_forgotten', delayMs: HOUR_MS })
    await pay()
    expect((await pay()).status).toBe(200)
    await emulator.clock.advance(HOUR_MS)
    expect((await pay()).status).toBe(201)
    expect(charges()).toBe(2)
  })

  it('executed_twice keeps the first response for the key', async () => {
    const { emulator, pay, json } = await start()
    emulator.faults.inject({ fault: 'executed_twice' })
    const { id } = await json(pay())
    expect((await json(pay())).id).toBe(id)
  })

  it('search_lagging hides recent payments and shows old ones', async () => {
    const { emulator, pay, search } = await start()
    await pay()
    await emulator.clock.advance(HOUR_MS)
    await pay({ headers: { 'x-idempotency-key': 'key-2' } })
    emulator.faults.inject({ fault: 'search_lagging' })
    expect(await search()).toMatchObject({ paging: { total: 1 }, results: [{}] })
    expect((await search()).results).toHaveLength(2)
  })

  it('search_duplicating returns everything twice', async () => {
    const { emulator, pay, search } = await start()
    await pay()
    emulator.faults.inject({ fault: 'search_duplicating' })
    const { paging, results } = await search()
    expect(paging.total).toBe(2)
    expect(results[0]).toEqual(results[1])
  })

  it('agreement_cancelled cancels the agreement, and notifies the seller', async () => {
    const { emulator, pay, agreement_id } = await start()
    emulator.faults.inject({ fault: 'agreement_cancelled' })
    await pay()
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'agreement_cancelled', agreement_id })
  })
})

describe('DOCUMENTED_ERRORS', () => {
  const requests: Partial<Record<OperationName, [method: string, path: string, body?: object]>> = {
    'agreements.create': ['POST', agreements, {}],
    'agreements.get': ['GET', `${agreements}/abc`],
    'agreements.cancel': ['DELETE', `${agreements}/abc`],
    'agreements.createPayerToken': ['POST', `${agreements}/abc/payer_token`, {}],
    'discounts.validateCoupon': ['POST', '/v2/wallet_connect/coupons', {}],
    'discounts.create': ['POST', '/v2/wallet_connect/discounts', {}],
    'payments.create': ['POST', payments, {}],
    'payments.get': ['GET', `${payments}/1`],
    'payments.search': ['GET', `${payments}/search`],
    'payments.capture': ['PUT', `${payments}/1`, { capture: true }],
    'payments.cancel': ['PUT', `${payments}/1`, { status: 'cancelled' }],
    'payments.refund': ['POST', `${payments}/1/refunds`, {}],
    'payments.listRefunds': ['GET', `${payments}/1/refunds`],
  }
  const all = DOCUMENTED_ERRORS.flatMap((error) => error.operations.map((operation) => ({ ...error, operation })))

  it('contain the errors of the reference and of the catalogue of 2019', () => {
    expect(DOCUMENTED_ERRORS.filter(({ code }) => /^400(?!048|136)/.test(code ?? ''))).toHaveLength(47)
    expect(DOCUMENTED_ERRORS.filter(({ code }) => code === undefined).length).toBeGreaterThan(35)
  })

  it('can each be injected, in the error format of its half of the API', async () => {
    const { emulator, send } = await start()
    for (const { operation, message, code, status } of all) {
      emulator.faults.inject({ fault: 'documented_error', operation, error: code ?? message })
      const [method = '', path = '', body] = requests[operation] ?? []
      const end = await endOf(send(method, path, body))
      const isPayment = operation.startsWith('payments.')
      const answered = JSON.parse('text' in end ? end.text : '{}')
      expect(answered, `${operation} ${message}`).toMatchObject({ message, status: isPayment ? String(status) : status })
      expect(answered.cause?.[0]?.code, `${operation} ${message}`).toBe(code)
      expect(end).toMatchObject({ status })
    }
  })
})

describe('a redirect', () => {
  it('to the same origin is followed by default, with one charge', async () => {
    for (const phase of ['before', 'after'] as const) {
      const { emulator, pay, charges } = await start()
      emulator.faults.inject({ fault: 'redirect_same_origin', phase })
      expect(await endOf(pay())).toMatchObject({ text: expect.stringContaining('"approved"') })
      expect(charges()).toBe(1)
    }
  })

  it('to another origin rejects when it is followed', async () => {
    const { emulator, pay } = await start()
    emulator.faults.inject({ fault: 'redirect_other_origin', phase: 'before' })
    expect(await endOf(pay())).toEqual({ failure: 'TypeError: fetch failed' })
  })
})

describe('a fault of a notification', () => {
  async function delivered(fault?: FaultName, more: Partial<Injection> = {}) {
    const stage = await start()
    stage.emulator.notifications.configure({ url: 'https://shop.example/hooks', secret: 'a-secret' })
    if (fault) stage.emulator.faults.inject({ fault, ...more })
    await stage.pay()
    stage.emulator.buyer.cancel(stage.agreement_id)
    const now = await stage.emulator.notifications.drain()
    await stage.emulator.clock.advance(HOUR_MS)
    const later = await stage.emulator.notifications.drain()
    const name = ({ body }: { body: string }) => JSON.parse(body).type
    return { now: now.map(name), later: later.map(name), deliveries: [...now, ...later], ...stage }
  }

  it.each<[FaultName | undefined, string[], string[]]>([
    [undefined, ['payment', 'wallet_connect'], []],
    ['notification_duplicated', ['payment', 'payment', 'wallet_connect'], []],
    ['notification_late', ['wallet_connect'], ['payment']],
    ['notification_reordered', ['wallet_connect', 'payment'], []],
    ['notification_forged', ['payment', 'payment', 'wallet_connect'], []],
    ['notification_never', ['wallet_connect'], []],
    ['notification_early', ['payment', 'wallet_connect'], []],
  ])('delivers with %s the notifications %j at once and %j later', async (fault, now, later) => {
    expect(await delivered(fault)).toMatchObject({ now, later })
  })

  it('only happens to notifications that the named operation causes, not to those of the buyer', async () => {
    expect((await delivered('notification_never', { operation: 'payments.create' })).now).toEqual(['wallet_connect'])
    expect((await delivered('notification_never', { operation: 'payments.refund' })).now).toEqual(['payment', 'wallet_connect'])
  })

  it('delivers with notification_forged a forged copy first, and then the signed one', async () => {
    const { deliveries } = await delivered('notification_forged')
    const [forged, honest] = deliveries.map(({ headers }) => headers['x-signature']?.split('v1=')[1])
    expect(forged).toMatch(/^[0-9a-f]{64}$/)
    expect(forged).not.toBe(honest)
  })

  it('delivers with notification_early before the response', async () => {
    const { emulator, pay } = await start()
    const order: string[] = []
    const hook: typeof fetch = async () => {
      order.push('notification')
      return new Response()
    }
    emulator.notifications.configure({ url: 'https://shop.example/hooks', secret: 'a-secret', fetch: hook })
    emulator.faults.inject({ fault: 'notification_early' })
    await pay()
    order.push('answer')
    expect(order).toEqual(['notification', 'answer'])
  })
})

describe('faults.injectRandomly', () => {
  async function story(seed: number, rate: number) {
    const { emulator, pay } = await start()
    emulator.faults.injectRandomly({ rate, seed, faults: ['reset', 'bad_gateway', 'locked'] })
    for (let i = 0; i < 60; i++) await endOf(pay({ headers: { 'x-idempotency-key': `key-${i}` } }))
    return emulator.faults.injected
  }

  it('injects the same faults into the same requests for the same seed', async () => {
    expect(await story(7, 0.3)).toEqual(await story(7, 0.3))
    expect(await story(7, 0.3)).not.toEqual(await story(8, 0.3))
  })

  it('injects about as often as rate says, from all faults that are allowed', async () => {
    const strikes = await story(7, 0.5)
    expect(strikes.length).toBeGreaterThan(15)
    expect(strikes.length).toBeLessThan(45)
    expect(new Set(strikes.map(({ fault, phase }) => `${fault} ${phase}`))).toEqual(
      new Set(['reset before', 'reset after', 'bad_gateway before', 'bad_gateway after', 'locked before']),
    )
    expect(await story(7, 0)).toEqual([])
    expect(await story(7, 1)).toHaveLength(60)
  })

  it('does not change the ids that the API creates', async () => {
    const [struck, calm] = [await start(), await start()]
    struck.emulator.faults.injectRandomly({ rate: 0 })
    expect(await struck.json(struck.pay())).toEqual(await calm.json(calm.pay()))
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
