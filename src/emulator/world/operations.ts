/**
 * Every operation of the API. The compiler leads whoever adds one to all that has to be decided: its facts below, its
 * route in `server/routes.ts`, and the errors that the documentation prints for it in `faults/documented-errors.ts`.
 */
export const OPERATIONS = [
  'agreements.create',
  'agreements.get',
  'agreements.cancel',
  'agreements.createPayerToken',
  'discounts.validateCoupon',
  'discounts.create',
  'payments.create',
  'payments.get',
  'payments.search',
  'payments.capture',
  'payments.cancel',
  'payments.refund',
  'payments.listRefunds',
] as const

/** The name of an operation. Capture and cancellation share a path, and a discount can be created at two paths. */
export type OperationName = (typeof OPERATIONS)[number]

/** What the emulator has to know about an operation besides the rule that carries it out. */
interface OperationFacts {
  /** The half of the API it belongs to. Each half has its own error format. */
  family: 'wallet_connect' | 'advanced_payments'
  /** What the operation does with an `X-Idempotency-Key`. */
  idempotencyKey: 'required' | 'optional' | 'ignored'
  /** Whether it changes nothing. */
  isRead: boolean
  /** Whether executing it twice takes effect twice, as a second charge does. A state that is set twice is set once. */
  isAdditive: boolean
  /** Where the request carries the payer token. */
  payerToken: 'body' | 'header' | 'none'
  /** Whether a successful response has a body. */
  hasResponseBody: boolean
}

/** The facts that most operations share. Each row below names its exceptions. */
const COMMON = { idempotencyKey: 'ignored', isRead: false, isAdditive: false, payerToken: 'none', hasResponseBody: true } as const
const AGREEMENT = { ...COMMON, family: 'wallet_connect' } as const
const DISCOUNT = { ...AGREEMENT, payerToken: 'header' } as const
const PAYMENT = { ...COMMON, family: 'advanced_payments' } as const

export const OPERATION_FACTS: Readonly<Record<OperationName, OperationFacts>> = {
  'agreements.create': { ...AGREEMENT, isAdditive: true },
  'agreements.get': { ...AGREEMENT, isRead: true },
  'agreements.cancel': { ...AGREEMENT, hasResponseBody: false },
  'agreements.createPayerToken': AGREEMENT,
  'discounts.validateCoupon': { ...DISCOUNT, isRead: true },
  'discounts.create': DISCOUNT,
  'payments.create': { ...PAYMENT, idempotencyKey: 'required', isAdditive: true, payerToken: 'body' },
  'payments.get': { ...PAYMENT, isRead: true },
  'payments.search': { ...PAYMENT, isRead: true },
  'payments.capture': { ...PAYMENT, idempotencyKey: 'optional' },
  'payments.cancel': { ...PAYMENT, idempotencyKey: 'optional' },
  'payments.refund': { ...PAYMENT, idempotencyKey: 'optional', isAdditive: true },
  'payments.listRefunds': { ...PAYMENT, isRead: true },
}

/** The operations whose facts pass a test. */
export const operationsWhere = (test: (facts: OperationFacts) => boolean): OperationName[] =>
  OPERATIONS.filter((name) => test(OPERATION_FACTS[name]))
