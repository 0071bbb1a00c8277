import {
  DOCUMENTED_ERRORS,
  type EmulatorOptions,
  type FaultName,
  type Injection,
  type OperationName,
  type Phase,
} from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { endOf, type LinkedEmulator, startLinked } from '../../support/emulator/linked-emulator.ts'
import { agreements, payments } from '../../support/emulator/raw-emulator.ts'

const HOUR_MS = 3_600_000

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
    const setup = await startLinked()
    setup.emulator.faults.inject({ fault, ...(phase && { phase }) })
    // Chromium says the same of every body that breaks.
    expect(await aborted(setup.pay)).toEqual({ failure: expect.stringMatching(/^(Error: enough|TypeError: Failed to fetch)$/) })
    expect(setup.charges()).toBe(charges)
  })

  it.each(['slow_headers', 'slow_body'] as const)('ends when the clock has moved by delayMs: %s', async (fault) => {
    const { emulator, pay } = await startLinked()
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
    const { pay, charges } = await startLinked()
    expect(await endOf(pay({ signal: AbortSignal.abort(new Error('enough')) }))).toEqual({ failure: 'Error: enough' })
    expect(charges()).toBe(0)
  })
})

describe('a fault of the body', () => {
  const bytesOf = async ({ emulator, pay }: LinkedEmulator, fault: FaultName) => {
    emulator.faults.inject({ fault })
    return new Uint8Array(await (await pay()).arrayBuffer())
  }

  it('bom puts three bytes before the JSON', async () => {
    expect([...(await bytesOf(await startLinked(), 'bom')).slice(0, 4)]).toEqual([0xef, 0xbb, 0xbf, 0x7b])
  })

  it('huge_body adds ten megabytes to the JSON', async () => {
    const bytes = await bytesOf(await startLinked(), 'huge_body')
    expect(bytes.length).toBeGreaterThan(10_000_000)
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ status: 'approved' })
  })

  it('body_cut_by_length keeps the Content-Length of the whole body', async () => {
    const { emulator, pay } = await startLinked()
    emulator.faults.inject({ fault: 'body_cut_by_length' })
    const response = await pay()
    const said = Number(response.headers.get('content-length'))
    expect((await response.text()).length).toBe(Math.ceil(said / 2))
  })
})

describe('a fault of the state', () => {
  it('late_arrival takes effect once and later, and with its key', async () => {
    const { emulator, pay, charges } = await startLinked()
    emulator.faults.inject({ fault: 'late_arrival', delayMs: HOUR_MS })
    await endOf(pay())
    await emulator.clock.advance(HOUR_MS)
    expect(charges()).toBe(1)
    expect((await pay()).status).toBe(200)
  })

  it('in_progress_forever blocks its key and no other', async () => {
    const { emulator, pay, charges } = await startLinked()
    emulator.faults.inject({ fault: 'in_progress_forever', phase: 'before' })
    for (let i = 0; i < 3; i++) expect((await pay()).status).toBe(409)
    expect((await pay({ headers: { 'x-idempotency-key': 'key-2' } })).status).toBe(201)
    expect(charges()).toBe(1)
  })

  it('key_forgotten lets the same key charge again after its delay', async () => {
    const { emulator, pay, charges } = await startLinked()
    emulator.faults.inject({ fault: 'key_forgotten', delayMs: HOUR_MS })
    await pay()
    expect((await pay()).status).toBe(200)
    await emulator.clock.advance(HOUR_MS)
    expect((await pay()).status).toBe(201)
    expect(charges()).toBe(2)
  })

  it('key_forgotten lets the same key refund again', async () => {
    const { emulator, pay, json, send } = await startLinked()
    const { id } = await json(pay())
    emulator.faults.inject({ fault: 'key_forgotten', operation: 'payments.refund', delayMs: HOUR_MS })
    const refund = async () => (await json(send('POST', `${payments}/${id}/refunds`, { amount: 2 })))[0].id
    const first = await refund()
    expect(await refund()).toBe(first)
    await emulator.clock.advance(HOUR_MS)
    expect(await refund()).not.toBe(first)
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_refunded')).toHaveLength(2)
  })

  it('executed_twice keeps the first response for the key', async () => {
    const { emulator, pay, json } = await startLinked()
    emulator.faults.inject({ fault: 'executed_twice' })
    const { id } = await json(pay())
    expect((await json(pay())).id).toBe(id)
  })

  it('search_lagging hides recent payments and shows old ones', async () => {
    const { emulator, pay, search } = await startLinked()
    await pay()
    await emulator.clock.advance(HOUR_MS)
    await pay({ headers: { 'x-idempotency-key': 'key-2' } })
    emulator.faults.inject({ fault: 'search_lagging' })
    expect(await search()).toMatchObject({ paging: { total: 1 }, results: [{}] })
    expect((await search()).results).toHaveLength(2)
  })

  it('search_lagging can hide a day, in which the payment can be read by its id', async () => {
    const { emulator, pay, json, search, send } = await startLinked()
    const { id } = await json(pay())
    emulator.faults.inject({ fault: 'search_lagging', delayMs: 24 * HOUR_MS, times: 2 })
    await emulator.clock.advance(24 * HOUR_MS - 1)
    expect((await search()).results).toEqual([])
    expect((await json(send('GET', `${payments}/${id}`))).id).toBe(id)
    await emulator.clock.advance(1)
    expect((await search()).results).toHaveLength(1)
  })

  it('search_duplicating returns everything twice', async () => {
    const { emulator, pay, search } = await startLinked()
    await pay()
    emulator.faults.inject({ fault: 'search_duplicating' })
    const { paging, results } = await search()
    expect(paging.total).toBe(2)
    expect(results[0]).toEqual(results[1])
  })

  it('agreement_cancelled cancels the agreement, and notifies the seller', async () => {
    const { emulator, pay, agreement_id } = await startLinked()
    emulator.faults.inject({ fault: 'agreement_cancelled' })
    await pay()
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'agreement_cancelled', agreement_id })
  })
})

describe('a fault of a write', () => {
  type Send = LinkedEmulator['send']
  /** A request of each operation that changes something, ready to be sent, and what it does. */
  const writes: [OperationName, effect: string, (setup: LinkedEmulator) => Promise<Parameters<Send>>][] = [
    ['agreements.create', 'agreement_created', async () => ['POST', agreements, agreement]],
    ['agreements.cancel', 'agreement_cancelled', async ({ agreement_id }) => ['DELETE', `${agreements}/${agreement_id}`]],
    ['agreements.createPayerToken', 'payer_token_created', exchange],
    ['discounts.create', 'discount_promised', promise],
    ['payments.create', 'payment_charged', async ({ payment }) => ['POST', payments, payment]],
    ['payments.capture', 'payment_captured', async (setup) => ['PUT', await reserved(setup), { capture: true }]],
    ['payments.cancel', 'payment_cancelled', async (setup) => ['PUT', await reserved(setup), { status: 'cancelled' }]],
    ['payments.refund', 'payment_refunded', async (setup) => ['POST', `${await paid(setup)}/refunds`, { amount: 2 }]],
  ]
  const agreement = { return_uri: 'https://shop.example', external_flow_id: 'flow-2', external_user: { id: 'another' } }
  const KEY = { headers: { 'x-idempotency-key': 'the-key' } }

  async function exchange({ emulator, json, send }: LinkedEmulator): Promise<Parameters<Send>> {
    const { agreement_id } = await json(send('POST', agreements, agreement))
    const { code } = emulator.buyer.approve(agreement_id)
    return ['POST', `${agreements}/${agreement_id}/payer_token`, { code }]
  }
  async function promise({ emulator, payment }: LinkedEmulator): Promise<Parameters<Send>> {
    emulator.coupons.add({ type: 'fixed', value: 1, cap: 1 })
    return ['POST', '/v2/wallet_connect/discounts', { amount: 10 }, { headers: { 'x-payer-token': payment.payer.token } }]
  }
  const paid = async ({ json, pay }: LinkedEmulator) => `${payments}/${(await json(pay())).id}`
  const reserved = async ({ json, send, payment }: LinkedEmulator) =>
    `${payments}/${(await json(send('POST', payments, { ...payment, capture: false }))).id}`

  /** The end of the request under the fault, and how often it takes effect. */
  async function under(
    fault: FaultName,
    write: (typeof writes)[number],
    { options, ...injection }: Partial<Injection> & { options?: EmulatorOptions } = {},
  ) {
    const [operation, effect, prepare] = write
    const setup = await startLinked(options)
    const { emulator, send } = setup
    const [method, path, body, init = {}] = await prepare(setup)
    const before = emulator.effects.length
    emulator.faults.inject({ fault, operation, ...injection })
    const end = await endOf(send(method, path, body, { headers: { ...KEY.headers, ...(init.headers as object) } }))
    const effects = emulator.effects.slice(before).filter(({ kind }) => kind === effect).length
    return { ...setup, end, effects, again: () => endOf(send(method, path, body, KEY)) }
  }

  it.each(writes)('executed_but_refused carries out %s once, and answers 400', async (...write) => {
    expect(await under('executed_but_refused', write)).toMatchObject({ end: { status: 400 }, effects: 1 })
  })

  it.each(writes)('executed_but_refused and documented_error answer %s alike', async (...write) => {
    const { end } = await under('documented_error', write)
    expect((await under('executed_but_refused', write)).end).toMatchObject({ status: 400, text: 'text' in end && end.text })
  })

  it('executed_but_refused answers with the error that is named, and keeps the key', async () => {
    const create = writes.find(([name]) => name === 'payments.create')
    if (!create) throw new Error('There is no payments.create')
    const { end, again, charges } = await under('executed_but_refused', create, { error: '401003' })
    expect(end).toMatchObject({ status: 401, text: expect.stringContaining('"401003"') })
    expect(await again()).toMatchObject({ status: 200, text: expect.stringContaining('"approved"') })
    expect(charges()).toBe(1)
  })

  it.each(writes)('request_duplicated sends %s twice, and answers the second time', async (...write) => {
    const [operation] = write
    const isOver = operation === 'agreements.createPayerToken'
    const { end, effects } = await under('request_duplicated', write)
    expect(end).toMatchObject({ status: isOver ? 400 : 200 })
    expect(effects).toBe(operation === 'agreements.create' ? 2 : 1)
  })

  it.each<[EmulatorOptions, OperationName, status: number, effects: number]>([
    [{ changeKeys: 'ignored' }, 'payments.capture', 400, 1],
    [{ changeKeys: 'ignored' }, 'payments.cancel', 400, 1],
    [{ cancelTwice: 'refused' }, 'agreements.cancel', 400, 1],
    [{ refundKeys: 'ignored' }, 'payments.refund', 200, 2],
    [{ replayOfPaid: 409 }, 'payments.create', 409, 1],
  ])('request_duplicated with %j answers %s with %i after %i effects', async (options, operation, status, effects) => {
    const write = writes.find(([name]) => name === operation)
    if (!write) throw new Error(`There is no ${operation}`)
    expect(await under('request_duplicated', write, { options })).toMatchObject({ end: { status }, effects })
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
    const { emulator, send } = await startLinked()
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
      const { emulator, pay, charges } = await startLinked()
      emulator.faults.inject({ fault: 'redirect_same_origin', phase })
      expect(await endOf(pay())).toMatchObject({ text: expect.stringContaining('"approved"') })
      expect(charges()).toBe(1)
    }
  })

  it('to another origin rejects when it is followed', async () => {
    const { emulator, pay } = await startLinked()
    emulator.faults.inject({ fault: 'redirect_other_origin', phase: 'before' })
    expect(await endOf(pay())).toEqual({ failure: 'TypeError: fetch failed' })
  })
})

describe('a fault of a notification', () => {
  async function delivered(fault?: FaultName, more: Partial<Injection> = {}) {
    const setup = await startLinked()
    setup.emulator.notifications.configure({ url: 'https://shop.example/hooks', secret: 'a-secret' })
    if (fault) setup.emulator.faults.inject({ fault, ...more })
    await setup.pay()
    setup.emulator.buyer.cancel(setup.agreement_id)
    const now = await setup.emulator.notifications.drain()
    await setup.emulator.clock.advance(HOUR_MS)
    const later = await setup.emulator.notifications.drain()
    const name = ({ body }: { body: string }) => JSON.parse(body).type
    return { now: now.map(name), later: later.map(name), deliveries: [...now, ...later], ...setup }
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
    const { emulator, pay } = await startLinked()
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
