import { describe, expect, it } from 'vitest'
import { readClients } from '../../playground/configuration/clients.ts'
import { CLIENT_KEYS, CLIENTS, FORMER_CLIENT_KEY } from '../support/secrets/secrets.ts'

const [shop] = CLIENTS
const read = (change: object) => readClients(JSON.stringify([{ ...shop, ...change }]))

describe('readClients', () => {
  it('finds a client by its current key and by its former one', async () => {
    const clients = readClients(JSON.stringify(CLIENTS))
    expect((await clients.withKey(CLIENT_KEYS.shop))?.id).toBe('shop')
    expect((await clients.withKey(FORMER_CLIENT_KEY))?.id).toBe('shop')
    expect((await clients.withKey(CLIENT_KEYS.other))?.id).toBe('other')
    expect(await clients.withKey('')).toBeUndefined()
    expect(await clients.withKey(shop?.keys[0] ?? '')).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['an id with a blank', { id: 'the shop' }, '0.id must be 1 to 32'],
    ['no key', { keys: [] }, '0.keys'],
    ['a key in clear', { keys: ['my-secret-key'] }, '0.keys.0 must be a SHA-256'],
    ['an origin with a path', { origins: ['https://shop.example/'] }, '0.origins.0 must be an origin'],
    ['any origin', { origins: ['*'] }, '0.origins.0 must be an origin'],
    ['no origin', { origins: ['null'] }, '0.origins.0 must be an origin'],
    ['an unknown operation', { operations: ['payments.steal'] }, '0.operations.0'],
    ['a return_uri that is a script', { return_uris: ['javascript:alert(1)'] }, '0.return_uris.0 must be an http(s) address'],
    ['events in clear', { events: { url: 'http://shop.example/', secrets: [] } }, '0.events.url must be an https address'],
    ['a weak secret', { events: { url: 'https://shop.example/', secrets: ['whsec_YQ=='] } }, '0.events.secrets.0 must be whsec_'],
    ['a time that is none', { tickets_since: 'yesterday' }, '0.tickets_since must be a time'],
    ['a time that cannot be read', { tickets_since: '2999-01-01T00:00:00+03' }, '0.tickets_since must be a time'],
    ['a field that does not exist', { orgins: [] }, '0.orgins'],
  ])('refuses %s, naming the field and not its value', (_, change, message) => {
    expect(() => read(change)).toThrow(message)
    for (const value of ['my-secret-key', 'whsec_YQ==']) expect(() => read(change)).not.toThrow(value)
  })

  it.each([[undefined], [''], ['{'], ['{}'], ['[]'], ['null']])('refuses %j', (secret) => {
    expect(() => readClients(secret)).toThrow(/^CLIENTS/)
  })

  it('refuses two clients with the same id or the same key', () => {
    expect(() => readClients(JSON.stringify([shop, shop]))).toThrow('two clients with the same id')
    expect(() => readClients(JSON.stringify([shop, { ...shop, id: 'twin' }]))).toThrow('the same key twice')
  })
})
