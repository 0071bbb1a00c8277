import { createExecutionContext, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { isWalletConnectError, type OperationName } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { signNotification } from 'mercadopago-wallet-connect/notifications'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../playground/proxy.ts'
import { json, type Step } from '../support/client/scripted-fetch.ts'
import { findSecrets, OURS, storedRows, watchConsole } from '../support/secrets/canaries.ts'
import { ACCESS_TOKEN, FORMER_ACCESS_TOKEN, WEBHOOK_SECRET } from '../support/secrets/secrets.ts'
import {
  asBackend,
  backend,
  browser,
  ORIGIN,
  RETURN_URI,
  receive,
  throughWorker,
  ticketFor,
  upstreamIs,
} from '../support/workerd/fixtures.ts'
import {
  answers,
  ask,
  inputs,
  known,
  names,
  PAYER_TOKEN,
  playDocuments,
  preparedOf,
  requestOf,
  unknown,
  visible,
  withHandle,
} from '../support/workerd/recorded.ts'
import { proxyWith } from '../support/workerd/with-configuration.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Everything that can be seen of a failure, to any depth. */
function surfaces(error: unknown, seen = new Set<unknown>()): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if (seen.has(error)) return ''
  seen.add(error)
  return Reflect.ownKeys(error)
    .map((key) => `${String(key)} ${surfaces((error as Record<PropertyKey, unknown>)[key], seen)}`)
    .join(' ')
}

describe('the search for secrets', () => {
  it.each([
    ['as it is', (secret: string) => `Bearer ${secret}`],
    ['in capitals', (secret: string) => secret.toUpperCase()],
    ['in an address', (secret: string) => `?a=${encodeURIComponent(secret)}`],
    ['in base64', (secret: string) => btoa(`key:${secret}`)],
    ['in base64 for addresses', (secret: string) => btoa(`{"k":"${secret}"}`).replaceAll('/', '_').replaceAll('=', '')],
    ['in hex', (secret: string) => [...secret].map((each) => each.charCodeAt(0).toString(16).padStart(2, '0')).join('')],
  ])('finds one %s', (_, write) => {
    for (const secret of OURS) expect(findSecrets(`before ${write(secret)} after`, OURS)).toContain(secret)
  })
})

describe('every secret', () => {
  it('stays inside the proxy in every step from the agreement to its end', async () => {
    const lines = watchConsole()
    const emulator = createEmulator({ balance: 100_000 })
    emulator.coupons.add({ code: 'TENTH', type: 'percent', value: 10, cap: 1_000 })
    const answers: string[] = []
    const payerTokens: string[] = []
    const codes: string[] = []
    const events: string[] = []
    const wasSent = new Set<string>()
    upstreamIs(async (input, init) => {
      const request = new Request(input, init)
      if (new URL(request.url).hostname === 'shop.example') {
        events.push(JSON.stringify([[...request.headers], await request.text()]))
        return new Response()
      }
      wasSent.add(JSON.stringify([...request.headers]) + (await request.clone().text()))
      const response = await emulator.fetch(request)
      const { payer_token } = JSON.parse((await response.clone().text()) || '{}')
      if (payer_token) payerTokens.push(payer_token)
      return response
    })
    const send = async (path: string, init?: RequestInit): Promise<Response> => {
      const response = await throughWorker(path, init)
      answers.push(await visible(response.clone()))
      return response
    }

    const buyer = { id: 'canary@buyer.test', description: 'Ana Canary' }
    const wallet = backend('shop', send)
    const { agreement_id } = await wallet.agreements.create({
      return_uri: RETURN_URI,
      external_flow_id: 'f',
      external_user: buyer,
    })
    const { code } = emulator.buyer.approve(agreement_id)
    codes.push(code)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const { discount } = await wallet.discounts.create({ payer_token, amount: 500, coupon: 'TENTH' })
    await wallet.discounts.validateCoupon({ payer_token, id: 'TENTH' })
    const charge = (amount: number, more: object = {}, capture = true) =>
      wallet.payments.create({
        wallet_payment: { transaction_amount: amount, external_reference: 'order', ...more },
        payer: { token: payer_token },
        additional_info: { payer: { email: buyer.id } },
        capture,
      })
    await charge(500, { discount: { description: 'd', code: 'TENTH', amount: discount.amount, detail: discount.detail } })
    await charge(250_000)
    const { id } = await charge(10, {}, false)
    await wallet.payments.capture(id)
    await wallet.payments.refund(id, { amount: 1 })
    await wallet.payments.get(id)
    await wallet.payments.listRefunds(id)
    await wallet.payments.search({ external_reference: 'order' })
    await wallet.payments.cancel((await charge(20, {}, false)).id)
    const ticket = await ticketFor({
      external_user: { id: buyer.id },
      operations: ['agreements.get', 'discounts.validateCoupon'],
    })
    const page = browser(ticket, undefined, send)
    await page.agreements.get(agreement_id)
    await page.discounts.validateCoupon({ payer_token, id: 'TENTH' })

    // Requests that are declined or lost, and notifications.
    const errors = await Promise.all(
      [
        () => page.payments.refund(id),
        () => charge(1, { discount: { amount: 1, description: '', detail: { cap: 1, value: 1, type: 'fixed' } } }),
        () => wallet.agreements.createPayerToken(agreement_id, { code: 'another-code' }),
        () => wallet.payments.capture(id),
        () => backend('other', send).payments.get(id),
      ].map((fail) => fail().then(String, surfaces)),
    )
    emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times: 1 })
    errors.push(await charge(30).then(String, surfaces))
    await send('/v1/advanced_payments', { headers: { authorization: 'Bearer guessed' } })
    await send('/operations?state=open', { headers: asBackend('operator') })
    await wallet.agreements.cancel(agreement_id)
    errors.push(await charge(10).then(String, surfaces))
    const event = {
      topic: 'wallet_connect',
      action: 'status.updated',
      data: { id: agreement_id },
      fields: { id: 'e', entity: 'agreement' },
    }
    await receive(await signNotification({ secret: WEBHOOK_SECRET, url: `${ORIGIN}/notifications`, ...event }))
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 10_000, interval: 100 })
    await send('/notifications?state=delivered', { headers: asBackend('operator') })

    const rows = await storedRows()
    expect(rows.length).toBeGreaterThan(10)
    expect(lines.length).toBeGreaterThan(20)
    expect(errors).toHaveLength(7)
    // They were used, or there would be nothing to find.
    expect(payerTokens).toHaveLength(1)
    expect(findSecrets([...wasSent].join('\n'), [ACCESS_TOKEN, ...payerTokens, ...codes, buyer.id])).toHaveLength(4)

    const outside = [...answers, ...errors, ...events].join('\n')
    expect(findSecrets(outside, [...OURS, ...payerTokens])).toEqual([])
    expect(
      findSecrets(lines.join('\n'), [...OURS, ...payerTokens, ...codes, payer_token, ticket, buyer.id, buyer.description]),
    ).toEqual([])
    expect(findSecrets(rows.join('\n'), [...OURS, ...payerTokens, ...codes, ticket, buyer.id, buyer.description])).toEqual([])
  }, 20_000)

  it('is sealed in the row while the outcome is unknown', async () => {
    const lines = watchConsole()
    const { plays } = playDocuments()
    const about = await known()
    for (const name of names) {
      plays(name, name === 'agreements.get' ? answers[name] : { reject: new TypeError(`fetch failed: Bearer ${ACCESS_TOKEN}`) })
      await ask(name, about)
    }
    const rows = await storedRows()
    expect(rows.filter((row) => row.includes('UNKNOWN')).length).toBeGreaterThan(5)
    // The answer to the first payment is not sealed: it shows that rows can be read.
    expect(findSecrets(rows.join('\n'), [...OURS, PAYER_TOKEN, 'the-code', 'usertest', 'COUPON', 'Pago_123'])).toEqual([
      'Pago_123',
    ])
    expect(findSecrets(lines.join('\n'), [...OURS, PAYER_TOKEN, 'the-code', 'usertest', 'BLACKFRIDAY20', 'Pago_123'])).toEqual([])
  })
})

/** An upstream that repeats everything it was sent, in every place that a caller might see. */
describe('an upstream that repeats secrets', () => {
  const allSecrets = [`Bearer ${ACCESS_TOKEN}`, `Bearer ${FORMER_ACCESS_TOKEN}`, PAYER_TOKEN, 'the-code'].join(' ')
  const everywhere = {
    message: allSecrets,
    error: ACCESS_TOKEN,
    code: ACCESS_TOKEN,
    cause: [
      { code: ACCESS_TOKEN, message: allSecrets, description: allSecrets, data: allSecrets },
      { code: PAYER_TOKEN, message: allSecrets },
    ],
    debug: { authorization: [allSecrets] },
    payer: { id: 7, token: PAYER_TOKEN, email: allSecrets },
    [ACCESS_TOKEN]: allSecrets,
  }
  const headers = {
    'x-request-id': ACCESS_TOKEN,
    'x-debug': allSecrets,
    location: `https://a.test/${ACCESS_TOKEN}`,
    'set-cookie': `t=${ACCESS_TOKEN}`,
    'www-authenticate': allSecrets,
    'retry-after': '0',
  }
  const secrets = [...OURS, PAYER_TOKEN]

  /** All that can be seen of these answers, each through a proxy that has seen no failure before. */
  async function saysBack(name: OperationName, steps: Step[]): Promise<string> {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const lines = watchConsole()
    const { plays, reached } = playDocuments()
    const about = await known(name)
    const seen: string[] = []
    for (const step of steps) {
      const send = proxyWith({})
      plays(name, step)
      reached.length = 0
      const { path, init } = requestOf(name, about)
      seen.push(await visible(await send(path, init)))
      seen.push(await backend('shop', send).send(preparedOf(name, about)).then(JSON.stringify, surfaces))
      expect(reached.filter(({ operation }) => operation === name).length).toBeGreaterThan(1)
    }
    return [...seen, ...lines, ...(await storedRows())].join('\n')
  }

  it.each(names)('in documented and other fields of the answer to %s is not passed on', async (name) => {
    const documented = JSON.parse((await answers[name]().text()) || '{}')
    const answer = Array.isArray(documented)
      ? documented.map((each) => ({ ...each, ...everywhere }))
      : { ...documented, ...everywhere }
    // The payer token is known again where it was sent.
    const takesHandle = withHandle.includes(name)
    const quoted = quoting(documented, takesHandle ? allSecrets : allSecrets.replace(PAYER_TOKEN, ''))
    const steps = [json(200, answer, headers), json(201, answer, headers), json(200, quoted, headers)]
    expect(findSecrets(await saysBack(name, steps), secrets)).toEqual([])
  })

  it.each(names)('in a refusal or a broken answer to %s is not passed on', async (name) => {
    const statuses = [302, 400, 401, 403, 404, 408, 409, 422, 429, 500]
    const declines = statuses.map((status) => json(status, { status, ...everywhere }, headers))
    const thrown = Object.assign(new TypeError(allSecrets), {
      name: allSecrets,
      cause: new Error(allSecrets),
      request: { headers: allSecrets },
    })
    const steps: Step[] = [...declines, { reject: thrown }, { throw: thrown }, { reject: allSecrets }]
    expect(findSecrets(await saysBack(name, steps), secrets)).toEqual([])
  })
})

/** The same with this behind every text in it. */
function quoting(value: unknown, text: string): unknown {
  if (typeof value === 'string') return `${value} ${text}`
  if (Array.isArray(value)) return value.map((each) => quoting(each, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, quoting(each, text)]))
}

describe('a secret that is missing or malformed', () => {
  const malformed: [keyof Env, string | undefined][] = [
    ...['', 'two canary words', 'line\ncanary', 'canary"', undefined].map((text): [keyof Env, typeof text] => [
      'MERCADOPAGO_ACCESS_TOKEN',
      text,
    ]),
    ...['', 'canary', '[]', '[{"id":"canary"}]', '[{"id":"a","keys":["canary"]}]', undefined].map(
      (text): [keyof Env, typeof text] => ['CLIENTS', text],
    ),
    ...['', 'canary', 'k1:canary', undefined].map((text): [keyof Env, typeof text] => ['TICKET_KEYS', text]),
    ...['', 'canary', 'k1:canary', undefined].map((text): [keyof Env, typeof text] => ['SEALING_KEYS', text]),
    ...['', ' ', undefined].map((text): [keyof Env, typeof text] => ['WEBHOOK_SECRETS', text]),
  ]

  it.each(malformed)(
    '%s = %j is answered with 503 that names and does not quote it, and nothing is sent',
    async (name, value) => {
      const lines = watchConsole()
      const { reached } = playDocuments()
      const { path, init } = requestOf('agreements.create', unknown)
      const proxy = createProxy()
      for (const address of [path, '/health', '/notifications', '/v1/orders']) {
        const request = new Request(new URL(address, ORIGIN), init)
        const response = await proxy.fetch(request, { ...env, [name]: value }, createExecutionContext())
        expect(response.status).toBe(503)
        const seen = await visible(response)
        expect(seen).toContain(name)
        expect(seen).not.toContain('canary')
      }
      expect(lines.join('\n')).not.toContain('canary')
      expect(reached).toEqual([])
    },
  )
})

it('the errors that a caller’s client throws have no secret in them', async () => {
  playDocuments()
  const error = await backend()
    .payments.create(inputs(await known())['payments.create'], { idempotencyKey: 'k' })
    .then(() => backend().payments.capture(1))
    .catch((error: unknown) => error)
  expect(isWalletConnectError(error)).toBe(true)
  expect(findSecrets(surfaces(error), [...OURS, PAYER_TOKEN])).toEqual([])
})
