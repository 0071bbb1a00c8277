import { type JWTPayload, SignJWT } from 'jose'
import { type OperationName, operations } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { BROWSER_OPERATIONS, MAX_TICKET_S, mintTicket, readTicket, type Ticket } from '../../../playground/access/tickets.ts'
import { readKeyRing } from '../../../playground/sealing/key-ring.ts'

/** What no ticket allows: all that is not on the list of what browsers may do. */
const BACKEND_ONLY = (Object.keys(operations) as OperationName[]).filter((name) => !BROWSER_OPERATIONS.includes(name))

const key = (byte: number): string => btoa(String.fromCharCode(...Array(32).fill(byte)))
const ring = readKeyRing('TICKET_KEYS', `k1:${key(1)}`)
const now = new Date('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const ticket: Ticket = {
  id: 'ticket-1',
  client: 'shop',
  user: 'buyer-1',
  origin: 'https://shop.example',
  operations: ['payments.create', 'payments.get'],
  charge: { amount: '700.50', external_reference: 'order-1', idempotency_key: 'key-1' },
}
/** As it is read: with the second in which it was issued. */
const issued = { ...ticket, issuedAt: now.getTime() }
const mint = (change: Partial<Ticket> = {}, lifetimeS = 600) => mintTicket(ring, { ...ticket, ...change }, lifetimeS, now)
const decode = (part = '') => JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
const encode = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

describe('a ticket', () => {
  it('is read as it was minted', async () => {
    expect(await readTicket(ring, await mint(), now)).toEqual(issued)
    const { charge: _, ...without } = ticket
    const linking = { ...without, operations: ['agreements.create'] as const }
    expect(await readTicket(ring, await mintTicket(ring, linking, 60, now), now)).toEqual({ ...linking, issuedAt: now.getTime() })
  })

  it('lasts as long as it says, and never longer than a quarter of an hour', async () => {
    const token = await mint({}, 600)
    expect(await readTicket(ring, token, later(599))).toEqual(issued)
    expect(await readTicket(ring, token, later(600))).toBeUndefined()
    for (const lifetime of [0, -1, 1.5, MAX_TICKET_S + 1, Number.NaN])
      await expect(mint({}, lifetime)).rejects.toThrow('lasts 1 to 900 seconds')
  })

  it('that claims a longer life is not accepted, even if it is signed', async () => {
    const issuedAt = Math.floor(now.getTime() / 1_000)
    const token = await new SignJWT({ origin: ticket.origin, operations: ticket.operations })
      .setProtectedHeader({ alg: 'HS256', typ: 'wallet-connect-ticket+jwt', kid: 'k1' })
      .setJti('1')
      .setIssuer('shop')
      .setSubject('buyer')
      .setAudience('mercadopago-wallet-connect')
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + 86_400)
      .sign(ring.current.bytes)
    expect(await readTicket(ring, token, later(1))).toBeDefined()
    expect(await readTicket(ring, token, later(MAX_TICKET_S + 1))).toBeUndefined()
  })

  it.each([
    ...[undefined, null, {}, 7, 'payments.create', [7], ['']].map((value): [string, unknown] => ['operations', value]),
    ...[undefined, null, '', 7, ['https://shop.example'], {}].map((value): [string, unknown] => ['origin', value]),
    ...[null, '', 7, ['1'], {}].map((value): [string, unknown] => ['jti', value]),
    ...[null, '', 7, {}].flatMap((value): [string, unknown][] => [
      ['sub', value],
      ['iss', value],
    ]),
    ['charge', 'everything'],
  ])('with the claim %s of %j is not accepted, even if it is signed', async (claim, value) => {
    const iat = Math.floor(now.getTime() / 1_000)
    const claims = { jti: '1', iss: 'shop', sub: 'buyer', origin: ticket.origin, operations: ticket.operations }
    const registered = { aud: 'mercadopago-wallet-connect', iat, exp: iat + 60 }
    const sign = (change: object) =>
      new SignJWT({ ...claims, ...registered, ...change } as JWTPayload)
        .setProtectedHeader({ alg: 'HS256', typ: 'wallet-connect-ticket+jwt', kid: 'k1' })
        .sign(ring.current.bytes)
    expect(await readTicket(ring, await sign({}), now)).toBeDefined()
    expect(await readTicket(ring, await sign({ [claim]: value }), now)).toBeUndefined()
  })

  it('can allow what a buyer needs to link a wallet and to pay, and nothing else', () => {
    expect(BACKEND_ONLY).toEqual([
      'payments.search',
      'payments.capture',
      'payments.cancel',
      'payments.refund',
      'payments.listRefunds',
    ])
  })

  it.each(BACKEND_ONLY)('can never allow %s', async (operation) => {
    await expect(mint({ operations: ['payments.get', operation] })).rejects.toThrow(`A ticket can never allow ${operation}`)
  })

  it('for a charge needs an amount and a reference', async () => {
    const { charge: _, ...without } = ticket
    await expect(mintTicket(ring, without, 60, now)).rejects.toThrow('names the amount and the external_reference')
  })

  it('is not accepted with a single bit changed', async () => {
    const token = await mint()
    let accepted = 0
    for (let i = 0; i < token.length; i++) {
      for (let bit = 0; bit < 7; bit++) {
        const bent = token.slice(0, i) + String.fromCharCode(token.charCodeAt(i) ^ (1 << bit)) + token.slice(i + 1)
        if (await readTicket(ring, bent, now)) accepted += 1
      }
    }
    expect(accepted).toBe(0)
  })

  it.each<[string, (header: object, payload: Record<string, unknown>, signature: string) => string]>([
    ['alg none', (header, payload) => `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`],
    [
      'alg none with its signature',
      (header, payload, signature) => `${encode({ ...header, alg: 'none' })}.${encode(payload)}.${signature}`,
    ],
    [
      'another algorithm',
      (header, payload, signature) => `${encode({ ...header, alg: 'HS512' })}.${encode(payload)}.${signature}`,
    ],
    [
      'a public key algorithm',
      (header, payload, signature) => `${encode({ ...header, alg: 'RS256' })}.${encode(payload)}.${signature}`,
    ],
    ['no key id', (header, payload, signature) => `${encode({ ...header, kid: undefined })}.${encode(payload)}.${signature}`],
    [
      'a key id that is a path',
      (header, payload, signature) => `${encode({ ...header, kid: '../../dev/null' })}.${encode(payload)}.${signature}`,
    ],
    [
      'a key of its own',
      (header, payload, signature) => `${encode({ ...header, jwk: { kty: 'oct', k: 'AAAA' } })}.${encode(payload)}.${signature}`,
    ],
    [
      'a critical header',
      (header, payload, signature) => `${encode({ ...header, crit: ['exp'] })}.${encode(payload)}.${signature}`,
    ],
    [
      'another amount',
      (header, payload, signature) => `${encode(header)}.${encode({ ...payload, charge: { amount: '0.01' } })}.${signature}`,
    ],
    ['another user', (header, payload, signature) => `${encode(header)}.${encode({ ...payload, sub: 'buyer-2' })}.${signature}`],
    ['no signature', (header, payload) => `${encode(header)}.${encode(payload)}.`],
    ['two parts', (header, payload) => `${encode(header)}.${encode(payload)}`],
  ])('is not accepted with %s', async (_, forge) => {
    const [header, payload, signature = ''] = (await mint()).split('.')
    expect(await readTicket(ring, forge(decode(header), decode(payload), signature), now)).toBeUndefined()
  })

  it.each(['', '.', '..', 'a.b.c', 'null', '{}', 'é.é.é', 'x'.repeat(4_097)])('cannot be %j', async (token) => {
    expect(await readTicket(ring, token, now)).toBeUndefined()
  })

  it.each([
    ['another type', { typ: 'JWT' }, {}],
    ['another audience', {}, { aud: 'other' }],
    ['no name', {}, { jti: undefined }],
    ['no expiry', {}, { exp: undefined }],
  ])('signed with our key is not accepted with %s', async (_, header, claims) => {
    const issuedAt = Math.floor(now.getTime() / 1_000)
    const payload = {
      jti: '1',
      iss: 'shop',
      sub: 'b',
      aud: 'mercadopago-wallet-connect',
      iat: issuedAt,
      exp: issuedAt + 60,
      origin: 'o',
      operations: [],
      ...claims,
    }
    const token = await new SignJWT(payload as JWTPayload)
      .setProtectedHeader({ alg: 'HS256', typ: 'wallet-connect-ticket+jwt', kid: 'k1', ...header })
      .sign(ring.current.bytes)
    expect(await readTicket(ring, token, now)).toBeUndefined()
  })

  it('of the previous key is read as long as the key is in the ring', async () => {
    const token = await mint()
    expect(await readTicket(readKeyRing('TICKET_KEYS', `k2:${key(2)} k1:${key(1)}`), token, now)).toEqual(issued)
    expect(await readTicket(readKeyRing('TICKET_KEYS', `k2:${key(2)}`), token, now)).toBeUndefined()
    expect(await readTicket(readKeyRing('TICKET_KEYS', `k1:${key(2)}`), token, now)).toBeUndefined()
  })
})
