import { InvalidInputError, idempotencyKeyFrom, newIdempotencyKey } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { signNotification, verifyNotification } from 'mercadopago-wallet-connect/notifications'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

const approved = document('create-payment.approved.response.201')
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a runtime without', () => {
  it('crypto.randomUUID, as a page over plain http, still makes keys', () => {
    const { getRandomValues } = crypto
    vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) })
    const keys = Array.from({ length: 100 }, newIdempotencyKey)
    expect(new Set(keys).size).toBe(100)
    for (const key of keys) expect(key).toMatch(UUID_V4)
  })

  it('crypto says that the key must be given', () => {
    vi.stubGlobal('crypto', undefined)
    expect(newIdempotencyKey).toThrow(InvalidInputError)
  })

  it('crypto.subtle says so when a key is derived or a notification verified', async () => {
    const signed = await signNotification({ secret: 'a-secret-of-some-length', topic: 'payment', data: { id: 1 } })
    vi.stubGlobal('crypto', {})
    const source = { account: 'a', operation: 'payments.create', reference: 'r', attempt: 1 }
    expect(await rejection(idempotencyKeyFrom(source))).toMatchObject({ code: 'invalid_input' })
    const verified = verifyNotification(signed, { secrets: 'a-secret-of-some-length' })
    expect(await rejection(verified)).toMatchObject({ code: 'invalid_input', issues: [{ path: 'crypto.subtle' }] })
  })

  it('a Request that takes a cache mode leaves it out', async () => {
    class OldRequest extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        if (init && 'cache' in init) throw new Error('The cache field on RequestInitializerDict is not implemented.')
        super(input, init)
      }
    }
    vi.stubGlobal('Request', OldRequest)
    const sent: RequestInit[] = []
    const fetch = async (_: unknown, init: RequestInit = {}): Promise<Response> => Response.json(approved, void sent.push(init))
    await walletWith(fetch).payments.get(10458724)
    expect(sent[0]).not.toHaveProperty('cache')
  })
})

it('a read asks every cache around fetch for a fresh answer, and a write leaves that out', async () => {
  const sent: RequestInit[] = []
  const fetch = async (_: unknown, init: RequestInit = {}): Promise<Response> => Response.json(approved, void sent.push(init))
  const { payments } = walletWith(fetch)
  await payments.get(10458724)
  await payments.capture(10458724)
  expect(sent.map(({ cache }) => cache)).toEqual(['no-store', undefined])
})

it('a body that is no web stream, as in older polyfills of fetch, is read by text()', async () => {
  const fetch = async () => ({
    status: 201,
    headers: new Headers(),
    body: { pipe() {} },
    text: async () => JSON.stringify(approved),
  })
  const charge = { wallet_payment: { transaction_amount: 700.5 }, payer: { token: 't' } }
  expect(await walletWith(fetch as never).payments.create(charge)).toMatchObject({ id: 10458724, status: 'approved' })
})

it('the emulator answers a Request of another class', async () => {
  const emulator = createEmulator()
  const real = new Request(`${emulator.origin}/v2/wallet_connect/agreements`, {
    method: 'POST',
    headers: { authorization: 'Bearer TEST-1', 'content-type': 'application/json' },
    body: JSON.stringify(document('create-agreement.request')),
  })
  const foreign = { url: real.url, method: real.method, headers: real.headers, text: () => real.text() }
  const response = await emulator.fetch(foreign as never)
  expect(response.status).toBe(200)
  expect(await response.json()).toHaveProperty('agreement_id')
})

describe('a page whose Object.prototype has an enumerable property', () => {
  const { prototype } = Object
  afterEach(() => {
    Reflect.deleteProperty(prototype, 'polluted')
  })

  it.each([
    ['a text', 'x'],
    ['a function', () => {}],
    ['an object', { type: 'string' }],
  ])('of %s neither makes input invalid nor goes on the wire, and responses are read', async (_, value) => {
    Object.defineProperty(prototype, 'polluted', { value, enumerable: true, configurable: true, writable: true })
    const bodies: unknown[] = []
    const fetch = async (_: unknown, init: RequestInit = {}): Promise<Response> => {
      bodies.push(init.body)
      return new Response(JSON.stringify(approved), { status: 201 })
    }
    const charge = { wallet_payment: { transaction_amount: 700.5, external_reference: 'Pago_123' }, payer: { token: 't' } }
    expect(await walletWith(fetch).payments.create(charge)).toMatchObject({ id: 10458724, status: 'approved' })
    expect(bodies.join()).not.toContain('polluted')
    await expect(walletWith(fetch).payments.create({ ...charge, metadata: { a: [{ b: 1 }] } })).resolves.toBeDefined()
    expect(() => walletWith(fetch).prepare('payments.create', { ...charge, colour: 'red' } as never)).toThrow(/colour/)
  })
})
