import { describe, expect, it } from 'vitest'
import { type Caller, mayDo } from '../../../playground/access/authenticate.ts'
import { ownerOf } from '../../../playground/access/ownership.ts'
import { permit } from '../../../playground/access/policy.ts'

const client = {
  id: 'shop',
  keys: [],
  operations: ['payments.probe'],
  origins: [],
  return_uris: [],
  operator: true,
} as unknown as Caller['client']
const ticket = { user: 'buyer-1', operations: ['payments.probe'] } as unknown as NonNullable<Caller['ticket']>
const request = { operation: 'payments.probe', path: '/v1/advanced_payments/7/probe', body: null } as never
const forbidden = { answer: { status: 403 } }

describe('an operation that no rule knows', () => {
  it('is forbidden to a backend', async () => {
    await expect(async () => permit({ client }, request)).rejects.toMatchObject(forbidden)
  })

  it('has no owner whom the check could find', async () => {
    const query = { caller: { client }, user: undefined, request, parameters: { advanced_payment_id: '7' } }
    await expect(ownerOf(query, { owners: async () => [] } as never)).rejects.toMatchObject(forbidden)
  })

  it('is not for a browser, even if the ticket and the client allow it', () => {
    expect(mayDo({ client, ticket }, 'payments.probe' as never)).toBe(false)
  })
})
