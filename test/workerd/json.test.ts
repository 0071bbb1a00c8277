import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { operations } from 'mercadopago-wallet-connect'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { throughWorker } from '../support/workerd/fixtures.ts'
import { DEEP, MALFORMED, NO_CHARACTERS, NO_TEXT, ODD } from '../support/workerd/json-texts.ts'
import {
  inputs,
  type Known,
  known,
  names,
  operationOf,
  playDocuments,
  problemIn,
  type Recorded,
  requestOf,
  write,
} from '../support/workerd/recorded.ts'

const withBody = names.filter((name) => operations[name].method !== 'GET')
/** A name for a test: the beginning of the text, in ASCII. */
const shown = (text: string): [string, string] => [JSON.stringify(text.slice(0, 24)).replace(/[^ -~]/g, '.'), text]

let mercadoPago: Recorded
let about: Known

beforeAll(async () => {
  vi.spyOn(env.CLIENT_LIMIT, 'limit').mockResolvedValue({ success: true })
  mercadoPago = playDocuments()
  about = await known()
})
beforeEach(() => {
  mercadoPago.reached.length = 0
})
afterAll(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** As the body of every operation that has one. */
async function sendToAll(body: string | Uint8Array<ArrayBuffer>): Promise<Response[]> {
  return Promise.all(
    withBody.map((name) => {
      const { path, init } = requestOf(name, about)
      return throughWorker(path, { ...init, body })
    }),
  )
}

/** A good payment with this text as a value in it. */
const paymentWith = (text: string): RequestInit => {
  const payment = JSON.stringify(inputs(about)['payments.create'])
  return write('POST', `${payment.slice(0, -1)},"metadata":{"value":${text}}}`, { 'x-idempotency-key': crypto.randomUUID() })
}

describe('a body that is not JSON', () => {
  it.each(MALFORMED.map(shown))('%s is declined with 400 by every operation, also within a payment', async (_, text) => {
    const within = await throughWorker('/v1/advanced_payments', paymentWith(text))
    for (const response of [...(await sendToAll(text)), within]) {
      expect(response.status).toBe(400)
      expect(await problemIn(response)).toMatchObject({ error: 'bad_request' })
    }
    expect(mercadoPago.reached).toEqual([])
  })

  it.each(NO_CHARACTERS)('with %s in it is declined with 400, even if nothing else is wrong', async (_, bytes) => {
    const init = paymentWith('"*"')
    const body = new TextEncoder().encode(String(init.body))
    const place = body.lastIndexOf('*'.charCodeAt(0))
    const response = await throughWorker('/v1/advanced_payments', {
      ...init,
      body: Uint8Array.from([...body.slice(0, place), ...bytes, ...body.slice(place + 1)]),
    })
    expect(response.status).toBe(400)
    await problemIn(response)
    expect(mercadoPago.reached).toEqual([])
  })

  it.each(NO_TEXT)('%s is declined with 400 by every operation', async (_, bytes) => {
    for (const response of await sendToAll(bytes)) {
      expect(response.status).toBe(400)
      await problemIn(response)
    }
    expect(mercadoPago.reached).toEqual([])
  })
})

describe('a body that is nested too deep', () => {
  it.each(DEEP.map(shown))('%s is declined with 400 by every operation, also within a payment', async (_, text) => {
    const within = await throughWorker('/v1/advanced_payments', paymentWith(text))
    for (const response of [...(await sendToAll(text)), within]) {
      expect(response.status).toBe(400)
      await problemIn(response)
    }
    expect(mercadoPago.reached).toEqual([])
  })
})

describe('a body of unusual JSON', () => {
  it.each(ODD.map(shown))('%s is declined or accepted by every operation, and never a server error', async (_, text) => {
    for (const response of await sendToAll(text)) {
      expect(response.status).toBeLessThan(500)
      if (response.status >= 300) await problemIn(response)
    }
    const { reached } = mercadoPago
    expect(reached.filter(({ url, method, body }) => !operationOf(method, new URL(url).pathname, body))).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  const isCharged = (text: string): boolean => /"(__proto__|constructor)":/.test(text)

  it.each(ODD.filter(isCharged).map(shown))('%s is declined, because JavaScript would change it', async (_, text) => {
    expect((await throughWorker('/v1/advanced_payments', paymentWith(text))).status).toBe(400)
  })

  it.each(ODD.filter((text) => !isCharged(text)).map(shown))(
    '%s within a payment is sent on with the same meaning',
    async (_, text) => {
      const response = await throughWorker('/v1/advanced_payments', paymentWith(text))
      expect(response.status).toBe(201)
      const { metadata } = JSON.parse(mercadoPago.reached.at(-1)?.body ?? '')
      expect(JSON.stringify(metadata.value)).toBe(JSON.stringify(JSON.parse(text)))
    },
  )

  it('may begin with a byte order mark', async () => {
    const { path, init } = requestOf('payments.create', about)
    expect((await throughWorker(path, { ...init, body: `\ufeff${init.body}` })).status).toBe(201)
  })
})
