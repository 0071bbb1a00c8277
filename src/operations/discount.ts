import * as v from 'valibot'
import { type Open, openString, text, token } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'

const PayerTokenFieldSchema = token(2048)

/** How a discount is computed; Mercado Pago spells the relative kind in several ways. */
export type DiscountType = Open<'percent' | 'percentage' | 'fixed'>

/** Coupon statuses the guide names. */
export type CouponStatus = Open<'success' | 'pending' | 'invalid'>

const DiscountDetailSchema = v.looseObject({
  /** Size: percent, or major units when `type` is `fixed`. */
  value: v.nullish(ReceivedAmountSchema),
  /** As answered; repeat it unchanged in the payment. */
  type: v.nullish(openString<DiscountType>()),
  /** Upper limit of the discount, major units. */
  cap: v.nullish(ReceivedAmountSchema),
  /** Least payment it applies to, major units. */
  min_payment_amount: v.nullish(ReceivedAmountSchema),
  /** Greatest payment it applies to, major units. */
  max_payment_amount: v.nullish(ReceivedAmountSchema),
})

/**
 * Input of `discounts.validateCoupon`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
 */
export const ValidateCouponInputSchema = v.strictObject({
  /** Payer token of the buyer, sent as the header `x-payer-token`. Secret. */
  payer_token: PayerTokenFieldSchema,
  /** The coupon that the buyer typed. At most 256 characters. */
  id: text(256),
})

/** The guide says `details`, the reference `detail`. */
function normalizeCoupon({ details, ...coupon }: Record<string, unknown>): Record<string, unknown> {
  return details === undefined ? coupon : { detail: details, ...coupon }
}

/**
 * Answer of `discounts.validateCoupon`. An invalid coupon is a value, with `status` alone.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
 */
export const CouponSchema = v.pipe(
  v.looseObject({}),
  v.transform(normalizeCoupon),
  v.looseObject({
    /** `success` and `pending`: can be used; `invalid`: wrong or expired. */
    status: openString<CouponStatus>(),
    /** Text for the buyer. */
    description: v.nullish(v.string()),
    /** Address of the terms. */
    legal_terms: v.nullish(v.string()),
    /** The discount that the coupon stands for. */
    detail: v.nullish(DiscountDetailSchema),
  }),
)

/**
 * Input of `discounts.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
 */
export const CreateDiscountInputSchema = v.strictObject({
  /** Payer token of the buyer, sent as the header `x-payer-token`. Secret. */
  payer_token: PayerTokenFieldSchema,
  /** Total of the purchase before discount, major units. */
  amount: AmountSchema,
  /** Only if the buyer typed one. At most 256 characters. */
  coupon: v.optional(text(256)),
})

/** The guide puts `legal_terms` inside `discount`, the reference on top. */
function normalizePromise(promise: Record<string, unknown>): Record<string, unknown> {
  const { discount } = promise
  if (typeof discount !== 'object' || discount === null || !('legal_terms' in discount)) return promise
  const { legal_terms, ...rest } = discount
  return { legal_terms, ...promise, discount: rest }
}

/**
 * Answer of `discounts.create`: a promise that reserves the discount. Pay at once; an unused one is given back by
 * Mercado Pago after about 200 ms, or up to 10 s with a coupon.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
 */
export const DiscountPromiseSchema = v.pipe(
  v.looseObject({}),
  v.transform(normalizePromise),
  v.looseObject({
    /** The amount that was asked about, major units. */
    transaction_amount: v.nullish(ReceivedAmountSchema),
    /** Currency of the site, ISO 4217. */
    currency_id: v.nullish(v.string()),
    /** Address of the terms. */
    legal_terms: v.nullish(v.string()),
    /** `{}` when the buyer has no discount. Repeat `amount` and `detail` unchanged in the payment. */
    discount: v.looseObject({
      /** What the buyer pays less, major units. */
      amount: v.optional(ReceivedAmountSchema),
      /** How it was computed. */
      detail: v.optional(DiscountDetailSchema),
    }),
  }),
)

/** What `discounts.validateCoupon` takes. */
export interface ValidateCouponInput extends v.InferInput<typeof ValidateCouponInputSchema> {}
/** What `discounts.create` takes. Amounts are major units. */
export interface CreateDiscountInput extends v.InferInput<typeof CreateDiscountInputSchema> {}
/** What `discounts.validateCoupon` answers. */
export interface Coupon extends v.InferOutput<typeof CouponSchema> {}
/** What `discounts.create` answers. */
export interface DiscountPromise extends v.InferOutput<typeof DiscountPromiseSchema> {}
