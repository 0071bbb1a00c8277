import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { agreementRequest, agreements, payments, start } from '../../support/emulator/raw-emulator.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

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
  ])('answers 404 to %s %s', async (method, path) => {
    const { status, body } = await start().call(method, path)
    expect(status).toBe(404)
    const isV2 = path.startsWith('/v2/')
    expect(body).toEqual({ status: isV2 ? 404 : '404', error: 'not_found', message: 'Not found' })
  })

  it('answers 404 to an unknown path even without an access token', async () => {
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

  it('accepts a Request as well as a URL with its init', async () => {
    const { emulator } = start()
    const request = new Request(`${emulator.origin}${payments}/search`, { headers: { Authorization: 'Bearer t' } })
    expect((await emulator.fetch(request)).status).toBe(200)
  })

  it('rejects an invalid URL, as fetch does, and does not throw', async () => {
    const promise = createEmulator().fetch('https://')
    await expect(promise).rejects.toThrow(TypeError)
  })

  it('works without its emulator as this', async () => {
    const { fetch, origin } = createEmulator()
    expect((await fetch(`${origin}/`)).status).toBe(404)
  })

  it('uses the option origin in agreement_uri', async () => {
    const { call, emulator } = start({ origin: 'https://wallet.test' })
    expect(emulator.origin).toBe('https://wallet.test')
    expect((await call('POST', agreements, agreementRequest)).body).toMatchObject({
      agreement_uri: expect.stringMatching(/^https:\/\/wallet\.test\/v1\/wallet_agreement\//),
    })
  })

  it('sends a different x-request-id with every response', async () => {
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

  it('answers with the content type of JSON', async () => {
    const { headers } = await start().call('GET', `${payments}/search`)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})
