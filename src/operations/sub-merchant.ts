import * as v from 'valibot'
import { FiniteSchema } from '../schema/money.ts'
import { looseObject, strictObject } from '../schema/object.ts'

/** An id in a request, as a string or a number: sources show both forms. */
export const IdentifierSchema = v.union([v.string(), FiniteSchema])

/**
 * The merchant that a payment facilitator in Brazil charges for. Banco Central circular 3978 requires it there, with all
 * fields.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/submerchants.en.md
 */
export const SubMerchantSchema = strictObject({
  /** Your code of the sub-merchant; the guide sends a number, the reference a string. */
  sub_merchant_id: IdentifierSchema,
  /** Merchant category code of the final activity: 4 digits from the Abecs list. */
  mcc: v.string(),
  /** Country, ISO 3166 alpha-3: `BRA`. */
  country: v.string(),
  /** House number. */
  address_door_number: v.number(),
  /** Postal code (CEP). */
  zip: v.string(),
  /** CPF or CNPJ, digits only. */
  document_number: v.string(),
  /** City. */
  city: v.string(),
  /** Street. */
  address_street: v.string(),
  /** Registered name. */
  legal_name: v.string(),
  /** State, ISO 3166-2: `BR-MG`. */
  region_code_iso: v.string(),
  /** Region code. Documented as a postal code, but the sample shows a country code: `BR`. */
  region_code: v.string(),
  /** Kind of document: `CPF` or `CNPJ`. */
  document_type: v.string(),
  /** Phone number: a string in the guide, an object in the reference. */
  phone: v.union([v.string(), looseObject({})]),
  /** Address of the facilitator's website, without scheme. */
  url: v.string(),
})
