/** Every operation of the API. */
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

/** What a request asks for. Capture and cancellation share a path, and so do the two ways to a discount. */
export type OperationName = (typeof OPERATIONS)[number]
