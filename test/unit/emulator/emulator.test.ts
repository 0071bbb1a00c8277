import { createEmulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { agreements, payments, type RawPayment, start } from '../../support/emulator/raw-emulator.ts'

const aYear = 365 * 24 * 3_600_000
const anAgreement = document('create-agreement.request')
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const odd = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__']

interface Page {
  paging: object
  results: RawPayment[]
}

describe('createEmulator', () => {
  it.each([
    [{ balence: 5 }, 'does not know balence'],
    [{ site: 'AR' }, 'site must be one of MLA, MLB'],
    [{ balance: 0.001 }, 'A balance of 0.001 is not an amount'],
    [{ seed: 'x' }, 'seed must be a whole number'],
    [{ now: Number.NaN }, 'now must be milliseconds since 1970'],
    [{ now: 1e300 }, 'now must be milliseconds since 1970'],
    [{ now: '2026-01-01' }, 'now must be milliseconds since 1970'],
    [{ now: new Date(0) }, 'now must be milliseconds since 1970'],
    [{ beforeEffect: 5 }, 'beforeEffect must be a function'],
  ])('refuses %j', (options, message) => {
    expect(() => createEmulator(options as object)).toThrow(message)
  })
})

describe('POST /v2/wallet_connect/agreements', () => {
  it('answers with an id and the address where the buyer approves', async () => {
    const { call, emulator } = start()
    const { status, body } = await call<{ agreement_id: string }>('POST', agreements, anAgreement)
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
  ])('refuses %s', async (_, change, message, code) => {
    const { call, emulator } = start()
    const { status, body } = await call('POST', agreements, { ...anAgreement, ...change })
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
    ...odd.map((id) => ({ external_user: { id } })),
  ])('accepts %j', async (change) => {
    expect((await start().call('POST', agreements, { ...anAgreement, ...change })).status).toBe(200)
  })

  it('makes a second agreement for the same request: a key means nothing here', async () => {
    const { call } = start()
    const answers = [1, 2].map(() => call<object>('POST', agreements, anAgreement, { 'x-idempotency-key': 'k' }))
    const [first, second] = await Promise.all(answers)
    expect(second?.body).not.toEqual(first?.body)
  })
})

describe('GET /v2/wallet_connect/agreements/{agreement_id}', () => {
  it('shows what was sent and what is known, and no code before the buyer approves', async () => {
    const { call, emulator } = start()
    const { body } = await call<{ agreement_id: string; agreement_uri: string }>('POST', agreements, anAgreement)
    const { agreement_id: id, agreement_uri } = body
    const pending = {
      id,
      date_created: '2026-01-01T00:00:00Z',
      date_canceled: null,
      date_expire: '2027-01-01T00:00:00Z',
      approval_uri: agreement_uri,
      redirect_uri: anAgreement.return_uri,
      status: 'pending',
      external_flow_id: anAgreement.external_flow_id,
      external_user: anAgreement.external_user,
      agreement_data: anAgreement.agreement_data,
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

  it.each(['pending', 'confirmed_by_user'])('shows expired once date_expire has passed: %s', async (status) => {
    const { call, emulator, propose } = start()
    const id = await propose()
    if (status === 'confirmed_by_user') emulator.buyer.approve(id)
    emulator.clock.advance(aYear - 1)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status })
    emulator.clock.advance(1)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'expired' })
  })

  it('expires after agreementLifetimeMs', async () => {
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

  it.each(['22abcd1235ed497f945f755fcaba3c6c', 'x', ...odd.slice(0, 4)])('does not know %s', async (id) => {
    const answer = await start().call(method, `${agreements}/${id}${suffix}`, body)
    expect(answer).toMatchObject({ status: 404, body: document(unknown) })
  })

  it.each([
    ['x'.repeat(33), 'Parameter agreementId has more than 32 characters'],
    ['with-dash', 'Parameter agreement_id must be an alfanumeric value'],
    ['a%20b', 'Parameter agreement_id must be an alfanumeric value'],
    ['__proto__', 'Parameter agreement_id must be an alfanumeric value'],
  ])('refuses the id %s', async (id, message) => {
    const answer = await start().call(method, `${agreements}/${id}${suffix}`, body)
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', message, status: 400 } })
  })
})

describe('DELETE /v2/wallet_connect/agreements/{agreement_id}', () => {
  it.each(['pending', 'confirmed_by_user', 'expired'])('cancels an agreement that is %s, with an empty body', async (status) => {
    const { call, emulator, propose } = start()
    const id = await propose()
    if (status !== 'pending') emulator.buyer.approve(id)
    if (status === 'expired') emulator.clock.advance(aYear)
    const date_canceled = new Date(emulator.clock.now()).toISOString().replace('.000', '')
    expect(await call('DELETE', `${agreements}/${id}`)).toMatchObject({ status: 200, body: '' })
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'cancelled', date_canceled })
  })

  it('answers 200 a second time and changes nothing: not the date, not the effects', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    await call('DELETE', `${agreements}/${id}`)
    const { effects } = emulator
    emulator.clock.advance(2 * aYear)
    expect(await call('DELETE', `${agreements}/${id}`)).toMatchObject({ status: 200, body: '' })
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({
      status: 'cancelled',
      date_canceled: '2026-01-01T00:00:00Z',
    })
    expect(emulator.effects).toEqual(effects)
  })
})

describe('POST /v2/wallet_connect/agreements/{agreement_id}/payer_token', () => {
  const invalid = { error: 'bad_request', message: 'Parameter code is not valid', status: 400, code: 'CodeMismatch' }

  it('exchanges the code of the approval for a payer token', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    const { code } = emulator.buyer.approve(id)
    const answer = await call('POST', `${agreements}/${id}/payer_token`, { code })
    expect(answer).toMatchObject({ status: 200, body: { payer_token: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  })

  it('exchanges a code once', async () => {
    const { call, link } = start()
    const { id, code } = await link()
    expect(await call('POST', `${agreements}/${id}/payer_token`, { code })).toMatchObject({ status: 400, body: invalid })
  })

  it.each([{}, { code: '' }, { code: null }, { code: 7 }])('needs a code: %j', async (body) => {
    const { call, propose } = start()
    expect(await call('POST', `${agreements}/${await propose()}/payer_token`, body)).toMatchObject({
      status: 400,
      body: { error: 'bad_request', message: 'Parameter code is required', code: 'CodeMissing' },
    })
  })

  it.each<[string, (context: ReturnType<typeof start>, id: string) => Promise<string> | string]>([
    ['a wrong code', ({ emulator }, id) => `${emulator.buyer.approve(id).code}0`],
    [
      'the code of another agreement',
      async ({ emulator, propose }, id) => {
        emulator.buyer.approve(id)
        return emulator.buyer.approve(await propose('another buyer')).code
      },
    ],
    ['a code before the buyer approves', () => 'anything'],
    [
      'a code after the buyer unlinked',
      ({ emulator }, id) => {
        const { code } = emulator.buyer.approve(id)
        emulator.buyer.cancel(id)
        return code
      },
    ],
    [
      'a code of an agreement that expired',
      ({ emulator }, id) => {
        const { code } = emulator.buyer.approve(id)
        emulator.clock.advance(aYear)
        return code
      },
    ],
  ])('refuses %s', async (_, prepare) => {
    const context = start()
    const id = await context.propose()
    const code = await prepare(context, id)
    expect(await context.call('POST', `${agreements}/${id}/payer_token`, { code })).toMatchObject({ status: 400, body: invalid })
  })
})

describe('buyer', () => {
  it('approve returns to the seller with code and agreement', async () => {
    const { emulator, propose } = start()
    const id = await propose()
    const { code, redirect_uri } = emulator.buyer.approve(id)
    expect(redirect_uri).toBe(`https://www.mercadopago.com/?code=${code}&agreement=${id}`)
  })

  it('refuse returns to the seller without a code and leaves the agreement unconfirmed', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    expect(emulator.buyer.refuse(id)).toEqual({ redirect_uri: `https://www.mercadopago.com/?agreement=${id}` })
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'pending' })
    expect(() => emulator.buyer.approve(id)).not.toThrow()
  })

  it('cancel ends the agreement and its payer token', async () => {
    const { call, emulator, link, pay } = start()
    const { id, token } = await link()
    emulator.buyer.cancel(id)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'cancelled' })
    expect((await pay(token)).status).toBe(401)
  })

  it.each(['approve', 'refuse'] as const)('cannot %s twice, nor what is cancelled or expired', async (decision) => {
    const { emulator, propose } = start()
    const [approved, cancelled, expired] = [await propose('a'), await propose('b'), await propose('c')]
    emulator.buyer.approve(approved)
    emulator.buyer.cancel(cancelled)
    expect(() => emulator.buyer[decision](approved)).toThrow('confirmed_by_user')
    expect(() => emulator.buyer[decision](cancelled)).toThrow('cancelled')
    emulator.clock.advance(aYear)
    expect(() => emulator.buyer[decision](expired)).toThrow('expired')
  })

  it.each(['approve', 'refuse', 'cancel'] as const)('%s throws for an agreement that does not exist', (act) => {
    for (const id of ['unknown', 'constructor']) expect(() => start().emulator.buyer[act](id)).toThrow()
  })

  it('has one active agreement: a second one is approved only when the first is over', async () => {
    const { call, emulator, propose } = start()
    const [first, second, third] = [await propose(), await propose(), await propose()]
    emulator.buyer.approve(first)
    expect(() => emulator.buyer.approve(second)).toThrow(`active agreement: ${first}`)
    expect((await call('GET', `${agreements}/${second}`)).body).toMatchObject({ status: 'pending' })
    expect(() => emulator.buyer.refuse(third)).not.toThrow()
    await call('DELETE', `${agreements}/${first}`)
    expect(() => emulator.buyer.approve(second)).not.toThrow()
  })

  it('is free for a new agreement once the active one has expired, though nobody read it', async () => {
    const { emulator, propose } = start()
    emulator.buyer.approve(await propose())
    emulator.clock.advance(aYear)
    const next = await propose()
    expect(() => emulator.buyer.approve(next)).not.toThrow()
  })

  it('may be one of many: agreements of other external users do not count', async () => {
    const { emulator, propose } = start()
    emulator.buyer.approve(await propose('a'))
    const other = await propose('b')
    expect(() => emulator.buyer.approve(other)).not.toThrow()
  })

  it.each([-1, 0.001, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])('cannot have a balance of %s', (amount) => {
    expect(() => start().emulator.buyer.setBalance(amount)).toThrow(TypeError)
    expect(() => createEmulator({ balance: amount })).toThrow(TypeError)
  })
})

describe('the hosted approval page', () => {
  async function open(change: object = {}) {
    const context = start()
    const { body } = await context.call<{ agreement_id: string; agreement_uri: string }>('POST', agreements, {
      ...anAgreement,
      ...change,
    })
    const decide = (decision: string) =>
      context.emulator.fetch(body.agreement_uri, {
        method: 'POST',
        body: new URLSearchParams({ decision }),
        redirect: 'manual',
      })
    const view = () => context.emulator.fetch(body.agreement_uri)
    return { ...context, id: body.agreement_id, uri: body.agreement_uri, decide, view }
  }

  it('is HTML with a form that approves or refuses, and needs no credential', async () => {
    const response = await (await open()).view()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await response.text()
    expect(html).toContain('usertest')
    expect(html).toMatch(/<form method="post">.*value="approve".*value="refuse"/)
  })

  it('approves: a redirect with code and agreement, and the code is worth a payer token', async () => {
    const { call, decide, id } = await open()
    const response = await decide('approve')
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.origin).toBe('https://www.mercadopago.com')
    expect([...location.searchParams.keys()]).toEqual(['code', 'agreement'])
    expect(location.searchParams.get('agreement')).toBe(id)
    const code = location.searchParams.get('code')
    expect((await call('POST', `${agreements}/${id}/payer_token`, { code })).status).toBe(200)
  })

  it('refuses: a redirect with the agreement and no code', async () => {
    const { call, decide, id } = await open()
    const response = await decide('refuse')
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(`https://www.mercadopago.com/?agreement=${id}`)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'pending' })
  })

  it.each(['approve', 'refuse'])('keeps query and fragment of return_uri: %s', async (decision) => {
    const { decide, id } = await open({ return_uri: 'https://seller.test/back?cart=7&lang=pt-BR#top' })
    const { searchParams, hash } = new URL((await decide(decision)).headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({ cart: '7', lang: 'pt-BR', agreement: id })
    expect(searchParams.has('code')).toBe(decision === 'approve')
    expect(hash).toBe('#top')
  })

  it.each(['id', 'description'])('escapes external_user.%s', async (field) => {
    const attack = `<script>alert("1")</script>&'`
    const html = await (await (await open({ external_user: { id: 'u', [field]: attack } })).view()).text()
    expect(html).not.toContain('<script')
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;')
  })

  it.each([7, null, {}, [['x']], true])('shows a buyer whose description is %j', async (description) => {
    const { view } = await open({ external_user: { id: 'u', description } })
    expect((await view()).status).toBe(200)
  })

  it('shows what was decided, without a form, and decides only once', async () => {
    const { decide, emulator, view } = await open()
    await decide('approve')
    const html = await (await view()).text()
    expect(html).toContain('confirmed_by_user')
    expect(html).not.toContain('<form')
    const { effects } = emulator
    for (const decision of ['approve', 'refuse']) {
      const response = await decide(decision)
      expect(response.status).toBe(400)
      expect(response.headers.get('location')).toBeNull()
    }
    expect(emulator.effects).toEqual(effects)
  })

  it('says that the buyer has an active agreement already', async () => {
    const { call, decide, emulator } = await open()
    const { body } = await call<{ agreement_id: string }>('POST', agreements, anAgreement)
    emulator.buyer.approve(body.agreement_id)
    expect((await decide('approve')).status).toBe(400)
  })

  it('takes nothing else for a decision', async () => {
    const { decide, emulator } = await open()
    const { effects } = emulator
    for (const decision of ['', 'Approve', 'no']) expect((await decide(decision)).status).toBe(400)
    expect(emulator.effects).toEqual(effects)
  })

  it.each(['unknown', 'constructor', '__proto__', '%zz'])('is 404 for the agreement %s', async (id) => {
    const { emulator } = start()
    const response = await emulator.fetch(`${emulator.origin}/v1/wallet_agreement/${id}`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toContain('text/html')
  })
})

describe('POST /v1/advanced_payments', () => {
  const whole = document<{ wallet_payment: object; payer: object }>('create-payment.request')

  it('answers 201 approved, with the fields of the guide', async () => {
    const { link, pay } = start()
    const { token } = await link()
    const { status, body } = await pay(token, 700.5, { wallet_payment: whole.wallet_payment })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.any(Number),
      status: 'approved',
      wallet_payment: whole.wallet_payment,
      payments: [
        {
          id: expect.any(Number),
          status: 'approved',
          status_detail: 'accredited',
          payment_type_id: 'account_money',
          payment_method_id: 'account_money',
          transaction_amount: 700.5,
          installments: 1,
          description: 'Payment Description',
          capture: true,
          external_reference: 'Pago_123',
        },
      ],
      disbursements: [{ collector_id: expect.any(Number) }],
      payer: { id: expect.any(Number) },
      site_id: 'MLA',
      binary_mode: true,
      date_created: '2025-12-31T20:00:00.000-04:00',
      date_last_updated: '2025-12-31T20:00:00.000-04:00',
    })
    expect(Object.keys(body).sort()).toEqual(Object.keys(document('create-payment.approved.response.201')).sort())
  })

  it('answers 201 rejected when the money does not suffice: inner id null, no dates, no installments', async () => {
    const { link, pay } = start({ balance: 99.99 })
    const { status, body } = await pay((await link()).token)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      status: 'rejected',
      payments: [{ id: null, status: 'rejected', status_detail: 'insufficient_money', transaction_amount: 100 }],
    })
    expect(Object.keys(body).sort()).toEqual(Object.keys(document('create-payment.insufficient-funds.response.201')).sort())
    expect(body.payments[0]).not.toHaveProperty('installments')
  })

  it.each([true, false])('capture: false reserves, with binary_mode %s', async (binary_mode) => {
    const { link, pay } = start()
    expect(await pay((await link()).token, 100, { capture: false, binary_mode })).toMatchObject({
      status: 201,
      body: {
        status: 'authorized',
        binary_mode,
        payments: [{ status: 'authorized', status_detail: 'pending_capture', capture: false }],
      },
    })
  })

  it.each(['wallet-token', 'wallet-tokens'])('accepts the type_token %s', async (type_token) => {
    const { link, pay } = start()
    const { token } = await link()
    expect(await pay(token, 1, { payer: { token, type_token } })).toMatchObject({ status: 201, body: { status: 'approved' } })
  })

  it('charges the same payer token again and again', async () => {
    const { link, pay } = start()
    const { token } = await link()
    const [first, second] = [await pay(token), await pay(token)]
    expect([first.body.status, second.body.status]).toEqual(['approved', 'approved'])
    expect(second.body.id).not.toBe(first.body.id)
  })

  const refusal = document('error.400.idempotency-bad-request')
  it.each([
    ['no wallet_payment', { wallet_payment: undefined }],
    ['a wallet_payment that is null', { wallet_payment: null }],
    ['a wallet_payment that is text', { wallet_payment: '100' }],
    ['no payer', { payer: undefined }],
    ['no type_token', { payer: { token: 't' } }],
    ['another type_token', { payer: { token: 't', type_token: 'wallet' } }],
    ['a capture that is text', { capture: 'false' }],
    ['a binary_mode that is text', { binary_mode: 'true' }],
  ])('refuses %s', async (_, change) => {
    const { link, pay, emulator } = start()
    const { token } = await link()
    const { effects } = emulator
    expect(await pay(token, 100, change)).toMatchObject({ status: 400, body: refusal })
    expect(emulator.effects).toEqual(effects)
  })

  it('refuses a wallet_payment without transaction_amount', async () => {
    const { link, pay } = start()
    const answer = await pay((await link()).token, undefined, { wallet_payment: {} })
    expect(answer).toMatchObject({ status: 400, body: { status: '400', message: 'Field transaction_amount is required.' } })
  })

  it.each<[EmulatorOptions['site'] & string, unknown]>([
    ['MLA', 0],
    ['MLA', -1],
    ['MLA', null],
    ['MLA', '100'],
    ['MLA', {}],
    ['MLA', true],
    ['MLA', 0.001],
    ['MLA', 0.1 + 0.2],
    ['MLA', 1e21],
    ['MLC', 99.5],
  ])('in %s refuses the amount %j', async (site, amount) => {
    const { link, pay } = start({ site })
    expect(await pay((await link()).token, amount)).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', message: 'Invalid transaction amount in wallet payments.' },
    })
  })

  it.each<[EmulatorOptions['site'] & string, number]>([
    ['MLA', 0.01],
    ['MLA', 8.2],
    ['MLA', 1.15],
    ['MLB', 9999.99],
    ['MLC', 100],
    ['MCO', 100.5],
  ])('in %s charges exactly %j', async (site, amount) => {
    const { link, pay } = start({ site })
    const { body } = await pay((await link()).token, amount)
    expect(body).toMatchObject({ status: 'approved', site_id: site, payments: [{ transaction_amount: amount }] })
  })

  it.each([undefined, null, '', 7, {}, 'unknown'])('answers 401/401003 to the payer token %j', async (token) => {
    const { link, pay } = start()
    await link()
    expect(await pay(token)).toMatchObject({ status: 401, body: document('error.401.invalid-payer-token') })
  })

  it.each(['cancelled', 'expired'])('answers 401/401003 once the agreement is %s', async (status) => {
    const { call, emulator, link, pay } = start()
    const { id, token } = await link()
    if (status === 'cancelled') await call('DELETE', `${agreements}/${id}`)
    else emulator.clock.advance(aYear)
    const { effects } = emulator
    expect(await pay(token)).toMatchObject({ status: 401, body: document('error.401.invalid-payer-token') })
    expect(emulator.effects).toEqual(effects)
  })

  it('answers 401/401003 to the payer token of an agreement that nobody exchanged', async () => {
    const { emulator, propose, pay } = start()
    const { code } = emulator.buyer.approve(await propose())
    expect((await pay(code)).status).toBe(401)
  })

  it('refuses a discount, as there are no promises', async () => {
    const { link, pay } = start()
    const wallet_payment = { transaction_amount: 100, discount: { amount: 10 } }
    const answer = await pay((await link()).token, 100, { wallet_payment })
    expect(answer).toMatchObject({ status: 400, body: document('error.400.discount-mismatch') })
  })
})

describe('GET /v1/advanced_payments/{advanced_payment_id}', () => {
  it.each([10_000, 0])('shows what the creation answered, with a balance of %i', async (balance) => {
    const { call, link, pay } = start({ balance })
    const created = await pay((await link()).token)
    expect(await call('GET', `${payments}/${created.body.id}`)).toMatchObject({ status: 200, body: created.body })
  })

  it.each(['1', '0', '99999999999999999999', 'abc', ...odd])('does not know %s', async (id) => {
    const { status, body } = await start().call('GET', `${payments}/${id}`)
    expect(status).toBe(404)
    expect(body).toEqual(document('error.404.payment-not-found'))
  })
})

describe('PUT /v1/advanced_payments/{advanced_payment_id}', () => {
  const captured = { status: 'approved', payments: [{ status: 'approved', status_detail: 'accredited', capture: true }] }
  const cancelled = { status: 'cancelled', payments: [{ status: 'cancelled', status_detail: 'by_collector' }] }

  it.each([
    ['captures', { capture: true }, captured],
    ['captures', document('capture-payment.request'), captured],
    ['cancels', { status: 'cancelled' }, cancelled],
    ['cancels', { status: 'canceled' }, cancelled],
    ['cancels', document('update-payment.reference-cancelled.request'), cancelled],
  ])('%s with %j', async (_, request, expected) => {
    const { call, emulator, link, pay } = start()
    const { body } = await pay((await link()).token, 100, { capture: false })
    emulator.clock.advance(60_000)
    const answer = await call('PUT', `${payments}/${body.id}`, request)
    expect(answer).toMatchObject({ status: 200, body: { id: body.id, ...expected } })
    expect(answer.body).toMatchObject({ date_last_updated: '2025-12-31T20:01:00.000-04:00' })
    expect((await call('GET', `${payments}/${body.id}`)).body).toEqual(answer.body)
  })

  it.each([{}, { capture: false }, { capture: 'true' }, { status: 'approved' }, { capture: true, status: 'cancelled' }])(
    'refuses %j',
    async (request) => {
      const { call, link, pay } = start()
      const { body } = await pay((await link()).token, 100, { capture: false })
      expect((await call('PUT', `${payments}/${body.id}`, request)).status).toBe(400)
      expect((await call('GET', `${payments}/${body.id}`)).body).toMatchObject({ status: 'authorized' })
    },
  )

  describe.each([
    ['approved', 10_000, { capture: true }, undefined],
    ['rejected', 0, { capture: false }, undefined],
    ['captured', 10_000, { capture: false }, { capture: true }],
    ['cancelled', 10_000, { capture: false }, { status: 'cancelled' }],
  ])('of a payment that is %s', (_, balance, request, change) => {
    it.each([
      [{ capture: true }, 'Invalid capture payment status'],
      [{ status: 'cancelled' }, 'Unable to complete process.'],
    ])('refuses %j', async (body, message) => {
      const { call, emulator, link, pay } = start({ balance })
      const { id } = (await pay((await link()).token, 100, request)).body
      if (change) await call('PUT', `${payments}/${id}`, change)
      const { effects } = emulator
      const answer = await call('PUT', `${payments}/${id}`, body)
      expect(answer).toMatchObject({ status: 400, body: { status: '400', error: 'bad_request', message } })
      expect(emulator.effects).toEqual(effects)
    })
  })

  it.each(['1', 'abc', 'constructor'])('does not know %s', async (id) => {
    expect((await start().call('PUT', `${payments}/${id}`, { capture: true })).status).toBe(404)
  })
})

describe('POST /v1/advanced_payments/{advanced_payment_id}/refunds', () => {
  async function paid(options?: EmulatorOptions, more?: Record<string, unknown>) {
    const context = start(options)
    const { token } = await context.link()
    const { body } = await context.pay(token, 100, more)
    const path = `${payments}/${body.id}`
    const refund = (amount?: unknown) => context.call('POST', `${path}/refunds`, amount === undefined ? undefined : { amount })
    const status = async () => (await context.call<RawPayment>('GET', path)).body.status
    return { ...context, token, payment: body, path, refund, status }
  }

  it.each([undefined, '', '{}', { amount: 0 }, { amount: null }, { amount: 100 }])('refunds all for %j', async (request) => {
    const { call, path, payment, status } = await paid()
    const { status: http, body } = await call<object[]>('POST', `${path}/refunds`, request)
    expect(http).toBe(200)
    expect(body).toEqual([
      {
        id: expect.any(Number),
        payment_id: payment.payments[0].id,
        amount: 100,
        source: { id: expect.any(Number), name: expect.any(String), type: 'collector' },
        date_created: '2025-12-31T20:00:00.000-04:00',
        status: 'approved',
      },
    ])
    const documented = document<object[]>('refund-payment.response.200')
    expect(Object.keys(body[0] ?? {}).sort()).toEqual(Object.keys(documented[0] ?? {}).sort())
    expect(await status()).toBe('refunded')
  })

  it('refunds a part, then another, then the rest', async () => {
    const { call, path, refund, status } = await paid()
    expect(await refund(25)).toMatchObject({ status: 200, body: [{ amount: 25 }] })
    expect((await call('GET', path)).body).toMatchObject({
      status: 'partially_refunded',
      payments: [{ status: 'approved', status_detail: 'partially_refunded' }],
    })
    expect(await refund(0.01)).toMatchObject({ status: 200, body: [{ amount: 0.01 }] })
    expect(await status()).toBe('partially_refunded')
    expect(await refund()).toMatchObject({ status: 200, body: [{ amount: 74.99 }] })
    expect((await call('GET', path)).body).toMatchObject({
      status: 'refunded',
      payments: [{ status: 'refunded', status_detail: 'refunded' }],
    })
  })

  it.each([100.01, -1, 0.001, '25', true, {}])('refuses the amount %j', async (amount) => {
    const { refund, status } = await paid()
    expect(await refund(amount)).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', message: 'Invalid amount' },
    })
    expect(await status()).toBe('approved')
  })

  it('refuses more than is left', async () => {
    const { refund } = await paid()
    await refund(60)
    expect(await refund(40.01)).toMatchObject({ status: 400, body: { message: 'Invalid amount' } })
    expect(await refund(40)).toMatchObject({ status: 200 })
  })

  it('refuses a payment that is refunded already', async () => {
    const { emulator, refund } = await paid()
    await refund()
    const { effects } = emulator
    for (const amount of [undefined, 0, 1]) {
      expect(await refund(amount)).toMatchObject({ status: 400, body: { message: 'Payment already refunded' } })
    }
    expect(emulator.effects).toEqual(effects)
  })

  it.each([
    ['rejected', { balance: 0 }, {}, undefined],
    ['authorized', {}, { capture: false }, undefined],
    ['cancelled', {}, { capture: false }, { status: 'cancelled' }],
  ])('refuses a payment that is %s', async (_, options, more, change) => {
    const { call, path, refund } = await paid(options, more)
    if (change) await call('PUT', path, change)
    expect(await refund()).toMatchObject({ status: 400, body: { message: "Can't set status refunded." } })
  })

  it('refunds a payment whose agreement is cancelled', async () => {
    const { call, emulator, refund } = await paid()
    const id = emulator.effects[0]?.agreement_id
    await call('DELETE', `${agreements}/${id}`)
    expect(await refund()).toMatchObject({ status: 200 })
  })

  it.each(['GET', 'POST'])('%s answers 404 for a payment that does not exist', async (method) => {
    const answer = await start().call(method, `${payments}/1/refunds`)
    expect(answer).toMatchObject({ status: 404, body: document('error.404.refund-not-found') })
  })

  it.each(['abc', '1x', '-1', '1.5', '12345678901234567', ...odd])('answers 400048 to the id %s', async (id) => {
    for (const method of ['GET', 'POST']) {
      const answer = await start().call(method, `${payments}/${id}/refunds`)
      expect(answer).toMatchObject({ status: 400, body: document('error.400.refund-invalid-splitter-id') })
    }
  })

  it('changes the payment refundDelayMs later, while the refund itself counts at once', async () => {
    const { emulator, refund, status } = await paid({ refundDelayMs: 1_000 })
    expect(await refund()).toMatchObject({ status: 200, body: [{ status: 'approved' }] })
    expect(await refund()).toMatchObject({ status: 400, body: { message: 'Payment already refunded' } })
    emulator.clock.advance(999)
    expect(await status()).toBe('approved')
    emulator.clock.advance(1)
    expect(await status()).toBe('refunded')
  })

  it('gives every refund its own delay', async () => {
    const { call, emulator, path, refund } = await paid({ refundDelayMs: 1_000 })
    await refund(40)
    emulator.clock.advance(500)
    await refund(60)
    emulator.clock.advance(500)
    expect((await call('GET', path)).body).toMatchObject({
      status: 'partially_refunded',
      date_last_updated: '2025-12-31T20:00:01.000-04:00',
    })
    emulator.clock.advance(60_000)
    expect((await call('GET', path)).body).toMatchObject({
      status: 'refunded',
      date_last_updated: '2025-12-31T20:00:01.500-04:00',
    })
  })

  it('GET lists them in the order they were made', async () => {
    const { call, path, refund } = await paid()
    expect(await call('GET', `${path}/refunds`)).toMatchObject({ status: 200, body: [] })
    const made = [await refund(10), await refund(20), await refund()].flatMap(({ body }) => body)
    const { body } = await call<object[]>('GET', `${path}/refunds`)
    expect(body).toEqual(made)
    expect(body).toMatchObject([{ amount: 10 }, { amount: 20 }, { amount: 70 }])
  })
})

describe('the balance of a buyer', () => {
  it('is charged to the last cent, and no further', async () => {
    const { link, pay } = start({ balance: 100 })
    const { token } = await link()
    expect((await pay(token, 60.3)).body.status).toBe('approved')
    expect((await pay(token, 39.71)).body.status).toBe('rejected')
    expect((await pay(token, 39.7)).body.status).toBe('approved')
    expect((await pay(token, 0.01)).body.status).toBe('rejected')
  })

  it('is reserved by capture: false, and given back by a cancellation but not by a capture', async () => {
    const { call, link, pay } = start({ balance: 100 })
    const { token } = await link()
    const reserve = async (amount: number): Promise<RawPayment> => (await pay(token, amount, { capture: false })).body
    const [first, second] = [await reserve(60), await reserve(40)]
    expect((await reserve(0.01)).status).toBe('rejected')
    await call('PUT', `${payments}/${first.id}`, { capture: true })
    expect((await reserve(0.01)).status).toBe('rejected')
    await call('PUT', `${payments}/${second.id}`, { status: 'cancelled' })
    expect((await reserve(40.01)).status).toBe('rejected')
    expect((await reserve(40)).status).toBe('authorized')
  })

  it('gets refunds back', async () => {
    const { call, link, pay } = start({ balance: 100 })
    const { token } = await link()
    const { id } = (await pay(token, 100)).body
    await call('POST', `${payments}/${id}/refunds`, { amount: 25 })
    expect((await pay(token, 25.01)).body.status).toBe('rejected')
    expect((await pay(token, 25)).body.status).toBe('approved')
  })

  it('is set for one buyer, and for all', async () => {
    const { emulator, link, pay } = start()
    const [a, b] = [await link('a'), await link('b')]
    const statuses = async () => [(await pay(a.token)).body.status, (await pay(b.token)).body.status]
    emulator.buyer.setBalance(0, 'a')
    expect(await statuses()).toEqual(['rejected', 'approved'])
    emulator.buyer.setBalance(0)
    expect(await statuses()).toEqual(['rejected', 'rejected'])
    emulator.buyer.setBalance(100)
    expect(await statuses()).toEqual(['approved', 'approved'])
  })

  it.each(odd)('works for an external_user.id of %s', async (user) => {
    const { emulator, link, pay } = start()
    const { token } = await link(user)
    expect((await pay(token)).body.status).toBe('approved')
    emulator.buyer.setBalance(99, user)
    expect((await pay(token)).body.status).toBe('rejected')
    emulator.buyer.setBalance(1, 'other')
    expect((await pay(token, 99)).body.status).toBe('approved')
  })
})

describe('GET /v1/advanced_payments/search', () => {
  async function five(options?: EmulatorOptions) {
    const context = start({ balance: 100, ...options })
    const { token } = await context.link()
    const ids: number[] = []
    for (const [index, amount] of [10, 20.5, 30, 1000, 5].entries()) {
      const wallet_payment = { transaction_amount: amount, external_reference: index % 2 ? 'odd' : 'even' }
      ids.push((await context.pay(token, amount, { wallet_payment, capture: index !== 2 })).body.id)
    }
    const search = (query: string) => context.call<Page>('GET', `${payments}/search${query}`)
    const found = async (query: string) => (await search(query)).body.results.map(({ id }) => ids.indexOf(id))
    return { ...context, ids, search, found }
  }

  it('lists all payments, newest first, as GET shows them', async () => {
    const { call, ids, search, found } = await five()
    expect(await found('')).toEqual([4, 3, 2, 1, 0])
    const { status, body } = await search('')
    expect(status).toBe(200)
    expect(body.paging).toEqual({ total: 5, limit: 30, offset: 0 })
    expect(body.results[0]).toEqual((await call('GET', `${payments}/${ids[4]}`)).body)
  })

  it.each([
    ['?status=approved', [4, 1, 0]],
    ['?status=authorized', [2]],
    ['?status=rejected', [3]],
    ['?status=refunded', []],
    ['?external_reference=odd', [3, 1]],
    ['?payment.external_reference=even', [4, 2, 0]],
    ['?external_reference=ODD', []],
    ['?payment.transaction_amount=20.5', [1]],
    ['?payment.payment_method_id=account_money', [4, 3, 2, 1, 0]],
    ['?payment.payment_method_id=visa', []],
    ['?payer.id=1', []],
    ['?status=approved&external_reference=odd', [1]],
    ['?begin_date=2020-01-01&sort=id', [4, 3, 2, 1, 0]],
    ...odd.map((name): [string, number[]] => [`?${name}=1`, [4, 3, 2, 1, 0]]),
  ])('filters by %s', async (query, expected) => {
    const { found, search } = await five()
    expect(await found(query)).toEqual(expected)
    expect((await search(query)).body.paging).toMatchObject({ total: expected.length })
  })

  it('filters by payment.id, the id of the inner payment', async () => {
    const { found, search } = await five()
    const inner = (await search('?status=authorized')).body.results[0]?.payments[0].id
    expect(await found(`?payment.id=${inner}`)).toEqual([2])
  })

  it.each([
    ['?limit=2', [4, 3], { total: 5, limit: 2, offset: 0 }],
    ['?limit=2&offset=2', [2, 1], { total: 5, limit: 2, offset: 2 }],
    ['?limit=2&offset=4', [0], { total: 5, limit: 2, offset: 4 }],
    ['?offset=9', [], { total: 5, limit: 30, offset: 9 }],
    ['?limit=0', [], { total: 5, limit: 0, offset: 0 }],
    ['?limit=1000', [4, 3, 2, 1, 0], { total: 5, limit: 30, offset: 0 }],
    ['?status=approved&limit=1&offset=1', [1], { total: 3, limit: 1, offset: 1 }],
  ])('pages by %s', async (query, expected, paging) => {
    const { found, search } = await five()
    expect(await found(query)).toEqual(expected)
    expect((await search(query)).body.paging).toEqual(paging)
  })

  it('shows at most searchLimit results', async () => {
    const { search } = await five({ searchLimit: 3 })
    expect((await search('?limit=5')).body).toMatchObject({ paging: { total: 5, limit: 3 }, results: [{}, {}, {}] })
  })

  it.each(['?limit=x', '?limit=-1', '?offset=1.5', '?offset=-1', '?limit='])('refuses %s', async (query) => {
    const { search } = await five()
    expect(await search(query)).toMatchObject({ status: 400, body: document('error.400.idempotency-bad-request') })
  })
})

describe('X-Idempotency-Key', () => {
  const inFlight = { status: 409, body: document('error.409.idempotency-in-progress') }
  const used = { status: 422, body: document('error.422.idempotency-key-used') }

  it.each([undefined, ''])('is needed to create a payment: %j', async (key) => {
    const { call, emulator } = start()
    const headers = key === undefined ? {} : { 'x-idempotency-key': key }
    const { status, body } = await call('POST', payments, {}, headers)
    expect(status).toBe(400)
    expect(body).toEqual(document('error.400.missing-idempotency'))
    expect(emulator.effects).toEqual([])
  })

  it('replays the first answer with 200, and charges once', async () => {
    const { call, emulator, link, pay } = start()
    const { token } = await link()
    const first = await pay(token, 100, { capture: false }, 'k')
    await call('PUT', `${payments}/${first.body.id}`, { capture: true })
    const { effects } = emulator
    const again = await pay(token, 100, { capture: false }, 'k')
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
    expect(emulator.effects).toEqual(effects)
  })

  it('replays a rejected payment too, though there is money by now', async () => {
    const { emulator, link, pay } = start({ balance: 0 })
    const { token } = await link()
    const first = await pay(token, 100, {}, 'k')
    emulator.buyer.setBalance(1_000)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('replays to a payer token that has ended since', async () => {
    const { emulator, link, pay } = start()
    const { id, token } = await link()
    const first = await pay(token, 100, {}, 'k')
    emulator.buyer.cancel(id)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('is refused with another body, and still stands for the first', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    const first = await pay(token, 100, {}, 'k')
    const { effects } = emulator
    expect(await pay(token, 101, {}, 'k')).toMatchObject(used)
    expect(emulator.effects).toEqual(effects)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body: first.body })
  })

  it('of a request in flight is told to wait, then replayed', async () => {
    let release = () => {}
    let gate: Promise<void> | undefined
    const { emulator, link, pay, call } = start({ beforeEffect: () => gate })
    const { token } = await link()
    const { effects } = emulator
    gate = new Promise((resolve) => {
      release = resolve
    })
    const held = pay(token, 100, {}, 'k')
    expect(await pay(token, 100, {}, 'k')).toMatchObject(inFlight)
    expect(await pay(token, 101, {}, 'k')).toMatchObject(used)
    expect(await call('GET', `${payments}/search`)).toMatchObject({ status: 200, body: { paging: { total: 0 } } })
    expect(emulator.effects).toEqual(effects)
    release()
    const { status, body } = await held
    expect(status).toBe(201)
    expect(await pay(token, 100, {}, 'k')).toMatchObject({ status: 200, body })
    expect(emulator.effects).toHaveLength(effects.length + 1)
  })

  it('is free again when beforeEffect fails, and the fetch rejects', async () => {
    let fails = false
    const { link, pay } = start({ beforeEffect: () => (fails ? Promise.reject(new Error('cable')) : undefined) })
    const { token } = await link()
    fails = true
    await expect(pay(token, 100, {}, 'k')).rejects.toThrow('cable')
    fails = false
    expect((await pay(token, 100, {}, 'k')).status).toBe(201)
  })

  it.each([
    ['400', (token: string) => [token, -1]],
    ['401', () => ['unknown', 100]],
  ])('is free again after a %s', async (status, wrong) => {
    const { link, pay } = start()
    const { token } = await link()
    const [badToken, badAmount] = wrong(token)
    expect(String((await pay(badToken, badAmount, {}, 'k')).status)).toBe(status)
    expect((await pay(token, 100, {}, 'k')).status).toBe(201)
  })

  it('may have 128 characters, not more', async () => {
    const { link, pay } = start()
    const { token } = await link()
    expect((await pay(token, 100, {}, 'k'.repeat(128))).status).toBe(201)
    expect(await pay(token, 100, {}, 'k'.repeat(129))).toMatchObject({
      status: 400,
      body: { status: '400', error: 'bad_request', cause: [{ code: '400058' }] },
    })
  })

  it.each(odd)('may be %s', async (key) => {
    const { link, pay } = start()
    const { token } = await link()
    expect([(await pay(token, 100, {}, key)).status, (await pay(token, 100, {}, key)).status]).toEqual([201, 200])
  })

  it('means something else on another path or with another method', async () => {
    const { call, link, pay } = start()
    const { token } = await link()
    const key = { 'x-idempotency-key': 'k' }
    const first = await pay(token, 100, { capture: false }, 'k')
    const second = await pay(token, 100, { capture: false }, 'k2')
    for (const { id } of [first.body, second.body]) {
      expect((await call('PUT', `${payments}/${id}`, { capture: true }, key)).body).toMatchObject({ id, status: 'approved' })
      expect((await call('POST', `${payments}/${id}/refunds`, { amount: 10 }, key)).body).toMatchObject([{ amount: 10 }])
    }
  })

  it('of a refund replays it; without one every request refunds', async () => {
    const { call, emulator, link, pay } = start()
    const path = `${payments}/${(await pay((await link()).token)).body.id}/refunds`
    const key = { 'x-idempotency-key': 'r' }
    const first = await call('POST', path, { amount: 10 }, key)
    expect(await call('POST', path, { amount: 10 }, key)).toMatchObject({ status: 200, body: first.body })
    expect(await call('POST', path, { amount: 11 }, key)).toMatchObject(used)
    await call('POST', path, { amount: 10 })
    await call('POST', path, { amount: 10 })
    const refunds = emulator.effects.filter(({ kind }) => kind === 'payment_refunded')
    expect(refunds.map(({ idempotency_key }) => idempotency_key)).toEqual(['r', null, null])
  })

  it.each([{ capture: true }, { status: 'cancelled' }])(
    'of a PUT replays %j; without one the second is refused',
    async (change) => {
      const { call, link, pay } = start()
      const path = `${payments}/${(await pay((await link()).token, 100, { capture: false })).body.id}`
      const key = { 'x-idempotency-key': 'c' }
      const first = await call('PUT', path, change, key)
      expect(await call('PUT', path, change, key)).toMatchObject({ status: 200, body: first.body })
      expect((await call('PUT', path, change)).status).toBe(400)
    },
  )

  it.each(['', 'k'.repeat(129)])('of a refund or PUT is not empty and not too long', async (key) => {
    const { call, emulator, link, pay } = start()
    const path = `${payments}/${(await pay((await link()).token, 100, { capture: false })).body.id}`
    const { effects } = emulator
    expect((await call('PUT', path, { capture: true }, { 'x-idempotency-key': key })).status).toBe(400)
    expect((await call('POST', `${path}/refunds`, {}, { 'x-idempotency-key': key })).status).toBe(400)
    expect(emulator.effects).toEqual(effects)
  })
})

describe('Authorization', () => {
  const policyAgent = document('error.403.policy-agent')
  const notPresent = { status: '401', error: 'unauthorized', message: 'authorization value not present' }

  it.each([
    ['POST', agreements, 403, policyAgent],
    ['GET', `${agreements}/abc`, 403, policyAgent],
    ['DELETE', `${agreements}/abc`, 403, policyAgent],
    ['POST', `${agreements}/abc/payer_token`, 403, policyAgent],
    ['PUT', agreements, 403, policyAgent],
    ['POST', '/v2/wallet_connect/coupons', 403, policyAgent],
    ['POST', '/v2/wallet_connect/discounts', 403, policyAgent],
    ['POST', payments, 401, notPresent],
    ['GET', `${payments}/1`, 401, notPresent],
    ['PUT', `${payments}/1`, 401, notPresent],
    ['GET', `${payments}/search`, 401, notPresent],
    ['GET', `${payments}/1/refunds`, 401, notPresent],
    ['POST', `${payments}/1/refunds`, 401, notPresent],
  ])('is missed by %s %s', async (method, path, status, body) => {
    const { call } = start()
    for (const authorization of ['', 'Bearer', 'Basic dXNlcg==', 'APP_USR-1']) {
      const answer = await call(method, path, undefined, { authorization })
      expect(answer.status).toBe(status)
      expect(answer.body).toEqual(body)
    }
  })

  it('lets in every access token, if accessTokens does not say which', async () => {
    const authorization = 'Bearer TEST-whatever'
    expect((await start().call('GET', `${payments}/search`, undefined, { authorization })).status).toBe(200)
  })

  it.each([`${agreements}/abc`, `${payments}/search`])('lets in only accessTokens: %s', async (path) => {
    const { call } = start({ accessTokens: ['one', 'two'] })
    const statuses = ['one', 'two'].map((token) => call('GET', path, undefined, { authorization: `Bearer ${token}` }))
    for (const { status } of await Promise.all(statuses)) expect(status).not.toBe(401)
    for (const token of ['three', 'on', 'one,two', 'ONE']) {
      const { status, body } = await call('GET', path, undefined, { authorization: `Bearer ${token}` })
      expect(status).toBe(401)
      expect(body).toEqual(document('error.401.openapi-generic'))
    }
  })
})

describe('fetch', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v2/wallet_connect/invented'],
    ['GET', agreements],
    ['PATCH', `${agreements}/abc`],
    ['GET', `${agreements}/abc/payer_token`],
    ['DELETE', `${payments}/1`],
    ['POST', `${payments}/1/disburses`],
    ['GET', `${payments}/`],
    ['POST', `/x${payments}`],
  ])('does not know %s %s', async (method, path) => {
    const { status, body } = await start().call(method, path)
    expect(status).toBe(404)
    const isV2 = path.startsWith('/v2/')
    expect(body).toEqual({ status: isV2 ? 404 : '404', error: 'not_found', message: 'Not found' })
  })

  it('answers 404 to an invented path, credential or not', async () => {
    const { emulator } = start()
    expect((await emulator.fetch(`${emulator.origin}/v2/wallet_connect/invented`)).status).toBe(404)
  })

  it.each(['{', 'null', '[]', '7', '"text"', '{"a":1}x', '\u0000'])('refuses the body %j', async (text) => {
    const { call, emulator, link, pay } = start()
    const { id, token } = await link()
    const payment = (await pay(token)).body.id
    const { effects } = emulator
    const key = { 'x-idempotency-key': 'malformed' }
    for (const [method, path] of [
      ['POST', agreements],
      ['POST', `${agreements}/${id}/payer_token`],
      ['POST', payments],
      ['PUT', `${payments}/${payment}`],
      ['POST', `${payments}/${payment}/refunds`],
    ] as const) {
      const { status, body } = await call<{ error: string }>(method, path, text, key)
      expect(status).toBe(400)
      expect(body.error).toBe('bad_request')
    }
    expect(emulator.effects).toEqual(effects)
  })

  it('takes a Request as well as an address and its init', async () => {
    const { emulator } = start()
    const request = new Request(`${emulator.origin}${payments}/search`, { headers: { Authorization: 'Bearer t' } })
    expect((await emulator.fetch(request)).status).toBe(200)
  })

  it('rejects what is no address, as fetch does, and does not throw', async () => {
    const promise = createEmulator().fetch('https://')
    await expect(promise).rejects.toThrow(TypeError)
  })

  it('can be passed on without its emulator', async () => {
    const { fetch, origin } = createEmulator()
    expect((await fetch(`${origin}/`)).status).toBe(404)
  })

  it('claims to live at the origin it is given', async () => {
    const { call, emulator } = start({ origin: 'https://wallet.test' })
    expect(emulator.origin).toBe('https://wallet.test')
    expect((await call('POST', agreements, anAgreement)).body).toMatchObject({
      agreement_uri: expect.stringMatching(/^https:\/\/wallet\.test\/v1\/wallet_agreement\//),
    })
  })

  it('gives every answer an x-request-id of its own', async () => {
    const { call, emulator, link, pay, propose } = start()
    const { id, token } = await link()
    const page = `${emulator.origin}/v1/wallet_agreement`
    const decision = { method: 'POST', body: 'decision=approve', redirect: 'manual' } as const
    const answers = [
      await pay(token, 1, {}, 'k'),
      await pay(token, 1, {}, 'k'),
      await pay(token, 2, {}, 'k'),
      await pay('unknown'),
      await call('DELETE', `${agreements}/${id}`),
      await call('GET', `${agreements}/${id}`),
      await call('GET', '/nowhere'),
      await call('GET', agreements, undefined, { authorization: '' }),
      await call('POST', payments, '{', { 'x-idempotency-key': 'k' }),
      await emulator.fetch(`${page}/unknown`),
      await emulator.fetch(`${page}/${id}`),
      await emulator.fetch(`${page}/${id}`, decision),
      await emulator.fetch(`${page}/${await propose()}`, decision),
    ]
    const ids = answers.map(({ headers }) => headers.get('x-request-id'))
    expect(ids.filter((requestId) => uuid.test(requestId ?? ''))).toHaveLength(answers.length)
    expect(new Set(ids).size).toBe(answers.length)
  })

  it('answers in JSON', async () => {
    const { headers } = await start().call('GET', `${payments}/search`)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})

describe('effects', () => {
  it('say what really happened, in order and in major units, and nothing of what was refused', async () => {
    const { call, emulator, pay, propose } = start({ balance: 100 })
    const agreement_id = await propose()
    emulator.buyer.refuse(agreement_id)
    emulator.clock.advance(1_000)
    const { code } = emulator.buyer.approve(agreement_id)
    const path = `${agreements}/${agreement_id}/payer_token`
    await call('POST', path, { code: 'wrong' })
    const { body } = await call<{ payer_token: string }>('POST', path, { code })
    const token = body.payer_token
    const wallet_payment = { transaction_amount: 10.5, external_reference: 'ref' }
    const charged = (await pay(token, 10.5, { wallet_payment }, 'a')).body.id
    await pay(token, 10.5, { wallet_payment }, 'a')
    const reserved = (await pay(token, 20, { capture: false }, 'b')).body.id
    const released = (await pay(token, 30, { capture: false }, 'c')).body.id
    const rejected = (await pay(token, 99, {}, 'd')).body.id
    await pay('unknown')
    await call('PUT', `${payments}/${reserved}`, { capture: true })
    await call('PUT', `${payments}/${released}`, { status: 'cancelled' })
    await call('POST', `${payments}/${charged}/refunds`, { amount: 0.5 })
    await call('POST', `${payments}/${charged}/refunds`, { amount: 99 })
    await call('DELETE', `${agreements}/${agreement_id}`)

    const at = '2026-01-01T00:00:01Z'
    const paid = { at, agreement_id, external_reference: null, idempotency_key: null }
    expect(emulator.effects).toEqual([
      { at: '2026-01-01T00:00:00Z', kind: 'agreement_created', agreement_id },
      { at: '2026-01-01T00:00:00Z', kind: 'agreement_refused', agreement_id },
      { at, kind: 'agreement_confirmed', agreement_id },
      { at, kind: 'payer_token_created', agreement_id },
      {
        ...paid,
        kind: 'payment_charged',
        payment_id: charged,
        amount: 10.5,
        external_reference: 'ref',
        idempotency_key: 'a',
      },
      { ...paid, kind: 'payment_reserved', payment_id: reserved, amount: 20, idempotency_key: 'b' },
      { ...paid, kind: 'payment_reserved', payment_id: released, amount: 30, idempotency_key: 'c' },
      { ...paid, kind: 'payment_rejected', payment_id: rejected, amount: 99, idempotency_key: 'd' },
      { ...paid, kind: 'payment_captured', payment_id: reserved, amount: 20 },
      { ...paid, kind: 'payment_cancelled', payment_id: released, amount: 30 },
      { ...paid, kind: 'payment_refunded', payment_id: charged, amount: 0.5, external_reference: 'ref' },
      { at, kind: 'agreement_cancelled', agreement_id },
    ])
  })

  it('are a copy: what was read does not grow, and cannot be rewritten', async () => {
    const { emulator, propose } = start()
    await propose()
    const read = emulator.effects
    await propose()
    expect(read).toHaveLength(1)
    Object.assign(read[0] ?? {}, { kind: 'payment_charged' })
    Object.assign(read, { length: 0 })
    expect(emulator.effects.map(({ kind }) => kind)).toEqual(['agreement_created', 'agreement_created'])
  })
})

describe('seed', () => {
  async function story(options: EmulatorOptions, context = start(options)) {
    const { call, emulator, link, pay } = context
    const { id, token, code } = await link()
    const answers = [
      await pay(token, 100, { capture: false }, 'a'),
      await pay('unknown', 100, {}, 'b'),
      await call('GET', `${agreements}/${id}`),
      await call('GET', `${payments}/search`),
      await call('DELETE', `${agreements}/${id}`),
    ]
    return {
      ids: [id, token, code],
      answers: answers.map(({ status, headers, body }) => [status, [...headers], body]),
      effects: emulator.effects,
    }
  }

  it('decides everything: same seed, same calls, same answers', async () => {
    expect(await story({ seed: 7 })).toEqual(await story({ seed: 7 }))
    expect(await story({})).toEqual(await story({ seed: 1 }))
  })

  it.each([0, 2, -1, 2 ** 31])('%i gives other ids, codes and tokens', async (seed) => {
    const [one, other] = [await story({}), await story({ seed })]
    expect(new Set([...one.ids, ...other.ids]).size).toBe(6)
  })

  it('begins anew with reset: no agreement, payment, key, balance, effect or time is left', async () => {
    const context = start({ seed: 7 })
    const first = await story({}, context)
    context.emulator.buyer.setBalance(0)
    context.emulator.clock.advance(aYear)
    context.emulator.reset()
    expect(context.emulator.effects).toEqual([])
    expect(context.emulator.clock.now()).toBe(Date.UTC(2026, 0, 1))
    expect((await context.call('GET', `${agreements}/${first.ids[0]}`)).status).toBe(404)
    context.emulator.reset()
    expect(await story({}, context)).toEqual(first)
  })

  it('reset leaves a request in flight without effect', async () => {
    let release = () => {}
    let gate: Promise<void> | undefined
    const { emulator, link, pay } = start({ beforeEffect: () => gate })
    const { token } = await link()
    gate = new Promise((resolve) => {
      release = resolve
    })
    const held = pay(token)
    emulator.reset()
    release()
    await held
    expect(emulator.effects).toEqual([])
  })

  it('two emulators share nothing', async () => {
    const [one, two] = [start(), start()]
    const { token } = await one.link()
    expect((await two.pay(token)).status).toBe(401)
    expect(two.emulator.effects).toEqual([])
  })
})

describe('clock', () => {
  it('begins at now and never moves by itself', async () => {
    const { emulator, propose, call } = start({ now: Date.UTC(2030, 4, 5) })
    const id = await propose()
    await new Promise((resolve) => setTimeout(resolve, 20))
    await propose()
    expect(emulator.clock.now()).toBe(Date.UTC(2030, 4, 5))
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ date_created: '2030-05-05T00:00:00Z' })
    expect(new Set(emulator.effects.map(({ at }) => at))).toEqual(new Set(['2030-05-05T00:00:00Z']))
  })

  it('moves by what it is advanced', () => {
    const { clock } = createEmulator({ now: 1_000 })
    clock.advance(0)
    clock.advance(250)
    clock.advance(250)
    expect(clock.now()).toBe(1_500)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, undefined as never])('refuses to advance by %s', (ms) => {
    const { clock } = createEmulator()
    expect(() => clock.advance(ms)).toThrow(TypeError)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
  })
})
