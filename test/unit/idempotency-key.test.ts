import fc from 'fast-check'
import { idempotencyKeyFrom, type KeySource } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import vectors from './idempotency-key.vectors.json'

const order: KeySource = { account: '783789745', operation: 'payments.create', reference: 'order-1', attempt: 1 }

describe('idempotencyKeyFrom', () => {
  it.each(vectors.map((vector) => [JSON.stringify(vector.source), vector]))(
    'gives the published key for %s',
    async (_, { source, key }) => {
      expect(await idempotencyKeyFrom(source)).toBe(key)
    },
  )

  it('gives the same UUID v8 each time for the same source', async () => {
    await fc.assert(
      fc.asyncProperty(source, async (keySource) => {
        const key = await idempotencyKeyFrom(keySource)
        expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(await idempotencyKeyFrom(structuredClone(keySource))).toBe(key)
      }),
    )
  })

  it('gives different keys for different sources, even if their parts join to the same text', async () => {
    await fc.assert(
      fc.asyncProperty(source, source, async (a, b) => {
        const isSame = JSON.stringify(Object.values(a)) === JSON.stringify(Object.values(b))
        expect((await idempotencyKeyFrom(a)) === (await idempotencyKeyFrom(b))).toBe(isSame)
      }),
    )
    const shifted = { ...order, operation: 'payments.createo', reference: 'rder-1' }
    expect(await idempotencyKeyFrom(shifted)).not.toBe(await idempotencyKeyFrom(order))
  })

  it.each([
    ['account', ''],
    ['operation', 7],
    ['reference', undefined],
    ['reference', 'a\0b'],
    ['reference', 'a\nb'],
    ['reference', '\ud800'],
    ['attempt', 0],
    ['attempt', 1.5],
    ['attempt', '1'],
  ])('refuses the %s %j', async (path, value) => {
    await expect(idempotencyKeyFrom({ ...order, [path]: value })).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path }],
    })
  })
})

const word = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', '1', '-', 'ñ', '日', '😀', ' ') })
const source = fc.record({ account: word, operation: word, reference: word, attempt: fc.integer({ min: 1, max: 3 }) })
