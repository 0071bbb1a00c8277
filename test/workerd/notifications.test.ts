import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { signNotification } from 'mercadopago-wallet-connect/notifications'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ListedNotification, NotificationState, QueuedPointer } from '../../playground/notifications/inbox-object.ts'
import worker from '../../playground/worker.ts'
import { EVENTS_SECRET, FORMER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/secrets/secrets.ts'
import {
  asBackend,
  backend,
  linkThrough,
  ORIGIN,
  playMercadoPago,
  receive,
  throughWorker,
  upstreamIs,
} from '../support/workerd/fixtures.ts'

let emulator: Emulator
let agreement_id: string
let handle: string
/** What the merchant received, and the status that it answers with. */
let merchant: {
  received: { body: string; headers: Record<string, string>; redirect: string }[]
  status: number
  answersAfter?: Promise<void>
}
/** Requests that reached Mercado Pago. */
let requested: string[]

beforeEach(async () => {
  emulator = playMercadoPago()
  merchant = { received: [], status: 200 }
  requested = []
  upstreamIs(async (input, init) => {
    const request = new Request(input, init)
    if (new URL(request.url).hostname !== 'shop.example') {
      requested.push(`${request.method} ${new URL(request.url).pathname}`)
      return emulator.fetch(request)
    }
    merchant.received.push({
      body: await request.text(),
      headers: Object.fromEntries(request.headers),
      redirect: request.redirect,
    })
    await merchant.answersAfter
    return new Response('ok', { status: merchant.status })
  })
  const linked = await linkThrough(backend(), emulator)
  agreement_id = linked.agreement_id
  handle = linked.payer_token
  requested.length = 0
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Has the merchant receive and not answer, until the returned function is called. */
function holdMerchant(): () => void {
  let answer = (): void => {}
  merchant.answersAfter = new Promise((resolve) => {
    answer = resolve
  })
  return () => answer()
}

const eventAt = (index: number): unknown => JSON.parse(merchant.received[index]?.body ?? 'null')

type Event = Partial<Parameters<typeof signNotification>[0]>

/** A delivery of an event, as Mercado Pago sends it. */
const signed = (change: Event = {}): Promise<Request> =>
  signNotification({
    secret: WEBHOOK_SECRET,
    url: `${ORIGIN}/notifications`,
    topic: 'wallet_connect',
    action: 'status.updated',
    data: { id: agreement_id, status: 'cancelled' },
    fields: { id: 'event-1', entity: 'agreement', version: 0 },
    ...change,
  })
const unsigned = async (change: Event = {}): Promise<Request> => {
  const request = new Request(await signed(change))
  request.headers.delete('x-signature')
  return request
}

const inboxes = () => [0, 1, 2, 3].map((index) => env.INBOX.getByName(`shard-${index}`))
const listed = async (state: NotificationState): Promise<ListedNotification[]> =>
  (await Promise.all(inboxes().map((inbox) => inbox.list(state, 99) as Promise<ListedNotification[]>))).flat()
const everything = async (): Promise<ListedNotification[]> =>
  (await Promise.all((['received', 'queued', 'delivered', 'ignored', 'dead'] as const).map(listed))).flat()

/** Runs the queue consumer with one message. */
async function consume(pointer: Omit<QueuedPointer, 'topic' | 'action'>, attempts = 1, queue = 'wallet-connect-notifications') {
  const body: QueuedPointer = { topic: 'wallet_connect', action: null, ...pointer }
  const batch = createMessageBatch<QueuedPointer>(queue, [{ id: 'm1', timestamp: new Date(), attempts, body }])
  const retry = vi.spyOn(batch.messages[0] as Message<QueuedPointer>, 'retry')
  await worker.queue(batch, env)
  const delays = retry.mock.calls.map(([options]) => options?.delaySeconds)
  return { ...(await getQueueResult(batch, createExecutionContext())), delays }
}
const rowsThatAre = (state: NotificationState) =>
  vi.waitFor(
    async () => {
      const rows = await listed(state)
      expect(rows.length).toBeGreaterThan(0)
      return rows
    },
    { timeout: 10_000, interval: 100 },
  )

describe('POST /notifications', () => {
  it('stores a signed event before it answers, and delivers it to the merchant, who can verify it', async () => {
    emulator.buyer.cancel(agreement_id)
    const response = await receive(await signed())
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await everything()).toMatchObject([{ topic: 'wallet_connect', resourceId: agreement_id, isVerified: true }])

    await rowsThatAre('delivered')
    expect(merchant.received).toHaveLength(1)
    const { body = '', headers = {} } = merchant.received[0] ?? {}
    expect(new Webhook(EVENTS_SECRET).verify(body, headers)).toMatchObject({
      type: 'agreement.updated',
      data: { id: agreement_id, status: 'cancelled' },
    })
    expect(body).not.toContain('validation_code')
  })

  it('sends what Mercado Pago says, not what the notification says', async () => {
    await receive(await signed({ data: { id: agreement_id, status: 'cancelled' } }))
    await rowsThatAre('delivered')
    expect(eventAt(0)).toMatchObject({ data: { status: 'confirmed_by_user' } })
    expect(requested).toEqual([`GET /v2/wallet_connect/agreements/${agreement_id}`])
  })

  it('sends the advanced payment for a notification about its inner payment', async () => {
    const payment = await backend().payments.create({
      wallet_payment: { transaction_amount: 10, external_reference: 'order-1' },
      payer: { token: handle },
    })
    const inner = payment.payments?.[0]?.id ?? 0
    expect(inner).not.toBe(payment.id)
    await receive(await signed({ topic: 'payment', action: 'payment.updated', data: { id: inner }, fields: { id: 7 } }))
    await rowsThatAre('delivered')
    expect(eventAt(0)).toMatchObject({ type: 'advanced_payment.updated', data: { id: payment.id } })
  })

  it('delivers an event once, however often it is received', async () => {
    for (let time = 0; time < 5; time++) expect((await receive(await signed())).status).toBe(200)
    await rowsThatAre('delivered')
    expect((await receive(await signed())).status).toBe(200)
    expect(await everything()).toHaveLength(1)
    expect(merchant.received).toHaveLength(1)
  })

  it('accepts the former secret during a rotation', async () => {
    await receive(await signed({ secret: FORMER_WEBHOOK_SECRET }))
    expect(await everything()).toMatchObject([{ isVerified: true }])
  })

  it('follows up a signed notification after a hint, and sends the state that the hint has told once', async () => {
    expect((await receive(await unsigned())).status).toBe(200)
    await rowsThatAre('delivered')
    expect((await receive(await signed())).status).toBe(200)
    await vi.waitFor(async () => expect(await listed('delivered')).toHaveLength(2), { timeout: 10_000 })
    expect((await everything()).map(({ isVerified }) => isVerified).sort()).toEqual([false, true])
    expect(merchant.received).toHaveLength(1)
  })

  it('sends one event with one id when created, updated, IPN and the split tell of a payment in one state', async () => {
    const payment = await backend().payments.create({
      wallet_payment: { transaction_amount: 10, external_reference: 'order-1' },
      payer: { token: handle },
    })
    const id = payment.payments?.[0]?.id ?? 0
    const of = (change: Event) => signed({ topic: 'payment', data: { id }, ...change })
    await receive(await of({ action: 'payment.created', fields: { id: 7 } }))
    await receive(await of({ action: 'payment.updated', fields: { id: 8 } }))
    await receive(new Request(`${ORIGIN}/notifications?topic=payment&id=${id}`, { method: 'POST' }))
    const split = { action: 'splitter.update', id: payment.id, data: { id: 'order-1' } }
    await throughWorker('/notifications', { method: 'POST', body: JSON.stringify(split) })
    await vi.waitFor(async () => expect(await listed('delivered')).toHaveLength(3), { timeout: 15_000 })
    expect(merchant.received).toHaveLength(1)
  })

  it('sends a state again when it comes back after another', async () => {
    const deliver = async (count: number) => {
      await receive(await signed())
      await vi.waitFor(() => expect(merchant.received).toHaveLength(count), { timeout: 10_000 })
      await vi.waitFor(async () => expect(await listed('queued')).toEqual([]), { timeout: 10_000 })
    }
    const before = emulator.snapshot()
    await deliver(1)
    emulator.buyer.cancel(agreement_id)
    await deliver(2)
    emulator.restore(before)
    await deliver(3)
    expect([0, 1, 2].map((index) => (eventAt(index) as { data: { status: string } }).data.status)).toEqual([
      'confirmed_by_user',
      'cancelled',
      'confirmed_by_user',
    ])
  })

  it('is not silenced by a replayed signature whose body claims the event that comes next', async () => {
    const captured = await signed()
    const next = { id: 'event-2', entity: 'agreement', version: 1 }
    const replayed = new Request(captured.url, {
      method: 'POST',
      headers: captured.headers,
      body: JSON.stringify({ ...next, type: 'wallet_connect', action: 'status.updated', data: { status: 'cancelled' } }),
    })
    await receive(replayed)
    await rowsThatAre('delivered')
    emulator.buyer.cancel(agreement_id)
    await receive(await signed({ fields: next }))
    await vi.waitFor(() => expect(merchant.received).toHaveLength(2), { timeout: 10_000 })
    expect(eventAt(1)).toMatchObject({ data: { status: 'cancelled' } })
  })

  it('makes no further events of a replayed signature with made-up bodies', async () => {
    const captured = await signed()
    for (let index = 0; index < 5; index++) {
      const body = JSON.stringify({ id: `made-up-${index}`, version: index, type: 'wallet_connect', action: `a${index}` })
      expect((await receive(new Request(captured.url, { method: 'POST', headers: captured.headers, body }))).status).toBe(200)
    }
    await rowsThatAre('delivered')
    expect(await everything()).toHaveLength(1)
    expect(merchant.received).toHaveLength(1)
  })

  it.each([
    ['a signature over no id', { type: 'wallet_connect', 'data.id': null }, (id: string) => ({ data: { id } })],
    ['an id beside the signed one', { type: null, 'data.id': 'signed' }, (id: string) => ({ action: 'splitter.update', id })],
  ])('treats %s as a hint about what its body names', async (_, query, bodyFor) => {
    const request = await signed({ data: { id: query['data.id'] ?? '' } })
    const url = new URL(request.url)
    for (const [name, value] of Object.entries(query))
      value === null ? url.searchParams.delete(name) : url.searchParams.set(name, value)
    const known = new Request(url, { method: 'POST', headers: request.headers, body: JSON.stringify(bodyFor('of-nobody')) })
    expect((await receive(known)).status).toBe(200)
    expect(await everything()).toEqual([])
  })

  it.each([
    ['signed', signed],
    ['unsigned', unsigned],
  ])('reads again what changed while an earlier %s notification was followed up', async (_, make) => {
    const answer = holdMerchant()
    await receive(await make())
    await vi.waitFor(() => expect(merchant.received).toHaveLength(1), { timeout: 10_000 })
    emulator.buyer.cancel(agreement_id)
    await receive(await make())
    answer()
    await vi.waitFor(() => expect(merchant.received).toHaveLength(2), { timeout: 15_000 })
    expect(eventAt(1)).toMatchObject({ data: { status: 'cancelled' } })
  })

  it('follows up a repeated hint if the first one was too early', async () => {
    await receive(await unsigned())
    await rowsThatAre('delivered')
    emulator.buyer.cancel(agreement_id)
    await receive(await unsigned())
    await vi.waitFor(() => expect(merchant.received).toHaveLength(2), { timeout: 4_000 })
    expect(new Set(merchant.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
    expect(eventAt(1)).toMatchObject({ data: { status: 'cancelled' } })
  })

  it('sends no request about a resource that is not in the ledger', async () => {
    const response = await receive(await unsigned({ data: { id: 'of-somebody-else' } }))
    expect(response.status).toBe(200)
    expect(await everything()).toEqual([])
    expect(requested).toEqual([])
    expect(merchant.received).toEqual([])
  })

  it('limits the hints about one resource, and joins them into one event, whatever event ids they have', async () => {
    const statuses: number[] = []
    for (let index = 0; index < 10; index++) {
      const request = await unsigned({ fields: { id: `event-${index}`, entity: 'agreement', version: index } })
      statuses.push((await receive(request)).status)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(6)
    expect(statuses.filter((status) => status === 429)).toHaveLength(4)
    expect((await receive(await signed())).status).toBe(200)
    await vi.waitFor(async () => expect(await listed('delivered')).toHaveLength(2), { timeout: 10_000 })
    expect(merchant.received).toHaveLength(1)
  })

  it('limits the hints from one address', async () => {
    const limit = { limit: async ({ key }: { key: string }) => ({ success: key !== 'hints:203.0.113.7' }) }
    const of = async (address: string) => {
      const request = new Request(await unsigned())
      request.headers.set('cf-connecting-ip', address)
      return worker.fetch(request as never, { ...env, ANONYMOUS_LIMIT: limit }, createExecutionContext())
    }
    expect((await of('203.0.113.7')).status).toBe(429)
    expect((await of('203.0.113.8')).status).toBe(200)
  })

  it.each([
    ['resource', { data: { id: 'x'.repeat(65) } }],
    ['topic', { topic: 'x'.repeat(65) }],
    ['action', { action: 'x'.repeat(65) }],
  ])('refuses a %s that is too long, signed or not', async (_, change) => {
    expect((await receive(await signed(change))).status).toBe(400)
    expect((await receive(await unsigned(change))).status).toBe(400)
    expect(await everything()).toEqual([])
  })

  const forged = async (change: Record<string, string>): Promise<Request> => {
    const request = new Request(await signed())
    for (const [name, value] of Object.entries(change)) request.headers.set(name, value)
    return request
  }
  it.each([
    ['a forged signature', () => forged({ 'x-signature': `ts=1,v1=${'0'.repeat(64)}` })],
    ['another secret', () => signed({ secret: 'another-secret-of-somebody' })],
    ['another request id', () => forged({ 'x-request-id': 'another' })],
    ['a signature of bytes', () => forged({ 'x-signature': 'ts=1,v1=é' })],
    ['no signature', () => unsigned()],
  ])('treats %s as a hint, and answers 401 if only signed ones are accepted', async (_, make) => {
    expect((await receive(await make())).status).toBe(200)
    expect((await everything()).map(({ isVerified }) => isVerified)).toEqual([false])
    const strict = { ...env, UNSIGNED_NOTIFICATIONS: 'strict' }
    const response = await worker.fetch(new Request(await make()) as never, strict, createExecutionContext())
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ status: '401', error: 'unauthorized' })
    // What is still in the queue would be delivered in the next test.
    await vi.waitFor(async () => expect(await listed('queued')).toEqual([]), { timeout: 8_000 })
  })

  it.each([
    ['no JSON', 'status=cancelled'],
    ['a list', '[]'],
    ['nothing', '{}'],
    ['null', 'null'],
    ['deep nesting', '['.repeat(30_000)],
  ])('refuses %s with 400', async (_, body) => {
    const response = await throughWorker('/notifications', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await everything()).toEqual([])
  })

  it('answers 503 if it cannot store the notification, so that it is sent again', async () => {
    for (const inbox of inboxes()) {
      await runInDurableObject(inbox, (_, state) => state.storage.sql.exec('ALTER TABLE notification RENAME TO elsewhere'))
    }
    expect((await receive(await signed())).status).toBe(503)
  })
})

describe('the inbox', () => {
  it('queues what it has stored as soon as the queue accepts it again', async () => {
    vi.spyOn(env.NOTIFICATIONS, 'sendBatch').mockRejectedValueOnce(new Error('queue is down'))
    await receive(await signed())
    for (const inbox of inboxes()) await runDurableObjectAlarm(inbox)
    await rowsThatAre('delivered')
    expect(new Set(merchant.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })
})

describe('the queue consumer', () => {
  const pointer = (change: Partial<QueuedPointer> = {}) => ({
    key: 'k',
    resource: 'agreement' as const,
    resourceId: agreement_id,
    isVerified: true,
    ...change,
  })

  it('tries again, later each time, while the merchant does not accept an event', async () => {
    merchant.status = 500
    const waited: unknown[] = []
    for (const attempts of [1, 2, 3, 10]) {
      const { delays, explicitAcks } = await consume(pointer(), attempts)
      expect(explicitAcks).toEqual([])
      waited.push(...delays)
    }
    expect(waited).toEqual([5, 300, 1_800, 43_200])
    expect(new Set(merchant.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('sends again, with the same id, what the merchant did not accept, and nothing once it was accepted', async () => {
    merchant.status = 500
    expect((await consume(pointer())).retryMessages).toHaveLength(1)
    merchant.status = 200
    expect((await consume(pointer(), 2)).explicitAcks).toEqual(['m1'])
    expect((await consume(pointer(), 3)).explicitAcks).toEqual(['m1'])
    const ids = merchant.received.map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual([ids[0], ids[0]])
  })

  it('does not send an event that another message is sending, and comes back to it within a minute', async () => {
    const answer = holdMerchant()
    const first = consume(pointer())
    await vi.waitFor(() => expect(merchant.received).toHaveLength(1))
    expect((await consume(pointer(), 1)).delays).toEqual([5])
    expect((await consume(pointer(), 9)).delays).toEqual([60])
    answer()
    expect((await first).explicitAcks).toEqual(['m1'])
    expect((await consume(pointer(), 2)).explicitAcks).toEqual(['m1'])
    expect(merchant.received).toHaveLength(1)
  })

  it('sends an event although whoever took it before has died', async () => {
    const resource = `agreement.updated:${agreement_id}`
    const claims = await Promise.all(inboxes().map((inbox) => inbox.claim(resource)))
    expect(claims).not.toContain(null)
    expect((await consume(pointer())).retryMessages).toHaveLength(1)
    for (const inbox of inboxes()) {
      await runInDurableObject(inbox, (_, state) =>
        state.storage.sql.exec('UPDATE claim SET leased_until = leased_until - 60001'),
      )
    }
    expect((await consume(pointer(), 2)).explicitAcks).toEqual(['m1'])
    expect(merchant.received).toHaveLength(1)
  })

  it('does not follow redirects of the merchant', async () => {
    merchant.status = 302
    expect((await consume(pointer())).retryMessages).toHaveLength(1)
    expect(merchant.received).toMatchObject([{ redirect: 'manual' }])
  })

  it('tries again while Mercado Pago does not answer', async () => {
    upstreamIs(async () => Promise.reject(new TypeError('gone')))
    expect((await consume(pointer())).retryMessages).toHaveLength(1)
  })

  it('waits for a payment that is not in the ledger yet, but not for ever', async () => {
    const unknown = pointer({ resource: 'advanced_payment', resourceId: '404' })
    expect((await consume(unknown, 1)).retryMessages).toHaveLength(1)
    expect((await consume(unknown, 5)).explicitAcks).toEqual(['m1'])
    expect((await consume({ ...unknown, isVerified: false }, 1)).explicitAcks).toEqual(['m1'])
  })

  it('sends nothing for a client without an events address', async () => {
    const other = await linkThrough(backend('other'), emulator, 'buyer-of-the-other')
    expect((await consume(pointer({ resourceId: other.agreement_id }))).explicitAcks).toEqual(['m1'])
    expect(merchant.received).toEqual([])
  })

  it('handles each dead letter on its own', async () => {
    const gone = pointer({ resourceId: 'gone' })
    for (const inbox of inboxes()) await inbox.list('dead', 1)
    const bodies = [gone, pointer()].map((each): QueuedPointer => ({ topic: 'wallet_connect', action: null, ...each }))
    const messages = bodies.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body }))
    const batch = createMessageBatch<QueuedPointer>('wallet-connect-dead-notifications', messages)
    const getByName = vi.fn(() => ({ setState: () => Promise.reject(new Error('down')) }))
    await worker.queue(batch, { ...env, INBOX: { getByName } as never })
    const { retryMessages, explicitAcks } = await getQueueResult(batch, createExecutionContext())
    expect(explicitAcks).toEqual([])
    expect(retryMessages).toHaveLength(2)
  })

  it('stores dead letters, and lists them for the operator', async () => {
    merchant.status = 500
    await receive(await signed())
    await rowsThatAre('queued')
    const [row] = await everything()
    if (!row) throw new Error('no row')
    await consume(row, 1, 'wallet-connect-dead-notifications')
    const response = await throughWorker('/notifications?state=dead', { headers: asBackend('operator') })
    expect(await response.json()).toMatchObject({ results: [{ resourceId: agreement_id, state: 'dead' }] })
    expect((await throughWorker('/notifications?state=dead', { headers: asBackend() })).status).toBe(403)
  })
})
