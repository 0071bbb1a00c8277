import * as v from 'valibot'
import { matching, type Open, openString, ReceivedIdSchema, text, token } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'

const NonEmptySchema = matching(/./s, 'must not be empty')

const WebAddressSchema = v.pipe(
  text(2048),
  v.check((value) => /^https?:/.test(value) && URL.canParse(value), 'must be an http(s) address'),
)

/** Id of an agreement, as `agreements.create` answered it: letters and digits, 32 in all samples. */
export const AgreementIdSchema = matching(/^[A-Za-z0-9_-]{1,64}$/, 'must be an agreement id: 1 to 64 letters or digits')

/**
 * Body of `agreements.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
 */
export const CreateAgreementInputSchema = v.strictObject({
  /** Web address the buyer is sent back to; begins like the one registered for the application. At most 2048 characters. */
  return_uri: WebAddressSchema,
  /** Your id of this linking flow, answered again by `agreements.get`. At most 64 characters. */
  external_flow_id: text(64),
  /** How you know the buyer. */
  external_user: v.strictObject({
    /** Your id of the buyer. One active agreement each. */
    id: text(256),
    /** A label, such as the buyer's name. */
    description: v.optional(v.string()),
  }),
  /** What the buyer is asked to approve. */
  agreement_data: v.optional(
    v.strictObject({
      /** Major units. If the buyer's balance does not cover it, a card has to be added while linking. */
      validation_amount: v.optional(AmountSchema),
      /** What the buyer is about to do. At most 256 characters. */
      description: v.optional(text(256)),
    }),
  ),
})

/**
 * Answer of `agreements.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
 */
export const CreatedAgreementSchema = v.looseObject({
  /** Id of the agreement: keep it with the buyer. */
  agreement_id: NonEmptySchema,
  /** Page in Mercado Pago where the buyer approves: send the buyer there. */
  agreement_uri: NonEmptySchema,
})

/** Input of `agreements.get` and `agreements.cancel`. */
export const AgreementReferenceSchema = v.strictObject({
  /** Id of the agreement. */
  agreement_id: AgreementIdSchema,
})

/** Agreement statuses that a source names; before confirmation and after expiry nothing is documented. */
export type AgreementStatus = Open<'confirmed_by_user' | 'active' | 'cancelled' | 'expired'>

/** Other spellings of the same fields: `date_cancelled` and the webhook guide's `agreement_code`. */
function normalizeAgreement(agreement: Record<string, unknown>): Record<string, unknown> {
  const { date_cancelled, agreement_code, ...rest } = agreement
  const date_canceled = rest.date_canceled ?? date_cancelled
  const validation_code = rest.validation_code ?? agreement_code
  if (date_canceled !== undefined) rest.date_canceled = date_canceled
  if (validation_code !== undefined) rest.validation_code = validation_code
  return rest
}

/**
 * Answer of `agreements.get`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/get-agreement/get
 */
export const AgreementSchema = v.pipe(
  v.looseObject({}),
  v.transform(normalizeAgreement),
  v.looseObject({
    /** Id of the agreement. */
    id: NonEmptySchema,
    /** `confirmed_by_user` (or `active`): usable. Everything else: not usable. */
    status: v.nullish(openString<AgreementStatus>()),
    /** When it was created, ISO 8601 UTC. */
    date_created: v.nullish(v.string()),
    /** When it was cancelled, ISO 8601 UTC; older pages spell it `date_cancelled`. */
    date_canceled: v.nullish(v.string()),
    /** When it expires, ISO 8601 UTC. */
    date_expire: v.nullish(v.string()),
    /** The code to exchange for a payer token, once the buyer has confirmed. Secret. */
    validation_code: v.nullish(v.string()),
    /** Page in Mercado Pago for an already linked wallet. */
    approval_uri: v.nullish(v.string()),
    /** The `return_uri` of creation. */
    redirect_uri: v.nullish(v.string()),
    /** As sent. */
    external_flow_id: v.nullish(v.string()),
    /** As sent: your id of the buyer and its label. */
    external_user: v.nullish(v.looseObject({ id: v.nullish(v.string()), description: v.nullish(v.string()) })),
    /** As sent: amount in major units and text. */
    agreement_data: v.nullish(
      v.looseObject({ validation_amount: v.nullish(ReceivedAmountSchema), description: v.nullish(v.string()) }),
    ),
    /** Country: MLA, MLB, … */
    site_id: v.nullish(v.string()),
    /** Your application; a string in Mercado Pago's OpenAPI file. */
    application_id: v.nullish(ReceivedIdSchema),
    /** The seller's Mercado Pago user. */
    collector_id: v.nullish(ReceivedIdSchema),
    /** Version of the agreement API. */
    model_version: v.nullish(v.number()),
  }),
)

/**
 * Input of `agreements.createPayerToken`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
 */
export const CreatePayerTokenInputSchema = v.strictObject({
  /** Id of the agreement. */
  agreement_id: AgreementIdSchema,
  /** The code that came with the buyer's return, or `validation_code` of `agreements.get`. Secret, works once. */
  code: token(1024),
})

/**
 * Answer of `agreements.createPayerToken`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
 */
export const PayerTokenSchema = v.looseObject({
  /** Charges the wallet for as long as the agreement lives. Secret: encrypt it at rest. */
  payer_token: NonEmptySchema,
})

/** Answer of `agreements.cancel`: documented as an empty body; whatever object comes instead is ignored. */
export const CancelledAgreementSchema = v.pipe(
  v.custom<object | undefined>((value) => value === undefined || /^{/.test(JSON.stringify(value)), 'must be empty'),
  v.transform((): undefined => undefined),
)

/** What `agreements.create` takes. */
export interface CreateAgreementInput extends v.InferInput<typeof CreateAgreementInputSchema> {}
/** Which agreement. */
export interface AgreementReference extends v.InferInput<typeof AgreementReferenceSchema> {}
/** What `agreements.createPayerToken` takes beside the id. */
export interface CreatePayerTokenInput extends Omit<v.InferInput<typeof CreatePayerTokenInputSchema>, 'agreement_id'> {}
/** What `agreements.create` answers. */
export interface CreatedAgreement extends v.InferOutput<typeof CreatedAgreementSchema> {}
/** A buyer's permission to be charged. */
export interface Agreement extends v.InferOutput<typeof AgreementSchema> {}
/** What `agreements.createPayerToken` answers. */
export interface PayerToken extends v.InferOutput<typeof PayerTokenSchema> {}
