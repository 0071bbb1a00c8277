import type {
  Agreement,
  AgreementReference,
  CreateAgreementInput,
  CreatedAgreement,
  CreatePayerTokenInput,
  PayerToken,
} from './agreement.ts'
import type { Coupon, CreateDiscountInput, DiscountPromise, ValidateCouponInput } from './discount.ts'
import type {
  AdvancedPayment,
  CancelPaymentInput,
  CapturePaymentInput,
  CreatePaymentInput,
  PaymentPage,
  PaymentReference,
  SearchPaymentsInput,
} from './payment.ts'
import type { Refund, RefundPaymentInput } from './refund.ts'

/**
 * The input and output of every operation. To add an operation, begin here, then add its rows in `requests.ts` and
 * `responses.ts`: the compiler then points at every other place that must know it. The emulator has a list of its own,
 * `src/emulator/world/operations.ts`, so that it cannot share a mistake.
 */
export interface OperationTypes {
  'agreements.create': { input: CreateAgreementInput; output: CreatedAgreement }
  'agreements.get': { input: AgreementReference; output: Agreement }
  'agreements.cancel': { input: AgreementReference; output: undefined }
  'agreements.createPayerToken': { input: AgreementReference & CreatePayerTokenInput; output: PayerToken }
  'discounts.validateCoupon': { input: ValidateCouponInput; output: Coupon }
  'discounts.create': { input: CreateDiscountInput; output: DiscountPromise }
  'payments.create': { input: CreatePaymentInput; output: AdvancedPayment }
  'payments.get': { input: PaymentReference; output: AdvancedPayment }
  'payments.search': { input: SearchPaymentsInput; output: PaymentPage }
  'payments.capture': { input: PaymentReference & CapturePaymentInput; output: AdvancedPayment }
  'payments.cancel': { input: PaymentReference & CancelPaymentInput; output: AdvancedPayment }
  'payments.refund': { input: PaymentReference & RefundPaymentInput; output: Refund[] }
  'payments.listRefunds': { input: PaymentReference; output: Refund[] }
}

/** Name of an operation, such as `'payments.create'`. */
export type OperationName = keyof OperationTypes
/** What `prepare` takes for an operation: path parameters, header fields and body under their wire names. */
export type OperationInput<Name extends OperationName> = OperationTypes[Name]['input']
/** What a call of an operation resolves to. */
export type OperationOutput<Name extends OperationName> = OperationTypes[Name]['output']
