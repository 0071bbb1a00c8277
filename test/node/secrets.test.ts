import { inspect } from 'node:util'
import { isWalletConnectError, type OperationName, operations } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { json, type Step, scriptedFetch, text } from '../support/client/scripted-fetch.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

const secrets = {
  accessToken: 'APP_USR-seed-access-token',
  payerToken: 'seed-payer-token-0123456789',
  code: 'seed-authorisation-code-0123',
  coupon: 'SEEDCOUPON',
  email: 'seed.buyer@mail.test',
}
const user = { id: secrets.email, description: `Ana <${secrets.email}>` }

const inputs: Record<OperationName, object> = {
  'agreements.create': { return_uri: 'https://shop.test', external_flow_id: 'f', external_user: user },
  'agreements.get': { agreement_id: 'abc' },
  'agreements.cancel': { agreement_id: 'abc' },
  'agreements.createPayerToken': { agreement_id: 'abc', code: secrets.code },
  'discounts.validateCoupon': { payer_token: secrets.payerToken, id: secrets.coupon },
  'discounts.create': { payer_token: secrets.payerToken, amount: 5, coupon: secrets.coupon },
  'payments.create': {
    wallet_payment: {
      transaction_amount: 5,
      external_reference: 'order',
      discount: { amount: 1, description: 'd', code: secrets.coupon, detail: { cap: 1, value: 1, type: 'fixed' } },
    },
    payer: { token: secrets.payerToken },
    additional_info: { payer: { email: secrets.email } },
  },
  'payments.get': { advanced_payment_id: 7 },
  'payments.search': { 'payer.email': secrets.email },
  'payments.capture': { advanced_payment_id: 7 },
  'payments.cancel': { advanced_payment_id: 7 },
  'payments.refund': { advanced_payment_id: 7 },
  'payments.listRefunds': { advanced_payment_id: 7 },
}

/** Quoted back by a careless or hostile answer. A coupon is a word like any other: only who was sent it can know it. */
const { coupon, ...opaque } = secrets
const quoted = Object.values(opaque).join(' ')
const echo = (status: number): Step =>
  json(
    status,
    {
      status: String(status),
      error: secrets.code,
      code: secrets.code,
      message: `Bad: ${quoted}`,
      cause: [{ code: secrets.payerToken, message: quoted, description: quoted, data: quoted }],
      [secrets.payerToken]: quoted,
    },
    { 'x-request-id': secrets.payerToken, 'retry-after': '0', 'x-echo': quoted },
  )

const failures: [string, Step][] = [
  ['a rejection that quotes the request', { reject: Object.assign(new Error(quoted), { cause: quoted, config: secrets }) }],
  ['a throw of a string', { throw: quoted }],
  ['a timeout', 'hang'],
  ['a body that stalls', { stall: 200 }],
  ['a body that is cut', { cut: 200 }],
  ['a redirect', text(302, quoted, { location: `https://x.test/?${encodeURIComponent(quoted)}` })],
  ['a 2xx that is not JSON', text(200, quoted)],
  ['a 2xx that is a list of something', json(200, [quoted])],
  ...[400, 401, 403, 404, 408, 409, 418, 422, 423, 429, 500, 503].map((status): [string, Step] => [
    `a ${status} that quotes`,
    echo(status),
  ]),
]

/** Every place where something could be seen, to any depth. */
function surfaces(error: unknown, seen = new Set<unknown>()): string {
  if ((typeof error !== 'object' || error === null) && typeof error !== 'function') return String(error)
  if (seen.has(error)) return ''
  seen.add(error)
  const keys = Reflect.ownKeys(error as object)
  const values = keys.map((key) => `${String(key)} ${surfaces((error as Record<PropertyKey, unknown>)[key], seen)}`)
  return values.join(' ')
}

function everything(error: Error): string {
  const clone = structuredClone(error)
  return [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    inspect(clone, { depth: 20, showHidden: true }),
    surfaces(error),
    surfaces(clone),
  ].join('\n')
}

const leaked = (error: Error): string[] =>
  Object.entries(secrets).flatMap(([name, secret]) => (everything(error).includes(secret) ? [name] : []))

describe.each(Object.keys(operations) as OperationName[])('no error of %s leaks a secret', (operation) => {
  it.each(failures)('after %s', async (_, step) => {
    const wallet = walletWith(scriptedFetch(step), {
      accessToken: secrets.accessToken,
      timeoutMs: 10,
      maxRetries: 1,
      deadlineMs: 100,
    })
    const error = await rejection<Error>(wallet.send(wallet.prepare(operation, inputs[operation] as never)))
    expect(isWalletConnectError(error)).toBe(true)
    expect(leaked(error)).toEqual([])
  })
})

describe('no error leaks a secret', () => {
  it.each([
    ['input of the wrong type', { ...inputs['payments.create'], capture: secrets.payerToken }],
    ['an unknown field', { ...inputs['payments.create'], extra: secrets.payerToken }],
    ['a token that cannot be sent', { wallet_payment: { transaction_amount: 5 }, payer: { token: `${secrets.payerToken}\n` } }],
    ['an amount that is a token', { wallet_payment: { transaction_amount: secrets.payerToken }, payer: { token: 't' } }],
  ])('after %s', async (_, input) => {
    const wallet = walletWith(scriptedFetch(), { accessToken: secrets.accessToken })
    expect(leaked(await rejection(wallet.payments.create(input as never)))).toEqual([])
  })

  it.each(['discounts.validateCoupon', 'discounts.create', 'payments.create'] as const)(
    'after a 400 that quotes the coupon of %s',
    async (operation) => {
      const body = {
        status: 400,
        error: coupon,
        message: `Coupon ${coupon}, "${coupon}".`,
        cause: [{ code: coupon, message: coupon }],
      }
      const wallet = walletWith(scriptedFetch(json(400, body, { 'x-request-id': coupon })))
      expect(leaked(await rejection(wallet.send(wallet.prepare(operation, inputs[operation] as never))))).toEqual([])
    },
  )

  it('after a token provider that quotes the token', async () => {
    for (const accessToken of [() => Promise.reject(new Error(secrets.accessToken)), () => `Bearer ${secrets.accessToken}`]) {
      const wallet = walletWith(scriptedFetch(), { accessToken: accessToken as () => string })
      expect(leaked(await rejection(wallet.payments.get(7)))).toEqual([])
    }
  })

  it('after a stored request with a secret in the wrong place', async () => {
    const wallet = walletWith(scriptedFetch())
    const prepared = wallet.prepare('payments.get', { advanced_payment_id: 7 })
    const altered = { ...prepared, path: `/${secrets.payerToken}`, headers: { Authorization: `Bearer ${secrets.accessToken}` } }
    expect(leaked(await rejection(wallet.send(altered)))).toEqual([])
  })

  it('would be found if it did: the search sees a secret wherever it is put', () => {
    for (const place of [{ cause: secrets.code }, { [Symbol('x')]: { deep: [secrets.code] } }, { message: secrets.code }]) {
      expect(leaked(Object.assign(new Error('x'), place))).toEqual(['code'])
    }
  })
})

describe('onAttempt and onDrift', () => {
  it('tell nothing secret', async () => {
    const told: unknown[] = []
    for (const [, step] of failures) {
      const hooks = { onAttempt: (event: unknown) => told.push(event), onDrift: (event: unknown) => told.push(event) }
      const wallet = walletWith(scriptedFetch(step), { ...hooks, accessToken: secrets.accessToken, timeoutMs: 10, maxRetries: 0 })
      await rejection(wallet.payments.create(inputs['payments.create'] as never))
    }
    expect(told.length).toBe(failures.length)
    for (const secret of Object.values(secrets)) expect(JSON.stringify(told)).not.toContain(secret)
  })
})
