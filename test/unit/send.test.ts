import {
  type AttemptEvent,
  InvalidInputError,
  InvalidResponseError,
  type OperationName,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from 'mercadopago-wallet-connect'
import { describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json, type Step, scriptedByMethod, scriptedFetch, text } from '../support/client/scripted-fetch.ts'
import { createTestClock, type TestClock } from '../support/client/test-clock.ts'
import { aPayment, rejection, walletOnTestClock as walletWith } from '../support/client/wallet.ts'

const approved = document('create-payment.approved.response.201')
const paid = json(201, approved)
const now = { 'retry-after': '0' }
const inProgress = json(409, document('error.409.idempotency-in-progress'), now)
const keyUsed = json(422, document('error.422.idempotency-key-used'))
const network = { reject: new TypeError('fetch failed') }

const writes: [OperationName, object][] = [
  ['agreements.create', document('create-agreement.request')],
  ['agreements.cancel', { agreement_id: 'abc' }],
  ['agreements.createPayerToken', { agreement_id: 'abc', code: 'c' }],
  ['discounts.create', { payer_token: 't', amount: 5 }],
  ['payments.create', aPayment],
  ['payments.capture', { advanced_payment_id: 7 }],
  ['payments.cancel', { advanced_payment_id: 7 }],
  ['payments.refund', { advanced_payment_id: 7 }],
]

describe('send: the key and the bytes', () => {
  it('never uses the key of one call for another call', async () => {
    const fetch = scriptedFetch(paid)
    const wallet = walletWith(fetch)
    const options = Object.freeze({ idempotencyKey: 'only-this-one' })
    await wallet.payments.create(aPayment, options)
    await wallet.payments.create(aPayment)
    await wallet.payments.capture(7)
    const keys = fetch.sent.map(({ headers }) => headers.get('x-idempotency-key'))
    expect(keys[0]).toBe('only-this-one')
    expect(new Set(keys).size).toBe(3)
    expect(keys.slice(1).every((key) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(key ?? ''))).toBe(true)
  })

  it('sends the same key and the same bytes in each attempt', async () => {
    const fetch = scriptedFetch(network, json(503, {}, now), { cut: 201 }, paid)
    const answer = await walletWith(fetch, { maxRetries: 3 }).send(walletWith(fetch).prepare('payments.create', aPayment))
    expect(answer).toMatchObject({ attempts: 4, status: 201, replayed: false, data: { id: 10458724 } })
    const first = fetch.sent[0]
    for (const { url, method, body, headers } of fetch.sent) {
      expect({ url, method, body }).toEqual({ url: first?.url, method: first?.method, body: first?.body })
      expect([...headers]).toEqual([...(first?.headers ?? [])])
    }
  })

  it('sends a request that was stored as JSON', async () => {
    const fetch = scriptedFetch(paid)
    const wallet = walletWith(fetch)
    const prepared = wallet.prepare('payments.create', aPayment)
    await wallet.send(JSON.parse(JSON.stringify(prepared)))
    expect(fetch.sent[0]?.body).toBe(prepared.body)
    expect(fetch.sent[0]?.headers.get('x-idempotency-key')).toBe(prepared.idempotencyKey)
  })

  it('gives each attempt a fresh signal that has not been aborted', async () => {
    const fetch = scriptedFetch('hang', paid)
    await walletWith(fetch, { timeoutMs: 20 }).payments.create(aPayment)
    const [first, second] = fetch.sent.map(({ init }) => init.signal)
    expect(first?.aborted).toBe(true)
    expect(second?.aborted).toBe(false)
  })

  it('never follows a redirect', async () => {
    const fetch = scriptedFetch(text(307, null, { location: 'https://elsewhere.test/' }))
    const error = await rejection(walletWith(fetch).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome', status: 307, attempts: 1 })
    expect(fetch.sent[0]?.init.redirect).toBe('manual')
  })
})

describe('send: a write without a readable answer', () => {
  const unclear: [string, Step][] = [
    ['a network failure', network],
    ['a fetch that throws', { throw: new Error('boom') }],
    ['a rejection with a string', { reject: 'nope' }],
    ['a rejection with nothing', { reject: undefined }],
    ['a response that never comes', 'hang'],
    ['a body that stalls after the headers', { stall: 201 }],
    ['a body that is cut', { cut: 201 }],
    ['a truncated 201', text(201, '{"id": 10458724, "status": "appro', { 'content-type': 'application/json' })],
    ['an HTML 200', text(200, '<html><body>Welcome</body></html>', { 'content-type': 'application/json' })],
    ['a response that is not UTF-8', () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]), { status: 201 })],
    ['a 10 MB response', () => new Response(' '.repeat(10_000_000), { status: 201 })],
    ['a 2xx that is a JSON string', json(200, 'ok')],
    ['a 302', text(302, null, { location: 'https://api.mercadopago.com/' })],
    ['a 408', text(408, null)],
    ['a 500', json(500, { message: 'Internal server error' })],
    ['a 503', text(503, 'upstream connect error')],
    ['garbage instead of a response', () => ({}) as Response],
    ['nothing instead of a response', () => undefined as unknown as Response],
  ]

  describe.each(writes)('%s', (operation, input) => {
    it.each(unclear)('has an unknown outcome after %s', async (_, step) => {
      const wallet = walletWith(scriptedFetch(step), { timeoutMs: 20, maxRetries: 0 })
      const prepared = wallet.prepare(operation, input as never)
      const error = await rejection<UnknownOutcomeError>(wallet.send(prepared))
      expect(error).toBeInstanceOf(UnknownOutcomeError)
      expect(error).toMatchObject({ outcome: 'unknown', operation, idempotencyKey: prepared.idempotencyKey, attempts: 1 })
      expect(Date.parse(error.sentAt)).toBeGreaterThan(Date.parse('2026-01-01'))
    })
  })

  it.each(writes.filter(([operation]) => operation !== 'agreements.cancel'))(
    '%s has an unknown outcome after an empty 2xx',
    async (operation, input) => {
      for (const step of [text(200, ''), text(201, null), text(204, null)]) {
        const wallet = walletWith(scriptedFetch(step), { maxRetries: 0 })
        const error = await rejection(wallet.send(wallet.prepare(operation, input as never)))
        expect(error).toMatchObject({ code: 'unknown_outcome' })
      }
    },
  )

  it.each([null, 0, -1, 1.5, 2 ** 53, '', 'abc', {}, true])(
    'payments.create has an unknown outcome after a 201 whose id is %j',
    async (id) => {
      const wallet = walletWith(scriptedFetch(json(201, { ...approved, id })), { maxRetries: 0 })
      expect(await rejection(wallet.payments.create(aPayment))).toMatchObject({ code: 'unknown_outcome', status: 201 })
    },
  )

  it('has the status of a response whose body stalled in its error', async () => {
    const wallet = walletWith(scriptedFetch({ stall: 201 }), { timeoutMs: 20, maxRetries: 0 })
    expect(await rejection(wallet.payments.create(aPayment))).toMatchObject({ status: 201 })
  })

  it('has its stalled body cancelled even if fetch ignores the signal', async () => {
    const cancel = vi.fn()
    const stalled = (): Response => new Response(new ReadableStream({ cancel }), { status: 201 })
    await rejection(walletWith(scriptedFetch(stalled), { timeoutMs: 50, maxRetries: 0 }).payments.create(aPayment))
    await expect.poll(() => cancel.mock.calls.length).toBe(1)
  })

  it('ends at timeoutMs if the body stalls after the headers', async () => {
    const clock = createTestClock()
    await rejection(walletWith(scriptedFetch({ stall: 201 }), { timeoutMs: 50, maxRetries: 0 }, clock).payments.create(aPayment))
    expect(clock.elapsed()).toBe(50)
  })
})

describe('send: a refusal', () => {
  it.each([
    ['422/422001', keyUsed],
    ['400', json(400, document('error.400.discount-mismatch'))],
    ['401/401003', json(401, document('error.401.invalid-payer-token'))],
    ['403', json(403, document('error.403.policy-agent'))],
    ['404', json(404, {})],
  ])('%s after a lost attempt is an unknown outcome', async (_, step) => {
    const error = await rejection(walletWith(scriptedFetch(network, step)).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome', attempts: 2 })
  })

  it('409/401001 after a lost attempt is repeated, and ends with an unknown outcome', async () => {
    const error = await rejection(walletWith(scriptedFetch(network, inProgress)).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome', status: 409, attempts: 3 })
  })

  it('409/401001 alone is repeated, and ends with an unknown outcome', async () => {
    const error = await rejection(walletWith(scriptedFetch(inProgress)).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome', status: 409, attempts: 3 })
  })

  it('422/422001 after 409/401001 is an unknown outcome', async () => {
    const error = await rejection(walletWith(scriptedFetch(inProgress, keyUsed)).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome' })
  })

  it('429 after a lost attempt is an unknown outcome', async () => {
    const error = await rejection(walletWith(scriptedFetch(network, json(429, {}, now))).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome', status: 429, attempts: 3 })
  })

  it('422/422001 on the first attempt is a RefusedError, because the caller reused a key', async () => {
    expect(await rejection(walletWith(scriptedFetch(keyUsed)).payments.create(aPayment))).toBeInstanceOf(RefusedError)
  })

  it('422/422001 after a 429 is a RefusedError, because the first attempt was not executed', async () => {
    const fetch = scriptedFetch(json(429, {}, now), keyUsed)
    expect(await rejection(walletWith(fetch).payments.create(aPayment))).toMatchObject({ code: 'refused', outcome: 'none' })
  })

  it('any other 4xx is a RefusedError at once, with the status and without apiCode', async () => {
    const fetch = scriptedFetch(text(418, '<html>teapot</html>'))
    const error = await rejection(walletWith(fetch).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'refused', status: 418, apiCode: undefined, causes: [] })
    expect(fetch.sent).toHaveLength(1)
  })

  it('409 with another code is a RefusedError at once', async () => {
    const fetch = scriptedFetch(json(409, { status: 409, error: 'Conflict', message: 'no', cause: [{ code: '409007' }] }))
    expect(await rejection(walletWith(fetch).payments.create(aPayment))).toMatchObject({ code: 'refused', status: 409 })
    expect(fetch.sent).toHaveLength(1)
  })

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '42',
    '{"code":"409"}',
    '{"cause":[{"code":"conflict"}]}',
    '{"errors":[{"code":"idempotency_in_progress"}]}',
    '{"status":"409","error":"Conflict","message":"Try again later."}',
  ])('409 with the body %j may be in progress, and is an unknown outcome at the end', async (body) => {
    for (const [operation, input] of writes) {
      const wallet = walletWith(scriptedFetch(text(409, body)))
      expect(await rejection(wallet.send(wallet.prepare(operation, input as never)))).toMatchObject({ code: 'unknown_outcome' })
    }
  })
})

describe('send: a capture or cancellation that is refused', () => {
  const cancelled = { ...document('get-agreement.response.200'), id: 'abc', status: 'cancelled' }
  const tooLate = json(400, { status: '400', error: 'bad_request', message: 'Invalid capture payment status' })
  const withStatus = (status: string): (() => Response) => json(200, { ...approved, id: 7, status })

  it.each([
    ['payments.capture', 'approved'],
    ['payments.capture', 'refunded'],
    ['payments.cancel', 'cancelled'],
    ['payments.cancel', 'canceled'],
  ] as const)('%s resolves if its repeat is refused and the payment is %s', async (operation, status) => {
    const fetch = scriptedFetch(network, tooLate, withStatus(status))
    const wallet = walletWith(fetch)
    const answer = await wallet.send(wallet.prepare(operation, { advanced_payment_id: 7 }))
    expect(answer).toMatchObject({ replayed: true, data: { status } })
    expect(fetch.sent.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET'])
  })

  it('agreements.cancel resolves if its repeat is refused and the agreement is cancelled', async () => {
    const fetch = scriptedFetch(network, json(400, {}), json(200, cancelled))
    await expect(walletWith(fetch).agreements.cancel('abc')).resolves.toBeUndefined()
  })

  it('payments.capture is a RefusedError if its repeat is refused and the payment is cancelled', async () => {
    const fetch = scriptedFetch(network, tooLate, withStatus('cancelled'))
    expect(await rejection(walletWith(fetch).payments.capture(7))).toMatchObject({ code: 'refused', status: 400 })
  })

  it.each([withStatus('authorized'), withStatus('something_new'), network, json(500, {})])(
    'payments.capture has an unknown outcome if its repeat is refused and the read settles nothing (case %#)',
    async (read) => {
      const wallet = walletWith(scriptedFetch(network, tooLate, read), { maxRetries: 1 })
      expect(await rejection(wallet.payments.capture(7))).toMatchObject({ code: 'unknown_outcome' })
    },
  )

  // The runtime itself may have sent the request twice, and the second one was refused.
  it.each([
    ['approved', 'done'],
    ['cancelled', 'refused'],
    ['authorized', 'unknown_outcome'],
  ])('payments.capture is read before its first refusal is believed: %s is %s', async (status, outcome) => {
    const fetch = scriptedByMethod({ PUT: [tooLate], GET: [withStatus(status)] })
    const result = await walletWith(fetch)
      .payments.capture(7)
      .then(
        () => 'done',
        ({ code }) => code,
      )
    expect(result).toBe(outcome)
    expect(fetch.sent.map(({ method }) => method)).toEqual(['PUT', 'GET'])
  })

  it.each([400, 401, 403, 404])('payments.capture is a RefusedError if write and read are refused alike (%i)', async (status) => {
    const refusal = json(status, {})
    expect(await rejection(walletWith(scriptedFetch(refusal)).payments.capture(7))).toMatchObject({ code: 'refused', status })
    const afterLoss = walletWith(scriptedByMethod({ PUT: [network, refusal], GET: [refusal] }))
    expect(await rejection(afterLoss.payments.capture(7))).toMatchObject({ code: 'unknown_outcome', status })
    for (const other of [json(status + 10, {}), json(status, { message: 'for another reason' })]) {
      const otherwise = walletWith(scriptedByMethod({ PUT: [refusal], GET: [other] }))
      expect(await rejection(otherwise.payments.capture(7))).toMatchObject({ code: 'unknown_outcome', status })
    }
  })
})

describe('send: a read between attempts that is about something else', () => {
  it.each(['approved', 'cancelled'])('shows nothing of a capture, whatever its status: %s', async (status) => {
    const fetch = scriptedByMethod({ PUT: [json(400, {})], GET: [json(200, { ...approved, id: 99, status })] })
    expect(await rejection(walletWith(fetch).payments.capture(7))).toMatchObject({ code: 'unknown_outcome' })
  })
})

describe('send: a refund that is refused', () => {
  const refusal = json(403, { message: 'not now' })

  it('is a RefusedError at the first attempt if the payment has no refund', async () => {
    const wallet = walletWith(scriptedByMethod({ POST: [refusal], GET: [json(200, [])] }))
    expect(await rejection(wallet.payments.refund(7))).toMatchObject({ code: 'refused', status: 403 })
  })

  it('is an unknown outcome after a lost attempt, which may still arrive', async () => {
    const wallet = walletWith(scriptedByMethod({ POST: [network, refusal], GET: [json(200, [])] }))
    expect(await rejection(wallet.payments.refund(7, { amount: 2 }))).toMatchObject({ code: 'unknown_outcome', status: 403 })
  })

  it('is not sent again after a limit before the list was read again', async () => {
    const refund = { id: 1, amount: 2 }
    const fetch = scriptedByMethod({
      POST: [network, json(429, {}, { 'retry-after': '0' })],
      GET: [json(200, []), json(200, []), json(200, [refund])],
    })
    expect(await walletWith(fetch).payments.refund(7, { amount: 2 })).toMatchObject([{ amount: 2 }])
    expect(fetch.sent.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'POST', 'GET'])
  })

  it('is found although it is listed in parts, and is not sent again for a part alone', async () => {
    const parts = [
      { id: 1, amount: 3 },
      { id: 2, amount: 2 },
    ]
    const whole = scriptedByMethod({ POST: [network], GET: [json(200, []), json(200, parts)] })
    expect(await walletWith(whole).payments.refund(7, { amount: 5 })).toHaveLength(2)
    const part = scriptedByMethod({ POST: [network], GET: [json(200, []), json(200, parts.slice(1))] })
    expect(await rejection(walletWith(part).payments.refund(7, { amount: 5 }))).toMatchObject({ code: 'unknown_outcome' })
  })
})

describe('send: repeats and waits', () => {
  it.each(['agreements.create', 'agreements.createPayerToken', 'discounts.create'] as const)(
    '%s is never repeated',
    async (operation) => {
      for (const step of [network, json(500, {}), inProgress, json(429, {}, now), text(200, 'oops')] satisfies Step[]) {
        const fetch = scriptedFetch(step)
        const wallet = walletWith(fetch)
        await rejection(wallet.send(wallet.prepare(operation, writes.find(([name]) => name === operation)?.[1] as never)))
        expect(fetch.sent).toHaveLength(1)
      }
    },
  )

  it.each([
    ['agreements.get', { agreement_id: 'abc' }],
    ['discounts.validateCoupon', { payer_token: 't', id: 'C' }],
    ['payments.get', { advanced_payment_id: 7 }],
    ['payments.search', {}],
    ['payments.listRefunds', { advanced_payment_id: 7 }],
  ] as const)('%s is repeated, and ends as UnavailableError with outcome none', async (operation, input) => {
    const fetch = scriptedFetch(network, json(408, {}), json(500, {}, now))
    const wallet = walletWith(fetch)
    const error = await rejection(wallet.send(wallet.prepare(operation, input)))
    expect(error).toBeInstanceOf(UnavailableError)
    expect(error).toMatchObject({ outcome: 'none', reason: 'server', status: 500, attempts: 3 })
    expect(fetch.sent.every(({ headers }) => !headers.has('x-idempotency-key'))).toBe(true)
  })

  it.each([
    ['network', network],
    ['timeout', 'hang'],
    ['rate_limited', json(429, {}, now)],
    ['server', json(502, {})],
  ] as [string, Step][])('a read ends with the reason %s', async (reason, step) => {
    const wallet = walletWith(scriptedFetch(step), { timeoutMs: 20, maxRetries: 0 })
    expect(await rejection(wallet.payments.get(7))).toMatchObject({ code: 'unavailable', reason })
  })

  it('a read that gets an HTML page ends as InvalidResponseError', async () => {
    const wallet = walletWith(scriptedFetch(text(200, '<html></html>')))
    const error = await rejection(wallet.payments.get(7))
    expect(error).toBeInstanceOf(InvalidResponseError)
    expect(error).toMatchObject({ outcome: 'none', status: 200, issues: [{ path: '', message: 'is not JSON' }] })
  })

  it.each([
    ['seconds', () => '1'],
    ['a date', (now: number) => new Date(now + 1_000).toUTCString()],
  ])('waits for a Retry-After given as %s', async (_, header) => {
    const clock = createTestClock()
    const headers = (): HeadersInit => ({ 'retry-after': header(clock.date()) })
    const fetch = scriptedFetch(() => new Response('{}', { status: 429, headers: headers() }), paid)
    await walletWith(fetch, { deadlineMs: 5_000 }, clock).payments.create(aPayment)
    expect(clock.elapsed()).toBe(1_000)
  })

  it('fails at once with retryAfterMs if the requested wait does not fit the deadline', async () => {
    const clock = createTestClock()
    const fetch = scriptedFetch(json(429, {}, { 'retry-after': '3600' }))
    const error = await rejection(walletWith(fetch, {}, clock).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unavailable', reason: 'rate_limited', retryAfterMs: 3_600_000, attempts: 1 })
    expect(clock.elapsed()).toBe(0)
  })

  it('stops at the deadline even if repeats are left', async () => {
    const clock = createTestClock()
    const wallet = walletWith(scriptedFetch('hang'), { timeoutMs: 60, deadlineMs: 200, maxRetries: 20 }, clock)
    expect(await rejection(wallet.payments.create(aPayment))).toMatchObject({ code: 'unknown_outcome' })
    expect(clock.elapsed()).toBe(200)
  })
})

/** A signal that aborts after `ms` milliseconds of the test clock. */
function abortAfter(ms: number, clock: TestClock): AbortSignal {
  const controller = new AbortController()
  clock.after(ms, () => controller.abort())
  return controller.signal
}

describe('send: a signal that aborts', () => {
  it('ends as UnavailableError with reason aborted, and sends nothing, if it aborted before the call', async () => {
    const fetch = scriptedFetch(paid)
    const error = await rejection(walletWith(fetch).payments.create(aPayment, { signal: AbortSignal.abort('why') }))
    expect(error).toMatchObject({ code: 'unavailable', reason: 'aborted', outcome: 'none', attempts: 0 })
    expect(fetch.sent).toHaveLength(0)
  })

  it('ends a write at once with an unknown outcome if it aborts during an attempt', async () => {
    const clock = createTestClock()
    const signal = abortAfter(20, clock)
    const promise = walletWith(scriptedFetch('hang'), { timeoutMs: 5_000 }, clock).payments.create(aPayment, { signal })
    expect(await rejection(promise)).toMatchObject({ code: 'unknown_outcome', attempts: 1 })
    expect(clock.elapsed()).toBe(20)
  })

  it('ends a read as UnavailableError with reason aborted, without a repeat, if it aborts during an attempt', async () => {
    const clock = createTestClock()
    const fetch = scriptedFetch('hang')
    const promise = walletWith(fetch, { timeoutMs: 5_000 }, clock).payments.get(7, { signal: abortAfter(20, clock) })
    expect(await rejection(promise)).toMatchObject({ code: 'unavailable', reason: 'aborted', attempts: 1 })
    expect(fetch.sent).toHaveLength(1)
  })

  it.each([
    ['a 429', 'unavailable', json(429, {}, { 'retry-after': '1' })],
    ['a 503', 'unknown_outcome', json(503, {}, { 'retry-after': '1' })],
  ])('ends a write at once if it aborts in the wait after %s, with the code %s', async (_, code, step) => {
    const clock = createTestClock()
    const promise = walletWith(scriptedFetch(step), {}, clock).payments.create(aPayment, { signal: abortAfter(30, clock) })
    expect(await rejection(promise)).toMatchObject({ code, attempts: 1 })
    expect(clock.elapsed()).toBe(30)
  })

  it('ends a write at once with an unknown outcome if it aborts during the read after a refusal', async () => {
    const clock = createTestClock({ random: 0 })
    const controller = new AbortController()
    const hang = (): Promise<Response> => new Promise(() => clock.after(20, () => controller.abort()))
    const fetch = scriptedFetch(network, json(400, {}), hang)
    const { payments } = walletWith(fetch, { timeoutMs: 4_000, deadlineMs: 9_000 }, clock)
    const promise = payments.capture(7, {}, { signal: controller.signal })
    expect(await rejection(promise)).toMatchObject({ code: 'unknown_outcome', attempts: 2 })
    expect(fetch.sent.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET'])
    expect(clock.elapsed()).toBe(20)
  })

  it('has no listener left after the call', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await walletWith(scriptedFetch(network, paid)).payments.create(aPayment, { signal })
    expect(added.mock.calls.length).toBeGreaterThan(0)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })

  it('adds one listener to a signal that many calls share', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const { payments } = walletWith(scriptedFetch('hang'), { maxRetries: 0 })
    await Promise.allSettled(Array.from({ length: 16 }, () => payments.get(7, { signal })))
    expect(added).toHaveBeenCalledTimes(1)
  })

  it('is refused as invalid input if it is not an AbortSignal', async () => {
    const promise = walletWith(scriptedFetch(paid)).payments.create(aPayment, { signal: 'now' as never })
    expect(await rejection(promise)).toMatchObject({ code: 'invalid_input', issues: [{ path: 'signal' }] })
  })
})

describe('send: the access token', () => {
  it('may come from a function, which is called once for each call', async () => {
    let calls = 0
    const fetch = scriptedFetch(network, paid)
    await walletWith(fetch, { accessToken: async () => `token-${++calls}` }).payments.create(aPayment)
    expect(fetch.sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer token-1', 'Bearer token-1'])
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('vault')), 'network', 0],
    [
      'throws',
      () => {
        throw new Error('vault')
      },
      'network',
      0,
    ],
    ['hangs', () => new Promise<string>(() => {}), 'timeout', 50],
  ])('ends as UnavailableError within the deadline if its function %s', async (_, accessToken, reason, elapsed) => {
    const fetch = scriptedFetch(paid)
    const clock = createTestClock()
    const error = await rejection(walletWith(fetch, { accessToken, deadlineMs: 50 }, clock).payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unavailable', reason, outcome: 'none', attempts: 0 })
    expect(clock.elapsed()).toBe(elapsed)
    expect(fetch.sent).toHaveLength(0)
  })

  it.each(['', 'two words', 'line\nbreak', 'Bearer APP_USR-1', 'ünïcode', undefined, 7])(
    'is refused as invalid input if its function returns %j',
    async (value) => {
      const fetch = scriptedFetch(paid)
      const error = await rejection(walletWith(fetch, { accessToken: () => value as string }).payments.create(aPayment))
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(error).toMatchObject({ issues: [{ path: 'accessToken' }] })
      expect(fetch.sent).toHaveLength(0)
    },
  )
})

describe('send: a prepared request that was changed', () => {
  const prepared = walletWith(scriptedFetch()).prepare('payments.capture', { advanced_payment_id: 7 })
  it.each([
    ['operation', { operation: 'payments.steal' }],
    ['operation', { operation: 'toString' }],
    ['method', { method: 'DELETE' }],
    ['path', { path: 'https://evil.test/v1/advanced_payments/7' }],
    ['path', { path: '@evil.test/v1/advanced_payments/7' }],
    ['path', { path: '/v1/advanced_payments/7/../8' }],
    ['path', { path: '/v1/advanced_payments/7?x=1' }],
    ['path', { path: '/v1/advanced_payments/7#' }],
    ['path', { path: 7 }],
    ['body', { body: { capture: true } }],
    ['body', { body: 'not json' }],
    ['idempotencyKey', { idempotencyKey: null }],
    ['idempotencyKey', { idempotencyKey: 'another' }],
    ['headers.Authorization', { headers: { ...prepared.headers, Authorization: 'Bearer mine' } }],
    ['headers.authorization', { headers: { ...prepared.headers, authorization: 'Bearer mine' } }],
    ['headers.cookie', { headers: { ...prepared.headers, cookie: 'a=b' } }],
    ['headers.x-platform-id', { headers: { ...prepared.headers, 'x-platform-id': 'a\r\nb: c' } }],
  ])('is refused with an issue at %s: %j', async (path, change) => {
    const fetch = scriptedFetch(paid)
    const error = await rejection<InvalidInputError>(walletWith(fetch).send({ ...prepared, ...change } as never))
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error.issues.map((issue) => issue.path)).toContain(path)
    expect(fetch.sent).toHaveLength(0)
  })

  it.each([null, undefined, 'text', 7, []])('is refused if it is %j', async (value) => {
    expect(await rejection(walletWith(scriptedFetch(paid)).send(value as never))).toBeInstanceOf(InvalidInputError)
  })
})

describe('onAttempt', () => {
  it('is called after each attempt, with an event that holds nothing secret', async () => {
    const events: AttemptEvent[] = []
    const fetch = scriptedFetch(json(503, {}, { ...now, 'x-request-id': 'a' }), json(201, approved, { 'x-request-id': 'b' }))
    await walletWith(fetch, { onAttempt: (event) => events.push(event) }).payments.create(aPayment, { idempotencyKey: 'k' })
    const common = { operation: 'payments.create', idempotencyKey: 'k', durationMs: expect.any(Number) }
    expect(events).toEqual([
      { ...common, attempt: 1, verdict: 'lost', status: 503, requestId: 'a' },
      { ...common, attempt: 2, verdict: 'answer', status: 201, requestId: 'b' },
    ])
    expect(JSON.stringify(events)).not.toMatch(/PAYER_TOKEN|TEST-access/)
  })

  it.each([
    () => {
      throw new Error('hook')
    },
    () => Promise.reject(new Error('hook')),
  ])('may throw or reject without any effect on the payment (case %#)', async (hook) => {
    const wallet = walletWith(scriptedFetch(paid), { onAttempt: hook as () => void, onDrift: hook as () => void })
    await expect(wallet.payments.create(aPayment)).resolves.toMatchObject({ id: 10458724 })
  })
})

describe('onDrift', () => {
  it('is called with the optional fields that differ, and the call succeeds', async () => {
    const events: unknown[] = []
    const odd = { ...approved, site_id: 7, payer: 'somebody', payments: [{ id: 1, status: 'brand_new', installments: 'three' }] }
    const wallet = walletWith(scriptedFetch(json(201, odd)), { onDrift: (event) => events.push(event) })
    const payment = await wallet.payments.create(aPayment)
    expect(payment).toMatchObject({ id: 10458724, site_id: 7, payer: 'somebody' })
    expect(events).toEqual([
      {
        operation: 'payments.create',
        issues: [
          { path: 'payments.0.installments', message: 'must be a number' },
          { path: 'payer', message: 'must be an object' },
          { path: 'site_id', message: 'must be a string' },
        ],
        essential: false,
      },
    ])
  })

  const message = 'is not that of the request: the answer may be about something else'
  it.each([
    [
      'payments.create',
      aPayment,
      { ...approved, wallet_payment: { transaction_amount: 7, external_reference: 'Pago_123' } },
      'wallet_payment.transaction_amount',
    ],
    [
      'payments.create',
      aPayment,
      { ...approved, wallet_payment: { transaction_amount: 700.5, external_reference: 'x' } },
      'wallet_payment.external_reference',
    ],
    ['payments.get', { advanced_payment_id: 7 }, approved, 'id'],
    ['payments.capture', { advanced_payment_id: '7' }, approved, 'id'],
    ['agreements.get', { agreement_id: 'abc' }, document('get-agreement.response.200'), 'id'],
  ] as [OperationName, object, object, string][])(
    'is called as essential if the response to %s is about something else',
    async (operation, input, body, path) => {
      const events: unknown[] = []
      const wallet = walletWith(scriptedFetch(json(200, body)), { onDrift: (event) => events.push(event) })
      const { mismatches } = await wallet.send(wallet.prepare(operation, input as never))
      expect(mismatches).toEqual([{ path, message }])
      expect(events).toEqual([{ operation, issues: mismatches, essential: true }])
    },
  )
})
