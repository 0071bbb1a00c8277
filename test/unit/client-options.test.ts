import { createWalletConnect, InvalidInputError, type WalletConnectOptions } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json, scriptedFetch } from '../support/client/scripted-fetch.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

const paths = (options: unknown): string[] => {
  try {
    createWalletConnect(options as WalletConnectOptions)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(JSON.stringify(error)).not.toContain('s3cret')
    return (error as InvalidInputError).issues.map(({ path }) => path)
  }
}
const ok = { accessToken: 'APP_USR-s3cret' }
const proxy = { url: 'https://pay.shop.test', ticket: 'ticket-s3cret' }

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('createWalletConnect', () => {
  it('requires exactly one of accessToken and proxy', () => {
    expect(paths(ok)).toEqual([])
    expect(paths({ proxy })).toEqual([])
    expect(paths({})).toEqual(['accessToken'])
    expect(paths({ ...ok, proxy })).toEqual(['accessToken'])
  })

  it('refuses an access token in a page, and accepts a ticket', () => {
    vi.stubGlobal('document', {})
    expect(paths(ok)).toEqual(['accessToken'])
    expect(paths({ proxy })).toEqual([])
  })

  it.each([
    ['accessToken', ''],
    ['accessToken', 7],
    ['site', 'USA'],
    ['timeoutMs', 0],
    ['timeoutMs', 2 ** 31],
    ['deadlineMs', Number.POSITIVE_INFINITY],
    ['deadlineMs', '1000'],
    ['maxRetries', -1],
    ['maxRetries', 1.5],
    ['fetch', 'fetch'],
    ['onAttempt', {}],
    ['timeoutms', 5],
    ['headers', { authorization: 'Bearer s3cret' }],
  ])('refuses the option %s with the value %j', (path, value) => {
    expect(paths({ ...ok, [path]: value })).toEqual([path])
  })

  it.each([
    'http://api.mercadopago.com',
    'ftp://api.mercadopago.com',
    'https://user:pass@api.mercadopago.com',
    'https://api.mercadopago.com/?a=1',
    'https://api.mercadopago.com/#a',
    'http://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'api.mercadopago.com',
    '',
  ])('refuses the address %j', (address) => {
    expect(paths({ ...ok, baseURL: address })).toEqual(['baseURL'])
    expect(paths({ proxy: { ...proxy, url: address } })).toEqual(['proxy.url'])
  })

  it.each([
    ['https://api.mercadopago.com', 'https://api.mercadopago.com/v1/advanced_payments/7'],
    ['https://api.mercadopago.com/', 'https://api.mercadopago.com/v1/advanced_payments/7'],
    ['https://shop.test/pay/', 'https://shop.test/pay/v1/advanced_payments/7'],
    ['http://localhost:8787', 'http://localhost:8787/v1/advanced_payments/7'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/v1/advanced_payments/7'],
    ['http://[::1]:8787', 'http://[::1]:8787/v1/advanced_payments/7'],
  ])('sends requests to paths below the address %s', async (baseURL, url) => {
    const fetch = scriptedFetch(json(200, document('get-payment.response.200')))
    await walletWith(fetch, { baseURL }).payments.get(7)
    expect(fetch.sent[0]?.url).toBe(url)
  })

  it('sends the ticket to the proxy as a bearer token', async () => {
    const fetch = scriptedFetch(json(200, document('get-payment.response.200')))
    await createWalletConnect({ proxy: { url: 'https://pay.shop.test', ticket: async () => 'ticket-1' }, fetch }).payments.get(7)
    expect(fetch.sent[0]?.url).toBe('https://pay.shop.test/v1/advanced_payments/7')
    expect(fetch.sent[0]?.headers.get('authorization')).toBe('Bearer ticket-1')
  })

  it('does not change the options object, and ignores later changes to it', async () => {
    const fetch = scriptedFetch(json(200, document('get-payment.response.200')))
    const options = { accessToken: 'first', fetch, platformId: 'p' }
    const wallet = createWalletConnect(options)
    const before = { ...options }
    await wallet.payments.get(7)
    expect(options).toEqual(before)
    options.accessToken = 'second'
    await wallet.payments.get(7)
    expect(fetch.sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer first', 'Bearer first'])
  })

  it('calls the fetch option as a plain function, without this', async () => {
    let self: unknown = 'not called'
    const respond = json(200, document('get-payment.response.200'))
    const fetch = function (this: unknown) {
      self = this
      return Promise.resolve(respond())
    }
    await walletWith(fetch as typeof globalThis.fetch).payments.get(7)
    expect(self).toBeUndefined()
  })

  it('uses the global fetch, looked up at each request, if none is given', async () => {
    const wallet = createWalletConnect({ accessToken: 'TEST-access' })
    const fetch = scriptedFetch(json(200, document('get-payment.response.200')))
    vi.stubGlobal('fetch', fetch)
    await wallet.payments.get(7)
    expect(fetch.sent).toHaveLength(1)
  })

  it.each([
    ['payments.refund', 25],
    ['payments.refund', null],
    ['payments.capture', 'now'],
    ['payments.cancel', []],
  ] as const)('refuses %s(7, %j), which must not be taken for an empty input', async (operation, input) => {
    const fetch = scriptedFetch(json(200, []))
    const wallet = walletWith(fetch)
    const [, name] = operation.split('.') as ['payments', 'refund' | 'capture' | 'cancel']
    expect(await rejection(wallet.payments[name](7, input as never))).toBeInstanceOf(InvalidInputError)
    expect(fetch.sent).toHaveLength(0)
  })

  it('makes calls that reject, and do not throw, for invalid input', async () => {
    const wallet = walletWith(scriptedFetch())
    const calls = [
      () => wallet.payments.get(''),
      () => wallet.payments.create(undefined as never),
      () => wallet.payments.create({} as never, null as never),
      () => wallet.payments.create({} as never, 'key' as never),
      () => wallet.agreements.get('../x'),
      () => wallet.agreements.createPayerToken('abc', undefined as never),
      () => wallet.send(undefined as never),
      () => wallet.reconcile(undefined as never),
    ]
    for (const call of calls) expect(await rejection(call())).toBeInstanceOf(InvalidInputError)
  })
})
