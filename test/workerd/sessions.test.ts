import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type OperationName, operations } from 'mercadopago-wallet-connect'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type IssuedTicket, readTicket } from '../../playground/access/tickets.ts'
import { readKeyRing } from '../../playground/sealing/key-ring.ts'
import { anyText } from '../support/client/any-text.ts'
import { CLIENTS } from '../support/secrets/secrets.ts'
import { asBackend, ORIGIN, PAGE, throughWorker, ticketFor } from '../support/workerd/fixtures.ts'
import { BROWSER_MAY, clientsWith, proxyWith } from '../support/workerd/with-configuration.ts'

const ring = readKeyRing('TICKET_KEYS', env.TICKET_KEYS)
const readAt = (ticket: string, ms: number): Promise<IssuedTicket | undefined> => readTicket(ring, ticket, new Date(ms))

interface Opened {
  ticket: string
  expires_in: number
  expires_at: string
  idempotency_key?: string
}

const linking = { external_user: { id: 'buyer-1' }, origin: PAGE, operations: ['agreements.create'] }
const charging = {
  external_user: { id: 'buyer-1' },
  origin: PAGE,
  operations: ['payments.create', 'payments.get'],
  charge: { amount: '700.50', external_reference: 'order-1', idempotency_key: 'key-1' },
}
const post = (body: unknown): RequestInit => ({ method: 'POST', headers: asBackend(), body: JSON.stringify(body) })
const ask = (body: unknown): Promise<Response> => throughWorker('/sessions', post(body))

async function open(body: object): Promise<Opened> {
  const response = await ask(body)
  expect(response.status).toBe(201)
  return response.json()
}

async function messageOf(response: Response): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/json')
  return (await response.json<{ message: string }>()).message
}

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a ticket of POST /sessions', () => {
  it('is bound to client, buyer, page origin, operations and charge, and to nothing else', async () => {
    const { ticket } = await open({ ...charging, charge: { ...charging.charge, capture: false } })
    const { id, issuedAt, ...bound } = (await readAt(ticket, Date.now())) ?? {}
    expect(bound).toEqual({
      client: 'shop',
      user: 'buyer-1',
      origin: PAGE,
      operations: ['payments.create', 'payments.get'],
      charge: { amount: '700.5', external_reference: 'order-1', idempotency_key: 'key-1', capture: false },
    })
    const claims = ['aud', 'charge', 'exp', 'iat', 'iss', 'jti', 'operations', 'origin', 'sub']
    expect(Object.keys(decodeJwt(ticket)).sort()).toEqual(claims)
    expect(decodeProtectedHeader(ticket)).toEqual({ alg: 'HS256', typ: 'wallet-connect-ticket+jwt', kid: 't1' })
  })

  it('belongs to the client whose key was sent, even if the page origin is another client’s, too', async () => {
    const ticket = await ticketFor({ origin: PAGE }, 'other')
    expect(await readAt(ticket, Date.now())).toMatchObject({ client: 'other', origin: PAGE })
  })

  it('has no capture field when the amount is charged at once', async () => {
    const { ticket } = await open({ ...charging, charge: { ...charging.charge, capture: true } })
    expect((await readAt(ticket, Date.now()))?.charge).not.toHaveProperty('capture')
  })

  it('has an id of its own, and a charge without a key gets a new one', async () => {
    const { idempotency_key: _, ...charge } = charging.charge
    const [first, second] = [await open({ ...charging, charge }), await open({ ...charging, charge })]
    expect(decodeJwt(first.ticket).jti).not.toBe(decodeJwt(second.ticket).jti)
    expect(first.idempotency_key).toMatch(/^[0-9a-f-]{36}$/)
    expect(first.idempotency_key).not.toBe(second.idempotency_key)
    expect((await readAt(first.ticket, Date.now()))?.charge?.idempotency_key).toBe(first.idempotency_key)
  })

  it('is returned with the key of its charge, or without a key if there is no charge', async () => {
    expect((await open(charging)).idempotency_key).toBe('key-1')
    expect(await open(linking)).not.toHaveProperty('idempotency_key')
  })

  it.each([
    [undefined, 900],
    [900, 900],
    [60, 60],
    [1, 1],
  ])('with expires_in %s lasts exactly %i seconds', async (expires_in, lasts) => {
    const opened = await open({ ...linking, ...(expires_in && { expires_in }) })
    const { iat = 0, exp = 0 } = decodeJwt(opened.ticket)
    expect(exp - iat).toBe(lasts)
    expect(opened.expires_in).toBe(lasts)
    expect(Math.abs(Date.parse(opened.expires_at) - exp * 1_000)).toBeLessThan(1_000)
    expect(await readAt(opened.ticket, exp * 1_000 - 1_000)).toBeDefined()
    expect(await readAt(opened.ticket, exp * 1_000)).toBeUndefined()
  })

  /** Whether it can be used, if it was given at all. */
  const isGood = async (user: string, external_reference: string, names: readonly OperationName[]): Promise<boolean> => {
    const charge = names.includes('payments.create') && { charge: { amount: 1, external_reference } }
    const response = await ask({ external_user: { id: user }, origin: PAGE, operations: names, ...charge })
    if (response.status === 400) return false
    const { ticket } = await response.json<Opened>()
    expect(await readAt(ticket, Date.now())).toMatchObject({ user, operations: names })
    return true
  }

  it('is accepted if it was issued, however long and unusual its values are', async () => {
    const long = fc.constantFrom('"', '\\', 'é', '漢', '\u{1f4b8}').map((unit) => unit.repeat(256 / unit.length))
    const odd = fc.oneof(anyText({ minLength: 1, maxLength: 60 }), long)
    const names = fc.subarray([...BROWSER_MAY], { minLength: 1 })
    let given = 0
    await fc.assert(
      fc.asyncProperty(odd, odd, names, async (user, reference, operations) => {
        given += Number(await isGood(user, reference, operations))
      }),
      { numRuns: 200 },
    )
    expect(given).toBeGreaterThan(100)
  })

  it('is accepted if it was issued, even if each character of its values is escaped with six', async () => {
    await isGood('\u0001'.repeat(256), '\u0001'.repeat(256), BROWSER_MAY)
  })
})

describe('POST /sessions', () => {
  const charge = (change: object): object => ({ ...charging, charge: { ...charging.charge, ...change } })
  const without = (field: string): object => Object.fromEntries(Object.entries(charging).filter(([name]) => name !== field))

  it.each<[field: string, body: unknown]>([
    ['external_user', without('external_user')],
    ['external_user', { ...linking, external_user: 'buyer-1' }],
    ['external_user', { ...linking, external_user: null }],
    ['external_user.id', { ...linking, external_user: {} }],
    ['external_user.id', { ...linking, external_user: { id: '' } }],
    ['external_user.id', { ...linking, external_user: { id: 7 } }],
    ['external_user.id', { ...linking, external_user: { id: 'x'.repeat(257) } }],
    ['external_user.name', { ...linking, external_user: { id: 'buyer-1', name: 'B' } }],
    ['origin', without('origin')],
    ['origin', { ...linking, origin: 7 }],
    ['origin', { ...linking, origin: [PAGE] }],
    ['operations', without('operations')],
    ['operations', { ...linking, operations: [] }],
    ['operations', { ...linking, operations: 'agreements.create' }],
    ['operations', { ...linking, operations: { 0: 'agreements.create' } }],
    ['operations', { ...linking, operations: Array(500).fill('agreements.create') }],
    ['operations.0', { ...linking, operations: [7] }],
    ['operations.0', { ...linking, operations: ['*'] }],
    ['operations.0', { ...linking, operations: ['constructor'] }],
    ['operations.0', { ...linking, operations: ['Agreements.create'] }],
    ['operations.1', { ...linking, operations: ['agreements.create', 'sessions.create'] }],
    ['charge', { ...charging, charge: null }],
    ['charge', { ...charging, charge: 700.5 }],
    ['charge.amount', { ...charging, charge: { external_reference: 'order-1' } }],
    ['charge.amount', charge({ amount: 0 })],
    ['charge.amount', charge({ amount: -1 })],
    ['charge.amount', charge({ amount: '1e3' })],
    ['charge.amount', charge({ amount: '1,5' })],
    ['charge.amount', charge({ amount: 1.005 })],
    ['charge.amount', charge({ amount: '9007199254740992' })],
    ['charge.external_reference', { ...charging, charge: { amount: 1 } }],
    ['charge.external_reference', charge({ external_reference: '' })],
    ['charge.external_reference', charge({ external_reference: 7 })],
    ['charge.external_reference', charge({ external_reference: 'x'.repeat(257) })],
    ['charge.capture', charge({ capture: 'false' })],
    ['charge.capture', charge({ capture: null })],
    ['charge.idempotency_key', charge({ idempotency_key: '' })],
    ['charge.idempotency_key', charge({ idempotency_key: 'a b' })],
    ['charge.idempotency_key', charge({ idempotency_key: 'é' })],
    ['charge.idempotency_key', charge({ idempotency_key: 7 })],
    ['charge.idempotency_key', charge({ idempotency_key: 'x'.repeat(129) })],
    ['charge.currency', charge({ currency: 'ARS' })],
    ['expires_in', { ...linking, expires_in: 0 }],
    ['expires_in', { ...linking, expires_in: -1 }],
    ['expires_in', { ...linking, expires_in: 1.5 }],
    ['expires_in', { ...linking, expires_in: 901 }],
    ['expires_in', { ...linking, expires_in: '60' }],
    ['expires_in', { ...linking, expires_in: null }],
    ['client', { ...linking, client: 'other' }],
    ['iss', { ...linking, iss: 'other' }],
  ])('refuses a wrong %s and names it: %j', async (field, body) => {
    const response = await ask(body)
    expect(response.status).toBe(400)
    const complaints = (await messageOf(response)).split('; ').map((complaint) => complaint.split(' ')[0])
    expect(complaints).toEqual([field])
  })

  it('names all wrong fields at once', async () => {
    const message = await messageOf(await ask({ ...linking, origin: 7, expires_in: 0, charge: { amount: 'x' } }))
    for (const field of ['origin', 'expires_in', 'charge.amount', 'charge.external_reference'])
      expect(message).toContain(`${field} `)
  })

  it('does not quote wrong values', async () => {
    const canary = 'canary-4242'
    const wrong = {
      external_user: canary,
      origin: [canary],
      operations: [canary],
      charge: { amount: canary, external_reference: [canary], capture: canary, idempotency_key: `${canary} ` },
      expires_in: canary,
    }
    for (const body of [wrong, { ...linking, origin: `https://${canary}.test` }, { ...linking, operations: [canary] }]) {
      const response = await ask(body)
      expect(response.status).toBe(400)
      expect(await response.text()).not.toContain(canary)
    }
  })

  const withField = (field: string): string => `{${field},${JSON.stringify(linking).slice(1)}`

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '{"external_user":',
    withField('"__proto__":{}'),
    withField('"constructor":{}'),
    withField('"charge":{"amount":1e400}'),
    JSON.stringify({ ...linking, external_user: { id: '\ud800' } }),
  ])('accepts only an object with its own fields: %s', async (body) => {
    expect((await throughWorker('/sessions', { method: 'POST', headers: asBackend(), body })).status).toBe(400)
  })

  it.each([
    'https://other.example',
    'https://shop.example.evil.test',
    'https://evilshop.example',
    'https://shop.exampl',
    'https://shop.example/',
    'https://shop.example:443',
    'https://SHOP.example',
    'http://shop.example',
    'null',
    '*',
    '',
    ORIGIN,
  ])('makes no ticket for the origin %j, which is not on the list', async (origin) => {
    const response = await ask({ ...linking, origin })
    expect(response.status).toBe(400)
    expect(await messageOf(response)).toMatch(/^origin /)
  })

  it('makes a ticket for every origin on the list', async () => {
    for (const origin of CLIENTS[0]?.origins ?? [])
      expect(decodeJwt((await open({ ...linking, origin })).ticket).origin).toBe(origin)
  })

  it.each(Object.keys(operations) as OperationName[])('makes a ticket for %s only if a browser may do it', async (name) => {
    const isCharge = name === 'payments.create' && { charge: charging.charge }
    const response = await ask({ ...linking, operations: [name], ...isCharge })
    expect(response.status).toBe(BROWSER_MAY.includes(name) ? 201 : 400)
    if (response.status === 400) expect(await messageOf(response)).toMatch(/^operations\.0 /)
  })

  it('makes no ticket for more than its client may do', async () => {
    const send = proxyWith({ CLIENTS: clientsWith('shop', { operations: ['agreements.get'] }) })
    const response = await send('/sessions', post({ ...linking, operations: ['agreements.get', 'agreements.create'] }))
    expect([response.status, await messageOf(response)]).toEqual([403, 'This client may not do agreements.create'])
    expect((await send('/sessions', post({ ...linking, operations: ['agreements.get'] }))).status).toBe(201)
  })

  it('accepts a charge if and only if the ticket is for payments.create', async () => {
    const { charge: _, ...chargeless } = charging
    for (const body of [chargeless, { ...linking, charge: charging.charge }]) {
      const response = await ask(body)
      expect([response.status, (await messageOf(response)).split(' ')[0]]).toEqual([400, 'charge'])
    }
  })

  it('makes no ticket for a caller with a ticket, whatever that ticket allows', async () => {
    const ticket = await ticketFor({ ...charging, operations: BROWSER_MAY })
    for (const body of [linking, charging]) {
      const headers = { authorization: `Bearer ${ticket}`, origin: PAGE, 'content-type': 'application/json' }
      const response = await throughWorker('/sessions', { ...post(body), headers })
      expect([response.status, await messageOf(response)]).toEqual([403, 'A ticket cannot make tickets'])
    }
  })
})
