import type { Agreement, CreateAgreementInput, CreatedAgreement, CreatePayerTokenInput, PayerToken } from './agreement.ts'
import type { OperationOutput } from './answers.ts'
import { resolveOptions, type WalletConnectOptions } from './client-options.ts'
import type { Coupon, CreateDiscountInput, DiscountPromise, ValidateCouponInput } from './discount.ts'
import { type DoctorOptions, examine, type Finding } from './doctor.ts'
import { InvalidInputError } from './errors.ts'
import type { Pointer } from './notification-shape.ts'
import type {
  AdvancedPayment,
  CancelPaymentInput,
  CapturePaymentInput,
  CreatePaymentInput,
  PaymentPage,
  SearchPaymentsInput,
} from './payment.ts'
import { isPlainObject } from './plain-object.ts'
import { type PreparedRequest, type PrepareOptions, prepare } from './prepared-request.ts'
import { reconcile, type Settlement } from './reconcile.ts'
import type { Refund, RefundPaymentInput } from './refund.ts'
import type { OperationInput, OperationName } from './requests.ts'
import { type Answer, deliver, type SendOptions, send } from './send.ts'

/** What goes with a write. */
export interface WriteOptions extends SendOptions, Pick<PrepareOptions, 'idempotencyKey'> {}
/** What goes with `payments.create`. */
export interface PaymentOptions extends WriteOptions, Pick<PrepareOptions, 'deviceId'> {}

/** Every call rejects with the errors of `send`, and with nothing else. */
export interface WalletConnect {
  agreements: {
    /** Asks for a buyer's permission: send the buyer to `agreement_uri`. `POST /v2/wallet_connect/agreements` */
    create(input: CreateAgreementInput, options?: WriteOptions): Promise<CreatedAgreement>
    /** Reads an agreement. `GET /v2/wallet_connect/agreements/{agreement_id}` */
    get(agreement_id: string, options?: SendOptions): Promise<Agreement>
    /** Ends an agreement; its payer token charges no more. `DELETE /v2/wallet_connect/agreements/{agreement_id}` */
    cancel(agreement_id: string, options?: WriteOptions): Promise<undefined>
    /** Exchanges the code for the payer token, once. `POST /v2/wallet_connect/agreements/{agreement_id}/payer_token` */
    createPayerToken(agreement_id: string, input: CreatePayerTokenInput, options?: WriteOptions): Promise<PayerToken>
  }
  discounts: {
    /** Is this coupon worth something to this buyer? `POST /v2/wallet_connect/coupons` */
    validateCoupon(input: ValidateCouponInput, options?: SendOptions): Promise<Coupon>
    /** Reserves a discount for a payment that follows at once. `POST /v2/wallet_connect/discounts` */
    create(input: CreateDiscountInput, options?: WriteOptions): Promise<DiscountPromise>
  }
  payments: {
    /**
     * Charges the wallet, or reserves with `capture: false`. A rejected payment is a value: ask `isApproved`.
     * `POST /v1/advanced_payments`
     */
    create(input: CreatePaymentInput, options?: PaymentOptions): Promise<AdvancedPayment>
    /** Reads a payment. `GET /v1/advanced_payments/{advanced_payment_id}` */
    get(advanced_payment_id: number | string, options?: SendOptions): Promise<AdvancedPayment>
    /** Finds payments. `GET /v1/advanced_payments/search` */
    search(filters: SearchPaymentsInput, options?: SendOptions): Promise<PaymentPage>
    /** Takes what was reserved. `PUT /v1/advanced_payments/{advanced_payment_id}` */
    capture(advanced_payment_id: number | string, input?: CapturePaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /** Lets go what was reserved or is pending. `PUT /v1/advanced_payments/{advanced_payment_id}` */
    cancel(advanced_payment_id: number | string, input?: CancelPaymentInput, options?: WriteOptions): Promise<AdvancedPayment>
    /** Gives money back: `amount`, or all that is left. `POST /v1/advanced_payments/{advanced_payment_id}/refunds` */
    refund(advanced_payment_id: number | string, input?: RefundPaymentInput, options?: WriteOptions): Promise<Refund[]>
    /** Reads the refunds of a payment. `GET /v1/advanced_payments/{advanced_payment_id}/refunds` */
    listRefunds(advanced_payment_id: number | string, options?: SendOptions): Promise<Refund[]>
  }
  notifications: {
    /**
     * Reads what a notification points at, so that you can believe it: the agreement (a confirmed one shows the code
     * to exchange), or the payment. `payment` is undefined while a search does not find it; topics of other products
     * are answered with the notification alone.
     */
    resolve<N extends Pointer>(notification: N, options?: SendOptions): Promise<Resolved<N>>
  }
  /** Makes a request without sending it, so that it can be stored first. @throws {InvalidInputError} */
  prepare<Name extends OperationName>(name: Name, input: OperationInput<Name>, options?: PrepareOptions): PreparedRequest<Name>
  /** Sends a prepared request, now or again: the same key, the same bytes, at most one effect. */
  send<Name extends OperationName>(prepared: PreparedRequest<Name>, options?: SendOptions): Promise<Answer<OperationOutput<Name>>>
  /** Settles a write whose outcome is unknown; never makes a new key. */
  reconcile<Name extends OperationName>(
    prepared: PreparedRequest<Name>,
    options?: SendOptions,
  ): Promise<Settlement<OperationOutput<Name>>>
  /**
   * Looks at access token, application, site, clock and webhook secret, and says in plain words what is wrong. Two
   * reads: an agreement that nobody has, and one payment. @throws {InvalidInputError}
   */
  doctor(options?: DoctorOptions): Promise<Finding[]>
}

/** A notification with the resource that it points at, as it is now. */
export type Resolved<N extends Pointer = Pointer> =
  | { notification: N; agreement: Agreement; payment?: never }
  | { notification: N; payment: AdvancedPayment | undefined; agreement?: never }
  | { notification: N; agreement?: never; payment?: never }

/**
 * A client of Mercado Pago Wallet Connect.
 *
 * @throws {InvalidInputError} an option is missing, unknown or out of bounds, or an access token is given in a browser
 */
export function createWalletConnect(options: WalletConnectOptions): WalletConnect {
  const { transport, defaults } = resolveOptions(options)
  const boundPrepare: WalletConnect['prepare'] = (name, input, own = {}) =>
    prepare(name, input, withDefaults(defaults, spread('options', own, '{ idempotencyKey }')))
  const boundSend = ((prepared, own) => send(transport, prepared, own)) as WalletConnect['send']
  const call = async <Name extends OperationName>(
    name: Name,
    input: unknown,
    options: PaymentOptions = {},
    id: { agreement_id: string } | { advanced_payment_id: number | string } | undefined = undefined,
  ): Promise<OperationOutput<Name>> => {
    const { signal, ...own } = spread('options', options, '{ idempotencyKey }') as PaymentOptions
    const fields = id ? { ...spread('input', input, '{ amount: 25 } or { code }'), ...id } : input
    const prepared = boundPrepare(name, fields as OperationInput<Name>, own)
    const { data } = await deliver(transport, prepared, { signal })
    return data as OperationOutput<Name>
  }

  return {
    agreements: {
      create: (input, own) => call('agreements.create', input, own),
      get: (agreement_id, own) => call('agreements.get', {}, own, { agreement_id }),
      cancel: (agreement_id, own) => call('agreements.cancel', {}, own, { agreement_id }),
      createPayerToken: (agreement_id, input, own) => call('agreements.createPayerToken', input, own, { agreement_id }),
    },
    discounts: {
      validateCoupon: (input, own) => call('discounts.validateCoupon', input, own),
      create: (input, own) => call('discounts.create', input, own),
    },
    payments: {
      create: (input, own) => call('payments.create', input, own),
      get: (advanced_payment_id, own) => call('payments.get', {}, own, { advanced_payment_id }),
      search: (filters, own) => call('payments.search', filters, own),
      capture: (advanced_payment_id, input = {}, own) => call('payments.capture', input, own, { advanced_payment_id }),
      cancel: (advanced_payment_id, input = {}, own) => call('payments.cancel', input, own, { advanced_payment_id }),
      refund: (advanced_payment_id, input = {}, own) => call('payments.refund', input, own, { advanced_payment_id }),
      listRefunds: (advanced_payment_id, own) => call('payments.listRefunds', {}, own, { advanced_payment_id }),
    },
    notifications: {
      async resolve(notification, own) {
        const { resource, resourceId } = notification ?? {}
        if (typeof resourceId !== 'string') {
          const message = 'must be what verifyNotification or parseNotification answered'
          throw new InvalidInputError([{ path: 'notification', message }])
        }
        if (resource === 'agreement') {
          return { notification, agreement: await call('agreements.get', {}, own, { agreement_id: resourceId }) }
        }
        if (resource === 'advanced_payment') {
          return { notification, payment: await call('payments.get', {}, own, { advanced_payment_id: resourceId }) }
        }
        if (resource !== 'payment') return { notification }
        if (resourceId === '') return { notification, payment: undefined }
        const { results } = await call('payments.search', { 'payment.id': resourceId }, own)
        const isIt = ({ payments }: AdvancedPayment): boolean =>
          (payments ?? []).some(({ id }) => id != null && String(id) === resourceId)
        return { notification, payment: results.find(isIt) }
      },
    },
    prepare: boundPrepare,
    send: boundSend,
    reconcile: ((prepared, own) => reconcile(transport, prepared, own)) as WalletConnect['reconcile'],
    doctor: (own) => examine(options, own),
  }
}

/** A copy, or a refusal: `refund(id, 25)` would spread to nothing, and nothing means everything. */
function spread(path: string, value: unknown, example: string): object {
  try {
    if (isPlainObject(value)) return { ...value }
  } catch {
    // Its own getter threw.
  }
  throw new InvalidInputError([{ path, message: `must be a plain object, such as ${example}` }])
}

/** An option that is there but undefined does not switch a default off. */
function withDefaults(defaults: PrepareOptions, own: PrepareOptions): PrepareOptions {
  return { ...own, site: own.site ?? defaults.site, platformId: own.platformId ?? defaults.platformId }
}
