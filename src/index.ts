export {
  type Agreement,
  type AgreementReference,
  AgreementReferenceSchema,
  AgreementSchema,
  type AgreementStatus,
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
export type { OperationOutput } from './answers.ts'
export { createWalletConnect } from './client.ts'
export type { BrowserOptions, ServerOptions, WalletConnectOptions } from './client-options.ts'
export {
  type Coupon,
  CouponSchema,
  type CouponStatus,
  type CreateDiscountInput,
  CreateDiscountInputSchema,
  type DiscountPromise,
  DiscountPromiseSchema,
  type DiscountType,
  type ValidateCouponInput,
  ValidateCouponInputSchema,
} from './discount.ts'
export type { DoctorOptions, Finding } from './doctor.ts'
export {
  type Cause,
  InvalidInputError,
  InvalidNotificationError,
  type InvalidNotificationReason,
  InvalidResponseError,
  type Issue,
  isWalletConnectError,
  type Outcome,
  RefusedError,
  UnavailableError,
  type UnavailableReason,
  UnknownOutcomeError,
  WalletConnectError,
  type WalletConnectErrorCode,
} from './errors.ts'
export type { Open } from './fields.ts'
export { idempotencyKeyFrom, type KeySource, newIdempotencyKey } from './idempotency-key.ts'
export { AmountSchema, ReceivedAmountSchema, type Site, sites } from './money.ts'
export type { NotificationResource, Pointer } from './notification-shape.ts'
export { type Operation, operations } from './operations.ts'
export {
  type AdvancedPayment,
  AdvancedPaymentIdSchema,
  AdvancedPaymentSchema,
  type CancelPaymentInput,
  CancelPaymentInputSchema,
  type CapturePaymentInput,
  CapturePaymentInputSchema,
  type CreatePaymentInput,
  CreatePaymentInputSchema,
  PaymentDiscountSchema,
  type PaymentPage,
  PaymentPageSchema,
  type PaymentReference,
  PaymentReferenceSchema,
  type SearchPaymentsInput,
  SearchPaymentsInputSchema,
} from './payment.ts'
export { isApproved, isFinal, type PaymentStatus, type WithStatus } from './payment-status.ts'
export { type PreparedRequest, type PrepareOptions, prepare } from './prepared-request.ts'
export type { Settlement } from './reconcile.ts'
export {
  CreatedRefundsSchema,
  type Refund,
  RefundListSchema,
  type RefundPaymentInput,
  RefundPaymentInputSchema,
  RefundSchema,
} from './refund.ts'
export type { OperationInput, OperationName, RetryClass } from './requests.ts'
export type { Answer, AttemptEvent, DriftEvent, SendOptions } from './send.ts'
export { describeStatusDetail, type StatusDetail } from './status-detail.ts'
export { SubMerchantSchema } from './sub-merchant.ts'
export type { PaymentOptions, Resolved, WalletConnect, WriteOptions } from './wallet-connect.ts'
