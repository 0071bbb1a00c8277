import type * as v from 'valibot'
import {
  type Agreement,
  type AgreementReference,
  AgreementReferenceSchema,
  AgreementSchema,
  CancelledAgreementSchema,
  type CreateAgreementInput,
  CreateAgreementInputSchema,
  type CreatedAgreement,
  CreatedAgreementSchema,
  type CreatePayerTokenInput,
  CreatePayerTokenInputSchema,
  type PayerToken,
  PayerTokenSchema,
} from './agreement.ts'
import {
  type Coupon,
  CouponSchema,
  type CreateDiscountInput,
  CreateDiscountInputSchema,
  type DiscountPromise,
  DiscountPromiseSchema,
  type ValidateCouponInput,
  ValidateCouponInputSchema,
} from './discount.ts'
import {
  type AdvancedPayment,
  AdvancedPaymentSchema,
  type CancelPaymentInput,
  CancelPaymentInputSchema,
  type CapturePaymentInput,
  CapturePaymentInputSchema,
  type CreatePaymentInput,
  CreatePaymentInputSchema,
  type PaymentPage,
  PaymentPageSchema,
  type PaymentReference,
  PaymentReferenceSchema,
  type SearchPaymentsInput,
  SearchPaymentsInputSchema,
} from './payment.ts'
import {
  CreatedRefundsSchema,
  type Refund,
  RefundListSchema,
  type RefundPaymentInput,
  RefundPaymentInputSchema,
} from './refund.ts'

/**
 * How an operation may be repeated.
 *
 * - `read`: changes nothing; repeat whenever no readable answer came.
 * - `keyed`: a write with an idempotency key; repeat with the same key and bytes.
 * - `state`: sets a state; repeat, and if a repeat is refused look whether the state is reached.
 * - `never`: a write that nothing protects; an unclear end is an unknown outcome at once.
 */
export type RetryClass = 'read' | 'keyed' | 'state' | 'never'

/** One row of the table: how it is asked, what is taken and answered, how it may be repeated. */
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

/** Name of an operation, such as `'payments.create'`. */
export type OperationName = keyof typeof operations
/** What `prepare` takes for an operation: path parameters, header fields and body under their wire names. */
export type OperationInput<Name extends OperationName> = Inputs[Name]
/** What an operation answers. */
export type OperationOutput<Name extends OperationName> = Outputs[Name]

// By name, so that editors show the names; test/types checks that the schemas say the same.
interface Inputs {
  'agreements.create': CreateAgreementInput
  'agreements.get': AgreementReference
  'agreements.cancel': AgreementReference
  'agreements.createPayerToken': AgreementReference & CreatePayerTokenInput
  'discounts.validateCoupon': ValidateCouponInput
  'discounts.create': CreateDiscountInput
  'payments.create': CreatePaymentInput
  'payments.get': PaymentReference
  'payments.search': SearchPaymentsInput
  'payments.capture': PaymentReference & CapturePaymentInput
  'payments.cancel': PaymentReference & CancelPaymentInput
  'payments.refund': PaymentReference & RefundPaymentInput
  'payments.listRefunds': PaymentReference
}

interface Outputs {
  'agreements.create': CreatedAgreement
  'agreements.get': Agreement
  'agreements.cancel': undefined
  'agreements.createPayerToken': PayerToken
  'discounts.validateCoupon': Coupon
  'discounts.create': DiscountPromise
  'payments.create': AdvancedPayment
  'payments.get': AdvancedPayment
  'payments.search': PaymentPage
  'payments.capture': AdvancedPayment
  'payments.cancel': AdvancedPayment
  'payments.refund': Refund[]
  'payments.listRefunds': Refund[]
}

/** The id in a path template. */
export const PARAMETER = /\{(\w+)\}/

/** The operation of this name, or undefined for any other value. */
export function findOperation(name: unknown): Operation | undefined {
  return typeof name === 'string' && Object.hasOwn(operations, name) ? operations[name as OperationName] : undefined
}
