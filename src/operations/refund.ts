import * as v from 'valibot'
import { type Open, openString, ReceivedIdSchema } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { AdvancedPaymentIdSchema } from './payment.ts'

/** An amount that some computation did not give must not refund everything. */
function refundAmount(input: unknown): v.GenericSchema {
  if (input === undefined) return v.never('must not be undefined: leave it out to refund all that is left')
  return input === 0 ? v.literal(0) : AmountSchema
}

/**
 * Input of `payments.refund`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/refund-payment/post
 */
export const RefundPaymentInputSchema = v.strictObject({
  /** Id of the advanced payment. */
  advanced_payment_id: AdvancedPaymentIdSchema,
  /** Major units. Left out, or the number 0 as the reference writes it: all that is left. `undefined` is refused. */
  amount: v.exactOptional(v.lazy((input): typeof AmountSchema => refundAmount(input) as never)),
})

/** The API prints numbers or digits; one string here. */
const RefundIdSchema = v.pipe(
  ReceivedIdSchema,
  v.transform(String),
  v.check((id) => /^\S+$/.test(id), 'must not be empty'),
)

/**
 * One refund.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/refund-partial-amount.en.md
 */
export const RefundSchema = v.looseObject({
  /** Id of the refund. */
  id: RefundIdSchema,
  /** Id of the inner payment. */
  payment_id: v.nullish(RefundIdSchema),
  /** Major units. */
  amount: v.nullish(ReceivedAmountSchema),
  /** `approved`: accepted. The payment's own status follows later. */
  status: v.nullish(openString<Open<'approved'>>()),
  /** Who gave the money back. */
  source: v.nullish(v.looseObject({ id: v.nullish(ReceivedIdSchema), name: v.nullish(v.string()), type: v.nullish(v.string()) })),
  /** ISO 8601 with offset. */
  date_created: v.nullish(v.string()),
})

/** Answer of `payments.listRefunds`: always a list, also where one object came. */
export const RefundListSchema = v.pipe(
  v.unknown(),
  v.transform((answer) => (Array.isArray(answer) ? answer : [answer])),
  v.array(RefundSchema),
)

/** Answer of `payments.refund`: what was made, at least one. */
export const CreatedRefundsSchema = v.pipe(
  RefundListSchema,
  v.check((refunds) => refunds.length > 0, 'must not be empty'),
)

/** What `payments.refund` takes beside the id. The amount is major units; without one, all that is left. */
export interface RefundPaymentInput extends Omit<v.InferInput<typeof RefundPaymentInputSchema>, 'advanced_payment_id'> {}
/** Money given back. */
export interface Refund extends v.InferOutput<typeof RefundSchema> {}
