import * as v from 'valibot'
import { matching, openString, ReceivedIdSchema, text, token } from '../schema/fields.ts'
import { AmountSchema, FiniteSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { isJson, isPlainObject } from '../schema/plain-object.ts'
import type { StatusDetail } from '../status-detail.ts'
import type { PaymentStatus } from './payment-status.ts'
import { IdentifierSchema, SubMerchantSchema } from './sub-merchant.ts'

const isPaymentId = (value: unknown): boolean =>
  typeof value === 'string'
    ? /^[1-9]\d{0,15}$/.test(value) && isPaymentId(Number(value))
    : Number.isSafeInteger(value) && Number(value) > 0

/** Id of an advanced payment in a path: a whole number, or its digits. */
export const AdvancedPaymentIdSchema = v.pipe(
  v.custom<number | string>(isPaymentId, 'must be an advanced payment id: a positive whole number below 2^53'),
  v.transform(String),
)

const DiscountSchema = v.strictObject({
  /** What the buyer pays less, major units: exactly as promised. */
  amount: AmountSchema,
  /** Text for the buyer. */
  description: v.string(),
  /** The coupon, only if the buyer typed one. */
  code: v.nullish(v.string()),
  /** How it was computed: exactly as promised. */
  detail: v.strictObject({
    /** Upper limit, major units. */
    cap: FiniteSchema,
    /** Size: percent, or major units when `type` is `fixed`. */
    value: FiniteSchema,
    /** `percent`, `percentage` or `fixed`, as promised. */
    type: text(32),
    /** Least payment it applies to, major units. */
    min_payment_amount: v.optional(FiniteSchema),
    /** Greatest payment it applies to, major units. */
    max_payment_amount: v.optional(FiniteSchema),
  }),
})

const NoDiscountSchema = v.strictObject({})

/** A promise is none: its discount is still to come. */
const isEmptyObject = (value: unknown): boolean => isPlainObject(value) && Object.keys(value).length === 0

/** The promised discount, repeated; `{}` makes a payment without one. */
export const PaymentDiscountSchema = v.lazy(
  (input): v.GenericSchema<DiscountInput> => (isEmptyObject(input) ? NoDiscountSchema : DiscountSchema) as never,
)
type DiscountInput = v.InferInput<typeof DiscountSchema> | v.InferInput<typeof NoDiscountSchema>

/** What others define. */
const ForeignSchema = v.custom<Record<string, unknown>>(
  (value) => isPlainObject(value) && isJson(value),
  'must be a plain object, and JSON in it',
)

/**
 * Body of `payments.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
 */
export const CreatePaymentInputSchema = v.pipe(
  v.strictObject({
    /** Marks a charge on a linked wallet. */
    wallet_payment: v.strictObject({
      /** Total before discount: major units, number or decimal string. */
      transaction_amount: AmountSchema,
      /** What is paid for. */
      description: v.optional(v.string()),
      /** Your reference of the order. Give one: it is how a lost payment is found again. */
      external_reference: v.optional(text(256)),
      /** Text on the card statement. At most 50 letters and digits. */
      statement_descriptor: v.optional(matching(/^[A-Za-z0-9]{1,50}$/, 'must be 1 to 50 letters and digits')),
      /** Payment facilitators in Brazil only. */
      forward_data: v.optional(
        v.strictObject({
          /** Whom you charge for. */
          sub_merchant: SubMerchantSchema,
        }),
      ),
      /** The promised discount, repeated. */
      discount: v.optional(PaymentDiscountSchema),
    }),
    /** Who pays. */
    payer: v.strictObject({
      /** The payer token of the agreement. Secret. */
      token: token(2048),
      /** `wallet-token` by default; some samples print `wallet-tokens`. */
      type_token: v.optional(text(64), 'wallet-token'),
    }),
    /** true (default, unless `capture` is false): approved or rejected at once; false: may stay pending. */
    binary_mode: v.optional(v.boolean()),
    /** false: only reserve, and capture or cancel later. Default true. */
    capture: v.optional(v.boolean()),
    /** Reference of the advanced payment as a whole, outside Wallet Connect. */
    external_reference: v.optional(text(256)),
    /** Text of the advanced payment as a whole, outside Wallet Connect. */
    description: v.optional(v.string()),
    /** Your application, outside Wallet Connect. */
    application_id: v.optional(IdentifierSchema),
    /** Your own data. */
    metadata: v.optional(ForeignSchema),
    /** Ip address, items, payer and shipment, for fraud prevention. */
    additional_info: v.optional(ForeignSchema),
    /** Inner payments, marketplace variant. */
    payments: v.optional(v.array(ForeignSchema)),
    /** Shares of several sellers, marketplace variant. */
    disbursements: v.optional(v.array(ForeignSchema)),
  }),
  v.transform((payment) =>
    payment.binary_mode === undefined && payment.capture !== false ? { ...payment, binary_mode: true } : payment,
  ),
)

const WalletPaymentReferenceSchema = v.strictObject({
  /** As created, major units. Capturing a part is not documented. */
  transaction_amount: AmountSchema,
  /** As created. */
  description: v.optional(v.string()),
  /** As created. */
  external_reference: v.optional(text(256)),
})

/** Input of `payments.get`. */
export const PaymentReferenceSchema = v.strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
})

/**
 * Input of `payments.capture`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/capture-payment/put
 */
export const CapturePaymentInputSchema = v.strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** What makes it a capture; always sent. */
  capture: v.optional(v.literal(true), true),
  /** The payment as created. */
  wallet_payment: v.optional(WalletPaymentReferenceSchema),
})

/**
 * Input of `payments.cancel`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/wallet_connect/_advanced_payments_advanced_payment_id/put
 */
export const CancelPaymentInputSchema = v.strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** What makes it a cancellation; always sent, `cancelled` unless you ask for the other spelling. */
  status: v.optional(v.picklist(['cancelled', 'canceled']), 'cancelled'),
  /** The reference sample sends it along. */
  capture: v.optional(v.literal(false)),
  /** The payment as created. */
  wallet_payment: v.optional(WalletPaymentReferenceSchema),
})

const filter = v.optional(v.union([v.string(), v.number()]))

/**
 * Filters of `payments.search`, under their wire names.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
 */
export const SearchPaymentsInputSchema = v.strictObject({
  /** Your reference of the order. */
  external_reference: filter,
  /** Status of the advanced payment. */
  status: filter,
  /** Date of creation; the syntax of ranges is not documented. */
  date_created: filter,
  /** Id of an inner payment. */
  'payment.id': filter,
  /** Method of an inner payment. */
  'payment.payment_method_id': filter,
  /** Reference of an inner payment. */
  'payment.external_reference': filter,
  /** Amount of an inner payment, major units. */
  'payment.transaction_amount': filter,
  /** The buyer's Mercado Pago user. */
  'payer.id': filter,
  /** The buyer's address. */
  'payer.email': filter,
  /** Collector of a disbursement. */
  'disbursement.collector_id': filter,
  /** Fields to answer. */
  attributes: filter,
  /** Page size. */
  limit: filter,
  /** Results to skip. */
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

const InnerPaymentSchema = v.looseObject({
  /** Id in the Payments API; null if it was refused before it came to be. */
  id: v.nullish(ReceivedIdSchema),
  /** Status of this inner payment. */
  status: v.nullish(openString<PaymentStatus>()),
  /** Why: `accredited`, `insufficient_money`, `cc_rejected_…`. */
  status_detail: v.nullish(openString<StatusDetail>()),
  /** Kind of method. */
  payment_type_id: v.nullish(openString<'account_money' | 'credit_card' | 'debit_card'>()),
  /** Method, such as `visa`. */
  payment_method_id: v.nullish(openString<'account_money'>()),
  /** What this method was charged, after discount, major units. */
  transaction_amount: v.nullish(ReceivedAmountSchema),
  /** Number of instalments. */
  installments: v.nullish(v.number()),
  /** Card issuer. */
  issuer_id: v.nullish(ReceivedIdSchema),
  /** As sent. */
  description: v.nullish(v.string()),
  /** As sent. */
  external_reference: v.nullish(v.string()),
  /** false while only reserved. */
  capture: v.nullish(v.boolean()),
  /** Discount given, major units. */
  coupon_amount: v.nullish(ReceivedAmountSchema),
  /** Campaign of the discount. */
  campaign_id: v.nullish(ReceivedIdSchema),
  /** Coupon that was used. */
  coupon_code: v.nullish(v.string()),
})

const DisbursementSchema = v.looseObject({
  /** Who receives the money. */
  collector_id: v.nullish(ReceivedIdSchema),
})

/** One list, whether an array, a single object, null or nothing came. */
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
 * An advanced payment, as every payment operation answers it.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-payment/post
 */
export const AdvancedPaymentSchema = v.looseObject({
  /** Id of the advanced payment. */
  id: v.pipe(v.custom<number | string>(isPaymentId, 'must be a positive whole number below 2^53'), v.transform(Number)),
  /** Absent in the reference's samples; ask `isApproved`. */
  status: v.nullish(openString<PaymentStatus>()),
  /** What was asked for. */
  wallet_payment: v.nullish(
    v.looseObject({
      /** Before discount, major units. */
      transaction_amount: v.nullish(ReceivedAmountSchema),
      /** As sent. */
      description: v.nullish(v.string()),
      /** As sent. */
      external_reference: v.nullish(v.string()),
    }),
  ),
  /** What came of it, usually one. */
  payments: v.nullish(v.array(InnerPaymentSchema), []),
  /** Who receives the money. */
  disbursements,
  /** The buyer's Mercado Pago user. */
  payer: v.nullish(v.looseObject({ id: v.nullish(ReceivedIdSchema) })),
  /** Country: MLA, MLB, … */
  site_id: v.nullish(v.string()),
  /** As sent. */
  binary_mode: v.nullish(v.boolean()),
  /** false while only reserved. */
  capture: v.nullish(v.boolean()),
  /** Reference of the advanced payment as a whole. */
  external_reference: v.nullish(v.string()),
  /** Text of the advanced payment as a whole. */
  description: v.nullish(v.string()),
  /** ISO 8601 with offset. */
  date_created: v.nullish(v.string()),
  /** ISO 8601 with offset. */
  date_last_updated: v.nullish(v.string()),
})

/**
 * Answer of `payments.search`.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/payments/advanced-payments/search-and-conciliation.en.md
 */
export const PaymentPageSchema = v.looseObject({
  /** Where this page lies in the whole. */
  paging: v.nullish(v.looseObject({ total: v.nullish(v.number()), limit: v.nullish(v.number()), offset: v.nullish(v.number()) })),
  /** The payments of this page. */
  results: v.array(AdvancedPaymentSchema),
})

/** What `payments.create` takes. Amounts are major units. */
export interface CreatePaymentInput extends v.InferInput<typeof CreatePaymentInputSchema> {}
/** Which payment. */
export interface PaymentReference extends v.InferInput<typeof PaymentReferenceSchema> {}
/** What `payments.capture` takes beside the id. Amounts are major units. */
export interface CapturePaymentInput extends Omit<v.InferInput<typeof CapturePaymentInputSchema>, 'advanced_payment_id'> {}
/** What `payments.cancel` takes beside the id. Amounts are major units. */
export interface CancelPaymentInput extends Omit<v.InferInput<typeof CancelPaymentInputSchema>, 'advanced_payment_id'> {}
/** What `payments.search` takes: filters under their wire names. */
export interface SearchPaymentsInput extends v.InferInput<typeof SearchPaymentsInputSchema> {}
/** A charge on a linked wallet. */
export interface AdvancedPayment extends v.InferOutput<typeof AdvancedPaymentSchema> {}
/** What `payments.search` answers. */
export interface PaymentPage extends v.InferOutput<typeof PaymentPageSchema> {}
