import type { CouponCampaign, EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { start } from './raw-emulator.ts'

export const coupons = '/v2/wallet_connect/coupons'
export const discounts = '/v2/wallet_connect/discounts'
export const guidePath = '/v2/wallet_connect/payment/discounts'
export const HOUR_MS = 3_600_000

export const tenth: CouponCampaign = { code: 'TEN', type: 'percent', value: 10, cap: 1_000 }
export const fifty: CouponCampaign = { code: 'FIFTY', type: 'fixed', value: 50, cap: 50 }
export const automatic: CouponCampaign = { type: 'percent', value: 10, cap: 1_000 }

export interface PromisedDiscount {
  transaction_amount: number
  currency_id: string
  legal_terms?: string
  discount: { amount?: number; detail?: object }
}

/** A linked buyer in a shop with these campaigns. */
export async function shop(campaigns: CouponCampaign[] = [], options: EmulatorOptions = {}) {
  const started = start(options)
  for (const coupon of campaigns) started.emulator.coupons.add(coupon)
  const { token, id } = await started.link()

  const validate = (code: unknown, payer = token) => started.call('POST', coupons, { id: code }, { 'x-payer-token': payer })
  const promise = (amount: unknown, coupon?: unknown, { payer = token, path = discounts } = {}) =>
    started.call<PromisedDiscount>('POST', path, { amount, coupon }, { 'x-payer-token': payer })
  const payWith = (
    amount: number,
    discount: unknown,
    { payer = token, ...more }: { payer?: string } & object = {},
    key?: string,
  ) => started.pay(payer, amount, { wallet: { discount }, ...more }, key)
  /** Requests a promise and creates a payment with it. */
  const payPromised = async (amount: number, code?: string, more: object = {}) =>
    payWith(amount, repeated((await promise(amount, code)).body, code), more)

  return { ...started, token, id, validate, promise, payWith, payPromised }
}

/** A promise in the form in which a payment repeats it. */
export const repeated = ({ discount }: PromisedDiscount, code?: string): object => ({
  ...discount,
  description: 'A discount',
  code: code ?? null,
})
