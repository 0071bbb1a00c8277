import * as v from 'valibot'
import { FiniteSchema } from '../schema/money.ts'

/** An id that is sent: sources show both forms. */
export const IdentifierSchema = v.union([v.string(), FiniteSchema])

/**
 * Whom a payment facilitator in Brazil charges for; required there by Banco Central circular 3978, all fields of it.
 * @see https://github.com/mercadopago/devsite-docs/blob/main/guides/wallet-connect/submerchants.en.md
 */
export const SubMerchantSchema = v.strictObject({
  /** Your code of the sub-merchant; the guide sends a number, the reference a string. */
  sub_merchant_id: IdentifierSchema,
  /** Merchant category code of the final activity, 4 digits of the Abecs list. */
  mcc: v.string(),
  /** ISO 3166 alpha-3, `BRA`. */
  country: v.string(),
  /** House number. */
  address_door_number: v.number(),
  /** Postal code (CEP). */
  zip: v.string(),
  /** CPF or CNPJ, digits. */
  document_number: v.string(),
  /** City. */
  city: v.string(),
  /** Street. */
  address_street: v.string(),
  /** Registered name. */
  legal_name: v.string(),
  /** State, ISO 3166-2, `BR-MG`. */
  region_code_iso: v.string(),
  /** Described as postal code, the sample is a country code: `BR`. */
  region_code: v.string(),
  /** `CPF` or `CNPJ`. */
  document_type: v.string(),
  /** Text in the guide, an object in the reference. */
  phone: v.union([v.string(), v.looseObject({})]),
  /** The facilitator's site, without scheme. */
  url: v.string(),
})
