import { reset } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ACCESS_TOKEN, CLIENT_KEYS, CLIENTS, FORMER_CLIENT_KEY, TICKET_KEY } from '../support/secrets/secrets.ts'
import { throughWorker } from '../support/workerd/fixtures.ts'
import { names, playDocuments, problemIn, requestOf, unknown } from '../support/workerd/recorded.ts'

const KEY = CLIENT_KEYS.shop
const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

describe('authentication', () => {
  const credentials: [string, Record<string, string>][] = [
    ['no key', {}],
    ['a wrong key', bearer('key-of-the-shoq')],
    ['the key in other letters', bearer(KEY.toUpperCase())],
    ['the key and more', bearer(`${KEY} ${KEY}`)],
    ['two keys in two headers', bearer(`${KEY}, Bearer ${KEY}`)],
    ['the beginning of the key', bearer(KEY.slice(0, -1))],
    ['the key and a letter', bearer(`${KEY}x`)],
    ['an empty key', { authorization: 'Bearer' }],
    ['another scheme', { authorization: `Basic ${btoa(`${KEY}:`)}` }],
    ['another scheme with the key', { authorization: `Digest ${KEY}` }],
    ['no scheme', { authorization: KEY }],
    ['the digest of the key', bearer(CLIENTS[0]?.keys[0] ?? '')],
    ['the id of the client', bearer('shop')],
    ['the access token', bearer(ACCESS_TOKEN)],
    ['the key of the tickets', bearer(TICKET_KEY)],
    ['a ticket that nobody signed', bearer(`${btoa('{"alg":"none"}')}.${btoa('{"iss":"shop"}')}.`)],
    ['a key of ten thousand letters', bearer('k'.repeat(10_000))],
    ['a cookie', { cookie: `authorization=${KEY}` }],
    ['another header', { 'x-api-key': KEY }],
    ['the header of proxies', { 'proxy-authorization': `Bearer ${KEY}` }],
  ]

  it.each(credentials)('refuses %s with 401 and sends nothing', async (_, headers) => {
    const { reached } = playDocuments()
    for (const name of names) {
      const { path, init } = requestOf(name, unknown)
      const { authorization, ...rest } = init.headers as Record<string, string>
      const response = await throughWorker(path, { ...init, headers: { ...rest, ...headers } })
      expect(response.status).toBe(401)
      expect(await problemIn(response)).toMatchObject({ error: 'unauthorized' })
    }
    expect(reached).toEqual([])
  })

  it.each(['access_token', 'token', 'key', 'authorization'])('does not accept the key in the query as %s', async (name) => {
    const { reached } = playDocuments()
    const response = await throughWorker(`/v1/advanced_payments/search?${name}=${KEY}`)
    expect(response.status).toBe(401)
    expect(reached).toEqual([])
  })

  it.each(['/', '/v1/orders', '/sessions', '/operations', '/notifications'])(
    'answers an unauthenticated request for %s like any other wrong one',
    async (path) => {
      expect((await throughWorker(path)).status).toBe(401)
    },
  )

  it('checks the key before the body', async () => {
    const { path, init } = requestOf('payments.create', unknown)
    const response = await throughWorker(path, { ...init, headers: {}, body: '{' })
    expect(response.status).toBe(401)
  })

  it.each([
    ['the current key', KEY],
    ['the former key of a rotation', FORMER_CLIENT_KEY],
  ])('accepts %s', async (_, key) => {
    const { reached } = playDocuments()
    const { path, init } = requestOf('agreements.create', unknown)
    const response = await throughWorker(path, { ...init, headers: { ...(init.headers as object), ...bearer(key) } })
    expect(response.status).toBe(200)
    expect(reached).toHaveLength(1)
  })

  it('accepts the current and the former key of a client', async () => {
    const { reached } = playDocuments()
    const { path, init } = requestOf('agreements.create', unknown)
    const as = (key: string) => throughWorker(path, { ...init, headers: { ...(init.headers as object), ...bearer(key) } })
    const first = await as(FORMER_CLIENT_KEY)
    const again = await as(KEY)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await again.text()).toBe(await first.text())
    expect(reached).toHaveLength(1)
  })
})
