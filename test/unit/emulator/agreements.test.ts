import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { agreementRequest, agreements, INHERITED_NAMES, start, YEAR_MS } from '../../support/emulator/raw-emulator.ts'

describe('POST /v2/wallet_connect/agreements', () => {
  it('returns an id and the URL where the buyer approves', async () => {
    const { call, emulator } = start()
    const { status, body } = await call<{ agreement_id: string }>('POST', agreements, agreementRequest)
    expect(status).toBe(200)
    expect(body.agreement_id).toMatch(/^[0-9a-f]{32}$/)
    expect(body).toEqual({
      agreement_id: body.agreement_id,
      agreement_uri: `${emulator.origin}/v1/wallet_agreement/${body.agreement_id}`,
    })
  })

  const long = (length: number): string => 'https://seller.test/'.padEnd(length, 'x')

  it.each([
    ['no return_uri', { return_uri: undefined }, 'Field return_uri is required', 'ReturnUriNull'],
    ['an empty return_uri', { return_uri: '' }, 'Field return_uri is required', 'ReturnUriNull'],
    ['a return_uri that is a number', { return_uri: 7 }, 'Field return_uri is required', 'ReturnUriNull'],
    [
      'a return_uri of 2049 characters',
      { return_uri: long(2049) },
      'Field return_uri must not be grater than 2048 characters',
      'ReturnUriTooLong',
    ],
    [
      'a return_uri that is no address',
      { return_uri: 'seller' },
      'Field return_uri must be a web address',
      'RedirectUriMismatch',
    ],
    [
      'a return_uri that opens an app',
      { return_uri: 'seller://back' },
      'Field return_uri must be a web address',
      'RedirectUriMismatch',
    ],
    [
      'a return_uri that runs a script',
      { return_uri: 'javascript:alert(1)' },
      'Field return_uri must be a web address',
      'RedirectUriMismatch',
    ],
    ['no external_flow_id', { external_flow_id: undefined }, 'Field external_flow_id is required', undefined],
    [
      'an external_flow_id of 65 characters',
      { external_flow_id: 'x'.repeat(65) },
      'Field external_flow_id must not be grater than 64 characters',
      'ExternalFlowIdTooLong',
    ],
    ['no external_user', { external_user: undefined }, 'Field external_user must not be blank', 'ExternalUserNull'],
    ['an external_user that is null', { external_user: null }, 'Field external_user must not be blank', 'ExternalUserNull'],
    ['an external_user without id', { external_user: {} }, 'Field id must not be blank', undefined],
    ['an external_user with an empty id', { external_user: { id: '' } }, 'Field id must not be blank', undefined],
    [
      'a description of 257 characters',
      { agreement_data: { description: 'x'.repeat(257) } },
      'Field description must not be grater than 256 characters',
      'AgreementDataDescriptionInvalid',
    ],
  ])('refuses a request with %s', async (_, change, message, code) => {
    const { call, emulator } = start()
    const { status, body } = await call('POST', agreements, { ...agreementRequest, ...change })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'bad_request', message, status: 400, ...(code && { code }) })
    expect(emulator.effects).toEqual([])
  })

  it.each([
    { return_uri: long(2048) },
    { external_flow_id: 'x'.repeat(64) },
    { agreement_data: { description: 'x'.repeat(256) } },
    { agreement_data: undefined },
    { return_uri: undefined, return_url: 'https://seller.test/' },
    { external_user: { id: 'u', description: 7 } },
    ...INHERITED_NAMES.map((id) => ({ external_user: { id } })),
  ])('accepts a request with %j', async (change) => {
    expect((await start().call('POST', agreements, { ...agreementRequest, ...change })).status).toBe(200)
  })

  it('creates a second agreement for a repeated request, in spite of the same idempotency key', async () => {
    const { call } = start()
    const answers = [1, 2].map(() => call<object>('POST', agreements, agreementRequest, { 'x-idempotency-key': 'k' }))
    const [first, second] = await Promise.all(answers)
    expect(second?.body).not.toEqual(first?.body)
  })
})

describe('GET /v2/wallet_connect/agreements/{agreement_id}', () => {
  it('returns what was sent, and a code only once the buyer has approved', async () => {
    const { call, emulator } = start()
    const { body } = await call<{ agreement_id: string; agreement_uri: string }>('POST', agreements, agreementRequest)
    const { agreement_id: id, agreement_uri } = body
    const pending = {
      id,
      date_created: '2026-01-01T00:00:00Z',
      date_canceled: null,
      date_expire: '2027-01-01T00:00:00Z',
      approval_uri: agreement_uri,
      redirect_uri: agreementRequest.return_uri,
      status: 'pending',
      external_flow_id: agreementRequest.external_flow_id,
      external_user: agreementRequest.external_user,
      agreement_data: agreementRequest.agreement_data,
      site_id: 'MLA',
      application_id: expect.any(Number),
      collector_id: expect.any(Number),
      model_version: 2,
    }
    expect((await call('GET', `${agreements}/${id}`)).body).toEqual(pending)
    const { code } = emulator.buyer.approve(id)
    const confirmed = { ...pending, status: 'confirmed_by_user', validation_code: code }
    expect((await call('GET', `${agreements}/${id}`)).body).toEqual(confirmed)
    expect(Object.keys(confirmed).sort()).toEqual(Object.keys(document('get-agreement.response.200')).sort())
  })

  it.each(['pending', 'confirmed_by_user'])(
    'shows an agreement that was %s as expired once date_expire has passed',
    async (status) => {
      const { call, emulator, propose } = start()
      const id = await propose()
      if (status === 'confirmed_by_user') emulator.buyer.approve(id)
      emulator.clock.advance(YEAR_MS - 1)
      expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status })
      emulator.clock.advance(1)
      expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'expired' })
    },
  )

  it('has a date_expire that is agreementLifetimeMs after the creation', async () => {
    const { call, propose } = start({ agreementLifetimeMs: 60_000 })
    expect((await call('GET', `${agreements}/${await propose()}`)).body).toMatchObject({ date_expire: '2026-01-01T00:01:00Z' })
  })
})

describe.each([
  ['GET', '', 'error.404.agreement-with-that-id'],
  ['DELETE', '', 'error.404.agreement-with-that-id'],
  ['POST', '/payer_token', 'error.404.agreement-not-found'],
])('%s /v2/wallet_connect/agreements/{agreement_id}%s', (method, suffix, unknown) => {
  const body = method === 'POST' ? { code: 'c' } : undefined

  it.each(['22abcd1235ed497f945f755fcaba3c6c', 'x', ...INHERITED_NAMES.slice(0, 4)])(
    'answers 404 to the unknown id %s',
    async (id) => {
      const answer = await start().call(method, `${agreements}/${id}${suffix}`, body)
      expect(answer).toMatchObject({ status: 404, body: document(unknown) })
    },
  )

  it.each([
    ['x'.repeat(33), 'Parameter agreementId has more than 32 characters'],
    ['with-dash', 'Parameter agreement_id must be an alfanumeric value'],
    ['a%20b', 'Parameter agreement_id must be an alfanumeric value'],
    ['__proto__', 'Parameter agreement_id must be an alfanumeric value'],
  ])('answers 400 to the malformed id %s', async (id, message) => {
    const answer = await start().call(method, `${agreements}/${id}${suffix}`, body)
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', message, status: 400 } })
  })
})

describe('DELETE /v2/wallet_connect/agreements/{agreement_id}', () => {
  it.each(['pending', 'confirmed_by_user', 'expired'])(
    'cancels an agreement that is %s, and answers without a body',
    async (status) => {
      const { call, emulator, propose } = start()
      const id = await propose()
      if (status !== 'pending') emulator.buyer.approve(id)
      if (status === 'expired') emulator.clock.advance(YEAR_MS)
      const date_canceled = new Date(emulator.clock.now()).toISOString().replace('.000', '')
      expect(await call('DELETE', `${agreements}/${id}`)).toMatchObject({ status: 200, body: '' })
      expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'cancelled', date_canceled })
    },
  )

  it('answers 200 a second time, and changes neither the date nor the effects', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    await call('DELETE', `${agreements}/${id}`)
    const { effects } = emulator
    emulator.clock.advance(2 * YEAR_MS)
    expect(await call('DELETE', `${agreements}/${id}`)).toMatchObject({ status: 200, body: '' })
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({
      status: 'cancelled',
      date_canceled: '2026-01-01T00:00:00Z',
    })
    expect(emulator.effects).toEqual(effects)
  })
})
