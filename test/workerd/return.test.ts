import { reset } from 'cloudflare:test'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { digestUser } from '../../playground/sealing/payer-token.ts'
import { CLIENTS } from '../support/secrets/secrets.ts'
import {
  asBackend,
  backend,
  PAGE,
  playMercadoPago,
  RETURN_URI,
  throughWorker,
  ticketFor,
  upstreamIs,
} from '../support/workerd/fixtures.ts'
import { visible } from '../support/workerd/with-configuration.ts'

const AGREEMENTS = '/v2/wallet_connect/agreements'
type Headers = Record<string, string>

let emulator: Emulator

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue()
  emulator = playMercadoPago()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

const effects = (kind: string) => emulator.effects.filter((effect) => effect.kind === kind)
const post = (path: string, credential: Headers, body: string): Promise<Response> =>
  throughWorker(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-idempotency-key': crypto.randomUUID(), ...credential },
    body,
  })

const asPage = async (user: string): Promise<Headers> => {
  const operations = ['agreements.create', 'agreements.get', 'agreements.createPayerToken'] as const
  return { authorization: `Bearer ${await ticketFor({ external_user: { id: user }, operations })}`, origin: PAGE }
}

/** Whoever links: a backend, or the page of its buyer. */
const CALLERS: Record<string, () => Promise<Headers>> = {
  backend: async () => asBackend(),
  page: () => asPage('buyer-1'),
}
const callers = Object.entries(CALLERS)

describe.each(callers)('the return_uri of a %s', (_, credential) => {
  const link = async (return_uri: unknown): Promise<Response> =>
    post(AGREEMENTS, await credential(), JSON.stringify({ return_uri, external_flow_id: 'f', external_user: { id: 'buyer-1' } }))

  it.each(CLIENTS[0]?.return_uris ?? [])('may be any on its client’s list, and the buyer comes back to it: %s', async (uri) => {
    const response = await link(uri)
    expect(response.status).toBe(200)
    const { agreement_id } = await response.json<{ agreement_id: string }>()
    const { redirect_uri } = emulator.buyer.approve(agreement_id)
    expect(redirect_uri.split('?')[0]).toBe(uri)
  })

  it.each<unknown>([
    'https://shop.example/linked/',
    'https://shop.example/linked/..',
    'https://shop.example/linked/../evil',
    'https://shop.example/x/../linked',
    'https://shop.example/./linked',
    'https://shop.example//linked',
    'https://shop.example/linked2',
    'https://shop.example/linke',
    'https://shop.example/',
    'https://shop.example',
    'https://shop.example/Linked',
    'https://shop.example/%6cinked',
    'https://shop.example/linked%00',
    'https://shop.example/linked%2f..%2fevil',
    'https://shop.example/linked?',
    'https://shop.example/linked?next=https://evil.test',
    'https://shop.example/linked#',
    'https://shop.example/linked#@evil.test',
    'https://shop.example/linked;evil',
    'https://shop.example:443/linked',
    'https://shop.example:8443/linked',
    'https://SHOP.example/linked',
    'HTTPS://shop.example/linked',
    'https://shop.example./linked',
    'https://www.shop.example/linked',
    'https://shop.example.evil.test/linked',
    'https://evilshop.example/linked',
    'https://other.example/linked',
    'https://shop.example@evil.test/linked',
    'https://shop.example%40evil.test/linked',
    'https://shop.example:x@evil.test/linked',
    'https://evil@shop.example/linked',
    'https://@shop.example/linked',
    'https://shop.example\\@evil.test/linked',
    'https://evil.test\\.shop.example/linked',
    'https://evil.test/\\shop.example/linked',
    'https:\\\\shop.example\\linked',
    'https:/shop.example/linked',
    'https:shop.example/linked',
    'https:///shop.example/linked',
    '//shop.example/linked',
    '/linked',
    'https://evil.test/?https://shop.example/linked',
    'https://evil.test/#https://shop.example/linked',
    'https://evil.test/https://shop.example/linked',
    ' https://shop.example/linked',
    'https://shop.example/linked ',
    'https://shop.example/linked\n',
    'https://shop.example/lin\tked',
    '\u0000https://shop.example/linked',
    'https://shop\u3002example/linked',
    'https://shop\uff0eexample/linked',
    'https://\uff53hop.example/linked',
    'https://\u0455hop.example/linked',
    'https://sho\u00adp.example/linked',
    'https://shop.example\u200b/linked',
    'https://xn--hop-7ed.example/linked',
    'https://shop.example/linked\u202e',
    'http://127.0.0.1/linked',
    'http://[::1]/linked',
    'javascript:location="https://shop.example/linked"',
    'data:text/html,https://shop.example/linked',
    'shop.example/linked',
    '*',
    '',
    null,
    undefined,
    7,
    ['https://shop.example/linked'],
    { 0: 'https://shop.example/linked' },
  ])('is refused if it is not letter for letter on the list: %j', async (uri) => {
    expect([400, 403]).toContain((await link(uri)).status)
    expect(emulator.effects).toEqual([])
  })

  it('is the last one if it is given twice, and has no other name', async () => {
    const rest = '"external_flow_id":"f","external_user":{"id":"buyer-1"}'
    const twice = `{"return_uri":"${RETURN_URI}","return_uri":"https://evil.test/",${rest}}`
    expect((await post(AGREEMENTS, await credential(), twice)).status).toBe(403)
    for (const name of ['return_url', 'redirect_uri', 'Return_uri', 'back_url']) {
      const body = `{"return_uri":"${RETURN_URI}","${name}":"https://evil.test/",${rest}}`
      expect((await post(AGREEMENTS, await credential(), body)).status).toBe(400)
    }
    expect(emulator.effects).toEqual([])
  })
})

/** An agreement that its buyer has approved, begun by the backend. */
async function flowOf(user: string): Promise<{ user: string; agreement_id: string; code: string }> {
  const { agreement_id } = await backend().agreements.create({
    return_uri: RETURN_URI,
    external_flow_id: 'f',
    external_user: { id: user },
  })
  return { user, agreement_id, code: emulator.buyer.approve(agreement_id).code }
}

const exchange = (credential: Headers, agreement_id: string, code: string): Promise<Response> =>
  post(`${AGREEMENTS}/${agreement_id}/payer_token`, credential, JSON.stringify({ code }))

/** Mercado Pago says this of every agreement’s buyer. */
function buyersAre(external_user: unknown): void {
  upstreamIs(async (input, init) => {
    const response = await emulator.fetch(input, init)
    if (init?.method !== 'GET' || !String(input).includes(AGREEMENTS)) return response
    const { external_user: _, ...rest } = await response.json<{ external_user: unknown }>()
    return Response.json(external_user === undefined ? rest : { ...rest, external_user })
  })
}

describe('the payer token of a page', () => {
  it('is returned if Mercado Pago says that the agreement belongs to the ticket’s buyer', async () => {
    const { agreement_id, code } = await flowOf('buyer-1')
    buyersAre({ id: 'buyer-1' })
    expect((await exchange(await asPage('buyer-1'), agreement_id, code)).status).toBe(200)
    expect(effects('payer_token_created')).toHaveLength(1)
  })

  const expectNothing = async (external_user: unknown): Promise<void> => {
    const { agreement_id, code } = await flowOf('buyer-1')
    buyersAre(external_user)
    const response = await exchange(await asPage('buyer-1'), agreement_id, code)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(effects('payer_token_created')).toEqual([])
    upstreamIs(emulator.fetch)
    expect((await exchange(await asPage('buyer-1'), agreement_id, code)).status).toBe(200)
  }

  it.each<[unknown]>([
    [{ id: 'buyer-2' }],
    [{ id: 'Buyer-1' }],
    [{ id: 'buyer-1 ' }],
    [{ id: 'buyer-' }],
    [{ id: '' }],
    [{ id: null }],
    [{ id: 1 }],
    [{ description: 'buyer-1' }],
    [{}],
    [null],
    ['buyer-1'],
    [undefined],
  ])('is not returned, and its code not used up, if Mercado Pago names another buyer or none: %j', expectNothing)

  it('is not returned if Mercado Pago names a value that only looks like the buyer', async () => {
    await expectNothing({ id: ['buyer-1'] })
  })

  it('needs the code of the return, because an agreement does not show it to a page', async () => {
    const { agreement_id, code } = await flowOf('buyer-1')
    const look = async (credential: Headers) =>
      (await throughWorker(`${AGREEMENTS}/${agreement_id}`, { headers: credential })).text()
    expect(await look(asBackend())).toContain(code)
    const seen = await look(await asPage('buyer-1'))
    expect(seen).toContain(agreement_id)
    expect(seen).not.toContain(code)
  })

  it('is refused with the same answer as for an agreement that does not exist', async () => {
    const { agreement_id, code } = await flowOf('buyer-1')
    buyersAre({ id: 'buyer-2' })
    const denied = await visible(await exchange(await asPage('buyer-1'), agreement_id, code))
    expect(denied.status).toBe(404)
    expect(denied).toEqual(await visible(await exchange(await asPage('buyer-1'), 'f'.repeat(32), code)))
  })

  it('is not returned while Mercado Pago does not answer', async () => {
    const { agreement_id, code } = await flowOf('buyer-1')
    upstreamIs(async (input, init) => {
      if (init?.method === 'GET') throw new TypeError('gone')
      return emulator.fetch(input, init)
    })
    expect((await exchange(await asPage('buyer-1'), agreement_id, code)).status).toBe(503)
    expect(effects('payer_token_created')).toEqual([])
  })
})

describe('the payer token of a backend', () => {
  const ownerOf = async (response: Response): Promise<string | undefined> =>
    (await response.json<{ payer_token: string }>()).payer_token.split('.').at(-2)

  it('is sealed for the buyer that Mercado Pago names, not for the one who started the agreement', async () => {
    const { agreement_id, code } = await flowOf('buyer-1')
    buyersAre({ id: 'buyer-2' })
    expect(await ownerOf(await exchange(asBackend(), agreement_id, code))).toBe(await digestUser('buyer-2'))
  })

  it.each([[undefined], [null], [{}]])(
    'is sealed for the buyer who started the agreement if Mercado Pago names none: %j',
    async (named) => {
      const { agreement_id, code } = await flowOf('buyer-1')
      buyersAre(named)
      expect(await ownerOf(await exchange(asBackend(), agreement_id, code))).toBe(await digestUser('buyer-1'))
    },
  )
})

describe('two flows at once', () => {
  const [first, second] = ['buyer-1', 'buyer-2']
  const swaps = [first, second].flatMap((agreementOf) => [first, second].map((codeOf) => ({ agreementOf, codeOf })))
  const byPage = [first, second].flatMap((page) => swaps.map((swap) => ({ page, ...swap })))

  async function attempt(credential: Headers, agreementOf: string, codeOf: string): Promise<Response> {
    const flows = [await flowOf(first), await flowOf(second)]
    const of = (user: string) => flows.find((flow) => flow.user === user) ?? { agreement_id: '', code: '' }
    const response = await exchange(credential, of(agreementOf).agreement_id, of(codeOf).code)
    const created = effects('payer_token_created').map(({ agreement_id }) => agreement_id)
    expect(created).toEqual(response.status === 200 ? [of(agreementOf).agreement_id] : [])
    return response
  }

  it.each(byPage)('link only the page’s own buyer: page of $page, agreement of $agreementOf, code of $codeOf', async (swap) => {
    const { status } = await attempt(await asPage(swap.page), swap.agreementOf, swap.codeOf)
    const isOwn = swap.page === swap.agreementOf && swap.agreementOf === swap.codeOf
    expect(status).toBe(isOwn ? 200 : swap.page === swap.agreementOf ? 400 : 404)
  })

  it.each(swaps)(
    'link only a matching agreement and code for a backend: agreement of $agreementOf, code of $codeOf',
    async (swap) => {
      const { status } = await attempt(asBackend(), swap.agreementOf, swap.codeOf)
      expect(status).toBe(swap.agreementOf === swap.codeOf ? 200 : 400)
    },
  )

  it.each(swaps)('link nothing for another client: agreement of $agreementOf, code of $codeOf', async (swap) => {
    expect((await attempt(asBackend('other'), swap.agreementOf, swap.codeOf)).status).toBe(404)
  })

  it.each(callers)('make one token each, however often a %s exchanges the code at once', async (_, credential) => {
    const flow = await flowOf(first)
    const headers = await credential()
    const responses = await Promise.all(Array.from({ length: 10 }, () => exchange(headers, flow.agreement_id, flow.code)))
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(effects('payer_token_created')).toHaveLength(1)
  })

  it('charge each its own wallet', async () => {
    for (const user of [first, second]) {
      const { agreement_id, code } = await flowOf(user)
      const { payer_token } = await (await exchange(await asPage(user), agreement_id, code)).json<{ payer_token: string }>()
      const wallet_payment = { transaction_amount: 10, external_reference: user }
      await backend().payments.create({ wallet_payment, payer: { token: payer_token } })
      expect(effects('payment_charged').at(-1)).toMatchObject({ agreement_id, external_reference: user })
    }
  })
})
