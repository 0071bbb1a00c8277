import { checkFields } from '../world/known-fields.ts'
import type { CouponRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'

/** A discount that a campaign gives. Amounts are major units. */
export interface CouponCampaign {
  /** The code that the buyer types; left out: the discount is given without a code. */
  code?: string
  type: 'percent' | 'fixed'
  /** A percentage, or major units. */
  value: number
  /** The maximum discount. Default 1 000 000, as in the reference: a payment has to repeat a cap. */
  cap?: number
  min_payment_amount?: number
  max_payment_amount?: number
  /** A text for the buyer. */
  description?: string
  /** The result of validating it; `invalid` is a coupon that has expired. Default `success`. */
  status?: 'success' | 'pending' | 'invalid'
  /** How many payments can use it; any number if left out. */
  uses?: number
}

/** The campaigns that the seller has agreed on with Mercado Pago. */
export interface Coupons {
  /** @throws {TypeError} a field has a value that cannot be used, or the code is taken */
  add(coupon: CouponCampaign): void
  /** Withdraws the coupons with a code, or those without one. Existing promises stay valid. */
  remove(code?: string): void
}

const FIRST_CAMPAIGN_ID = 10_580_513
const NO_CAP = 1_000_000
const STATUSES = ['success', 'pending', 'invalid']
const FIELDS = ['code', 'type', 'value', 'cap', 'min_payment_amount', 'max_payment_amount', 'description', 'status', 'uses']

export function createCoupons(world: () => World): Coupons {
  return {
    add: (coupon) => void world().state.coupons.push(readCoupon(world(), coupon)),
    remove(code) {
      for (const coupon of world().state.coupons) if (coupon.code === (code ?? null)) coupon.removed = true
    },
  }
}

/** The record of a campaign. @throws {TypeError} a field has a value that cannot be used, or the code is taken */
function readCoupon({ state, toMinor }: World, coupon: CouponCampaign): CouponRecord {
  checkFields('A coupon', coupon, FIELDS)
  const minor = (name: 'value' | 'cap' | 'min_payment_amount' | 'max_payment_amount'): number | null => {
    const value = coupon[name]
    if (value === undefined) return null
    const amount = toMinor(value)
    if (amount === undefined || amount < 0) throw new TypeError(`${name} must be an amount of this site`)
    return amount
  }
  const { code = null, type, value, description = 'A discount', status = 'success', uses = null } = coupon
  if (type !== 'percent' && type !== 'fixed') throw new TypeError('type must be percent or fixed')
  if (!(typeof value === 'number' && value > 0)) throw new TypeError('value must be a number above 0')
  if (type === 'percent' && value > 100) throw new TypeError('value must be at most 100 percent')
  if ((minor('min_payment_amount') ?? 0) > (minor('max_payment_amount') ?? Number.POSITIVE_INFINITY)) {
    throw new TypeError('min_payment_amount must not be above max_payment_amount')
  }
  if (!(uses === null || (Number.isInteger(uses) && uses >= 0))) throw new TypeError('uses must be a whole number')
  if (!STATUSES.includes(status)) throw new TypeError('status must be success, pending or invalid')
  if (code === '') throw new TypeError('code must not be empty')
  if (code !== null && state.coupons.some((each) => each.code === code && !each.removed)) {
    throw new TypeError(`There is already a coupon ${code}`)
  }
  return {
    campaignId: FIRST_CAMPAIGN_ID + state.coupons.length,
    code,
    type,
    value: type === 'percent' ? value : (minor('value') ?? 0),
    cap: minor('cap') ?? toMinor(NO_CAP) ?? 0,
    min: minor('min_payment_amount'),
    max: minor('max_payment_amount'),
    description,
    status,
    left: uses,
    removed: false,
  }
}
