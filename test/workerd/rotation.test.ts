import { createExecutionContext, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../playground/worker.ts'
import { ACCESS_TOKEN, FORMER_ACCESS_TOKEN, SEALING_KEY, TICKET_KEY } from '../support/secrets/secrets.ts'
import { backend, browser, linkThrough, playMercadoPago, ticketFor, upstreamIs } from '../support/workerd/fixtures.ts'

const NEW_KEY = btoa(String.fromCharCode(...Array(32).fill(9)))

let emulator: Emulator
/** The secrets as they are now; a deployment gives them to the Worker and to the objects. */
let current: Env
const send = async (path: string, init?: RequestInit): Promise<Response> =>
  worker.fetch(new Request(path, init) as never, current, createExecutionContext())
const wallet = () => backend('shop', send)
const shards = () => [0, 1, 2, 3].map((index) => env.LEDGER.getByName(`shard-${index}`))

async function deploy(change: Partial<Env>): Promise<void> {
  current = { ...current, ...change }
  for (const shard of shards()) await runInDurableObject(shard, (instance) => void Reflect.set(instance, 'env', current))
}

beforeEach(() => {
  emulator = playMercadoPago()
  current = { ...env }
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const aPayment = (token: string, external_reference: string) => ({
  wallet_payment: { transaction_amount: 10, external_reference },
  payer: { token },
})

describe('SEALING_KEYS', () => {
  it('can be rotated during payments without losing any', async () => {
    const { payer_token } = await linkThrough(wallet(), emulator)
    const pay = (order: number) =>
      wallet().payments.create(aPayment(payer_token, `order-${order}`), { idempotencyKey: `key-${order}` })
    const first = Array.from({ length: 50 }, (_, order) => pay(order))
    await deploy({ SEALING_KEYS: `s2:${NEW_KEY} s1:${SEALING_KEY}` })
    const second = Array.from({ length: 50 }, (_, order) => pay(50 + order))
    const paid = await Promise.all([...first, ...second])
    expect(new Set(paid.map(({ id }) => id)).size).toBe(100)
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(100)
    expect((await linkThrough(wallet(), emulator, 'buyer-2')).payer_token).toMatch(/^wch1\.s2\./)
    expect((await pay(7)).id).toBe(paid[7]?.id)
  })

  it('still open the requests of writes that were unknown before a rotation', async () => {
    const { payer_token } = await linkThrough(wallet(), emulator)
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    const pay = () => wallet().payments.create(aPayment(payer_token, 'order-1'), { idempotencyKey: 'key-1' })
    await expect(pay()).rejects.toMatchObject({ code: 'unknown_outcome' })
    await deploy({ SEALING_KEYS: `s2:${NEW_KEY} s1:${SEALING_KEY}` })
    for (const shard of shards()) {
      await runInDurableObject(shard, async (_, state) => {
        state.storage.sql.exec("UPDATE entry SET due_at = 0 WHERE state = 'UNKNOWN'")
        await state.storage.setAlarm(Date.now() + 60_000)
      })
      await runDurableObjectAlarm(shard)
    }
    expect(await pay()).toMatchObject({ status: 'approved' })
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })

  it('that were removed do not make a payment look refused that may have been made', async () => {
    const { payer_token } = await linkThrough(wallet(), emulator)
    const pay = (key: string) => wallet().payments.create(aPayment(payer_token, 'order-1'), { idempotencyKey: key })
    const paid = await pay('key-1')
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    await expect(pay('key-2')).rejects.toMatchObject({ code: 'unknown_outcome' })
    await deploy({ SEALING_KEYS: `s2:${NEW_KEY}` })
    expect((await pay('key-1')).id).toBe(paid.id)
    await expect(pay('key-2')).rejects.toMatchObject({ code: 'unknown_outcome', status: 409 })
    await expect(pay('key-3')).rejects.toMatchObject({ code: 'refused', apiCode: '401003' })
  })

  it('no longer open a handle whose key was removed: the wallet has to be linked again', async () => {
    const { payer_token } = await linkThrough(wallet(), emulator)
    await deploy({ SEALING_KEYS: `s2:${NEW_KEY}` })
    await expect(wallet().payments.create(aPayment(payer_token, 'order-1'))).rejects.toMatchObject({ apiCode: '401003' })
  })
})

describe('TICKET_KEYS', () => {
  it('accept tickets of the former key until it is removed', async () => {
    const ticket = await ticketFor({ operations: ['agreements.get'] })
    const read = () => browser(ticket, undefined, send).agreements.get('abc')
    await expect(read()).rejects.toMatchObject({ status: 404 })
    await deploy({ TICKET_KEYS: `t2:${NEW_KEY} t1:${TICKET_KEY}` })
    await expect(read()).rejects.toMatchObject({ status: 404 })
    await deploy({ TICKET_KEYS: `t2:${NEW_KEY}` })
    await expect(read()).rejects.toMatchObject({ status: 401 })
  })
})

describe('MERCADOPAGO_ACCESS_TOKEN', () => {
  /** Mercado Pago knows only these tokens. */
  const accept = (...tokens: string[]): void =>
    upstreamIs(async (input, init) => {
      const token = new Headers(init?.headers as HeadersInit).get('authorization')?.slice('Bearer '.length) ?? ''
      if (tokens.includes(token)) return emulator.fetch(input, init)
      return Response.json({ status: 401, error: 'unauthorized', message: 'Invalid access token' }, { status: 401 })
    })

  it.each([
    ['the current one', [ACCESS_TOKEN]],
    ['the former one, while the current one is not yet in force', [FORMER_ACCESS_TOKEN]],
  ])('charges with %s', async (_, tokens) => {
    accept(...tokens)
    const { payer_token, agreement_id } = await linkThrough(wallet(), emulator)
    expect(await wallet().payments.create(aPayment(payer_token, 'order-1'))).toMatchObject({ status: 'approved' })
    expect(await wallet().agreements.get(agreement_id)).toMatchObject({ id: agreement_id })
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })

  it('that is refused leaves the key free, and the payment succeeds once the token is replaced', async () => {
    const { payer_token } = await linkThrough(wallet(), emulator)
    accept()
    const pay = () => wallet().payments.create(aPayment(payer_token, 'order-1'), { idempotencyKey: 'key-1' })
    await expect(pay()).rejects.toMatchObject({ status: 503 })
    accept(ACCESS_TOKEN)
    expect(await pay()).toMatchObject({ status: 'approved' })
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })
})

describe('a proxy that is not configured', () => {
  it.each([
    ['MERCADOPAGO_ACCESS_TOKEN', ''],
    ['MERCADOPAGO_ACCESS_TOKEN', 'line\nbreak'],
    ['MERCADOPAGO_ACCESS_TOKEN', 'one two three'],
    ['CLIENTS', '[]'],
    ['TICKET_KEYS', 't1:c2hvcnQ='],
    ['SEALING_KEYS', ''],
    ['WEBHOOK_SECRETS', ''],
    ['LEDGER_SHARDS', '0'],
    ['LEDGER_SHARDS', ''],
    ['UNSIGNED_NOTIFICATIONS', 'Strict'],
    ['UNSIGNED_NOTIFICATIONS', ''],
  ])('with %s = %j answers 503, names the variable, and sends nothing', async (name, value) => {
    current = { ...env, [name]: value }
    const upstream = vi.mocked(globalThis.fetch)
    for (const path of ['/health', '/v1/advanced_payments/7', '/sessions', '/nowhere']) {
      const response = await send(`https://proxy.test${path}`)
      expect(response.status).toBe(503)
      const { message } = await response.json<{ message: string }>()
      expect(message).toMatch(new RegExp(`^The proxy is not configured: .*${name}`))
      if (value) expect(message).not.toContain(value)
    }
    expect(upstream).not.toHaveBeenCalled()
  })

  it('works once it is configured', async () => {
    expect((await send('https://proxy.test/health')).status).toBe(200)
  })
})
