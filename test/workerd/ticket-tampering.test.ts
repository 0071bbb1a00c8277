import { reset } from 'cloudflare:test'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SEALING_KEY, TICKET_KEY } from '../support/secrets/secrets.ts'
import { backend, linkThrough, PAGE, playMercadoPago, throughWorker, ticketFor } from '../support/workerd/fixtures.ts'
import { clientsWith, proxyWith, visible } from '../support/workerd/with-configuration.ts'

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
const encode = (value: unknown): string =>
  btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const HEADER = { alg: 'HS256', typ: 'wallet-connect-ticket+jwt', kid: 't1' }
const nowS = (): number => Math.floor(Date.now() / 1_000)
const claimsNow = (): object => ({
  jti: 'ticket-1',
  iss: 'shop',
  sub: 'buyer-1',
  aud: 'mercadopago-wallet-connect',
  iat: nowS(),
  exp: nowS() + 600,
  origin: PAGE,
  operations: ['agreements.get'],
})
type SigningKey = Parameters<SignJWT['sign']>[0]

/** A ticket with something changed before it was signed. */
const sign = (claims: object = {}, header: object = {}, key: SigningKey = bytesOf(TICKET_KEY)): Promise<string> =>
  new SignJWT({ ...claimsNow(), ...claims } as JWTPayload)
    .setProtectedHeader({ ...HEADER, ...header } as JWTHeaderParameters)
    .sign(key, { crit: { 'urn:x': true } })

/** A ticket of ours with another header in front. */
async function reheaded(change: object): Promise<string> {
  const [, claims, signature] = (await sign()).split('.')
  return [encode({ ...HEADER, ...change }), claims, signature].join('.')
}

const unsigned = (change: object): string => `${encode({ ...HEADER, ...change })}.${encode(claimsNow())}.`

/** Signed with a key that the ticket brings along. */
async function selfSigned(alg: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return sign({}, { alg, jwk: await exportJWK(publicKey) }, privateKey)
}

/** The same bytes of signature, spelled otherwise. */
async function respelled(spell: (signature: string) => string): Promise<string> {
  for (let i = 0; i < 100; i++) {
    const [header, claims, signature = ''] = (await sign({ jti: `ticket-${i}` })).split('.')
    if (spell(signature) !== signature) return [header, claims, spell(signature)].join('.')
  }
  throw new Error('no signature can be spelled so')
}
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const withSpareBit = (text: string): string => text.slice(0, -1) + BASE64URL[BASE64URL.indexOf(text.slice(-1)) | 1]

async function asJson(): Promise<string> {
  const [header, payload, signature] = (await sign()).split('.')
  return JSON.stringify({ protected: header, payload, signature })
}

let agreement: string

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue()
  const { agreement_id } = await linkThrough(backend(), playMercadoPago())
  agreement = `/v2/wallet_connect/agreements/${agreement_id}`
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await reset()
})

/** A cheap use of a ticket: 200 if it is believed. */
const look = (ticket: string, origin: string | null = PAGE, send = throughWorker): Promise<Response> =>
  send(agreement, { headers: { authorization: `Bearer ${ticket}`, ...(origin !== null && { origin }) } })

/** As any other wrong token: nothing tells which part of it was wrong. */
async function expectDisbelief(response: Response): Promise<void> {
  const answer = await visible(response)
  expect(answer.status).toBe(401)
  expect(answer).toEqual(await visible(await look('nothing')))
}

describe('a ticket with one bit flipped', () => {
  it('is never accepted, whichever bit it is', async () => {
    const ticket = await ticketFor({ operations: ['agreements.get'] })
    expect((await look(ticket)).status).toBe(200)
    const flips = Array.from(ticket, (_, at) => [1, 2, 4, 8, 16, 32, 64, 128].map((mask) => ({ at, mask }))).flat()
    let asked = 0
    const accepted: object[] = []
    const attempt = async ({ at, mask }: { at: number; mask: number }): Promise<void> => {
      const bent = ticket.slice(0, at) + String.fromCharCode(ticket.charCodeAt(at) ^ mask) + ticket.slice(at + 1)
      // No header can have these.
      if (/[\0\r\n]/.test(bent)) return
      asked += 1
      if ((await look(bent)).status !== 401) accepted.push({ at, mask })
    }
    for (let i = 0; i < flips.length; i += 50) await Promise.all(flips.slice(i, i + 50).map(attempt))
    expect(asked).toBeGreaterThan(ticket.length * 7)
    expect(accepted).toEqual([])
  }, 60_000)
})

describe('a forged ticket', () => {
  const weak = new Uint8Array([0])
  const own = new Uint8Array(32).fill(7)

  it('would be accepted if it had our signature', async () => {
    expect((await look(await sign())).status).toBe(200)
    expect((await look(await sign({ pad: 'x'.repeat(1_000) }))).status).toBe(200)
  })

  it.each<[string, () => string | Promise<string>]>([
    ['alg none', () => unsigned({ alg: 'none' })],
    ['alg None', () => unsigned({ alg: 'None' })],
    ['alg NONE and our signature', () => reheaded({ alg: 'NONE' })],
    ['no alg', () => reheaded({ alg: undefined })],
    ['alg as a list', () => reheaded({ alg: ['HS256'] })],
    ['no signature', () => unsigned({})],
    ['HS512 by our key', () => sign({}, { alg: 'HS512' })],
    ['HS384 by our key', () => sign({}, { alg: 'HS384' })],
    ['HS512 and our signature', () => reheaded({ alg: 'HS512' })],
    ['RS256 and a public key of its own', () => selfSigned('RS256')],
    ['PS256 and a public key of its own', () => selfSigned('PS256')],
    ['ES256 and a public key of its own', () => selfSigned('ES256')],
    ['EdDSA and a public key of its own', () => selfSigned('EdDSA')],
    ['a symmetric key of its own', () => sign({}, { jwk: { kty: 'oct', k: encode([...own]) } }, own)],
    ['an address of keys', () => sign({}, { jku: 'https://evil.test/keys', x5u: 'https://evil.test/cert' }, own)],
    ['no key id', () => reheaded({ kid: undefined })],
    ['an empty key id and a key of zeros', () => sign({}, { kid: '' }, weak)],
    ['the key id of an empty file', () => sign({}, { kid: '../../../../dev/null' }, weak)],
    ['a key id that asks a database', () => sign({}, { kid: "x' UNION SELECT 'AAAA" }, bytesOf('AAAA'))],
    ['a key id of the prototype', () => sign({}, { kid: '__proto__' }, weak)],
    ['a key id as a list', () => reheaded({ kid: ['t1'] })],
    ['a key id in other letters', () => sign({}, { kid: 'T1' })],
    ['the sealing key by its name', () => sign({}, { kid: 's1' }, bytesOf(SEALING_KEY))],
    ['the sealing key by the name of ours', () => sign({}, {}, bytesOf(SEALING_KEY))],
    ['a critical header that nobody knows', () => sign({}, { crit: ['urn:x'], 'urn:x': true })],
    ['a critical header that is not there', () => reheaded({ crit: ['exp'] })],
    ['an empty list of critical headers', () => reheaded({ crit: [] })],
    ['a payload that is not encoded', () => reheaded({ b64: false, crit: ['b64'] })],
    ['the type of any JWT', () => sign({}, { typ: 'JWT' })],
    ['no type', () => sign({}, { typ: undefined })],
    ['another audience', () => sign({ aud: 'another-service' })],
    ['no audience', () => sign({ aud: undefined })],
    ['no name', () => sign({ jti: undefined })],
    ['no buyer', () => sign({ sub: undefined })],
    ['no client', () => sign({ iss: undefined })],
    ['an unknown client', () => sign({ iss: 'nobody' })],
    ['the client of the prototype', () => sign({ iss: 'constructor' })],
    ['a signature with padding', () => respelled((signature) => `${signature}=`)],
    ['a signature in plain base64', () => respelled((signature) => signature.replaceAll('-', '+').replaceAll('_', '/'))],
    ['a signature with a spare bit set', () => respelled(withSpareBit)],
    ['a fourth part', async () => `${await sign()}.AAAA`],
    ['five parts', () => `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`],
    ['braces around it', asJson],
    ['more than 6 144 characters', () => sign({ pad: 'x'.repeat(5_000) })],
  ])('with %s is answered like any other wrong token', async (_, forge) => {
    await expectDisbelief(await look(await forge()))
  })

  it.each([
    ['payments.search', 'GET', '/v1/advanced_payments/search', null],
    ['payments.listRefunds', 'GET', '/v1/advanced_payments/7/refunds', null],
    ['payments.refund', 'POST', '/v1/advanced_payments/7/refunds', '{}'],
    ['payments.capture', 'PUT', '/v1/advanced_payments/7', '{"capture":true}'],
    ['payments.cancel', 'PUT', '/v1/advanced_payments/7', '{"status":"cancelled"}'],
  ])('cannot allow %s, even if our own key signed it', async (operation, method, path, body) => {
    const ticket = await sign({ operations: [operation] })
    const headers = { authorization: `Bearer ${ticket}`, 'x-idempotency-key': 'key-1', 'content-type': 'application/json' }
    const { status } = await throughWorker(path, { method, headers, body })
    expect([401, 403]).toContain(status)
  })
})

describe('the time of a ticket', () => {
  it.each<[string, object, number]>([
    ['is over when it says so', { iat: -600, exp: 0 }, 401],
    ['is not over a few seconds before', { iat: -600, exp: 5 }, 200],
    ['is over a quarter of an hour after it was issued, whatever it says', { iat: -901, exp: 3_600 }, 401],
    ['is not over before that', { iat: -890, exp: 3_600 }, 200],
    ['does not begin before it was issued', { iat: 60, exp: 600 }, 401],
    ['does not begin before nbf', { nbf: 60 }, 401],
  ])('%s', async (_, offsets, status) => {
    const times = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, nowS() + offset]))
    expect((await look(await sign(times))).status).toBe(status)
  })

  it.each([
    ['no expiry', { exp: undefined }],
    ['no time of issue', { iat: undefined }],
    ['an expiry in words', { exp: 'never' }],
  ])('is required: a token with %s is not a ticket', async (_, claims) => {
    await expectDisbelief(await look(await sign(claims)))
  })

  it('ends while a ticket of POST /sessions is in use', async () => {
    const ticket = await ticketFor({ operations: ['agreements.get'], expires_in: 60 })
    expect((await look(ticket)).status).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    expect((await look(ticket)).status).toBe(401)
  })
})

describe('a ticket from another origin', () => {
  it.each([
    'https://www.shop.example',
    'https://other.example',
    'https://shop.example.evil.test',
    'https://evilshop.example',
    'https://shop.exampl',
    'https://shop.example.',
    'https://Shop.example',
    'HTTPS://shop.example',
    'https://shop.example:443',
    'https://shop.example:8443',
    'https://shop.example/',
    'https://shop.example, https://evil.test',
    'https://shop.example@evil.test',
    'http://shop.example',
    'shop.example',
    'null',
    '*',
  ])('is refused: %s', async (origin) => {
    const ticket = await ticketFor({ operations: ['agreements.get'] })
    const response = await look(ticket, origin)
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).not.toBe('*')
  })

  it('is accepted only from its own origin, or without one', async () => {
    for (const origin of ['https://shop.example', 'https://www.shop.example']) {
      const ticket = await ticketFor({ operations: ['agreements.get'], origin })
      expect((await look(ticket, origin)).status).toBe(200)
      expect((await look(ticket, null)).status).toBe(200)
    }
  })
})

describe('a revoked ticket', () => {
  const withClient = (change: object) => proxyWith({ CLIENTS: clientsWith('shop', change) })
  const at = (seconds: number): string => new Date((nowS() + seconds) * 1_000).toISOString()

  it('is accepted if it was not revoked after all', async () => {
    expect((await look(await sign(), PAGE, withClient({}))).status).toBe(200)
  })

  it.each([
    ['before tickets_since', -30, 401],
    ['since tickets_since', -90, 200],
  ])('is one that was issued %s', async (_, seconds, status) => {
    const ticket = await sign({ iat: nowS() - 60 })
    expect((await look(ticket, PAGE, withClient({ tickets_since: at(seconds) }))).status).toBe(status)
  })

  it.each(['Z', '+00:00', '+0000', '+00', '.5Z', '.123456789Z'])(
    'is refused however tickets_since is written: …%s',
    async (zone) => {
      const tickets_since = at(-30).replace(/\.\d+Z$/, zone)
      const response = await look(await sign({ iat: nowS() - 60 }), PAGE, withClient({ tickets_since }))
      // Or the proxy says that it cannot read it.
      expect([401, 503]).toContain(response.status)
    },
  )

  it('is refused once its client is removed', async () => {
    const others = JSON.parse(clientsWith('shop', {})).filter(({ id }: { id: string }) => id !== 'shop')
    await expectDisbelief(await look(await sign(), PAGE, proxyWith({ CLIENTS: JSON.stringify(others) })))
  })

  it.each([[['https://www.shop.example']], [[]]])('is refused once its origin is removed: %j', async (origins) => {
    expect((await look(await sign(), PAGE, withClient({ origins }))).status).toBe(401)
    expect((await look(await sign(), null, withClient({ origins }))).status).toBe(401)
  })

  it('is refused once its client may not do the operation any more', async () => {
    expect((await look(await sign(), PAGE, withClient({ operations: ['payments.get'] }))).status).toBe(403)
  })

  it('is refused once the key that signed it is removed, but accepted while it is the previous key', async () => {
    const next = `t2:${btoa('n'.repeat(32))}`
    expect((await look(await sign(), PAGE, proxyWith({ TICKET_KEYS: `${next} t1:${TICKET_KEY}` }))).status).toBe(200)
    await expectDisbelief(await look(await sign(), PAGE, proxyWith({ TICKET_KEYS: next })))
  })
})
