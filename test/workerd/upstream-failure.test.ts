import { evictAllDurableObjects, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { idempotencyKeyFrom, type OperationName, UnknownOutcomeError } from 'mercadopago-wallet-connect'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WriteName } from '../../playground/operation-kinds.ts'
import { document } from '../support/client/documents.ts'
import { json, type Step, text } from '../support/client/scripted-fetch.ts'
import { rejection } from '../support/client/wallet.ts'
import { ACCESS_TOKEN, FORMER_ACCESS_TOKEN } from '../support/secrets/secrets.ts'
import { backend, throughWorker } from '../support/workerd/fixtures.ts'
import {
  answers,
  inputs,
  type Known,
  known,
  names,
  playDocuments,
  problemIn,
  type Recorded,
  reads,
  requestOf,
  writes,
} from '../support/workerd/recorded.ts'
import { proxyWith } from '../support/workerd/with-configuration.ts'

let mercadoPago: Recorded

beforeEach(() => {
  // No waiting between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  vi.spyOn(console, 'log').mockImplementation(() => {})
  mercadoPago = playDocuments()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** One request, which can be repeated. What it is about is created first. */
async function repeatable(name: OperationName, about?: Known) {
  const { path, init } = requestOf(name, about ?? (await known(name)))
  const headers = init.headers as Record<string, string>
  const reference = `:${headers['x-idempotency-key']}`
  const key = await idempotencyKeyFrom({ account: 'shop', operation: name, reference, attempt: 1 })
  const isRead = reads.includes(name)
  mercadoPago.reached.length = 0
  return {
    submit: (change: RequestInit = {}, send = throughWorker) => send(path, { ...init, ...change }),
    body: JSON.parse(String(init.body ?? '{}')) as object,
    /** The requests of it that reached Mercado Pago. */
    reached: () =>
      mercadoPago.reached.filter(
        ({ operation, headers }) => operation === name && (isRead || headers.get('x-idempotency-key') === key),
      ),
  }
}

/** What is read before a refusal of these is believed. */
const READ_BY: Partial<Record<OperationName, OperationName>> = {
  'agreements.cancel': 'agreements.get',
  'payments.capture': 'payments.get',
  'payments.cancel': 'payments.get',
  'payments.refund': 'payments.listRefunds',
}

/** Plays the same to an operation and to what is read about it. */
function playsAlike(name: OperationName, step: Step): void {
  for (const each of [name, READ_BY[name]]) if (each) mercadoPago.plays(each, step)
}

/** Plays the documented answers again. */
function playsAsDocumented(name: OperationName): void {
  for (const each of [name, READ_BY[name]]) if (each) mercadoPago.plays(each, answers[each])
}

const created = (name: OperationName): number => (name === 'payments.create' ? 201 : 200)
const lost: Step = { reject: new TypeError('fetch failed') }

describe('an upstream that declines', () => {
  let about: Known
  // Nothing of this is a fault, so that it can all be asked of one Worker.
  beforeAll(async () => {
    playDocuments()
    about = await known()
  })
  afterAll(reset)

  it.each([
    'error.400.refund-invalid-splitter-id',
    'error.400.discount-mismatch',
    'error.401.invalid-payer-token',
    'error.404.payment-not-found',
    'error.404.refund-not-found',
    'error.422.idempotency-key-used',
  ])('%s is passed on with its status, message and codes', async (file) => {
    const documented = document<{ status: string; message: string; cause?: { code: string | number }[] }>(file)
    const { submit } = await repeatable('payments.create', about)
    mercadoPago.plays('payments.create', json(Number(file.slice(6, 9)), documented))
    const response = await submit()
    expect(response.status).toBe(Number(file.slice(6, 9)))
    const problem = await problemIn(response)
    expect(problem.message).toBe(documented.message)
    if (documented.cause) expect(problem.cause).toMatchObject(documented.cause.map(({ code }) => ({ code: String(code) })))
  })

  it('because the key was used is passed on word for word as documented', async () => {
    const documented = document('error.422.idempotency-key-used')
    const { submit } = await repeatable('payments.create', about)
    mercadoPago.plays('payments.create', json(422, documented))
    expect(await problemIn(await submit())).toEqual(documented)
  })

  it.each(names)('%s: a refusal is the answer, and not requested again', async (name) => {
    const { submit, reached } = await repeatable(name, about)
    playsAlike(name, json(400, document('error.400.openapi-generic')))
    const first = await submit()
    expect(first.status).toBe(400)
    expect(await problemIn(first)).toMatchObject({ message: document('error.400.openapi-generic').message })
    expect(reached()).toHaveLength(1)
    if (reads.includes(name)) return
    const again = await submit()
    expect(again.status).toBe(400)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(reached()).toHaveLength(1)
  })

  it.each(names)('%s: too many requests is 429 with Retry-After, and the key is free', async (name) => {
    const { submit } = await repeatable(name, about)
    mercadoPago.plays(name, json(429, document('error.429.rate-limited'), { 'retry-after': '60' }))
    const response = await submit()
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await problemIn(response)).toMatchObject({ error: 'too_many_requests' })
    mercadoPago.plays(name, answers[name])
    expect((await submit()).status).toBe(created(name))
  })
})

describe('an access token that the upstream refuses', () => {
  afterEach(reset)

  const refusals = ['error.401.openapi-generic', 'error.403.policy-agent'].map((file) =>
    json(Number(file.slice(6, 9)), document(file)),
  )

  it.each(names)('%s: is followed by a try with the former token, with the same key and bytes', async (name) => {
    for (const refusal of refusals) {
      const { submit, reached } = await repeatable(name)
      mercadoPago.plays(name, refusal, answers[name])
      expect((await submit()).status).toBe(created(name))
      const [current, former, ...others] = reached()
      expect(others).toEqual([])
      expect(current?.headers.get('authorization')).toBe(`Bearer ${ACCESS_TOKEN}`)
      expect(former?.headers.get('authorization')).toBe(`Bearer ${FORMER_ACCESS_TOKEN}`)
      expect(former?.body).toBe(current?.body)
      mercadoPago.plays(name, answers[name])
    }
  })

  it.each(names)('%s: is 503 if both are refused, and leaves the key free', async (name) => {
    const { submit, reached } = await repeatable(name)
    for (const refusal of refusals) {
      playsAlike(name, refusal)
      const response = await submit()
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('1')
      expect((await problemIn(response)).message).not.toMatch(/access token|unauthorized|policy/i)
    }
    expect(reached()).toHaveLength(4)
    playsAsDocumented(name)
    const again = await submit()
    expect(again.status).toBe(created(name))
    expect(again.headers.has('idempotent-replayed')).toBe(false)
  })

  it('is told apart from an invalid payer token', async () => {
    const { submit, reached } = await repeatable('payments.create')
    mercadoPago.plays('payments.create', json(401, document('error.401.invalid-payer-token')))
    expect((await submit()).status).toBe(401)
    expect(reached()).toHaveLength(1)
  })
})

/** Writes that Mercado Pago executes twice if they are sent twice. */
const UNPROTECTED: readonly OperationName[] = ['agreements.create', 'agreements.createPayerToken', 'discounts.create']

/** Another body for each write that has one. */
const SOMETHING_ELSE: Record<Exclude<WriteName, 'agreements.cancel'>, object> = {
  'agreements.create': { external_flow_id: 'another' },
  'agreements.createPayerToken': { code: 'another' },
  'discounts.create': { amount: 551 },
  'payments.create': { binary_mode: false },
  'payments.capture': { wallet_payment: { transaction_amount: 1 } },
  'payments.cancel': { wallet_payment: { transaction_amount: 1 } },
  'payments.refund': { amount: 26 },
}

const failures: [string, Step][] = [
  ['a network failure', lost],
  ['a throw', { throw: new TypeError('fetch failed') }],
  ['a 500', json(500, { message: `Internal error of ${ACCESS_TOKEN}` })],
  ['a 503', text(503, 'upstream connect error')],
  ['a 408', json(408, { message: 'Request timeout' })],
  ['garbage', text(200, '<html>Welcome</html>')],
  ['another answer than requested', json(200, ['hello'])],
  ['a cut body', { cut: 200 }],
  ['a redirect', text(302, null, { location: 'https://elsewhere.test/' })],
]

describe('an upstream that does not answer', () => {
  afterEach(reset)

  const inProgress = document('error.409.idempotency-in-progress')

  it.each(writes)('%s: is answered with 409 and Retry-After, and the key stays taken', async (name) => {
    const about = await known(name)
    for (const [what, step] of failures) {
      const { path, init } = requestOf(name, about)
      mercadoPago.plays(name, step)
      mercadoPago.reached.length = 0
      const response = await throughWorker(path, init)
      expect(response.status, what).toBe(409)
      expect(response.headers.get('retry-after'), what).toBe('1')
      expect(await problemIn(response), what).toEqual(inProgress)
      const sent = mercadoPago.reached.filter(({ operation }) => operation === name)
      expect(sent, what).toHaveLength(1)

      mercadoPago.plays(name, answers[name])
      const again = await throughWorker(path, init)
      expect(again.status, what).toBe(409)
      expect(await problemIn(again), what).toEqual(inProgress)
      const key = sent[0]?.headers.get('x-idempotency-key')
      expect(mercadoPago.reached.filter(({ headers }) => headers.get('x-idempotency-key') === key)).toHaveLength(1)
    }
  })

  it.each(writes)('%s: keeps the key taken after everything in memory is lost', async (name) => {
    const { submit, reached } = await repeatable(name)
    mercadoPago.plays(name, lost)
    expect((await submit()).status).toBe(409)
    await evictAllDurableObjects()
    expect((await submit()).status).toBe(409)
    expect(reached()).toHaveLength(1)
  })

  it.each(Object.entries(SOMETHING_ELSE) as [WriteName, object][])(
    '%s: makes another request with the same key refused, and not sent',
    async (name, change) => {
      const { submit, body, reached } = await repeatable(name)
      mercadoPago.plays(name, lost)
      await submit()
      const response = await submit({ body: JSON.stringify({ ...body, ...change }) })
      expect(response.status).toBe(422)
      expect(await problemIn(response)).toEqual(document('error.422.idempotency-key-used'))
      expect(reached()).toHaveLength(1)
    },
  )

  it.each(writes.filter((name) => !UNPROTECTED.includes(name)))(
    '%s: is sent the same key and bytes until the outcome is known, which is then repeated',
    async (name) => {
      const { submit, reached } = await repeatable(name)
      mercadoPago.plays(name, lost)
      await submit()
      // An answer about another payment settles nothing.
      const id = Number(reached()[0]?.url.split('/').at(-1))
      const captured = json(200, { ...document<object>('update-payment.response.200'), id })
      mercadoPago.plays(name, name === 'payments.capture' ? captured : answers[name])
      await settleAll()
      const settled = await submit()
      expect(settled.status).toBe(200)
      expect(settled.headers.get('idempotent-replayed')).toBe('true')
      const [first, second, ...others] = reached()
      expect(others).toEqual([])
      expect(second?.body).toBe(first?.body)
      expect([...(second?.headers ?? [])]).toEqual([...(first?.headers ?? [])])
    },
  )

  it.each(UNPROTECTED)('%s: is not sent the request a second time, and the key stays taken', async (name) => {
    const { submit, reached } = await repeatable(name)
    mercadoPago.plays(name, lost)
    await submit()
    mercadoPago.plays(name, answers[name])
    await settleAll()
    expect((await submit()).status).toBe(409)
    expect(reached()).toHaveLength(1)
  })

  it.each(reads)('%s: is answered with 503 and Retry-After, and nothing was done', async (name) => {
    const { submit, reached } = await repeatable(name)
    const send = proxyWith({})
    for (const [what, step] of failures) {
      mercadoPago.plays(name, step)
      const response = await submit({}, send)
      expect(response.status, what).toBe(503)
      expect(response.headers.get('retry-after'), what).toMatch(/^\d+$/)
      expect((await problemIn(response)).cause, what).toBeUndefined()
    }
    expect(reached().length).toBeGreaterThan(failures.length)
  })

  it.each(reads)('%s: is sent the read a second time before that', async (name) => {
    const { submit, reached } = await repeatable(name)
    mercadoPago.plays(name, lost, answers[name])
    expect((await submit()).status).toBe(200)
    expect(reached()).toHaveLength(2)
  })

  it('leaves the client behind the proxy with an unknown outcome under its own key', async () => {
    const about = await known()
    mercadoPago.plays('payments.create', lost)
    const { payments } = backend()
    const error = await rejection(payments.create(inputs(about)['payments.create'], { idempotencyKey: 'order-7' }))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error).toMatchObject({ idempotencyKey: 'order-7', status: 409 })
  })
})

/** As if the time had come for all that is open. */
async function settleAll(): Promise<void> {
  for (const shard of [0, 1, 2, 3].map((index) => env.LEDGER.getByName(`shard-${index}`))) {
    await runInDurableObject(shard, async (_, state) => {
      state.storage.sql.exec("UPDATE entry SET due_at = 0 WHERE state = 'UNKNOWN'")
      await state.storage.setAlarm(Date.now() + 60_000)
    })
    await runDurableObjectAlarm(shard)
  }
}
