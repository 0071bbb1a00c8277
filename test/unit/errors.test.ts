import {
  InvalidInputError,
  InvalidNotificationError,
  InvalidResponseError,
  isWalletConnectError,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
  WalletConnectError,
} from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'

const refusal = { apiCode: '401003', apiMessage: 'Invalid payer token.', causes: [], requestId: 'r', retryAfterMs: undefined }
const errors = [
  [new InvalidInputError([{ path: 'a.b', message: 'is required' }]), 'InvalidInputError', 'invalid_input', 'none'],
  [new RefusedError({ operation: 'payments.create', status: 401, ...refusal }), 'RefusedError', 'refused', 'none'],
  [
    new UnavailableError({
      operation: 'payments.get',
      reason: 'timeout',
      attempts: 3,
      status: undefined,
      retryAfterMs: undefined,
    }),
    'UnavailableError',
    'unavailable',
    'none',
  ],
  [
    new UnknownOutcomeError({
      operation: 'payments.create',
      idempotencyKey: 'k',
      status: 201,
      attempts: 1,
      sentAt: '2026-01-01T00:00:00Z',
    }),
    'UnknownOutcomeError',
    'unknown_outcome',
    'unknown',
  ],
  [
    new InvalidResponseError({ operation: 'payments.get', status: 200, issues: [] }),
    'InvalidResponseError',
    'invalid_response',
    'none',
  ],
  [new InvalidNotificationError('mismatch'), 'InvalidNotificationError', 'invalid_notification', 'none'],
] as const

describe.each(errors)('%s', (error, name, code, outcome) => {
  it(`is a ${name} with code ${code} and outcome ${outcome}`, () => {
    expect(error).toBeInstanceOf(WalletConnectError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name, code, outcome })
    expect(isWalletConnectError(error)).toBe(true)
    expect(String(error)).toMatch(new RegExp(`^${name}: .`))
  })

  it('has a JSON form with its message and all its fields', () => {
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name, code, outcome, message: error.message })
  })
})

describe('isWalletConnectError', () => {
  it('is true for an error of another copy of the package', () => {
    expect(isWalletConnectError({ [Symbol.for('mercadopago-wallet-connect.error')]: true })).toBe(true)
  })

  it.each([null, undefined, 'error', 7, {}, new Error('x'), { name: 'RefusedError' }])('is false for %j', (value) => {
    expect(isWalletConnectError(value)).toBe(false)
  })
})

describe('UnknownOutcomeError', () => {
  it('says in its message to reconcile with the same key', () => {
    expect(errors[3][0].message).toMatch(/Reconcile it with the same idempotency key/)
  })
})

describe('RefusedError', () => {
  it("has the status, Mercado Pago's code and its message in its own message", () => {
    expect(errors[1][0].message).toBe('payments.create was refused with 401 401003 Invalid payer token.')
  })
})
