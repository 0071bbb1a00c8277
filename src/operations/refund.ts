import * as v from 'valibot'
import { type Open, openString, ReceivedIdSchema } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { looseObject, strictObject } from '../schema/object.ts'
import { AdvancedPaymentIdSchema } from './payment.ts'

/** Refuses what a failed computation gives: undefined or 0 must not refund everything. */
function refundAmount(input: unknown): v.GenericSchema {
  if (input === undefined) return v.never('must not be undefined: leave it out to refund all that is left')
  return Number(input) === 0 ? v.never('must be greater than 0: leave it out to refund all that is left') : AmountSchema
}

/**
 * The input of `payments.refund`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/refund-payment/post
 */
export const RefundPaymentInputSchema = strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** Amount in major units. If left out: all that is left. `undefined` and 0 are refused, although the reference writes 0 for all. */
  amount: v.exactOptional(v.lazy((input): typeof AmountSchema => refundAmount(input) as never)),
})

/** An id that comes as a number or as digits; always a string here. */
const RefundIdSchema = v.pipe(
  ReceivedIdSchema,
  v.transform(String),
  v.check((id) => /^\S+$/.test(id), 'must not be empty'),
)

/**
 * One refund.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/refund-partial-amount.en.md
 */
export const RefundSchema = looseObject({
  /** Id of the refund. */
  id: RefundIdSchema,
  /** Id of the inner payment. */
  payment_id: v.nullish(RefundIdSchema),
  /** Refunded amount, major units. */
  amount: v.nullish(ReceivedAmountSchema),
  /** `approved`: the refund was accepted. The payment's own status changes later. */
  status: v.nullish(openString<Open<'approved'>>()),
  /** The account that the money came from. */
  source: v.nullish(looseObject({ id: v.nullish(ReceivedIdSchema), name: v.nullish(v.string()), type: v.nullish(v.string()) })),
  /** When the refund was made, ISO 8601 with offset. */
  date_created: v.nullish(v.string()),
})

/** The output of `payments.listRefunds`: always a list, even if a single object came. */
export const RefundListSchema = v.pipe(
  v.unknown(),
  v.transform((body) => (Array.isArray(body) ? body : [body])),
  v.array(RefundSchema),
)

/** The output of `payments.refund`: the refunds that were made, at least one. */
export const CreatedRefundsSchema = v.pipe(
  RefundListSchema,
  v.check((refunds) => refunds.length > 0, 'must not be empty'),
)

/** What `payments.refund` takes besides the id. The amount is in major units; without one, all that is left is refunded. */
export interface RefundPaymentInput extends Omit<v.InferInput<typeof RefundPaymentInputSchema>, 'advanced_payment_id'> {}
/** One refund of a payment. */
export interface Refund extends v.InferOutput<typeof RefundSchema> {}
