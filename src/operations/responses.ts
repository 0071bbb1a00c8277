import type * as v from 'valibot'
import { AgreementSchema, CancelledAgreementSchema, CreatedAgreementSchema, PayerTokenSchema } from './agreement.ts'
import { CouponSchema, DiscountPromiseSchema } from './discount.ts'
import type { OperationName } from './operation-types.ts'
import { AdvancedPaymentSchema, PaymentPageSchema } from './payment.ts'
import { CreatedRefundsSchema, RefundListSchema } from './refund.ts'

/** The successful response of an operation. */
export interface ResponseSpec {
  output: v.GenericSchema
  /** Status of the first response, if a repeat of the request gets a different one. */
  createdStatus?: number
}

/** The response of every operation. */
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
