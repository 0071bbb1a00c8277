import type { WalletConnectOptions } from 'mercadopago-wallet-connect'
import { type CheckResult, doctor } from 'mercadopago-wallet-connect/doctor'
import { createEmulator, type EmulatorOptions, type Injection } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'

const TOKEN = 'APP_USR-5123456789012345-112126-0123456789abcdef0123456789abcdef-987654321'
const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** What the doctor says of each thing, with an emulator whose clock is right. */
async function examine(
  own: { webhookSecret?: string | string[] } = {},
  { emulator = {}, faults = [] }: { emulator?: EmulatorOptions; faults?: Injection[] } = {},
  options: Partial<WalletConnectOptions> = {},
): Promise<{ findings: CheckResult[]; of: (check: CheckResult['check']) => string }> {
  const { fetch, faults: plan } = createEmulator({ now: Date.now(), ...emulator })
  for (const fault of faults) plan.inject({ ...fault, times: Number.POSITIVE_INFINITY })
  const findings = await doctor(
    { accessToken: TOKEN, fetch, site: 'MLA', maxRetries: 0, ...options } as WalletConnectOptions,
    own,
  )
  const of = (check: CheckResult['check']): string => {
    const found = findings.find((finding) => finding.check === check)
    return `${found?.verdict}: ${found?.message}`
  }
  return { findings, of }
}

describe('doctor', () => {
  it('finds nothing wrong where nothing is, and changes nothing', async () => {
    const emulator = createEmulator({ now: Date.now() })
    const options = { accessToken: TOKEN, fetch: emulator.fetch, site: 'MLA' } as const
    const verdicts = (await doctor(options, { webhookSecret: SECRET })).map(({ check, verdict }) => [check, verdict])
    expect(verdicts).toEqual([
      ['access_token', 'ok'],
      ['application', 'ok'],
      // No payment tells it yet.
      ['site', 'unknown'],
      // The emulator has no Date.
      ['clock', 'unknown'],
      ['webhook_secret', 'ok'],
    ])
    expect(emulator.effects).toEqual([])
  })

  it('sees an application that is not enabled, by the 403 of the policy agent', async () => {
    const { of } = await examine({}, { emulator: { disabledAccessTokens: [TOKEN] } })
    expect(of('application')).toMatch(/^problem: .*ask Mercado Pago to enable it/)
    expect((await examine({}, { faults: [{ fault: 'policy_agent' }] })).of('application')).toMatch(/^problem/)
  })

  it('sees an access token that is refused', async () => {
    const { of } = await examine({}, { faults: [{ fault: 'invalid_access_token' }] })
    expect(of('access_token')).toMatch(/^problem: .*copy it anew/)
    expect(of('application')).toMatch(/^unknown: Not to be told/)
  })

  it('says when an access token looks like none, and takes it all the same', async () => {
    expect((await examine({}, {}, { accessToken: () => 'TEST-1' })).of('access_token')).toMatch(
      /^unknown: .*form that samples show/,
    )
  })

  it('sees a clock that is wrong, and in which direction', async () => {
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
    ['BRL', 'MLA', /^problem: .*not of MLA, whose amounts are in ARS/],
    [undefined, 'MLB', /^unknown: .*MLB stands for BRL/],
    ['BRL', undefined, /^unknown: No site is given/],
  ] as const)('compares the currency of a payment, %s, with the site, %s', async (currency_id, site, says) => {
    const payment = { id: 1, status: 'approved', payments: [], ...(currency_id && { currency_id }) }
    const fetch = async () => Response.json({ paging: { total: 1 }, results: [payment] })
    const found = (await doctor({ accessToken: TOKEN, fetch, ...(site && { site }) })).find(({ check }) => check === 'site')
    expect(`${found?.verdict}: ${found?.message}`).toMatch(says)
  })

  it.each([
    ['', /^problem: .*empty/],
    [`${SECRET}\n`, /^problem: .*blanks/],
    [TOKEN, /^problem: That is an access token/],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /^problem: .*proxy's own events/],
    ['your_secret', /^problem: .*placeholder/],
    [[SECRET, 'undefined'], /^problem: .*placeholder/],
    [SECRET, /^ok: .*explainSignature/],
    [[SECRET, SECRET], /^ok/],
    [undefined, /^unknown/],
  ])('looks at the webhook secret %j', async (webhookSecret, says) => {
    expect((await examine(webhookSecret === undefined ? {} : { webhookSecret })).of('webhook_secret')).toMatch(says)
  })

  it('compares the country that the last payment names', async () => {
    const payment = (site_id: string) => ({ id: 1, status: 'approved', site_id })
    const of = async (site_id: string) =>
      (await examine({}, {}, { fetch: async () => Response.json({ results: [payment(site_id)] }) })).of('site')
    expect(await of('MLB')).toMatch(/^problem: .*not of MLA/)
    expect(await of('MLA')).toMatch(/^ok/)
  })

  it.each([
    ['a bad gateway', { fetch: async () => new Response('<html>', { status: 502 }) }, /^unknown: The API could not answer now/],
    ['a page', { fetch: async () => new Response('<html>', { status: 200 }) }, /^unknown: What answered is not the API/],
    ['a provider that fails', { accessToken: () => Promise.reject(new Error('vault')) }, /^unknown: Your provider/],
    ['a provider of nothing', { accessToken: () => undefined as never }, /^problem: What your provider gives/],
    ['a time limit', { fetch: () => new Promise<never>(() => {}), timeoutMs: 20 }, /^unknown: Nobody answered/],
  ] as [string, Partial<WalletConnectOptions>, RegExp][])('tells %s from silence', async (_, options, says) => {
    expect((await examine({}, {}, options)).of('access_token')).toMatch(says)
  })

  it('takes a ticket of a proxy for what it is', async () => {
    const proxy = { url: 'https://proxy.example', ticket: 'a.b.c' }
    const options = { accessToken: undefined, proxy } as unknown as Partial<WalletConnectOptions>
    expect((await examine({}, {}, options)).of('access_token')).toBe(
      'ok: The proxy takes the ticket; the access token stays there.',
    )
    const refused = await examine({}, { faults: [{ fault: 'invalid_access_token' }] }, options)
    expect(refused.of('access_token')).toMatch(/^problem: The ticket/)
  })

  it.each([403, 404, 400])('takes a page with %i for no answer of the API', async (status) => {
    const { of } = await examine({}, {}, { fetch: async () => new Response('<html>no</html>', { status }) })
    expect(of('access_token')).toMatch(/^unknown: What answered is not the API/)
    expect(of('application')).toMatch(/^unknown: What answered is not the API/)
  })

  it.each([403, 503])('believes no proxy that answers %i to the search and 404 of its own', async (status) => {
    const fetch: typeof globalThis.fetch = async (input) =>
      Response.json({ message: 'no' }, { status: String(input).includes('search') ? status : 404 })
    const says = status === 403 ? /^unknown: A 403 that is not of the policy agent/ : /^unknown: The API could not answer/
    expect((await examine({}, {}, { fetch })).of('application')).toMatch(says)
  })

  it.each(['agreements.get', 'payments.search'] as const)('sees the policy agent also if only %s meets it', async (operation) => {
    expect((await examine({}, { faults: [{ fault: 'policy_agent', operation }] })).of('application')).toMatch(/^problem/)
  })

  it('takes for the time of an answer what a cache adds to it', async () => {
    const headers = { date: new Date(Date.now() - 3_600_000).toUTCString(), age: '3600' }
    expect((await examine({}, {}, { fetch: async () => Response.json({ results: [] }, { headers }) })).of('clock')).toMatch(/^ok/)
  })

  it('asks a provider for the two reads only', async () => {
    let asked = 0
    const accessToken = () => {
      asked += 1
      if (asked > 2) throw new Error(TOKEN)
      return TOKEN
    }
    expect((await examine({}, {}, { accessToken })).of('access_token')).toMatch(/^ok/)
    expect(asked).toBe(2)
  })

  it('ends at once when its signal aborts', async () => {
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

  it('says what it could not tell when nobody answers, and does not reject', async () => {
    const { findings } = await examine({ webhookSecret: SECRET }, { faults: [{ fault: 'connection_refused' }] })
    expect(findings.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'ok'])
  })

  it('tells nothing secret', async () => {
    const webhookSecret = `${TOKEN}-as-secret`
    for (const faults of [[], [{ fault: 'invalid_access_token' }], [{ fault: 'policy_agent' }]] as Injection[][]) {
      const { findings } = await examine({ webhookSecret }, { faults })
      expect(JSON.stringify(findings)).not.toMatch(/5123456789012345|0123456789abcdef|as-secret/)
    }
  })

  it('refuses options that it does not know', async () => {
    const options: WalletConnectOptions = { accessToken: TOKEN, fetch: createEmulator().fetch }
    await expect(doctor(options, { secret: SECRET } as never)).rejects.toThrow(/secret is not a known field/)
    await expect(doctor(options, { signal: 'now' } as never)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
