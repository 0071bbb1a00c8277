import { describe, expect, it } from 'vitest'
import { agreements, start, YEAR_MS } from '../../support/emulator/raw-emulator.ts'

describe('POST /v2/wallet_connect/agreements/{agreement_id}/payer_token', () => {
  const invalid = { error: 'bad_request', message: 'Parameter code is not valid', status: 400, code: 'CodeMismatch' }

  it('exchanges the code of the approval for a payer token', async () => {
    const { call, emulator, propose } = start()
    const id = await propose()
    const { code } = emulator.buyer.approve(id)
    const answer = await call('POST', `${agreements}/${id}/payer_token`, { code })
    expect(answer).toMatchObject({ status: 200, body: { payer_token: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  })

  it('refuses to exchange a code a second time', async () => {
    const { call, link } = start()
    const { id, code } = await link()
    expect(await call('POST', `${agreements}/${id}/payer_token`, { code })).toMatchObject({ status: 400, body: invalid })
  })

  it.each([{}, { code: '' }, { code: null }, { code: 7 }])('refuses the body %j, which has no code', async (body) => {
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
    ['a code that was made up before the buyer approves', () => 'anything'],
    [
      'the code of an agreement that the buyer has cancelled',
      ({ emulator }, id) => {
        const { code } = emulator.buyer.approve(id)
        emulator.buyer.cancel(id)
        return code
      },
    ],
    [
      'the code of an agreement that has expired',
      ({ emulator }, id) => {
        const { code } = emulator.buyer.approve(id)
        emulator.clock.advance(YEAR_MS)
        return code
      },
    ],
  ])('refuses to exchange %s', async (_, prepare) => {
    const context = start()
    const id = await context.propose()
    const code = await prepare(context, id)
    expect(await context.call('POST', `${agreements}/${id}/payer_token`, { code })).toMatchObject({ status: 400, body: invalid })
  })
})
