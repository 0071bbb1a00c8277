import * as v from 'valibot'
import { matching, type Open, openString, parseUrl, ReceivedIdSchema, text, token } from '../schema/fields.ts'
import { AmountSchema, ReceivedAmountSchema } from '../schema/money.ts'
import { looseObject, strictObject } from '../schema/object.ts'

const NonEmptySchema = matching(/./s, 'must not be empty')

const WebAddressSchema = v.pipe(
  text(2048),
  v.check((value) => /^https?:/.test(value) && parseUrl(value) !== undefined, 'must be an http or https address'),
)

/** Id of an agreement, as `agreements.create` returned it: 1 to 64 letters, digits, `-` or `_`; 32 hex digits in samples. */
export const AgreementIdSchema = matching(
  /^[A-Za-z0-9_-]{1,64}$/,
  'must be an agreement id: 1 to 64 letters, digits, hyphens or underscores',
)

/**
 * The input of `agreements.create`, sent as its body.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
 */
export const CreateAgreementInputSchema = strictObject({
  /** Address that the buyer returns to; must begin like the one registered for the application. At most 2048 characters. */
  return_uri: WebAddressSchema,
  /** Your id of this linking flow; `agreements.get` returns it. At most 64 characters. */
  external_flow_id: text(64),
  /** The buyer in your own records. */
  external_user: strictObject({
    /** Your id of the buyer, 1 to 256 characters. A buyer has at most one active agreement. */
    id: text(256),
    /** A label, such as the buyer's name. */
    description: v.optional(v.string()),
  }),
  /** Details of what the buyer is asked to approve. */
  agreement_data: v.optional(
    strictObject({
      /** An amount in major units. If the buyer's balance does not cover it, the buyer has to add a card while linking. */
      validation_amount: v.optional(AmountSchema),
      /** Text that tells the buyer what the approval is for. At most 256 characters. */
      description: v.optional(text(256)),
    }),
  ),
})

/**
 * The output of `agreements.create`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/create-agreement/post
 */
export const CreatedAgreementSchema = looseObject({
  /** Id of the agreement: keep it with the buyer. */
  agreement_id: NonEmptySchema,
  /** Address of Mercado Pago's page where the buyer approves: send the buyer there. */
  agreement_uri: NonEmptySchema,
})

/** The input of `agreements.get` and `agreements.cancel`. */
export const AgreementReferenceSchema = strictObject({
  /** Id of the agreement. */
  agreement_id: AgreementIdSchema,
})

/** Status of an agreement. Sources name these; those before confirmation and after expiry are not documented. */
export type AgreementStatus = Open<'confirmed_by_user' | 'active' | 'cancelled' | 'expired'>

/** Renames the other spellings that sources use: `date_cancelled` and the webhook guide's `agreement_code`. */
function normalizeAgreement(agreement: Record<string, unknown>): Record<string, unknown> {
  const { date_cancelled, agreement_code, ...rest } = agreement
  const date_canceled = rest.date_canceled ?? date_cancelled
  const validation_code = rest.validation_code ?? agreement_code
  if (date_canceled !== undefined) rest.date_canceled = date_canceled
  if (validation_code !== undefined) rest.validation_code = validation_code
  return rest
}

/**
 * The output of `agreements.get`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/get-agreement/get
 */
export const AgreementSchema = v.pipe(
  looseObject({}),
  v.transform(normalizeAgreement),
  looseObject({
    /** Id of the agreement. */
    id: NonEmptySchema,
    /** `confirmed_by_user` (or `active`): the wallet can be charged. With any other status it cannot. */
    status: v.nullish(openString<AgreementStatus>()),
    /** When it was created, ISO 8601 UTC. */
    date_created: v.nullish(v.string()),
    /** When it was cancelled, ISO 8601 UTC; older pages spell it `date_cancelled`. */
    date_canceled: v.nullish(v.string()),
    /** When it expires, ISO 8601 UTC. */
    date_expire: v.nullish(v.string()),
    /** The code to exchange for a payer token, once the buyer has confirmed. Secret. */
    validation_code: v.nullish(v.string()),
    /** Address of Mercado Pago's page for a wallet that is already linked. */
    approval_uri: v.nullish(v.string()),
    /** The `return_uri` that was sent to `agreements.create`. */
    redirect_uri: v.nullish(v.string()),
    /** Your id of the linking flow, as sent. */
    external_flow_id: v.nullish(v.string()),
    /** Your id of the buyer and a label, as sent. */
    external_user: v.nullish(looseObject({ id: v.nullish(v.string()), description: v.nullish(v.string()) })),
    /** The amount in major units and the text, as sent. */
    agreement_data: v.nullish(
      looseObject({ validation_amount: v.nullish(ReceivedAmountSchema), description: v.nullish(v.string()) }),
    ),
    /** Site of the account, which stands for its country: MLA, MLB, … */
    site_id: v.nullish(v.string()),
    /** Id of your application; a string in Mercado Pago's OpenAPI file. */
    application_id: v.nullish(ReceivedIdSchema),
    /** Id of the seller's Mercado Pago user. */
    collector_id: v.nullish(ReceivedIdSchema),
    /** Version of the agreement API. */
    model_version: v.nullish(v.number()),
  }),
)

/**
 * The input of `agreements.createPayerToken`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
 */
export const CreatePayerTokenInputSchema = strictObject({
  /** Id of the agreement. */
  agreement_id: AgreementIdSchema,
  /** The code that came with the buyer's return, or `validation_code` of `agreements.get`. Secret; works once. */
  code: token(1024),
})

/**
 * The output of `agreements.createPayerToken`.
 * @see https://www.mercadopago.com.ar/developers/en/reference/online-payments/wallet-connect/generate-payer-token/post
 */
export const PayerTokenSchema = looseObject({
  /** Token that charges the wallet as long as the agreement is active. Secret: encrypt it at rest. */
  payer_token: NonEmptySchema,
})

/** The output of `agreements.cancel`: documented as an empty body. An object that comes instead is ignored. */
export const CancelledAgreementSchema = v.pipe(
  v.custom<object | undefined>((value) => value === undefined || /^{/.test(JSON.stringify(value)), 'must be empty'),
  v.transform((): undefined => undefined),
)

/** What `agreements.create` takes. */
export interface CreateAgreementInput extends v.InferInput<typeof CreateAgreementInputSchema> {}
/** The id of an agreement, as `agreements.get` and `agreements.cancel` take it. */
export interface AgreementReference extends v.InferInput<typeof AgreementReferenceSchema> {}
/** What `agreements.createPayerToken` takes besides the id. */
export interface CreatePayerTokenInput extends Omit<v.InferInput<typeof CreatePayerTokenInputSchema>, 'agreement_id'> {}
/** What `agreements.create` returns. */
export interface CreatedAgreement extends v.InferOutput<typeof CreatedAgreementSchema> {}
/** A buyer's permission to be charged. */
export interface Agreement extends v.InferOutput<typeof AgreementSchema> {}
/** What `agreements.createPayerToken` returns. */
export interface PayerToken extends v.InferOutput<typeof PayerTokenSchema> {}
