import { isObject } from '../world/json.ts'
import type { World } from '../world/world.ts'
import { paymentError } from './api-error.ts'

const FIELDS = [
  'sub_merchant_id',
  'mcc',
  'country',
  'address_door_number',
  'zip',
  'document_number',
  'city',
  'address_street',
  'legal_name',
  'region_code_iso',
  'region_code',
  'document_type',
  'phone',
  'url',
]

/** @throws {ApiError} a payment facilitator in Brazil does not name the merchant behind a payment, with every field */
export function checkSubMerchant({ rules }: World, forwardData: unknown): void {
  if (!rules.facilitator || rules.site !== 'MLB') return
  const subMerchant = isObject(forwardData) && isObject(forwardData.sub_merchant) ? forwardData.sub_merchant : {}
  const missing = FIELDS.find((name) => subMerchant[name] === undefined || subMerchant[name] === null || subMerchant[name] === '')
  if (missing) throw paymentError(400, `Field sub_merchant.${missing} is required.`)
}
