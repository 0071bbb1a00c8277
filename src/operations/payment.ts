import * as v from 'valibot'
import { matching, openString, ReceivedIdSchema, text, token } from '../schema/fields.ts'
import { AmountSchema, FiniteSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { looseObject, strictObject } from '../schema/object.ts'
import { isJson, isPlainObject } from '../schema/plain-object.ts'
import type { StatusDetail } from '../status-detail.ts'
import type { PaymentStatus } from './payment-status.ts'
import { IdentifierSchema, SubMerchantSchema } from './sub-merchant.ts'

const isPaymentId = (value: unknown): boolean =>
  typeof value === 'string'
    ? /^[1-9]\d{0,15}$/.test(value) && isPaymentId(Number(value))
    : Number.isSafeInteger(value) && Number(value) > 0

/** Id of an advanced payment: a positive whole number below 2^53, or its digits as a string. */
export const AdvancedPaymentIdSchema = v.pipe(
  v.custom<number | string>(isPaymentId, 'must be an advanced payment id: a positive whole number below 2^53'),
  v.transform(String),
)

const DiscountSchema = strictObject({
  /** The amount of the discount, major units: exactly as promised. */
  amount: AmountSchema,
  /** Text for the buyer. */
  description: v.string(),
  /** The coupon, only if the buyer typed one. */
  code: v.nullish(v.string()),
  /** How the discount was computed: exactly as promised. */
  detail: strictObject({
    /** The most that the discount can be, major units. */
    cap: FiniteSchema,
    /** Size of the discount: percent, or major units when `type` is `fixed`. */
    value: FiniteSchema,
    /** `percent`, `percentage` or `fixed`: exactly as promised. */
    type: text(32),
    /** The smallest payment that it applies to, major units. */
    min_payment_amount: v.optional(FiniteSchema),
    /** The largest payment that it applies to, major units. */
    max_payment_amount: v.optional(FiniteSchema),
  }),
})

const NoDiscountSchema = strictObject({})

/** True for `{}`, false for a promise that the caller forgot to await. */
const isEmptyObject = (value: unknown): boolean => isPlainObject(value) && Object.keys(value).length === 0

/** The promised discount, repeated in the payment; `{}` stands for no discount. */
export const PaymentDiscountSchema = v.lazy(
  (input): v.GenericSchema<DiscountInput> => (isEmptyObject(input) ? NoDiscountSchema : DiscountSchema) as never,
)
type DiscountInput = v.InferInput<typeof DiscountSchema> | v.InferInput<typeof NoDiscountSchema>

/** An object that is sent as it is: its fields are not checked. */
const OpaqueSchema = v.custom<Record<string, unknown>>(
  (value) => isPlainObject(value) && isJson(value),
  'must be a plain object that holds only JSON values',
)

/**
 * The input of `payments.create`, sent as its body.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
 */
export const CreatePaymentInputSchema = v.pipe(
  strictObject({
    /** The charge. Its presence makes this a payment with a linked wallet. */
    wallet_payment: strictObject({
      /** Total before discount, in major units: a number or a decimal string. */
      transaction_amount: AmountSchema,
      /** What is paid for. */
      description: v.optional(v.string()),
      /** Your reference of the order, at most 256 characters. Set it: a payment whose answer was lost is found by it. */
      external_reference: v.optional(text(256)),
      /** Text on the card statement: 1 to 50 letters and digits. */
      statement_descriptor: v.optional(matching(/^[A-Za-z0-9]{1,50}$/, 'must be 1 to 50 letters and digits')),
      /** Data about a sub-merchant; only for payment facilitators in Brazil. */
      forward_data: v.optional(
        strictObject({
          /** The merchant that you charge for. */
          sub_merchant: SubMerchantSchema,
        }),
      ),
      /** The discount as `discounts.create` promised it. */
      discount: v.optional(PaymentDiscountSchema),
    }),
    /** Who pays. */
    payer: strictObject({
      /** The payer token of the agreement. Secret. */
      token: token(2048),
      /** `wallet-token` by default; some samples print `wallet-tokens`. */
      type_token: v.optional(text(64), 'wallet-token'),
    }),
    /** true (the default, unless `capture` is false): approved or rejected at once; false: the payment may stay pending. */
    binary_mode: v.optional(v.boolean()),
    /** false: the money is only reserved, to be captured or cancelled later. Default true. */
    capture: v.optional(v.boolean()),
    /** Reference of the advanced payment as a whole, outside Wallet Connect. */
    external_reference: v.optional(text(256)),
    /** Text of the advanced payment as a whole, outside Wallet Connect. */
    description: v.optional(v.string()),
    /** Id of your application, outside Wallet Connect. */
    application_id: v.optional(IdentifierSchema),
    /** Your own data. */
    metadata: v.optional(OpaqueSchema),
    /** IP address, items, payer and shipment, for fraud prevention. */
    additional_info: v.optional(OpaqueSchema),
    /** Inner payments, in the marketplace variant. */
    payments: v.optional(v.array(OpaqueSchema)),
    /** Shares of several sellers, in the marketplace variant. */
    disbursements: v.optional(v.array(OpaqueSchema)),
  }),
  v.transform((payment) =>
    payment.binary_mode === undefined && payment.capture !== false ? { ...payment, binary_mode: true } : payment,
  ),
)

const WalletPaymentReferenceSchema = strictObject({
  /** The amount of creation, major units. Capturing a part is not documented. */
  transaction_amount: AmountSchema,
  /** The description of creation. */
  description: v.optional(v.string()),
  /** The reference of creation. */
  external_reference: v.optional(text(256)),
})

/** The input of `payments.get`. */
export const PaymentReferenceSchema = strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
})

/**
 * The input of `payments.capture`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/capture-payment/put
 */
export const CapturePaymentInputSchema = strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** The field that makes the request a capture; always sent. */
  capture: v.optional(v.literal(true), true),
  /** The payment as created. */
  wallet_payment: v.optional(WalletPaymentReferenceSchema),
})

/**
 * The input of `payments.cancel`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_advanced_payments_advanced_payment_id/put
 */
export const CancelPaymentInputSchema = strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** The field that makes the request a cancellation; always sent. Default `cancelled`. */
  status: v.optional(v.picklist(['cancelled', 'canceled']), 'cancelled'),
  /** Not needed; the reference's sample sends it. */
  capture: v.optional(v.literal(false)),
  /** The payment as created. */
  wallet_payment: v.optional(WalletPaymentReferenceSchema),
})

const filter = v.optional(v.union([v.string(), v.number()]))

/**
 * Filters of `payments.search`, under their wire names.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
 */
export const SearchPaymentsInputSchema = strictObject({
  /** Your reference of the order. */
  external_reference: filter,
  /** Status of the advanced payment. */
  status: filter,
  /** Date of creation; how to write a range is not documented. */
  date_created: filter,
  /** Id of an inner payment. */
  'payment.id': filter,
  /** Payment method of an inner payment. */
  'payment.payment_method_id': filter,
  /** Reference of an inner payment. */
  'payment.external_reference': filter,
  /** Amount of an inner payment, major units. */
  'payment.transaction_amount': filter,
  /** Id of the buyer's Mercado Pago user. */
  'payer.id': filter,
  /** The buyer's e-mail address. */
  'payer.email': filter,
  /** Id of the collector of a disbursement. */
  'disbursement.collector_id': filter,
  /** Fields to return. */
  attributes: filter,
  /** Page size. */
  limit: filter,
  /** Number of results to skip. */
  offset: filter,
  /** Field to sort by. */
  sort: filter,
  /** `asc` or `desc`. */
  criteria: filter,
  /** Date field that `begin_date` and `end_date` apply to. */
  range: filter,
  /** Start of the range. */
  begin_date: filter,
  /** End of the range. */
  end_date: filter,
})

const InnerPaymentSchema = looseObject({
  /** Id in the Payments API; null if it was rejected before a payment was made. */
  id: v.nullish(ReceivedIdSchema),
  /** Status of this inner payment. */
  status: v.nullish(openString<PaymentStatus>()),
  /** Reason for the status: `accredited`, `insufficient_money`, `cc_rejected_…`. */
  status_detail: v.nullish(openString<StatusDetail>()),
  /** Kind of payment method. */
  payment_type_id: v.nullish(openString<'account_money' | 'credit_card' | 'debit_card'>()),
  /** Payment method, such as `visa`. */
  payment_method_id: v.nullish(openString<'account_money'>()),
  /** Amount charged to this payment method, after discount, major units. */
  transaction_amount: v.nullish(ReceivedAmountSchema),
  /** Number of instalments. */
  installments: v.nullish(v.number()),
  /** Id of the card issuer. */
  issuer_id: v.nullish(ReceivedIdSchema),
  /** The description, as sent. */
  description: v.nullish(v.string()),
  /** Your reference, as sent. */
  external_reference: v.nullish(v.string()),
  /** false while the money is only reserved. */
  capture: v.nullish(v.boolean()),
  /** Amount of the discount, major units. */
  coupon_amount: v.nullish(ReceivedAmountSchema),
  /** Id of the discount's campaign. */
  campaign_id: v.nullish(ReceivedIdSchema),
  /** The coupon that was used. */
  coupon_code: v.nullish(v.string()),
})

const DisbursementSchema = looseObject({
  /** Id of the account that receives the money. */
  collector_id: v.nullish(ReceivedIdSchema),
})

/** A list of disbursements, even if a single object, null or nothing came. */
const disbursements = v.nullish(
  v.union([
    v.array(DisbursementSchema),
    v.pipe(
      DisbursementSchema,
      v.transform((only) => [only]),
    ),
  ]),
  [],
)

/**
 * An advanced payment, as it comes back from every payment operation.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
 */
export const AdvancedPaymentSchema = looseObject({
  /** Id of the advanced payment. */
  id: v.pipe(v.custom<number | string>(isPaymentId, 'must be a positive whole number below 2^53'), v.transform(Number)),
  /** Status of the payment. Absent in the reference's samples: use `isApproved` to find out whether the buyer has paid. */
  status: v.nullish(openString<PaymentStatus>()),
  /** The charge, as sent. */
  wallet_payment: v.nullish(
    looseObject({
      /** Total before discount, major units. */
      transaction_amount: v.nullish(ReceivedAmountSchema),
      /** The description, as sent. */
      description: v.nullish(v.string()),
      /** Your reference of the order, as sent. */
      external_reference: v.nullish(v.string()),
    }),
  ),
  /** The inner payments, usually one. */
  payments: v.nullish(v.array(InnerPaymentSchema), []),
  /** The accounts that receive the money. */
  disbursements,
  /** The buyer's Mercado Pago user. */
  payer: v.nullish(looseObject({ id: v.nullish(ReceivedIdSchema) })),
  /** Site of the account, which stands for its country: MLA, MLB, … */
  site_id: v.nullish(v.string()),
  /** Whether the payment is approved or rejected at once, as sent. */
  binary_mode: v.nullish(v.boolean()),
  /** false while the money is only reserved. */
  capture: v.nullish(v.boolean()),
  /** Reference of the advanced payment as a whole. */
  external_reference: v.nullish(v.string()),
  /** Text of the advanced payment as a whole. */
  description: v.nullish(v.string()),
  /** When it was created, ISO 8601 with offset. */
  date_created: v.nullish(v.string()),
  /** When it last changed, ISO 8601 with offset. */
  date_last_updated: v.nullish(v.string()),
})

/**
 * The output of `payments.search`.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
 */
export const PaymentPageSchema = looseObject({
  /** Position of this page in the whole result. */
  paging: v.nullish(looseObject({ total: v.nullish(v.number()), limit: v.nullish(v.number()), offset: v.nullish(v.number()) })),
  /** The payments of this page. */
  results: v.array(AdvancedPaymentSchema),
})

/** What `payments.create` takes. Amounts are in major units. */
export interface CreatePaymentInput extends v.InferInput<typeof CreatePaymentInputSchema> {}
/** The id of an advanced payment, as `payments.get` and `payments.listRefunds` take it. */
export interface PaymentReference extends v.InferInput<typeof PaymentReferenceSchema> {}
/** What `payments.capture` takes besides the id. Amounts are in major units. */
export interface CapturePaymentInput extends Omit<v.InferInput<typeof CapturePaymentInputSchema>, 'advanced_payment_id'> {}
/** What `payments.cancel` takes besides the id. Amounts are in major units. */
export interface CancelPaymentInput extends Omit<v.InferInput<typeof CancelPaymentInputSchema>, 'advanced_payment_id'> {}
/** What `payments.search` takes: filters under their wire names. */
export interface SearchPaymentsInput extends v.InferInput<typeof SearchPaymentsInputSchema> {}
/** A charge on a linked wallet. */
export interface AdvancedPayment extends v.InferOutput<typeof AdvancedPaymentSchema> {}
/** What `payments.search` returns. */
export interface PaymentPage extends v.InferOutput<typeof PaymentPageSchema> {}
