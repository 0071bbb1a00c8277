import type { WalletConnectOptions } from 'mercadopago-wallet-connect'
import { type CheckResult, doctor } from 'mercadopago-wallet-connect/doctor'
import { createEmulator, type EmulatorOptions, type Injection } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'

const TOKEN = 'APP_USR-5123456789012345-112126-0123456789abcdef0123456789abcdef-987654321'
const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** The results of `doctor` against an emulator whose clock is right; `of` gives one as `verdict: message`. */
async function examine(
  own: { webhookSecret?: string | string[] } = {},
  { emulator = {}, faults = [] }: { emulator?: EmulatorOptions; faults?: Injection[] } = {},
  options: Partial<WalletConnectOptions> = {},
): Promise<{ results: CheckResult[]; of: (check: CheckResult['check']) => string }> {
  const { fetch, faults: injector } = createEmulator({ now: Date.now(), ...emulator })
  for (const fault of faults) injector.inject({ ...fault, times: Number.POSITIVE_INFINITY })
  const results = await doctor({ accessToken: TOKEN, fetch, site: 'MLA', maxRetries: 0, ...options } as WalletConnectOptions, own)
  const of = (check: CheckResult['check']): string => {
    const result = results.find((each) => each.check === check)
    return `${result?.verdict}: ${result?.message}`
  }
  return { results, of }
}

describe('doctor', () => {
  it('reports no problem when there is none, and changes nothing', async () => {
    const emulator = createEmulator({ now: Date.now() })
    const options = { accessToken: TOKEN, fetch: emulator.fetch, site: 'MLA' } as const
    const verdicts = (await doctor(options, { webhookSecret: SECRET })).map(({ check, verdict }) => [check, verdict])
    expect(verdicts).toEqual([
      ['access_token', 'ok'],
      ['application', 'ok'],
      // No payment shows the country yet.
      ['site', 'unknown'],
      // The emulator sends no Date header.
      ['clock', 'unknown'],
      ['webhook_secret', 'ok'],
    ])
    expect(emulator.effects).toEqual([])
  })

  it('recognises an application that is not enabled by the 403 of the policy agent', async () => {
    const { of } = await examine({}, { emulator: { disabledAccessTokens: [TOKEN] } })
    expect(of('application')).toMatch(/^problem: .*ask Mercado Pago to enable it/)
    expect((await examine({}, { faults: [{ fault: 'policy_agent' }] })).of('application')).toMatch(/^problem/)
  })

  it('reports an access token that is refused', async () => {
    const { of } = await examine({}, { faults: [{ fault: 'invalid_access_token' }] })
    expect(of('access_token')).toMatch(/^problem: .*copy it again/)
    expect(of('application')).toMatch(/^unknown: The application cannot be checked/)
  })

  it('reports an application that is not approved for production', async () => {
    const body = { message: 'Unauthorized use of live credentials', error: 'unauthorized', status: 401, cause: [] }
    const fetch = async (): Promise<Response> => Response.json(body, { status: 401 })
    expect((await examine({}, {}, { fetch })).of('access_token')).toMatch(/^problem: .*not approved for production yet/)
  })

  it('is unsure about an access token that does not have the usual form', async () => {
    expect((await examine({}, {}, { accessToken: () => 'TEST-1' })).of('access_token')).toMatch(
      /^unknown: .*does not look like one of Mercado Pago's/,
    )
  })

  it('reports a wrong clock and its direction', async () => {
    expect((await examine({}, { faults: [{ fault: 'clock_skew' }] })).of('clock')).toMatch(
      /^problem: This clock is 86\d{3} s behind/,
    )
    const at = (ms: number) => async () =>
      Response.json({ results: [] }, { headers: { date: new Date(Date.now() + ms).toUTCString() } })
    expect((await examine({}, {}, { fetch: at(-600_000) })).of('clock')).toMatch(
      /^problem: This clock is \d+ s ahead of Mercado Pago/,
    )
    expect((await examine({}, {}, { fetch: at(60_000) })).of('clock')).toMatch(/^ok/)
  })

  it.each([
    ['ARS', 'MLA', /^ok/],
    ['BRL', 'MLA', /^problem: .*not from MLA, with amounts in ARS/],
    [undefined, 'MLB', /^unknown: .*it is MLB, with amounts in BRL/],
    ['BRL', undefined, /^unknown: No site is set/],
  ] as const)('compares the currency of a payment, %s, with the site, %s', async (currency_id, site, expected) => {
    const payment = { id: 1, status: 'approved', payments: [], ...(currency_id && { currency_id }) }
    const fetch = async () => Response.json({ paging: { total: 1 }, results: [payment] })
    const result = (await doctor({ accessToken: TOKEN, fetch, ...(site && { site }) })).find(({ check }) => check === 'site')
    expect(`${result?.verdict}: ${result?.message}`).toMatch(expected)
  })

  it.each([
    ['', /^problem: .*empty/],
    [`${SECRET}\n`, /^problem: .*spaces or line breaks around it/],
    [TOKEN, /^problem: This is an access token/],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /^problem: .*proxy's own events/],
    ['your_secret', /^problem: .*placeholder/],
    [[SECRET, 'undefined'], /^problem: .*placeholder/],
    [SECRET, /^ok: .*explainSignature/],
    [[SECRET, SECRET], /^ok/],
    [undefined, /^unknown/],
  ])('judges the webhook secret %j', async (webhookSecret, expected) => {
    expect((await examine(webhookSecret === undefined ? {} : { webhookSecret })).of('webhook_secret')).toMatch(expected)
  })

  it('compares the site with the country of a payment', async () => {
    const payment = (site_id: string) => ({ id: 1, status: 'approved', site_id })
    const of = async (site_id: string) =>
      (await examine({}, {}, { fetch: async () => Response.json({ results: [payment(site_id)] }) })).of('site')
    expect(await of('MLB')).toMatch(/^problem: .*not from MLA/)
    expect(await of('MLA')).toMatch(/^ok/)
  })

  it.each([
    [
      'a bad gateway',
      { fetch: async () => new Response('<html>', { status: 502 }) },
      /^unknown: The API cannot answer right now/,
    ],
    [
      'an HTML page',
      { fetch: async () => new Response('<html>', { status: 200 }) },
      /^unknown: The answer did not come from the API/,
    ],
    [
      'a token function that rejects',
      { accessToken: () => Promise.reject(new Error('vault')) },
      /^unknown: Nothing was sent: your token function/,
    ],
    [
      'a token function that returns nothing',
      { accessToken: () => undefined as never },
      /^problem: Your token function returned/,
    ],
    ['a timeout', { fetch: () => new Promise<never>(() => {}), timeoutMs: 20 }, /^unknown: No answer arrived/],
  ] as [string, Partial<WalletConnectOptions>, RegExp][])('explains %s', async (_, options, expected) => {
    expect((await examine({}, {}, options)).of('access_token')).toMatch(expected)
  })

  it('reports on a ticket of a proxy as a ticket', async () => {
    const proxy = { url: 'https://proxy.example', ticket: 'a.b.c' }
    const options = { accessToken: undefined, proxy } as unknown as Partial<WalletConnectOptions>
    expect((await examine({}, {}, options)).of('access_token')).toBe(
      'ok: The proxy accepts the ticket; the access token stays in the proxy.',
    )
    const refused = await examine({}, { faults: [{ fault: 'invalid_access_token' }] }, options)
    expect(refused.of('access_token')).toMatch(/^problem: The ticket/)
  })

  it.each([403, 404, 400])('does not take an HTML page with status %i for an answer of the API', async (status) => {
    const { of } = await examine({}, {}, { fetch: async () => new Response('<html>no</html>', { status }) })
    expect(of('access_token')).toMatch(/^unknown: The answer did not come from the API/)
    expect(of('application')).toMatch(/^unknown: The answer did not come from the API/)
  })

  it.each([403, 503])(
    'does not call the application enabled if a proxy answers %i to the search and its own 404 to the agreement',
    async (status) => {
      const fetch: typeof globalThis.fetch = async (input) =>
        Response.json({ message: 'no' }, { status: String(input).includes('search') ? status : 404 })
      const expected = status === 403 ? /^unknown: The 403 is not from the policy agent/ : /^unknown: The API cannot answer/
      expect((await examine({}, {}, { fetch })).of('application')).toMatch(expected)
    },
  )

  it.each(['agreements.get', 'payments.search'] as const)(
    'reports the policy agent even if only %s meets it',
    async (operation) => {
      expect((await examine({}, { faults: [{ fault: 'policy_agent', operation }] })).of('application')).toMatch(/^problem/)
    },
  )

  it('adds the Age header of a cache to the time of the answer', async () => {
    const headers = { date: new Date(Date.now() - 3_600_000).toUTCString(), age: '3600' }
    expect((await examine({}, {}, { fetch: async () => Response.json({ results: [] }, { headers }) })).of('clock')).toMatch(/^ok/)
  })

  it('calls the token function only for its two reads', async () => {
    let calls = 0
    const accessToken = () => {
      calls += 1
      if (calls > 2) throw new Error(TOKEN)
      return TOKEN
    }
    expect((await examine({}, {}, { accessToken })).of('access_token')).toMatch(/^ok/)
    expect(calls).toBe(2)
  })

  it('reports no check as ok if its signal aborts before an answer', async () => {
    const options: WalletConnectOptions = { accessToken: TOKEN, fetch: () => new Promise<never>(() => {}) }
    const results = await doctor(options, { signal: AbortSignal.timeout(20) })
    expect(results.filter(({ verdict }) => verdict === 'ok')).toEqual([])
  })

  it('refuses the options that the client refuses, and sends nothing', async () => {
    const sent: unknown[] = []
    const fetch = async (input: unknown): Promise<never> => Promise.reject(sent.push(input))
    for (const options of [
      { fetch },
      { accessToken: TOKEN, fetch, timeoutMs: -1 },
      { accessToken: TOKEN, fetch, sites: 'MLA' },
      undefined,
    ]) {
      await expect(doctor(options as never)).rejects.toMatchObject({ code: 'invalid_input' })
    }
    expect(sent).toEqual([])
  })

  it('resolves with unknown results if the connection is refused', async () => {
    const { results } = await examine({ webhookSecret: SECRET }, { faults: [{ fault: 'connection_refused' }] })
    expect(results.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'ok'])
  })

  it('reveals no secret in its messages', async () => {
    const webhookSecret = `${TOKEN}-as-secret`
    for (const faults of [[], [{ fault: 'invalid_access_token' }], [{ fault: 'policy_agent' }]] as Injection[][]) {
      const { results } = await examine({ webhookSecret }, { faults })
      expect(JSON.stringify(results)).not.toMatch(/5123456789012345|0123456789abcdef|as-secret/)
    }
  })

  it('refuses options of its own that are unknown or malformed', async () => {
    const options: WalletConnectOptions = { accessToken: TOKEN, fetch: createEmulator().fetch }
    await expect(doctor(options, { secret: SECRET } as never)).rejects.toThrow(/secret is not a known field/)
    await expect(doctor(options, { signal: 'now' } as never)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
