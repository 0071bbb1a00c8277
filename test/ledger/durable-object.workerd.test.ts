import { createExecutionContext, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker, { type Ledger } from '../../playground/worker.ts'
import { document } from '../support/client/documents.ts'
import { walletWith } from '../support/client/wallet.ts'
import {
  asBackend,
  backend,
  linkThrough,
  ORIGIN,
  playMercadoPago,
  throughWorker,
  upstreamIs,
} from '../support/workerd/fixtures.ts'

let emulator: Emulator
let handle: string

/** Sends a payment with a key, by plain fetch. */
const charge = (key: string, change: object = {}): Promise<Response> =>
  throughWorker('/v1/advanced_payments', {
    method: 'POST',
    headers: { ...asBackend(), 'x-idempotency-key': key },
    body: JSON.stringify({
      wallet_payment: { transaction_amount: 10, external_reference: key },
      payer: { token: handle },
      ...change,
    }),
  })
const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged')

/** New stubs each time: a stub does not outlive its object. */
const shards = () => [0, 1, 2, 3].map((index) => env.LEDGER.getByName(`shard-${index}`))
const rowsIn = (stub: DurableObjectStub<Ledger>) =>
  runInDurableObject(stub, (_, state) => state.storage.sql.exec('SELECT * FROM entry').toArray())
const allRows = async () => (await Promise.all(shards().map(rowsIn))).flat()
/** The shard that holds the one row of this state. */
async function shardWith(state: string): Promise<DurableObjectStub<Ledger>> {
  for (const shard of shards()) if ((await rowsIn(shard)).some((row) => row.state === state)) return shard
  throw new Error(`no row is ${state}`)
}
/** Makes all open rows due. */
const makeDue = (stub: DurableObjectStub<Ledger>) =>
  runInDurableObject(stub, async (_, state) => {
    state.storage.sql.exec("UPDATE entry SET due_at = 0 WHERE state IN ('CLAIMED', 'SENT', 'UNKNOWN')")
    await state.storage.setAlarm(Date.now() + 60_000)
  })

beforeEach(async () => {
  emulator = playMercadoPago()
  handle = (await linkThrough(backend(), emulator)).payer_token
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('one key, submitted a thousand times at once', () => {
  it('has one effect and one first answer, and every other answer is a replay of it or a 409', { timeout: 60_000 }, async () => {
    const responses = await Promise.all(Array.from({ length: 1_000 }, () => charge('order-1')))
    const bodies = await Promise.all(responses.map((response) => response.text()))
    expect(charges()).toHaveLength(1)
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => ![201, 200, 409].includes(status))).toEqual([])
    const first = bodies[statuses.indexOf(201)]
    for (const [index, response] of responses.entries()) {
      if (response.status === 200) {
        expect(bodies[index]).toBe(first)
        expect(response.headers.get('idempotent-replayed')).toBe('true')
      }
      if (response.status === 409) expect(response.headers.get('retry-after')).toBe('1')
    }
    const again = await charge('order-1')
    expect([again.status, await again.text()]).toEqual([200, first])
  })
})

describe('a row', () => {
  it('is on disk as SENT before the first byte leaves', async () => {
    const seen: unknown[] = []
    upstreamIs(async (input, init) => {
      for (const shard of shards()) seen.push(...(await shard.list(['CLAIMED', 'SENT'], 9)).map(({ state }) => state))
      return emulator.fetch(input, init)
    })
    expect((await charge('order-1')).status).toBe(201)
    expect(seen).toEqual(['SENT'])
  })

  it('has its request sealed while it is open, and deletes it when it is final', async () => {
    upstreamIs(async () => Promise.reject(new TypeError('gone')))
    expect((await charge('order-1')).status).toBe(409)
    const open = (await allRows()).find(({ state }) => state === 'UNKNOWN')
    expect(open?.request).toMatch(/^wch1\.s1\./)
    upstreamIs(emulator.fetch)
    expect((await charge('order-2')).status).toBe(201)
    expect((await allRows()).filter(({ state }) => state === 'DONE').map(({ request }) => request)).toEqual([null, null, null])
  })

  it('refuses another request with its key, and accepts the same one written differently', async () => {
    const first = await charge('order-1', { metadata: { seats: 2, row: { a: 1, b: 2 } } })
    const other = await charge('order-1', { metadata: { seats: 3, row: { a: 1, b: 2 } } })
    expect(other.status).toBe(422)
    expect(await other.json()).toMatchObject({ error: 'Unprocessable entity', cause: [{ code: '422001' }] })
    const body = `{ "payer": {"type_token":"wallet-token","token":"${handle}"}, "wallet_payment":
      {"external_reference":"order-1","transaction_amount":"10.00"},
      "metadata": {"row":{"b":2,"a":1},"seats":2}, "binary_mode":true}`
    const same = await throughWorker('/v1/advanced_payments', {
      method: 'POST',
      headers: { ...asBackend(), 'x-idempotency-key': 'order-1', 'x-meli-session-id': 'another-device' },
      body,
    })
    expect([same.status, await same.text()]).toEqual([200, await first.text()])
    expect(charges()).toHaveLength(1)
  })

  it('of a refusal repeats the answer without sending again', async () => {
    emulator.buyer.cancel((await backend().agreements.get((await linkThrough(backend(), emulator, 'b2')).agreement_id)).id)
    const sent = vi.mocked(globalThis.fetch)
    const { agreement_id, payer_token } = await linkThrough(backend(), emulator, 'b3')
    emulator.buyer.cancel(agreement_id)
    const ask = () => charge('order-9', { payer: { token: payer_token } })
    const first = await ask()
    expect(first.status).toBe(401)
    const before = sent.mock.calls.length
    const again = await ask()
    expect([again.status, await again.text()]).toEqual([401, await first.text()])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(sent.mock.calls.length).toBe(before)
  })
})

describe('an answer that is lost', () => {
  it('leaves the key taken, and the alarm finds the outcome with the same key', async () => {
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    const lost = await charge('order-1')
    expect(lost.status).toBe(409)
    expect((await charge('order-1')).status).toBe(409)
    expect(charges()).toHaveLength(1)

    const shard = await shardWith('UNKNOWN')
    await makeDue(shard)
    expect(await runDurableObjectAlarm(shard)).toBe(true)
    const settled = await charge('order-1')
    expect(settled.status).toBe(200)
    expect(await settled.json()).toMatchObject({ id: charges()[0]?.payment_id, status: 'approved' })
    expect(charges()).toHaveLength(1)
  })

  it('is not confused with another payment of the same order, whoever made it', async () => {
    // Made outside the proxy: no row knows of it.
    const { payer_token } = await linkThrough(walletWith(emulator.fetch), emulator, 'buyer-elsewhere')
    await walletWith(emulator.fetch).payments.create({
      wallet_payment: { transaction_amount: 10, external_reference: 'order-1' },
      payer: { token: payer_token },
    })
    upstreamIs(async (input, init) => (init?.method === 'POST' ? new Response('', { status: 500 }) : emulator.fetch(input, init)))
    expect((await charge('order-1')).status).toBe(409)
    // Not even if the repeat is declined.
    const declined = document('error.400.openapi-generic')
    upstreamIs(async (input, init) =>
      init?.method === 'POST' ? Response.json(declined, { status: 400 }) : emulator.fetch(input, init),
    )
    const shard = await shardWith('UNKNOWN')
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    expect((await charge('order-1')).status).toBe(409)
    expect((await shardWith('UNKNOWN')).id).toEqual(shard.id)
  })

  it('of a refund is not confused with another refund', async () => {
    const { id } = await (await charge('order-1')).json<{ id: number }>()
    const refund = (key: string) =>
      throughWorker(`/v1/advanced_payments/${id}/refunds`, {
        method: 'POST',
        headers: { ...asBackend(), 'x-idempotency-key': key },
        body: '{}',
      })
    expect((await refund('refund-1')).status).toBe(200)
    upstreamIs(async (input, init) => {
      if (init?.method === 'POST') throw new TypeError('gone')
      return emulator.fetch(input, init)
    })
    expect((await refund('refund-2')).status).toBe(409)
    const shard = await shardWith('UNKNOWN')
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    expect((await refund('refund-2')).status).toBe(409)
  })

  it('of a capture is proved by the state of the payment', async () => {
    const { id } = await (await charge('order-1', { capture: false })).json<{ id: number }>()
    const capture = () =>
      throughWorker(`/v1/advanced_payments/${id}`, {
        method: 'PUT',
        headers: { ...asBackend(), 'x-idempotency-key': 'capture-1' },
        body: '{"capture":true}',
      })
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.capture', times: 1 })
    expect((await capture()).status).toBe(409)
    const shard = await shardWith('UNKNOWN')
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    const settled = await capture()
    expect(settled.status).toBe(200)
    expect(await settled.json()).toMatchObject({ id, status: 'approved' })
  })

  it('of a write that nothing protects is handed to a person', async () => {
    upstreamIs(async () => Promise.reject(new TypeError('gone')))
    const link = () =>
      throughWorker('/v2/wallet_connect/agreements', {
        method: 'POST',
        headers: { ...asBackend(), 'x-idempotency-key': 'link-1' },
        body: JSON.stringify({
          return_uri: 'https://shop.example/linked',
          external_flow_id: 'f',
          external_user: { id: 'b' },
        }),
      })
    expect((await link()).status).toBe(409)
    const shard = await shardWith('UNKNOWN')
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    await shardWith('NEEDS_REVIEW')
    expect((await link()).status).toBe(409)
    const listed = await throughWorker('/operations?state=NEEDS_REVIEW', { headers: asBackend('operator') })
    expect(await listed.json()).toMatchObject({
      results: [{ client: 'shop', operation: 'agreements.create', state: 'NEEDS_REVIEW', path: '/v2/wallet_connect/agreements' }],
    })
  })
})

describe('an answer', () => {
  const changed = (change: (payment: { wallet_payment: object; payments: unknown }) => object) =>
    upstreamIs(async (input, init) => {
      const response = await emulator.fetch(input, init)
      if (init?.method !== 'POST') return response
      return Response.json(change(await response.json()), { status: response.status })
    })

  it.each([
    ['amount', { transaction_amount: 10_000 }],
    ['order', { external_reference: 'another' }],
  ])('about another %s is not believed', async (_, difference) => {
    changed((payment) => ({ ...payment, wallet_payment: { ...payment.wallet_payment, ...difference } }))
    expect((await charge('order-1')).status).toBe(409)
    await shardWith('UNKNOWN')
  })

  it.each([
    ['null in a list', [null]],
    ['an object', { id: 1 }],
    ['text', 'none'],
  ])('with %s for its inner payments is recorded even so', async (_, payments) => {
    changed((payment) => ({ ...payment, payments }))
    expect((await charge('order-1')).status).toBe(201)
    upstreamIs(emulator.fetch)
    expect((await charge('order-1')).status).toBe(200)
  })

  it('that cannot be stored is not sent to the caller, and is found once it can be stored', async () => {
    const rename = (from: string, to: string) =>
      Promise.all(
        shards().map((shard) =>
          runInDurableObject(shard, (_, state) => state.storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`)),
        ),
      )
    await rename('resource', 'elsewhere')
    expect((await charge('order-1')).status).toBe(503)
    expect(charges()).toHaveLength(1)
    await rename('elsewhere', 'resource')
    const shard = await shardWith('SENT')
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    expect((await charge('order-1')).status).toBe(200)
    expect(charges()).toHaveLength(1)
  })

  it('that does not name the inner payment still makes the payment its client’s', async () => {
    changed((payment) => ({ ...payment, payments: [null] }))
    const { id } = await (await charge('order-1')).json<{ id: number }>()
    upstreamIs(emulator.fetch)
    expect((await throughWorker(`/v1/advanced_payments/${id}`, { headers: asBackend() })).status).toBe(200)
  })

  it('that frees the key frees it for other requests, too', async () => {
    // Disks are slow: the row is gone before it is gone from disk.
    for (const shard of shards()) {
      await runInDurableObject(shard, (_, state) => {
        const sync = state.storage.sync.bind(state.storage)
        vi.spyOn(state.storage, 'sync').mockImplementation(async () => {
          await sync()
          await scheduler.wait(15)
        })
      })
    }
    let isFirst = true
    upstreamIs(async (input, init) => {
      if (init?.method !== 'POST' || !isFirst) return emulator.fetch(input, init)
      isFirst = false
      await scheduler.wait(5)
      return Response.json({}, { status: 429 })
    })
    const of = (amount: number) => charge('key', { wallet_payment: { transaction_amount: amount, external_reference: 'o' } })
    const first = of(10)
    // It has the key before anybody else asks.
    while (isFirst) await scheduler.wait(1)
    const others: Promise<Response>[] = []
    for (let ask = 0; ask < 40; ask++) {
      others.push(of(20))
      await scheduler.wait(2)
    }
    expect((await first).status).toBe(429)
    await Promise.all(others)
    expect(charges().map(({ amount }) => amount)).toEqual([20])
  })
})

describe('an object', () => {
  it('that was evicted answers as before, whatever was in its memory', async () => {
    const first = await (await charge('order-1')).text()
    for (const shard of shards()) {
      await runInDurableObject(shard, (instance) => {
        for (const key of Object.keys(instance)) Reflect.deleteProperty(instance, key)
      })
      await evictDurableObject(shard)
    }
    const again = await charge('order-1')
    expect([again.status, await again.text()]).toEqual([200, first])
    expect(charges()).toHaveLength(1)
  })

  it('that restarts settles at once the writes that were in flight', async () => {
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    await charge('order-1')
    const shard = await shardWith('UNKNOWN')
    const later = Date.now() + 45_000
    await runInDurableObject(shard, async (_, state) => {
      state.storage.sql.exec("UPDATE entry SET state = 'SENT', due_at = ? WHERE state = 'UNKNOWN'", later)
      await state.storage.setAlarm(later)
    })
    await evictDurableObject(shard)
    const dueAt = async () => (await rowsIn(shard)).find(({ state }) => state === 'SENT')?.due_at
    expect(await dueAt()).toBeLessThan(Date.now() + 2_000)
    await vi.waitFor(async () => expect((await charge('order-1')).status).toBe(200), { timeout: 5_000, interval: 100 })
    expect(charges()).toHaveLength(1)
  })

  it('whose alarm fails has set the next one first', async () => {
    await charge('order-1')
    const [shard] = shards()
    if (!shard) throw new Error('no shard')
    await runInDurableObject(shard, async (_, state) => {
      state.storage.sql.exec('ALTER TABLE entry RENAME TO elsewhere')
      await state.storage.setAlarm(Date.now() + 60_000)
    })
    await expect(runDurableObjectAlarm(shard)).rejects.toThrow('no such table')
    const next = await runInDurableObject(shard, (_, state) => state.storage.getAlarm())
    expect(next).toBeGreaterThan(Date.now())
  })

  it('settles the others while one hangs', async () => {
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 2 })
    await charge('order-1')
    const shard = await shardWith('UNKNOWN')
    // Another one that falls to the same part.
    let other = 0
    const isBeside = async () => (await rowsIn(shard)).filter(({ state }) => state === 'UNKNOWN').length === 2
    while (!(await isBeside())) {
      emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
      await charge(`other-${++other}`)
    }
    let hangs = true
    upstreamIs(async (input, init) => {
      while (hangs && String(init?.body).includes('"order-1"')) await scheduler.wait(20)
      return emulator.fetch(input, init)
    })
    emulator.faults.clear()
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    const states = (await rowsIn(shard)).filter(({ state }) => state === 'SENT')
    expect(states).toHaveLength(1)
    hangs = false
    await vi.waitFor(async () => expect((await charge('order-1')).status).toBe(200), { timeout: 8_000, interval: 200 })
  }, 30_000)

  it('whose alarm meets a row that it cannot read settles the others', async () => {
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    await charge('order-1')
    const shard = await shardWith('UNKNOWN')
    await runInDurableObject(shard, (_, state) => {
      state.storage.sql.exec(`INSERT INTO entry (name, client, operation, request, state, fingerprint, attempt, claimed_at, due_at)
        SELECT 'broken', client, operation, 'not sealed', state, fingerprint, attempt, claimed_at, 0 FROM entry WHERE state = 'UNKNOWN'`)
    })
    await makeDue(shard)
    await runDurableObjectAlarm(shard)
    expect((await charge('order-1')).status).toBe(200)
    expect((await rowsIn(shard)).find(({ name }) => name === 'broken')).toMatchObject({ state: 'UNKNOWN', attempt: 2 })
  })

  it('that cannot write sends nothing and answers 503', async () => {
    const sent = vi.mocked(globalThis.fetch).mock.calls.length
    for (const shard of shards()) {
      await runInDurableObject(shard, (_, state) => {
        state.storage.sql.exec("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk full'); END")
      })
    }
    const response = await charge('order-1')
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(vi.mocked(globalThis.fetch).mock.calls.length).toBe(sent)
  })

  it.each([['1'], ['2'], ['8']])(
    'sends nothing when LEDGER_SHARDS was changed to %s: the key may be elsewhere',
    async (count) => {
      const keys = Array.from({ length: 12 }, (_, index) => `order-${index}`)
      for (const key of keys) expect((await charge(key)).status).toBe(201)
      const changed = { ...env, LEDGER_SHARDS: count }
      for (let index = 0; index < 8; index++) {
        await runInDurableObject(env.LEDGER.getByName(`shard-${index}`), (instance) => void Reflect.set(instance, 'env', changed))
      }
      const sent = vi.mocked(globalThis.fetch).mock.calls.length
      for (const key of keys) {
        const body = { wallet_payment: { transaction_amount: 10, external_reference: key }, payer: { token: handle } }
        const init = { method: 'POST', headers: { ...asBackend(), 'x-idempotency-key': key }, body: JSON.stringify(body) }
        const request = new Request(`${ORIGIN}/v1/advanced_payments`, init)
        const response = await worker.fetch(request as never, changed, createExecutionContext())
        expect(response.status).toBe(503)
      }
      expect(vi.mocked(globalThis.fetch).mock.calls.length).toBe(sent)
    },
  )

  it('that does not answer makes every request a 503', async () => {
    const { id } = await (await charge('order-1')).json<{ id: number }>()
    const [, , shard] = shards()
    if (!shard) throw new Error('no shard')
    await runInDurableObject(shard, (_, state) => state.storage.sql.exec('ALTER TABLE resource RENAME TO elsewhere'))
    const response = await throughWorker(`/v1/advanced_payments/${id}`, { headers: asBackend() })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
  })
})
