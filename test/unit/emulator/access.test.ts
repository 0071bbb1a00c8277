import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { agreements, payments, start } from '../../support/emulator/raw-emulator.ts'

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
  ])('is required by %s %s', async (method, path, status, body) => {
    const { call } = start()
    for (const authorization of ['', 'Bearer', 'Basic dXNlcg==', 'APP_USR-1']) {
      const answer = await call(method, path, undefined, { authorization })
      expect(answer.status).toBe(status)
      expect(answer.body).toEqual(body)
    }
  })

  it('may be any access token if the option accessTokens is left out', async () => {
    const authorization = 'Bearer TEST-whatever'
    expect((await start().call('GET', `${payments}/search`, undefined, { authorization })).status).toBe(200)
  })

  it.each([`${agreements}/abc`, `${payments}/search`])('must be one of the accessTokens for %s', async (path) => {
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
