import { computed, signal } from '@preact/signals'
import type { AdvancedPayment, PreparedRequest } from 'mercadopago-wallet-connect'
import { type Item, type ProductId, totalOf } from '../../demo/catalogue.ts'
import { FAILED_STATUSES, type Me, type Order } from '../../demo/wire.ts'
import { ask } from '../ask.ts'
import { persistedSignal } from '../persisted-signal.ts'

/** A wallet that the buyer has linked. Its payer token is a handle that the proxy has sealed, worth nothing without a ticket. */
interface LinkedWallet {
  agreement_id: string
  payer_token: string
}

/** A coupon that Mercado Pago accepts. Only the discount made of it says what it is worth for a payment. */
interface AppliedCoupon {
  code: string
  type: string
  value: number
  cap: number
}

/** What the buyer pays, from the first press on. The shop stores order and request; this is the page's copy. */
export interface Purchase {
  order: Order
  request: PreparedRequest<'payments.create'>
  /** The payment, once it is known. */
  payment?: Pick<AdvancedPayment, 'id' | 'status'> & { detail?: string }
  /** True if no payment was made, and none will be. */
  isRefused?: boolean
}

export const cart = persistedSignal<Partial<Record<ProductId, number>>>('cart', { mate: 1 })
export const reserve = persistedSignal('reserve', false)
export const coupon = persistedSignal<AppliedCoupon | null>('coupon', null)
export const wallet = persistedSignal<LinkedWallet | null>('wallet', null)
export const purchase = persistedSignal<Purchase | null>('purchase', null)
/** Ids of the agreements that the buyer was sent to Mercado Pago for. */
export const asked = persistedSignal<string[]>('asked', [])
/** The request that exchanges a code, until it is answered. */
export const exchange = persistedSignal<PreparedRequest<'agreements.createPayerToken'> | null>('exchange', null)
/** The buyer, and the run of the emulator, that the stored values belong to. */
const owner = persistedSignal<Pick<Me, 'run' | 'buyer'> | null>('owner', null)

/** What the page is doing now. */
export const busy = signal<'linking' | 'unlinking' | 'coupon' | 'paying' | 'checking' | 'closing' | null>(null)

export type Problem = 'not_linked' | 'unlinked' | 'coupon' | 'price' | 'failed'
/** The last problem; its message is for the developer. */
export const problem = signal<{ kind: Problem; message?: string } | null>(null)

export const items = computed<Item[]>(() =>
  Object.entries(cart.value).flatMap(([id, quantity = 0]) => (quantity > 0 ? [{ id: id as ProductId, quantity }] : [])),
)
export const total = computed(() => totalOf(items.value))
/** The price with the coupon, as far as the page can compute it. */
export const price = computed(() => {
  if (!coupon.value) return total.value
  const { type, value, cap } = coupon.value
  const less = type === 'fixed' ? value : Math.round(total.value * value) / 100
  return toCents(total.value - Math.min(less, cap, total.value))
})

/** The amount that a request charges. */
export function chargeOf({ body }: PreparedRequest): number {
  const { transaction_amount, discount } = JSON.parse(body ?? '{}').wallet_payment
  return toCents(Number(transaction_amount) - Number(discount?.amount ?? 0))
}

const toCents = (amount: number): number => Math.round(amount * 100) / 100

/** True if nothing was paid: it can be tried again. */
export const hasFailed = ({ payment, isRefused }: Purchase): boolean =>
  isRefused || FAILED_STATUSES.includes(String(payment?.status))
/** True if the outcome is known. */
export const hasOutcome = ({ payment, isRefused }: Purchase): boolean => payment !== undefined || isRefused === true

export function showError(error: unknown): void {
  problem.value ??= { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
}

/** Does one thing at a time, and shows what goes wrong. */
export async function runExclusive(activity: NonNullable<typeof busy.value>, work: () => Promise<void>): Promise<void> {
  if (busy.value) return
  busy.value = activity
  problem.value = null
  try {
    await work()
  } catch (error) {
    showError(error)
  } finally {
    busy.value = null
  }
}

addEventListener('pageshow', ({ persisted }) => {
  if (persisted) busy.value = null
})

/** Does it in one tab at a time, too. */
export const withLock = (name: string, work: () => Promise<void>): Promise<void> =>
  navigator.locks.request(`wallet-connect-demo:${name}`, work).then(() => {})

/** Reads the session from the shop, and drops what is stored for another buyer or another run of the emulator. */
export async function refreshSession(): Promise<Me> {
  const me = await ask<Me>('/shop/me')
  const { run, buyer, order } = me
  if (owner.value?.run !== run || owner.value.buyer !== buyer) {
    coupon.value = null
    wallet.value = null
    asked.value = []
    exchange.value = null
    owner.value = { run, buyer }
  }
  const { request } = order ?? {}
  const isKnown = order?.id === purchase.value?.order.id && order?.attempt === purchase.value?.order.attempt
  if (!order || !request) purchase.value = null
  else if (!isKnown) purchase.value = { order, request }
  return me
}
