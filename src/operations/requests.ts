import type * as v from 'valibot'
import {
  type AgreementReference,
  AgreementReferenceSchema,
  type CreateAgreementInput,
  CreateAgreementInputSchema,
  type CreatePayerTokenInput,
  CreatePayerTokenInputSchema,
} from './agreement.ts'
import {
  type CreateDiscountInput,
  CreateDiscountInputSchema,
  type ValidateCouponInput,
  ValidateCouponInputSchema,
} from './discount.ts'
import {
  type CancelPaymentInput,
  CancelPaymentInputSchema,
  type CapturePaymentInput,
  CapturePaymentInputSchema,
  type CreatePaymentInput,
  CreatePaymentInputSchema,
  type PaymentReference,
  PaymentReferenceSchema,
  type SearchPaymentsInput,
  SearchPaymentsInputSchema,
} from './payment.ts'
import { type RefundPaymentInput, RefundPaymentInputSchema } from './refund.ts'

/**
 * How an operation may be repeated.
 *
 * - `read`: changes nothing; repeat whenever no readable answer came.
 * - `keyed`: a write with an idempotency key; repeat with the same key and bytes.
 * - `state`: sets a state; repeat, and if a repeat is refused look whether the state is reached.
 * - `never`: a write that nothing protects; an unclear end is an unknown outcome at once.
 */
export type RetryClass = 'read' | 'keyed' | 'state' | 'never'

/** The asking half of an operation. */
export interface RequestSpec {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the API's origin, its parameter in braces. */
  path: string
  input: v.GenericSchema
  retry: RetryClass
}

/** How everything the API can do is asked of it. Apart from `answers`: who only prepares needs nothing of those. */
export const requests = {
  'agreements.create': {
    method: 'POST',
    path: '/v2/wallet_connect/agreements',
    input: CreateAgreementInputSchema,
    retry: 'never',
  },
  'agreements.get': {
    method: 'GET',
    path: '/v2/wallet_connect/agreements/{agreement_id}',
    input: AgreementReferenceSchema,
    retry: 'read',
  },
  'agreements.cancel': {
    method: 'DELETE',
    path: '/v2/wallet_connect/agreements/{agreement_id}',
    input: AgreementReferenceSchema,
    retry: 'state',
  },
  'agreements.createPayerToken': {
    method: 'POST',
    path: '/v2/wallet_connect/agreements/{agreement_id}/payer_token',
    input: CreatePayerTokenInputSchema,
    retry: 'never',
  },
  'discounts.validateCoupon': {
    method: 'POST',
    path: '/v2/wallet_connect/coupons',
    input: ValidateCouponInputSchema,
    retry: 'read',
  },
  'discounts.create': {
    method: 'POST',
    path: '/v2/wallet_connect/discounts',
    input: CreateDiscountInputSchema,
    retry: 'never',
  },
  'payments.create': {
    method: 'POST',
    path: '/v1/advanced_payments',
    input: CreatePaymentInputSchema,
    retry: 'keyed',
  },
  'payments.get': {
    method: 'GET',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: PaymentReferenceSchema,
    retry: 'read',
  },
  'payments.search': {
    method: 'GET',
    path: '/v1/advanced_payments/search',
    input: SearchPaymentsInputSchema,
    retry: 'read',
  },
  'payments.capture': {
    method: 'PUT',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: CapturePaymentInputSchema,
    retry: 'state',
  },
  'payments.cancel': {
    method: 'PUT',
    path: '/v1/advanced_payments/{advanced_payment_id}',
    input: CancelPaymentInputSchema,
    retry: 'state',
  },
  'payments.refund': {
    method: 'POST',
    path: '/v1/advanced_payments/{advanced_payment_id}/refunds',
    input: RefundPaymentInputSchema,
    retry: 'keyed',
  },
  'payments.listRefunds': {
    method: 'GET',
    path: '/v1/advanced_payments/{advanced_payment_id}/refunds',
    input: PaymentReferenceSchema,
    retry: 'read',
  },
} as const satisfies Record<string, RequestSpec>

/** Name of an operation, such as `'payments.create'`. */
export type OperationName = keyof typeof requests
/** What `prepare` takes for an operation: path parameters, header fields and body under their wire names. */
export type OperationInput<Name extends OperationName> = Inputs[Name]

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

/** The id in a path template. */
export const PARAMETER = /\{(\w+)\}/

/** Is there an operation of this name? */
export const isOperationName = (name: unknown): name is OperationName => typeof name === 'string' && Object.hasOwn(requests, name)
