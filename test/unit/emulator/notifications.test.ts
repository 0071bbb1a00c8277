import fc from 'fast-check'
import type { Delivery, EmulatorOptions, NotificationTarget } from 'mercadopago-wallet-connect/emulator'
import { parseNotification, verifyNotification } from 'mercadopago-wallet-connect/notifications'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { describeRules, inSequence, type NotificationRule } from '../../support/emulator/observed-options.ts'
import { agreements, payments, start } from '../../support/emulator/raw-emulator.ts'

const DAY_MS = 24 * 3_600_000
const MINUTE_MS = 60_000
const secret = 'a-secret'
const url = 'https://shop.example/hooks'

const bodyOf = ({ body }: Delivery) => JSON.parse(body)
const actionsOf = (deliveries: readonly Delivery[]) => deliveries.map((delivery) => bodyOf(delivery).action)
const verified = (delivery: Delivery) => verifyNotification(delivery, { secrets: secret })

/** A shop that receives notifications. */
function listening(target: Partial<NotificationTarget> = {}, options: EmulatorOptions = {}) {
  const started = start(options)
  const { notifications } = started.emulator
  const { fetch, timeoutMs } = target
  notifications.configure({
    url: target.url ?? url,
    secret: target.secret ?? secret,
    ...(fetch && { fetch }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  return { ...started, notifications, drain: () => notifications.drain() }
}

/** The same shop with a linked buyer, after the notification of that. */
async function linked(options: EmulatorOptions = {}) {
  const started = listening({}, options)
  const wallet = await started.link()
  await started.drain()
  return { ...started, ...wallet }
}
type Shop = Awaited<ReturnType<typeof linked>>

/** A target that answers with each of these in turn, then 200. */
function answering(...answers: (number | 'network_error' | 'silence')[]) {
  const requests: { url: string; init: RequestInit }[] = []
  const fetch = (async (address: string, init: RequestInit) => {
    requests.push({ url: address, init })
    const answer = answers.shift() ?? 200
    if (answer === 'network_error') throw new TypeError('fetch failed')
    return answer === 'silence' ? new Promise(() => {}) : new Response(null, { status: answer })
  }) as typeof globalThis.fetch
  return { fetch, requests, timeoutMs: 5 }
}

/** Minutes after the first delivery. */
const minutesOf = ([first, ...repeats]: readonly Delivery[]) =>
  repeats.map(({ at }) => (Date.parse(at) - Date.parse(first?.at ?? '')) / MINUTE_MS)

describe('notifications', () => {
  it.each([
    [{ url: 'shop.example/hooks' }, 'url must be an absolute URL, and shop.example/hooks is not'],
    [{ url: '' }, 'url must be an absolute URL'],
    [{ secret: '' }, 'secret must be a string that is not empty'],
    [{ secret: undefined }, 'secret must be a string that is not empty'],
  ])('configure refuses %j', (change, message) => {
    const { notifications } = start().emulator
    expect(() => notifications.configure({ url, secret, ...change } as NotificationTarget)).toThrow(message)
  })

  it('are not collected before configure', async () => {
    const { emulator, link } = start()
    await link()
    emulator.notifications.configure({ url, secret })
    expect(await emulator.notifications.drain()).toEqual([])
  })

  it('are collected without a fetch, and not repeated', async () => {
    const { drain, emulator, propose } = listening()
    emulator.buyer.approve(await propose())
    await emulator.clock.advance(DAY_MS)
    expect(await drain()).toMatchObject([{ at: '2026-01-01T00:00:00Z', attempt: 1, responseStatus: 'collected' }])
  })

  it('are returned by drain once, and stay in deliveries', async () => {
    const { drain, notifications, emulator, link } = listening()
    const { id } = await link()
    expect(actionsOf(await drain())).toEqual(['status.updated'])
    expect(await drain()).toEqual([])
    emulator.buyer.changePaymentMethod(id, null)
    emulator.buyer.cancel(id)
    expect(actionsOf(await drain())).toEqual(['payment_method.updated', 'status.updated'])
    expect(actionsOf(notifications.deliveries)).toEqual(['status.updated', 'payment_method.updated', 'status.updated'])
  })

  it('are returned as copies', async () => {
    const { drain, notifications, link } = listening()
    await link()
    for (const delivery of [...(await drain()), ...notifications.deliveries]) Object.assign(delivery, { body: 'mine' })
    expect(notifications.deliveries[0]?.body).not.toBe('mine')
  })

  it('go to the last configured target, which a reset keeps while it empties deliveries', async () => {
    const { notifications, emulator, propose, drain } = listening()
    notifications.configure({ url: 'https://other.example/?customer=x', secret })
    emulator.reset()
    emulator.buyer.approve(await propose())
    expect((await drain()).map((delivery) => new URL(delivery.url).host)).toEqual(['other.example'])
    emulator.reset()
    expect(notifications.deliveries).toEqual([])
  })
})

describe('an event of an agreement', () => {
  it.each<[string, string, (shop: ReturnType<typeof listening>, id: string) => unknown]>([
    ['is confirmed', 'confirmed', ({ emulator }, id) => emulator.buyer.approve(id)],
    [
      'is confirmed on the page',
      'confirmed',
      ({ emulator }, id) =>
        emulator.fetch(`${emulator.origin}/v1/wallet_agreement/${id}`, {
          method: 'POST',
          body: 'decision=approve',
          redirect: 'manual',
        }),
    ],
    ['is unlinked', 'cancelled', ({ emulator }, id) => emulator.buyer.cancel(id)],
    ['is cancelled', 'cancelled', ({ call }, id) => call('DELETE', `${agreements}/${id}`)],
  ])('has the fields of the guide after the buyer %s: %s', async (_, name, act) => {
    const shop = listening({ url: `${url}?customer=x` })
    const id = await shop.propose()
    await shop.emulator.clock.advance(1_500)
    await act(shop, id)
    const [delivery, ...others] = await shop.drain()
    if (!delivery) throw new Error('nothing came')
    expect(others).toEqual([])

    const body = bodyOf(delivery)
    const sample = document<{ data: object }>(`webhook.wallet-connect.agreement-${name}`)
    expect(body).toEqual({ ...sample, id: expect.any(String), date: '2026-01-01T00:00:01Z', data: { ...sample.data, id } })
    expect(body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(delivery.url).toBe(`${url}?customer=x&data.id=${id}&type=wallet_connect`)
    expect(delivery.headers).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await verified(delivery)).toMatchObject({ topic: 'wallet_connect', resource: 'agreement', resourceId: id })
  })

  it('only says that the payment method has changed', async () => {
    const { emulator, id, drain } = await linked()
    emulator.buyer.changePaymentMethod(id, { payment_type_id: 'credit_card', payment_method_id: 'visa' })
    const [delivery] = await drain()
    const sample = document('webhook.wallet-connect.payment-method-updated')
    expect(delivery && bodyOf(delivery)).toEqual({
      ...sample,
      id: expect.any(String),
      date: '2026-01-01T00:00:00Z',
      data: { id },
    })
  })

  it.each<[string, (shop: Shop) => unknown]>([
    ['proposal', ({ propose }) => propose('other')],
    ['refusal', async ({ emulator, propose }) => emulator.buyer.refuse(await propose('other'))],
    ['expiry', ({ emulator }) => emulator.clock.advance(365 * DAY_MS)],
    ['read', ({ call, id }) => call('GET', `${agreements}/${id}`)],
    [
      'failed approval',
      async ({ emulator, propose }) => expect(async () => emulator.buyer.approve(await propose())).rejects.toThrow(),
    ],
  ])('is not sent for a %s', async (_, act) => {
    const shop = await linked()
    await act(shop)
    expect(await shop.drain()).toEqual([])
  })

  it('is not sent for a second cancellation', async () => {
    const { emulator, call, id, drain } = await linked()
    emulator.buyer.cancel(id)
    await call('DELETE', `${agreements}/${id}`)
    expect(await drain()).toHaveLength(1)
  })
})

describe('an event of a payment', () => {
  const undecided = { status: 'pending', status_detail: 'pending_challenge' }
  const approved = { status: 'approved', status_detail: 'accredited' }

  it('has the fields of the guide, and the id of the inner payment', async () => {
    const { pay, token, drain } = await linked()
    const { body } = await pay(token)
    const [delivery] = await drain()
    if (!delivery) throw new Error('nothing came')
    const inner = String(body.payments[0].id)
    expect(bodyOf(delivery)).toEqual({
      ...document('webhook.payment'),
      id: expect.any(Number),
      date_created: '2025-12-31T20:00:00.000-04:00',
      user_id: 783789745,
      data: { id: inner },
    })
    expect(delivery.url).toBe(`${url}?data.id=${inner}&type=payment`)
    expect(await verified(delivery)).toMatchObject({ resource: 'payment', resourceId: inner, action: 'payment.created' })
  })

  it.each<[string, number, (shop: Shop, id: number) => unknown, object?]>([
    ['capture', 1, ({ call }, id) => call('PUT', `${payments}/${id}`, { capture: true }), { capture: false }],
    ['cancellation', 1, ({ call }, id) => call('PUT', `${payments}/${id}`, { status: 'cancelled' }), { capture: false }],
    ['refund', 1, ({ refund }, id) => refund(id)],
    ['refund in two parts', 2, async ({ refund }, id) => [await refund(id, 1), await refund(id)]],
    ['decision', 1, ({ emulator }, id) => emulator.processor.settle(id, approved), { decide: undecided }],
    ['expiry', 1, ({ emulator }) => emulator.clock.advance(30 * DAY_MS), { decide: undecided }],
    ['chargeback', 1, ({ emulator }, id) => emulator.processor.settle(id, { status: 'charged_back', status_detail: 'settled' })],
    [
      'refund by Mercado Pago',
      1,
      ({ emulator }, id) => emulator.processor.settle(id, { status: 'refunded', status_detail: 'by_admin' }),
    ],
    ['read', 0, ({ read }, id) => read(id)],
    ['refused refund', 0, ({ refund }, id) => refund(id, 1_000)],
    ['repeat', 0, ({ pay, token }) => pay(token, 100, { binary_mode: false }, 'k')],
  ])(
    'is sent as payment.updated after a %s, this many times: %i',
    async (_, times, act, { decide, ...more }: { decide?: typeof undecided } = {}) => {
      const shop = await linked()
      if (decide) shop.emulator.processor.decideNext(decide)
      const { body } = await shop.pay(shop.token, 100, { binary_mode: false, ...more }, 'k')
      await shop.drain()
      await act(shop, body.id)
      const deliveries = await shop.drain()
      expect(actionsOf(deliveries)).toEqual(Array(times).fill('payment.updated'))
      for (const delivery of deliveries) expect(bodyOf(delivery).data.id).toBe(String(body.payments[0].id))
    },
  )

  it('is not sent for a payment without inner id', async () => {
    const { pay, token, drain } = await linked({ balance: 0 })
    expect((await pay(token)).body).toMatchObject({ status: 'rejected', payments: [{ id: null }] })
    expect(await drain()).toEqual([])
  })

  it('has a unique id', async () => {
    const { pay, token, drain } = await linked()
    for (let i = 0; i < 3; i++) await pay(token)
    expect(new Set((await drain()).map((delivery) => bodyOf(delivery).id)).size).toBe(3)
  })

  it.each(['REF-1', undefined])('of 2019 has its printed fields and the external_reference %s', async (external_reference) => {
    const { pay, token, drain, refund } = await linked({ splitterEvents: true, paymentEvents: false })
    const { id } = (await pay(token, 100, { wallet: { external_reference } })).body
    await refund(id)
    const deliveries = await drain()
    const shown = { ...document('webhook.advanced-payment-splitter'), id, user_id: 783789745, application_id: expect.any(Number) }
    const common = { ...shown, date_created: '2025-12-31T20:00:00.000-04:00', data: { id: external_reference ?? '' } }
    expect(deliveries.map(bodyOf)).toEqual([
      { ...common, action: 'splitter.insert', status: 'approved' },
      { ...common, action: 'splitter.update', status: 'refunded' },
    ])
    for (const delivery of deliveries)
      expect(await verified(delivery)).toMatchObject({ resource: 'advanced_payment', resourceId: String(id) })
  })
})

describe('a delivery', () => {
  it('is verified, whatever form of its id is signed and however a reference is written', async () => {
    const letters = fc.constantFrom(...'abzABZ019-_.çÇİß')
    const reference = fc.string({ unit: letters, minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(reference, fc.constantFrom('as_received' as const, 'lower_case' as const), async (reference, signedId) => {
        const { pay, link, drain } = listening({}, { splitterEvents: true, signedId })
        const { token } = await link()
        await pay(token, 100, { wallet: { external_reference: reference } })
        const deliveries = await drain()
        const ids = await inSequence(deliveries, async (delivery) => (await verified(delivery)).matched?.id)
        const isLowered = signedId === 'lower_case' && reference.toLowerCase() !== reference
        expect(ids).toEqual(['as_received', 'as_received', isLowered ? 'lower_cased' : 'as_received'])
      }),
      { numRuns: 50 },
    )
  })

  it('is signed with the secret of the target, and with no other', async () => {
    const { drain, link } = listening({ secret: 'another-secret' })
    await link()
    const [delivery] = await drain()
    if (!delivery) throw new Error('nothing came')
    await expect(verified(delivery)).rejects.toMatchObject({ reason: 'mismatch' })
    expect((await verifyNotification(delivery, { secrets: [secret, 'another-secret'] })).matched?.secret).toBe(1)
  })

  it('has a body that can be read without checking the signature', async () => {
    const { drain, link } = listening({}, { signNotifications: false })
    const { id } = await link()
    const [delivery] = await drain()
    expect(delivery && (await parseNotification(delivery))).toMatchObject({ resourceId: id, matched: null })
  })

  it('is posted to the target, and does not follow redirects', async () => {
    const target = answering()
    const { drain, link } = listening(target)
    await link()
    const [delivery] = await drain()
    const { url, headers, body } = delivery ?? {}
    expect(target.requests).toMatchObject([{ url, init: { method: 'POST', headers, body, redirect: 'manual' } }])
    expect(delivery?.responseStatus).toBe(200)
  })

  it.each([200, 201, 204, 299])('is accepted by a response with status %i', async (status) => {
    const { emulator, notifications, link } = listening(answering(status))
    await link()
    await emulator.clock.advance(3 * DAY_MS)
    expect(notifications.deliveries.map(({ responseStatus }) => responseStatus)).toEqual([status])
  })

  it.each([300, 302, 400, 401, 404, 422, 500, 503, 'network_error', 'silence'] as const)(
    'is repeated after %s',
    async (answer) => {
      const { emulator, notifications, link } = listening(answering(answer))
      await link()
      await emulator.clock.advance(3 * DAY_MS)
      const { deliveries } = notifications
      expect(deliveries.map(({ attempt, responseStatus }) => [attempt, responseStatus])).toEqual([
        [1, typeof answer === 'number' ? answer : null],
        [2, 200],
      ])
      expect(minutesOf(deliveries)).toEqual([answer === 'silence' ? 15 + 22 / 60 : 15])
    },
  )

  it('is repeated nine times with growing waits, and then given up', async () => {
    const { emulator, notifications, link } = listening(answering(...Array(20).fill(500)))
    const { id } = await link()
    await emulator.clock.advance(365 * DAY_MS)
    const { deliveries } = notifications
    expect(minutesOf(deliveries)).toEqual([15, 30, 45, 75, 135, 255, 495, 975, 1_935])
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const keys = await inSequence(deliveries, async (delivery) => (await verified(delivery)).eventKey)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toContain(id)
  })

  it('is repeated until it is accepted, independently of other events', async () => {
    const { emulator, notifications, link, drain } = listening(answering(500, 500, 500))
    const { id } = await link()
    await emulator.clock.advance(15 * MINUTE_MS)
    emulator.buyer.changePaymentMethod(id, null)
    await drain()
    await emulator.clock.advance(DAY_MS)
    const delivered = notifications.deliveries.map(
      (delivery) => `${bodyOf(delivery).action} ${delivery.attempt} ${delivery.responseStatus}`,
    )
    expect(delivered).toEqual([
      'status.updated 1 500',
      'status.updated 2 500',
      'payment_method.updated 1 500',
      'status.updated 3 200',
      'payment_method.updated 2 200',
    ])
  })

  it('is aborted if it is not answered in time', async () => {
    const target = answering('silence')
    const { drain, link } = listening(target)
    await link()
    await drain()
    expect(target.requests[0]?.init.signal?.aborted).toBe(true)
  })

  it('may be handled by a shop that calls the API before it answers', async () => {
    const seen: unknown[] = []
    const shop = start()
    const fetch = (async (address: string) => {
      const id = new URL(address).searchParams.get('data.id')
      seen.push((await shop.call<{ status: string }>('GET', `${agreements}/${id}`)).body.status)
      return new Response(null, { status: 200 })
    }) as typeof globalThis.fetch
    shop.emulator.notifications.configure({ url, secret, fetch })
    shop.emulator.buyer.approve(await shop.propose())
    await shop.emulator.notifications.drain()
    expect(seen).toEqual(['confirmed_by_user'])
  })

  it('is part of a snapshot while it waits for its repeat', async () => {
    const { emulator, notifications, link, drain } = listening(answering(500))
    await link()
    await drain()
    const snapshot = JSON.parse(JSON.stringify(emulator.snapshot()))
    emulator.reset()
    emulator.restore(snapshot)
    await emulator.clock.advance(15 * MINUTE_MS)
    expect(notifications.deliveries.map(({ attempt, responseStatus }) => [attempt, responseStatus])).toEqual([
      [1, 500],
      [2, 200],
    ])
  })
})

/** The notifications of an approved agreement and of a payment. */
async function delivered(options: EmulatorOptions): Promise<Delivery[]> {
  const { pay, link, drain } = listening({}, options)
  const { token } = await link()
  await pay(token, 100, { wallet: { external_reference: 'REF-1' } })
  return drain()
}

const topics = async (options: EmulatorOptions) =>
  (await delivered(options)).map(({ url }) => new URL(url).searchParams.get('type'))

const matches = async (options: EmulatorOptions, name: 'id' | 'unit') =>
  inSequence(await delivered(options), async (delivery) => (await verified(delivery)).matched?.[name])

/** What comes of a notification that is never accepted. */
async function repeated(options: EmulatorOptions, answer: 'silence' | 500): Promise<readonly Delivery[]> {
  const { emulator, notifications, link } = listening(answering(...Array(20).fill(answer)), options)
  await link()
  await emulator.clock.advance(2 * DAY_MS)
  return notifications.deliveries
}

describeRules<NotificationRule>({
  paymentEvents: [topics, ['wallet_connect', 'payment'], [true, ['wallet_connect', 'payment']], [false, ['wallet_connect']]],
  splitterEvents: [
    topics,
    ['wallet_connect', 'payment'],
    [false, ['wallet_connect', 'payment']],
    [true, ['wallet_connect', 'payment', 'splitter']],
  ],
  testEvents: [topics, ['wallet_connect', 'payment'], [true, ['wallet_connect', 'payment']], [false, []]],
  eventIds: [
    async (options) => {
      const { id, data } = JSON.parse((await delivered(options))[0]?.body ?? '')
      return id === data.id
    },
    false,
    ['distinct', false],
    ['agreement_id', true],
  ],
  signNotifications: [
    async (options) => (await delivered(options)).map(({ headers }) => Object.hasOwn(headers, 'x-signature')),
    [true, true],
    [true, [true, true]],
    [false, [false, false]],
  ],
  notificationUserAgent: [
    async (options) => (await delivered(options)).map(({ headers }) => headers['user-agent']),
    Array(2).fill('MercadoPago WebHook v1.0'),
    ['bare', Array(2).fill('MercadoPago WebHook v1.0')],
    ['with_type', ['MercadoPago WebHook v1.0 wallet_connect', 'MercadoPago WebHook v1.0 payment']],
  ],
  signedId: [
    (options) => matches({ splitterEvents: true, ...options }, 'id'),
    ['as_received', 'as_received', 'as_received'],
    ['as_received', ['as_received', 'as_received', 'as_received']],
    ['lower_case', ['as_received', 'as_received', 'lower_cased']],
  ],
  timestampUnit: [(options) => matches(options, 'unit'), ['s', 's'], ['s', ['s', 's']], ['ms', ['ms', 'ms']]],
  deliveryTimeoutMs: [
    async (options) => minutesOf(await repeated({ retryDelaysMs: [60_000, 60_000], ...options }, 'silence')),
    [1 + 22 / 60, 2 + 44 / 60],
    [300_000, [6, 12]],
    [0, [1, 2]],
  ],
  retryDelaysMs: [
    async (options) => minutesOf(await repeated(options, 500)),
    [15, 30, 45, 75, 135, 255, 495, 975, 1_935],
    [
      [300_000, 0],
      [5, 5],
    ],
    [[60_000, Number.POSITIVE_INFINITY, 1], [1]],
    [[], []],
  ],
  redeliveryHeaders: [
    async (options) => {
      const deliveries = await repeated(options, 500)
      const of = (read: (delivery: Delivery) => unknown) => new Set(deliveries.map(read)).size
      const signature = of(({ headers }) => headers['x-signature'])
      return [of(({ body }) => body), of(({ headers }) => headers['x-request-id']), signature]
    },
    [1, 10, 10],
    ['new_request_id_and_ts', [1, 10, 10]],
    ['the_same', [1, 1, 1]],
  ],
})
