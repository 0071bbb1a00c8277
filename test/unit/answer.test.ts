import { describe, expect, it } from 'vitest'
import { answerOf, redact } from '../../playground/http/answer.ts'

const bodyOf = (...args: Parameters<typeof answerOf>): unknown => JSON.parse(answerOf(...args).body)

describe('answerOf', () => {
  it('keeps documented fields and drops all others, at every depth', () => {
    const payment = {
      id: 7,
      status: 'approved',
      payments: [{ id: 8, status: 'approved', secret: 's' }],
      wallet_payment: { transaction_amount: 10, unknown: { a: 1 } },
      disbursements: [{ collector_id: 9, more: [] }],
      payer: { id: 1, token: 'the payer token' },
      debug: {},
    }
    expect(bodyOf('payments.create', payment, [])).toEqual({
      id: 7,
      status: 'approved',
      payments: [{ id: 8, status: 'approved' }],
      wallet_payment: { transaction_amount: 10 },
      disbursements: [{ collector_id: 9 }],
      payer: { id: 1 },
    })
  })

  it('answers 201 to a new payment and 200 to a read', () => {
    expect(answerOf('payments.create', { id: 7 }, []).status).toBe(201)
    expect(answerOf('payments.get', { id: 7 }, []).status).toBe(200)
  })

  it('has an empty body for an operation without output', () => {
    expect(answerOf('agreements.cancel', undefined, [])).toEqual({ status: 200, body: '' })
  })

  it('drops an object or a list where the schema has a string', () => {
    expect(bodyOf('payments.get', { id: 7, status: { toString: 'x' }, description: ['a'] }, [])).toEqual({ id: 7 })
  })

  it('does not overflow the stack on 100,000 levels of nesting', () => {
    let deep: unknown = []
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    expect(bodyOf('payments.get', { id: 7, deep, payments: [{ id: 8, deep }] }, [])).toEqual({ id: 7, payments: [{ id: 8 }] })
  })

  it('keeps null, and lists of refunds', () => {
    expect(bodyOf('payments.listRefunds', [{ id: '1', amount: 5, x: 1 }], [])).toEqual([{ id: '1', amount: 5 }])
    expect(bodyOf('payments.get', { id: 7, payments: [{ id: null }] }, [])).toEqual({ id: 7, payments: [{ id: null }] })
  })

  it('replaces secrets in strings', () => {
    expect(
      bodyOf('payments.get', { id: 7, description: 'of APP_USR-1234 and "quoted\\' }, ['APP_USR-1234', '"quoted\\']),
    ).toEqual({
      id: 7,
      description: 'of [redacted] and [redacted]',
    })
  })
})

describe('redact', () => {
  it('does not replace numbers, or secrets of two characters', () => {
    expect(redact('{"id":12345678,"a":"ab"}', ['ab', '12345678'])).toBe('{"id":12345678,"a":"ab"}')
  })
})
