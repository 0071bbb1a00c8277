import type * as v from 'valibot'
import { AgreementReferenceSchema, CreateAgreementInputSchema, CreatePayerTokenInputSchema } from './agreement.ts'
import { CreateDiscountInputSchema, ValidateCouponInputSchema } from './discount.ts'
import type { OperationName } from './operation-types.ts'
import {
  CancelPaymentInputSchema,
  CapturePaymentInputSchema,
  CreatePaymentInputSchema,
  PaymentReferenceSchema,
  SearchPaymentsInputSchema,
} from './payment.ts'
import { RefundPaymentInputSchema } from './refund.ts'

/**
 * How an operation may be repeated.
 *
 * - `read`: changes nothing; repeat it whenever no readable response came.
 * - `keyed`: a write with an idempotency key; repeat it with the same key and bytes.
 * - `state`: sets a state; repeat it, and if a repeat is refused, read whether the state was reached.
 * - `never`: a write without protection against a second effect; without a clear answer its outcome is unknown at once.
 */
export type RetryClass = 'read' | 'keyed' | 'state' | 'never'

/** The request of an operation, and how it may be repeated. */
export interface RequestSpec {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path below the API's origin, with its parameter in braces. */
  path: string
  input: v.GenericSchema
  retry: RetryClass
}

/** The request of every operation. Separate from `responses`, so that a bundle that only prepares has no response schemas. */
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
} as const satisfies Record<OperationName, RequestSpec>

/** Name of an operation that changes something. */
export type WriteName = {
  [Name in OperationName]: (typeof requests)[Name]['retry'] extends 'read' ? never : Name
}[OperationName]

/** Matches the parameter of a path template. */
export const PARAMETER = /\{(\w+)\}/

/** True for the name of an operation. */
export const isOperationName = (name: unknown): name is OperationName => typeof name === 'string' && Object.hasOwn(requests, name)
