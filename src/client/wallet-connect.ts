import type { Pointer } from '../notifications/pointer.ts'
import type {
  Agreement,
  CreateAgreementInput,
  CreatedAgreement,
  CreatePayerTokenInput,
  PayerToken,
} from '../operations/agreement.ts'
import type { Coupon, CreateDiscountInput, DiscountPromise, ValidateCouponInput } from '../operations/discount.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/operation-types.ts'
import type {
  AdvancedPayment,
  CancelPaymentInput,
  CapturePaymentInput,
  CreatePaymentInput,
  PaymentPage,
  SearchPaymentsInput,
} from '../operations/payment.ts'
import type { Refund, RefundPaymentInput } from '../operations/refund.ts'
import type { PreparedRequest, PrepareOptions } from '../request/prepared-request.ts'
import type { ReconcileOptions, Settlement } from '../request/reconcile.ts'
import type { Answer, SendOptions, SendPreparedOptions } from '../request/send.ts'

/** Options of a write. */
export interface WriteOptions extends SendOptions, Pick<PrepareOptions, 'idempotencyKey'> {}
/** Options of `payments.create`. */
export interface PaymentOptions extends WriteOptions, Pick<PrepareOptions, 'deviceId'> {}

type ResourceOf<Name> = Name extends `${infer Resource}.${string}` ? Resource : never
type VerbOf<Resource extends string, Name> = Name extends `${Resource}.${infer Verb}` ? Verb : never

/** One call for each operation: `'payments.create'` is `payments.create`. Without it the interface does not compile. */
type Calls = {
  [Resource in ResourceOf<OperationName>]: {
    [Verb in VerbOf<Resource, OperationName>]: (
      ...input: never[]
    ) => Promise<OperationOutput<`${Resource}.${Verb}` & OperationName>>
  }
}

/**
 * A client for Mercado Pago Wallet Connect. Amounts are in major units, and fields have Mercado Pago's names. Every call
 * rejects with the errors that it lists and with no others; their `outcome` says whether money may have moved.
 */
export interface WalletConnect extends Calls {
  agreements: {
    /**
     * Starts linking a buyer's wallet: store `agreement_id` and send the buyer to `agreement_uri`. Never repeated.
     * `POST /v2/wallet_connect/agreements`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
     */
    create(input: CreateAgreementInput, options?: WriteOptions): Promise<CreatedAgreement>
    /**
     * Reads an agreement. A confirmed one has a `validation_code`, to be exchanged for the payer token.
     * `GET /v2/wallet_connect/agreements/{agreement_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/get-agreement/get
     */
    get(agreement_id: string, options?: SendOptions): Promise<Agreement>
    /**
     * Cancels an agreement: its payer token can no longer charge the wallet.
     * `DELETE /v2/wallet_connect/agreements/{agreement_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_wallet_connect_agreements_agreement_id/delete
     */
    cancel(agreement_id: string, options?: WriteOptions): Promise<undefined>
    /**
     * Exchanges a code for the payer token; each code works once. Never repeated.
     * `POST /v2/wallet_connect/agreements/{agreement_id}/payer_token`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
     */
    createPayerToken(agreement_id: string, input: CreatePayerTokenInput, options?: WriteOptions): Promise<PayerToken>
  }
  discounts: {
    /**
     * Finds out whether a buyer can use a coupon. Amounts in the result are in major units.
     * `POST /v2/wallet_connect/coupons`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
     */
    validateCoupon(input: ValidateCouponInput, options?: SendOptions): Promise<Coupon>
    /**
     * Reserves a discount on `amount` (major units) for a payment that follows at once and repeats it. Never sent again.
     * `POST /v2/wallet_connect/discounts`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
     */
    create(input: CreateDiscountInput, options?: WriteOptions): Promise<DiscountPromise>
  }
  payments: {
    /**
     * Charges the wallet, or only reserves the money with `capture: false`. `transaction_amount` is in major units. A
     * rejected payment is a value, not an error: use `isApproved` to find out whether the buyer has paid.
     * `POST /v1/advanced_payments`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
     */
    create(input: CreatePaymentInput, options?: PaymentOptions): Promise<AdvancedPayment>
    /**
     * Reads a payment by the `id` that `create` returned.
     * `GET /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/get-payment-information-returns.en.md
     */
    get(advanced_payment_id: number | string, options?: SendOptions): Promise<AdvancedPayment>
    /**
     * Finds payments, for example by `external_reference`.
     * `GET /v1/advanced_payments/search`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
     */
    search(filters: SearchPaymentsInput, options?: SendOptions): Promise<PaymentPage>
    /**
     * Charges the money that a payment reserved.
     * `PUT /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/capture-payment/put
     */
    capture(advanced_payment_id: number | string, input?: CapturePaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /**
     * Cancels a payment that is reserved or pending, which releases the money.
     * `PUT /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_advanced_payments_advanced_payment_id/put
     */
    cancel(advanced_payment_id: number | string, input?: CancelPaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /**
     * Refunds a payment: `amount` in major units, or all that is left.
     * `POST /v1/advanced_payments/{advanced_payment_id}/refunds`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/refund-payment/post
     */
    refund(advanced_payment_id: number | string, input?: RefundPaymentInput, options?: WriteOptions): Promise<Refund[]>
    /**
     * Lists the refunds of a payment; their amounts are in major units.
     * `GET /v1/advanced_payments/{advanced_payment_id}/refunds`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/refund-partial-amount.en.md
     */
    listRefunds(advanced_payment_id: number | string, options?: SendOptions): Promise<Refund[]>
  }
  notifications: {
    /**
     * Reads the resource that a notification points at, because the notification itself proves nothing: the agreement (a
     * confirmed one has the code to exchange) or the payment. `payment` is undefined as long as the search does not find
     * it. For topics of other products the result is the notification alone.
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks
     */
    resolve<N extends Pointer>(notification: N, options?: SendOptions): Promise<Resolved<N>>
  }
  /**
   * Makes a request without sending it, so that it can be stored first. It holds payer tokens and codes: encrypt it.
   *
   * @throws {InvalidInputError} with everything that is wrong in one list
   */
  prepare<Name extends OperationName>(name: Name, input: OperationInput<Name>, options?: PrepareOptions): PreparedRequest<Name>
  /**
   * Sends a prepared request, once or again: with the same key and the same bytes, so that a write that honours its key
   * takes effect at most once.
   *
   * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError} for a write
   * @throws {InvalidResponseError} for a read
   */
  send<Name extends OperationName>(
    prepared: PreparedRequest<Name>,
    options?: SendPreparedOptions,
  ): Promise<Answer<OperationOutput<Name>>>
  /**
   * Settles a write whose outcome is unknown: sends the same request again, then reads; a refund is read first. Never makes
   * a new key. The result is a value; call it again later while the outcome is `unknown`. `not_done` needs proof: for a
   * payment that the search does not show, give a `witness`, a later payment that it shows.
   *
   * @throws {InvalidInputError} the request is not a prepared write
   */
  reconcile<Name extends OperationName>(
    prepared: PreparedRequest<Name>,
    options?: ReconcileOptions,
  ): Promise<Settlement<OperationOutput<Name>>>
}

/** A notification, and the current state of the resource that it points at; undefined if the API does not know it. */
export type Resolved<N extends Pointer = Pointer> =
  | { notification: N; agreement: Agreement | undefined; payment?: never }
  | { notification: N; payment: AdvancedPayment | undefined; agreement?: never }
  | { notification: N; agreement?: never; payment?: never }
