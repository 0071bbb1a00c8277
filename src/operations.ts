import type * as v from 'valibot'
import {
  AgreementReferenceSchema,
  AgreementSchema,
  CancelledAgreementSchema,
  CreateAgreementInputSchema,
  CreatedAgreementSchema,
  CreatePayerTokenInputSchema,
  PayerTokenSchema,
} from './agreement.ts'
import { CouponSchema, CreateDiscountInputSchema, DiscountPromiseSchema, ValidateCouponInputSchema } from './discount.ts'
import {
  AdvancedPaymentSchema,
  CancelPaymentInputSchema,
  CapturePaymentInputSchema,
  CreatePaymentInputSchema,
  PaymentPageSchema,
  PaymentReferenceSchema,
  SearchPaymentsInputSchema,
} from './payment.ts'
import { CreatedRefundsSchema, RefundListSchema, RefundPaymentInputSchema } from './refund.ts'

/**
 * How an operation may be repeated.
 *
 * - `read`: changes nothing; repeat whenever no readable answer came.
 * - `keyed`: a write with an idempotency key; repeat with the same key and bytes.
 * - `state`: sets a state; repeat, and if a repeat is refused look whether the state is reached.
 * - `never`: a write that nothing protects; an unclear end is an unknown outcome at once.
 */
export type RetryClass = 'read' | 'keyed' | 'state' | 'never'

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the API's origin, its parameter in braces. */
  path: string
  input: v.GenericSchema
  output: v.GenericSchema
  retry: RetryClass
  /** Status of a first answer, where a repeated one has another. */
  createdStatus?: number
}

/** Everything the API can do: what is not in this table cannot be asked of it. */
export const operations = {
  'agreements.create': {
    method: 'POST',
    path: '/v2/wallet_connect/agreements',
    input: CreateAgreementInputSchema,
    output: CreatedAgreementSchema,
    retry: 'never',
  },
  'agreements.get': {
    method: 'GET',
    path: '/v2/wallet_connect/agreements/{agreement_id}',
    input: AgreementReferenceSchema,
    output: AgreementSchema,
    retry: 'read',
  },
  'agreements.cancel': {
    method: 'DELETE',
    path: '/v2/wallet_connect/agreements/{agreement_id}',
    input: AgreementReferenceSchema,
    output: CancelledAgreementSchema,
    retry: 'state',
  },
  'agreements.createPayerToken': {
    method: 'POST',
    path: '/v2/wallet_connect/agreements/{agreement_id}/payer_token',
    input: CreatePayerTokenInputSchema,
    output: PayerTokenSchema,
    retry: 'never',
  },
  'discounts.validateCoupon': {
    method: 'POST',
    path: '/v2/wallet_connect/coupons',
    input: ValidateCouponInputSchema,
    output: CouponSchema,
    retry: 'read',
  },
  'discounts.create': {
    method: 'POST',
    path: '/v2/wallet_connect/discounts',
    input: CreateDiscountInputSchema,
    output: DiscountPromiseSchema,
    retry: 'never',
  },
  'payments.create': {
    method: 'POST',
    path: '/v1/advanced_payments',
    input: CreatePaymentInputSchema,
    output: AdvancedPaymentSchema,
    retry: 'keyed',
    createdStatus: 201,
  },
  'payments.get': {
    method: 'GET',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: PaymentReferenceSchema,
    output: AdvancedPaymentSchema,
    retry: 'read',
  },
  'payments.search': {
    method: 'GET',
    path: '/v1/advanced_payments/search',
    input: SearchPaymentsInputSchema,
    output: PaymentPageSchema,
    retry: 'read',
  },
  'payments.capture': {
    method: 'PUT',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: CapturePaymentInputSchema,
    output: AdvancedPaymentSchema,
    retry: 'state',
  },
  'payments.cancel': {
    method: 'PUT',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: CancelPaymentInputSchema,
    output: AdvancedPaymentSchema,
    retry: 'state',
  },
  'payments.refund': {
    method: 'POST',
    path: '/v1/advanced_payments/{advanced_payment_id}/refunds',
    input: RefundPaymentInputSchema,
    output: CreatedRefundsSchema,
    retry: 'keyed',
  },
  'payments.listRefunds': {
    method: 'GET',
    path: '/v1/advanced_payments/{advanced_payment_id}/refunds',
    input: PaymentReferenceSchema,
    output: RefundListSchema,
    retry: 'read',
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
/** What `prepare` takes for an operation: path parameters, header fields and body under their wire names. */
export type OperationInput<Name extends OperationName> = v.InferInput<(typeof operations)[Name]['input']>
/** What an operation answers. */
export type OperationOutput<Name extends OperationName> = v.InferOutput<(typeof operations)[Name]['output']>

/** The id in a path template. */
export const PARAMETER = /\{(\w+)\}/

/** The operation of this name, or undefined for any other value. */
export function findOperation(name: unknown): Operation | undefined {
  return typeof name === 'string' && Object.hasOwn(operations, name) ? operations[name as OperationName] : undefined
}
