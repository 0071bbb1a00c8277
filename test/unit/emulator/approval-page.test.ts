import { describe, expect, it } from 'vitest'
import { agreementRequest, agreements, start } from '../../support/emulator/raw-emulator.ts'

describe('the hosted approval page', () => {
  async function open(change: object = {}) {
    const context = start()
    const { body } = await context.call<{ agreement_id: string; agreement_uri: string }>('POST', agreements, {
      ...agreementRequest,
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

  it('is an HTML form that approves or refuses, and needs no access token', async () => {
    const response = await (await open()).view()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await response.text()
    expect(html).toContain('usertest')
    expect(html).toMatch(/<form method="post">.*value="approve".*value="refuse"/)
  })

  it('redirects after an approval with the agreement and a code that can be exchanged for a payer token', async () => {
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

  it('redirects after a refusal with the agreement and no code', async () => {
    const { call, decide, id } = await open()
    const response = await decide('refuse')
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(`https://www.mercadopago.com/?agreement=${id}`)
    expect((await call('GET', `${agreements}/${id}`)).body).toMatchObject({ status: 'pending' })
  })

  it.each(['approve', 'refuse'])(
    'keeps the query and the fragment of return_uri in the redirect after the decision %s',
    async (decision) => {
      const { decide, id } = await open({ return_uri: 'https://seller.test/back?cart=7&lang=pt-BR#top' })
      const { searchParams, hash } = new URL((await decide(decision)).headers.get('location') ?? '')
      expect(Object.fromEntries(searchParams)).toMatchObject({ cart: '7', lang: 'pt-BR', agreement: id })
      expect(searchParams.has('code')).toBe(decision === 'approve')
      expect(hash).toBe('#top')
    },
  )

  it.each(['id', 'description'])('escapes external_user.%s', async (field) => {
    const attack = `<script>alert("1")</script>&'`
    const html = await (await (await open({ external_user: { id: 'u', [field]: attack } })).view()).text()
    expect(html).not.toContain('<script')
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;')
  })

  it.each([7, null, {}, [['x']], true])('is shown for a buyer whose description is %j', async (description) => {
    const { view } = await open({ external_user: { id: 'u', description } })
    expect((await view()).status).toBe(200)
  })

  it('shows the decision without a form, and refuses a second decision', async () => {
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

  it('refuses an approval while the buyer has an active agreement', async () => {
    const { call, decide, emulator } = await open()
    const { body } = await call<{ agreement_id: string }>('POST', agreements, agreementRequest)
    emulator.buyer.approve(body.agreement_id)
    expect((await decide('approve')).status).toBe(400)
  })

  it('answers 400 to anything else than approve or refuse', async () => {
    const { decide, emulator } = await open()
    const { effects } = emulator
    for (const decision of ['', 'Approve', 'no']) expect((await decide(decision)).status).toBe(400)
    expect(emulator.effects).toEqual(effects)
  })

  it.each(['unknown', 'constructor', '__proto__', '%zz'])('is 404 for the unknown agreement %s', async (id) => {
    const { emulator } = start()
    const response = await emulator.fetch(`${emulator.origin}/v1/wallet_agreement/${id}`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toContain('text/html')
  })
})
