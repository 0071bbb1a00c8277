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
import type { Settlement } from '../request/reconcile.ts'
import type { Answer, SendOptions } from '../request/send.ts'

/** What goes with a write. */
export interface WriteOptions extends SendOptions, Pick<PrepareOptions, 'idempotencyKey'> {}
/** What goes with `payments.create`. */
export interface PaymentOptions extends WriteOptions, Pick<PrepareOptions, 'deviceId'> {}

type ResourceOf<Name> = Name extends `${infer Resource}.${string}` ? Resource : never
type VerbOf<Resource extends string, Name> = Name extends `${Resource}.${infer Verb}` ? Verb : never

/** A call for each operation: `'payments.create'` is `payments.create`. An operation without its call does not compile. */
type Calls = {
  [Resource in ResourceOf<OperationName>]: {
    [Verb in VerbOf<Resource, OperationName>]: (
      ...input: never[]
    ) => Promise<OperationOutput<`${Resource}.${Verb}` & OperationName>>
  }
}

/**
 * A client of Mercado Pago Wallet Connect. Amounts are major units, data has Mercado Pago's names. Every call rejects with
 * the errors it names and with nothing else; their `outcome` says whether money may have moved.
 */
export interface WalletConnect extends Calls {
  agreements: {
    /**
     * Asks for a buyer's permission: keep `agreement_id`, send the buyer to `agreement_uri`. Never repeated.
     * `POST /v2/wallet_connect/agreements`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
     */
    create(input: CreateAgreementInput, options?: WriteOptions): Promise<CreatedAgreement>
    /**
     * Reads an agreement; a confirmed one shows its `validation_code`, to be exchanged for the payer token.
     * `GET /v2/wallet_connect/agreements/{agreement_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/get-agreement/get
     */
    get(agreement_id: string, options?: SendOptions): Promise<Agreement>
    /**
     * Ends an agreement: its payer token charges no more.
     * `DELETE /v2/wallet_connect/agreements/{agreement_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_wallet_connect_agreements_agreement_id/delete
     */
    cancel(agreement_id: string, options?: WriteOptions): Promise<undefined>
    /**
     * Exchanges the code for the payer token; a code works once. Never repeated.
     * `POST /v2/wallet_connect/agreements/{agreement_id}/payer_token`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
     */
    createPayerToken(agreement_id: string, input: CreatePayerTokenInput, options?: WriteOptions): Promise<PayerToken>
  }
  discounts: {
    /**
     * Is this coupon worth something to this buyer?
     * `POST /v2/wallet_connect/coupons`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
     */
    validateCoupon(input: ValidateCouponInput, options?: SendOptions): Promise<Coupon>
    /**
     * Promises a discount on `amount` (major units) for a payment that follows at once and repeats it. Never repeated.
     * `POST /v2/wallet_connect/discounts`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
     */
    create(input: CreateDiscountInput, options?: WriteOptions): Promise<DiscountPromise>
  }
  payments: {
    /**
     * Charges the wallet, or reserves with `capture: false`. `transaction_amount` is in major units. A rejected payment is a
     * value, not an error: ask `isApproved`.
     * `POST /v1/advanced_payments`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
     */
    create(input: CreatePaymentInput, options?: PaymentOptions): Promise<AdvancedPayment>
    /**
     * Reads a payment, by the `id` that `create` answered.
     * `GET /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/get-payment-information-returns.en.md
     */
    get(advanced_payment_id: number | string, options?: SendOptions): Promise<AdvancedPayment>
    /**
     * Finds payments, such as those of an `external_reference`.
     * `GET /v1/advanced_payments/search`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
     */
    search(filters: SearchPaymentsInput, options?: SendOptions): Promise<PaymentPage>
    /**
     * Takes what was reserved.
     * `PUT /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/capture-payment/put
     */
    capture(advanced_payment_id: number | string, input?: CapturePaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /**
     * Lets go what was reserved or is pending.
     * `PUT /v1/advanced_payments/{advanced_payment_id}`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_advanced_payments_advanced_payment_id/put
     */
    cancel(advanced_payment_id: number | string, input?: CancelPaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /**
     * Gives money back: `amount` in major units, or all that is left.
     * `POST /v1/advanced_payments/{advanced_payment_id}/refunds`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError}
     * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/refund-payment/post
     */
    refund(advanced_payment_id: number | string, input?: RefundPaymentInput, options?: WriteOptions): Promise<Refund[]>
    /**
     * Reads the refunds of a payment.
     * `GET /v1/advanced_payments/{advanced_payment_id}/refunds`
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/refund-partial-amount.en.md
     */
    listRefunds(advanced_payment_id: number | string, options?: SendOptions): Promise<Refund[]>
  }
  notifications: {
    /**
     * Reads what a notification points at, so that you can believe it: the agreement (a confirmed one shows the code
     * to exchange), or the payment. `payment` is undefined while a search does not find it; topics of other products
     * are answered with the notification alone.
     *
     * @throws {InvalidInputError | RefusedError | UnavailableError | InvalidResponseError}
     * @see https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks
     */
    resolve<N extends Pointer>(notification: N, options?: SendOptions): Promise<Resolved<N>>
  }
  /**
   * Makes a request without sending it, so that it can be stored first. It holds payer tokens and codes: encrypt it.
   *
   * @throws {InvalidInputError}
   */
  prepare<Name extends OperationName>(name: Name, input: OperationInput<Name>, options?: PrepareOptions): PreparedRequest<Name>
  /**
   * Sends a prepared request, now or again: the same key and the same bytes, so at most one effect of what has a key.
   *
   * @throws {InvalidInputError | RefusedError | UnavailableError | UnknownOutcomeError} of a write
   * @throws {InvalidResponseError} of a read
   */
  send<Name extends OperationName>(prepared: PreparedRequest<Name>, options?: SendOptions): Promise<Answer<OperationOutput<Name>>>
  /**
   * Settles a write whose outcome is unknown: sends the same request again, then reads. Never makes a new key.
   * What it found is a value; ask again while it is `unknown`.
   *
   * @throws {InvalidInputError} it is not a prepared write
   */
  reconcile<Name extends OperationName>(
    prepared: PreparedRequest<Name>,
    options?: SendOptions,
  ): Promise<Settlement<OperationOutput<Name>>>
}

/** A notification with the resource that it points at, as it is now. */
export type Resolved<N extends Pointer = Pointer> =
  | { notification: N; agreement: Agreement; payment?: never }
  | { notification: N; payment: AdvancedPayment | undefined; agreement?: never }
  | { notification: N; agreement?: never; payment?: never }
