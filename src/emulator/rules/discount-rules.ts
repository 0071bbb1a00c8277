import { isObject, type Json } from '../world/json.ts'
import type { AppliedDiscount, CouponRecord, PromiseRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { findPayer } from './agreement-rules.ts'
import { ApiError, agreementError } from './api-error.ts'

const CURRENCIES = { MLA: 'ARS', MLB: 'BRL', MLC: 'CLP', MCO: 'COP', MLM: 'MXN', MPE: 'PEN', MLU: 'UYU' }

const termsOf = ({ campaignId }: CouponRecord): string =>
  `https://api.mercadopago.com/v2/discounts/campaign/${campaignId}/terms/html`

/** `POST /v2/wallet_connect/coupons`: a coupon that cannot be used is no error, but `invalid`. */
export function validateCoupon(world: World, body: Json, payerToken: string | null): object {
  requirePayer(world, payerToken)
  if (typeof body.id !== 'string' || body.id.trim() === '') throw agreementError(400, 'Invalid coupon_id.')
  const [coupon] = couponsOf(world, body.id)
  if (!coupon || coupon.status === 'invalid' || coupon.left === 0) return { status: 'invalid' }
  const { couponDetail, couponPercentName } = world.rules
  const { min, max } = coupon
  const detail = {
    ...discountDetail(world, coupon, couponPercentName),
    ...(min !== null && { min_payment_amount: world.print(min) }),
    ...(max !== null && { max_payment_amount: world.print(max) }),
  }
  return {
    status: coupon.status,
    description: coupon.description,
    legal_terms: termsOf(coupon),
    ...(couponDetail !== 'details' && { detail }),
    ...(couponDetail !== 'detail' && { details: detail }),
  }
}

/** The value, type and cap of a discount, as coupons and promises show them. */
const discountDetail = ({ print }: World, { type, value, cap }: CouponRecord, percent: string): Json => ({
  value: type === 'percent' ? value : print(value),
  type: type === 'percent' ? percent : 'fixed',
  cap: print(cap),
})

function requirePayer(world: World, payerToken: string | null) {
  const agreement = findPayer(world, payerToken)
  if (!agreement) throw agreementError(400, 'Invalid payer token.')
  return agreement
}

/** The coupons with a code, or those that are given without one. */
const couponsOf = ({ state }: World, code: string | null): CouponRecord[] =>
  state.coupons.filter((coupon) => coupon.code === code && !coupon.removed)

/**
 * `POST /v2/wallet_connect/discounts`: reserves the discount for this buyer and amount.
 *
 * `isGuidePath`: the request came to the path of the guide, which has its own error for an unknown coupon.
 */
export function createDiscount(
  world: World,
  body: Json,
  { payerToken, isGuidePath }: { payerToken: string | null; isGuidePath: boolean },
): object {
  const { amount, coupon: code = null } = body
  const agreement = requirePayer(world, payerToken)
  if (amount === undefined || amount === null) throw agreementError(400, 'transaction_amount must not be null.')
  if (typeof amount === 'number' && amount <= 0) throw agreementError(400, 'transaction_amount must be greater than 0')
  const minor = world.toMinor(amount)
  if (minor === undefined) throw agreementError(400, 'Invalid amount in discount.')
  if (code !== null && (typeof code !== 'string' || code === '')) throw agreementError(400, 'Invalid coupon in discount.')
  const candidates = couponsOf(world, code).filter(({ status }) => status !== 'invalid')
  if (code !== null && candidates.length === 0) {
    if (isGuidePath) throw agreementError(404, 'Not found manual input code')
    throw agreementError(400, 'Invalid coupon in discount.')
  }
  const promise = findOrCreatePromise(world, candidates, { agreementId: agreement.id, typed: code !== null, amount: minor })
  const coupon = promise && world.state.coupons[promise.coupon]
  const base = { transaction_amount: world.print(minor), currency_id: CURRENCIES[world.rules.site] }
  if (!promise || !coupon) return { ...base, discount: {} }
  const { legalTerms, promisePercentName } = world.rules
  const legal_terms = termsOf(coupon)
  return {
    ...base,
    ...(legalTerms !== 'inside' && { legal_terms }),
    discount: {
      amount: world.print(promise.discount),
      detail: discountDetail(world, coupon, promisePercentName),
      ...(legalTerms !== 'top' && { legal_terms }),
    },
  }
}

/** The existing promise for this buyer and amount, extended; else a new one with the largest discount. */
function findOrCreatePromise(
  world: World,
  candidates: CouponRecord[],
  { agreementId, typed, amount }: Pick<PromiseRecord, 'agreementId' | 'typed' | 'amount'>,
): PromiseRecord | undefined {
  const { state } = world
  const existing = state.promises.find(
    (promise) =>
      promise.agreementId === agreementId &&
      promise.amount === amount &&
      promise.typed === typed &&
      candidates.some((coupon) => coupon === state.coupons[promise.coupon]),
  )
  if (existing) {
    keepPromise(world, existing)
    return existing
  }
  const applicable = candidates
    .filter(({ left, min, max }) => left !== 0 && amount >= (min ?? 0) && amount <= (max ?? amount))
    .map((coupon) => ({ coupon, discount: sizeOf(world, coupon, amount) }))
    .filter(({ discount }) => discount > 0)
    .sort((a, b) => b.discount - a.discount)
  const [best] = applicable
  if (!best) return undefined
  const { coupon, discount } = best
  if (coupon.left !== null) coupon.left -= 1
  const token = world.random.uuid()
  const index = state.coupons.indexOf(coupon)
  const promise: PromiseRecord = { id: world.nextId(), token, agreementId, coupon: index, typed, amount, discount, since: 0 }
  state.promises.push(promise)
  world.record({ kind: 'discount_promised', agreement_id: agreementId, amount: world.toMajor(discount) })
  keepPromise(world, promise)
  return promise
}

/** The discount on an amount: never more than the cap or the amount. */
function sizeOf({ rules }: World, { type, value, cap }: CouponRecord, amount: number): number {
  const round = rules.discountRounding === 'half_up' ? Math.round : Math.floor
  // 15 digits: 1.15 % of 30.00 is 34.5 cents, but slightly less in binary floating point.
  const size = type === 'fixed' ? value : round(Number(((amount * value) / 100).toPrecision(15)))
  return Math.min(size, cap, amount)
}

/** Starts the time for which a promise is kept: at its creation, when it is requested again, when its payment fails. */
export function keepPromise(world: World, promise: PromiseRecord): void {
  promise.since = world.state.now
  world.schedule(lifetimeOf(world, promise), { kind: 'release_promise', promise: promise.id })
}

const lifetimeOf = ({ rules }: World, { typed }: PromiseRecord): number =>
  typed ? rules.couponPromiseReleaseMs : rules.promiseReleaseMs

/** Releases a promise, unless it was extended in the meantime. */
export function releasePromise(world: World, id: number): void {
  const { state } = world
  const promise = state.promises.find((each) => each.id === id)
  if (!promise || state.now < promise.since + lifetimeOf(world, promise)) return
  state.promises.splice(state.promises.indexOf(promise), 1)
  giveBack(world, promise.coupon)
  world.record({ kind: 'discount_released', agreement_id: promise.agreementId, amount: world.toMajor(promise.discount) })
}

/** Allows one more use of a coupon. */
export function giveBack({ state }: World, index: number): void {
  const coupon = state.coupons[index]
  if (coupon && coupon.left !== null) coupon.left += 1
}

/**
 * The promise that a payment refers to; undefined for a payment without discount.
 *
 * @throws {ApiError} 400136: there is no such promise, or the payment changes it
 */
export function findPromise(world: World, agreementId: string, amount: number, sent: unknown): PromiseRecord | undefined {
  if (sent === undefined || sent === null) return undefined
  if (!isObject(sent)) throw discountMismatch()
  if (Object.keys(sent).length === 0) return undefined
  const { state } = world
  const promise = state.promises.find((each) => {
    const coupon = state.coupons[each.coupon]
    const code = each.typed ? coupon?.code : null
    const isSame = each.agreementId === agreementId && each.amount === amount && code === (sent.code ?? null)
    return isSame && coupon !== undefined && repeats(world, each, coupon, sent)
  })
  if (promise) return promise
  throw discountMismatch()
}

function repeats(world: World, { discount }: PromiseRecord, coupon: CouponRecord, sent: Json): boolean {
  if (typeof sent.description !== 'string' || !isObject(sent.detail)) return false
  // Amounts that responses show as text may be sent as text.
  const read = (amount: unknown) => (world.rules.amounts === 'string' && typeof amount === 'string' ? Number(amount) : amount)
  const { type } = sent.detail
  const [amount, value, cap] = [read(sent.amount), read(sent.detail.value), read(sent.detail.cap)]
  const isType = coupon.type === 'fixed' ? type === 'fixed' : ['percent', 'percentage', 'percentual'].includes(String(type))
  const promisedValue = coupon.type === 'percent' ? coupon.value : world.toMajor(coupon.value)
  return isType && amount === world.toMajor(discount) && value === promisedValue && cap === world.toMajor(coupon.cap)
}

/** The error for a discount that does not match its promise, which has its own format. */
const discountMismatch = (): ApiError => {
  const description = "discount doesn't exist or amount is incorrect"
  const cause = [{ code: 400136, description, data: null }]
  return new ApiError(400, { error: 'bad_request', message: description, status: 400, cause })
}

/** Uses up the promise for a payment that takes or holds money. */
export function usePromise({ state }: World, promise: PromiseRecord, sent: Json): AppliedDiscount {
  state.promises.splice(state.promises.indexOf(promise), 1)
  return { coupon: promise.coupon, amount: promise.discount, token: promise.token, sent }
}

/** Gives the coupon of a payment back after a while, when the payment is cancelled or rejected later. */
export function returnDiscount(world: World, { coupon }: AppliedDiscount): void {
  const delayMs = world.state.coupons[coupon]?.code === null ? world.rules.promiseReleaseMs : world.rules.couponPromiseReleaseMs
  world.schedule(delayMs, { kind: 'give_back_coupon', coupon })
}
