import type * as v from 'valibot'
import {
  type Agreement,
  AgreementSchema,
  CancelledAgreementSchema,
  type CreatedAgreement,
  CreatedAgreementSchema,
  type PayerToken,
  PayerTokenSchema,
} from './agreement.ts'
import { type Coupon, CouponSchema, type DiscountPromise, DiscountPromiseSchema } from './discount.ts'
import { type AdvancedPayment, AdvancedPaymentSchema, type PaymentPage, PaymentPageSchema } from './payment.ts'
import { CreatedRefundsSchema, type Refund, RefundListSchema } from './refund.ts'
import type { OperationName } from './requests.ts'

/** The answering half of an operation. */
export interface ResponseSpec {
  output: v.GenericSchema
  /** Status of a first answer, where a repeated one has another. */
  createdStatus?: number
}

/** What the API answers to each of the `requests`. */
export const responses = {
  'agreements.create': { output: CreatedAgreementSchema },
  'agreements.get': { output: AgreementSchema },
  'agreements.cancel': { output: CancelledAgreementSchema },
  'agreements.createPayerToken': { output: PayerTokenSchema },
  'discounts.validateCoupon': { output: CouponSchema },
  'discounts.create': { output: DiscountPromiseSchema },
  'payments.create': { output: AdvancedPaymentSchema, createdStatus: 201 },
  'payments.get': { output: AdvancedPaymentSchema },
  'payments.search': { output: PaymentPageSchema },
  'payments.capture': { output: AdvancedPaymentSchema },
  'payments.cancel': { output: AdvancedPaymentSchema },
  'payments.refund': { output: CreatedRefundsSchema },
  'payments.listRefunds': { output: RefundListSchema },
} as const satisfies Record<OperationName, ResponseSpec>

/** What an operation answers. */
export type OperationOutput<Name extends OperationName> = Outputs[Name]

// By name, so that editors show the names; test/types checks that the schemas say the same.
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
