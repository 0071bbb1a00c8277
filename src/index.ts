export type { BrowserOptions, Fetch, ServerOptions, WalletConnectOptions } from './client/client-options.ts'
export { createWalletConnect } from './client/create-wallet-connect.ts'
export type { PaymentOptions, Resolved, WalletConnect, WriteOptions } from './client/wallet-connect.ts'
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
export type { NotificationResource, Pointer } from './notifications/pointer.ts'
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
} from './operations/agreement.ts'
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
} from './operations/discount.ts'
export type { OperationInput, OperationName, OperationOutput } from './operations/operation-types.ts'
export { type Operation, operations } from './operations/operations.ts'
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
} from './operations/payment.ts'
export { isApproved, isFinal, type PaymentStatus, type WithStatus } from './operations/payment-status.ts'
export {
  CreatedRefundsSchema,
  type Refund,
  RefundListSchema,
  type RefundPaymentInput,
  RefundPaymentInputSchema,
  RefundSchema,
} from './operations/refund.ts'
export type { RetryClass } from './operations/requests.ts'
export { SubMerchantSchema } from './operations/sub-merchant.ts'
export { idempotencyKeyFrom, type KeySource, newIdempotencyKey } from './request/idempotency-key.ts'
export { type PreparedRequest, type PrepareOptions, prepare } from './request/prepared-request.ts'
export type { ReconcileOptions, Settlement } from './request/reconcile.ts'
export type { Answer, SendOptions, SendPreparedOptions } from './request/send.ts'
export type { AttemptEvent, DriftEvent } from './request/transport.ts'
export type { Open } from './schema/fields.ts'
export { AmountSchema, ReceivedAmountSchema, type Site, sites } from './schema/money.ts'
export { describeStatusDetail, type StatusDetail } from './status-detail.ts'
