import * as v from 'valibot'
import { type Open, openString, text, token } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { looseObject, strictObject } from '../schema/object.ts'

const PayerTokenFieldSchema = token(2048)

/** How a discount is computed. Mercado Pago spells the relative kind in two ways. */
export type DiscountType = Open<'percent' | 'percentage' | 'fixed'>

/** Status of a coupon; these are the ones that the guide names. */
export type CouponStatus = Open<'success' | 'pending' | 'invalid'>

const DiscountDetailSchema = looseObject({
  /** Size of the discount: percent, or major units when `type` is `fixed`. */
  value: v.nullish(ReceivedAmountSchema),
  /** How the discount is computed; repeat it unchanged in the payment. */
  type: v.nullish(openString<DiscountType>()),
  /** The most that the discount can be, major units. */
  cap: v.nullish(ReceivedAmountSchema),
  /** The smallest payment that it applies to, major units. */
  min_payment_amount: v.nullish(ReceivedAmountSchema),
  /** The largest payment that it applies to, major units. */
  max_payment_amount: v.nullish(ReceivedAmountSchema),
})

/**
 * The input of `discounts.validateCoupon`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
 */
export const ValidateCouponInputSchema = strictObject({
  /** Payer token of the buyer, sent as the header `x-payer-token`. Secret. */
  payer_token: PayerTokenFieldSchema,
  /** The coupon that the buyer typed. At most 256 characters. */
  id: text(256),
})

/** Renames `details`, the guide's spelling, to the reference's `detail`. */
function normalizeCoupon({ details, ...coupon }: Record<string, unknown>): Record<string, unknown> {
  return details === undefined ? coupon : { detail: details, ...coupon }
}

/**
 * The output of `discounts.validateCoupon`. An invalid coupon is a value too; it has only a `status`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/validate-coupon/post
 */
export const CouponSchema = v.pipe(
  looseObject({}),
  v.transform(normalizeCoupon),
  looseObject({
    /** `success` or `pending`: the coupon can be used; `invalid`: it is wrong or expired. */
    status: openString<CouponStatus>(),
    /** Text for the buyer. */
    description: v.nullish(v.string()),
    /** Address of the legal terms. */
    legal_terms: v.nullish(v.string()),
    /** The discount that the coupon gives. */
    detail: v.nullish(DiscountDetailSchema),
  }),
)

/**
 * The input of `discounts.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
 */
export const CreateDiscountInputSchema = strictObject({
  /** Payer token of the buyer, sent as the header `x-payer-token`. Secret. */
  payer_token: PayerTokenFieldSchema,
  /** Total of the purchase before discount, major units. */
  amount: AmountSchema,
  /** The coupon, if the buyer typed one. At most 256 characters. */
  coupon: v.optional(text(256)),
})

/** Moves `legal_terms` out of `discount`, where the guide has it, to the top level, where the reference has it. */
function normalizePromise(promise: Record<string, unknown>): Record<string, unknown> {
  const { discount } = promise
  if (typeof discount !== 'object' || discount === null || !('legal_terms' in discount)) return promise
  const { legal_terms, ...rest } = discount
  return { legal_terms, ...promise, discount: rest }
}

/**
 * The output of `discounts.create`: a promise that reserves the discount. Pay at once: Mercado Pago releases an unused
 * one after about 200 ms, or up to 10 s with a coupon.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-discount-promise/post
 */
export const DiscountPromiseSchema = v.pipe(
  looseObject({}),
  v.transform(normalizePromise),
  looseObject({
    /** Total of the purchase before discount, as sent, major units. */
    transaction_amount: v.nullish(ReceivedAmountSchema),
    /** Currency of the site, ISO 4217. */
    currency_id: v.nullish(v.string()),
    /** Address of the legal terms. */
    legal_terms: v.nullish(v.string()),
    /** `{}` when the buyer has no discount. Repeat `amount` and `detail` unchanged in the payment. */
    discount: looseObject({
      /** The amount of the discount, major units. */
      amount: v.optional(ReceivedAmountSchema),
      /** How the discount was computed. */
      detail: v.optional(DiscountDetailSchema),
    }),
  }),
)

/** What `discounts.validateCoupon` takes. */
export interface ValidateCouponInput extends v.InferInput<typeof ValidateCouponInputSchema> {}
/** What `discounts.create` takes. Amounts are in major units. */
export interface CreateDiscountInput extends v.InferInput<typeof CreateDiscountInputSchema> {}
/** What `discounts.validateCoupon` returns. */
export interface Coupon extends v.InferOutput<typeof CouponSchema> {}
/** What `discounts.create` returns. */
export interface DiscountPromise extends v.InferOutput<typeof DiscountPromiseSchema> {}
