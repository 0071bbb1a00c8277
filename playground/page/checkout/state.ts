import { computed, signal } from '@preact/signals'
import type { AdvancedPayment, PreparedRequest } from 'mercadopago-wallet-connect'
import { type Item, type ProductId, totalOf } from '../../demo/catalogue.ts'
import { CAME_TO_NOTHING, type Me, type Order } from '../../demo/wire.ts'
import { ask } from '../ask.ts'
import { persistedSignal } from '../persisted-signal.ts'

/** A wallet that the buyer has linked. The payer token is a handle that the proxy has sealed: it pays nothing without a ticket. */
interface Wallet {
  agreement_id: string
  payer_token: string
}

/** A coupon that Mercado Pago takes. What it is worth for a payment, only its promise says. */
interface Coupon {
  code: string
  type: string
  value: number
  cap: number
}

/** What the buyer pays, from the first press on. The shop keeps order and request; this is what the page has seen of it. */
export interface Purchase {
  order: Order
  request: PreparedRequest<'payments.create'>
  /** What became of it. */
  payment?: Pick<AdvancedPayment, 'id' | 'status'> & { detail?: string }
  /** No payment came of it, and none will. */
  isRefused?: boolean
}

export const cart = persistedSignal<Partial<Record<ProductId, number>>>('cart', { mate: 1 })
export const reserve = persistedSignal('reserve', false)
export const coupon = persistedSignal<Coupon | null>('coupon', null)
export const wallet = persistedSignal<Wallet | null>('wallet', null)
export const purchase = persistedSignal<Purchase | null>('purchase', null)
/** Agreements that the buyer was sent to Mercado Pago for. */
export const asked = persistedSignal<string[]>('asked', [])
/** A code that is being exchanged. */
export const exchange = persistedSignal<PreparedRequest<'agreements.createPayerToken'> | null>('exchange', null)
/** Whose all this is. */
const owner = persistedSignal<Pick<Me, 'run' | 'buyer'> | null>('owner', null)

/** What is being done now. */
export const busy = signal<'linking' | 'unlinking' | 'coupon' | 'paying' | 'checking' | 'closing' | null>(null)

export type Problem = 'not_linked' | 'unlinked' | 'coupon' | 'price' | 'failed'
/** What went wrong last; the words are for the developer. */
export const problem = signal<{ kind: Problem; words?: string } | null>(null)

export const items = computed<Item[]>(() =>
  Object.entries(cart.value).flatMap(([id, quantity = 0]) => (quantity > 0 ? [{ id: id as ProductId, quantity }] : [])),
)
export const total = computed(() => totalOf(items.value))
/** What the buyer is asked to pay, as far as the shop can tell. */
export const price = computed(() => {
  if (!coupon.value) return total.value
  const { type, value, cap } = coupon.value
  const less = type === 'fixed' ? value : Math.round(total.value * value) / 100
  return toCents(total.value - Math.min(less, cap, total.value))
})

/** What a request charges. */
export function chargeOf({ body }: PreparedRequest): number {
  const { transaction_amount, discount } = JSON.parse(body ?? '{}').wallet_payment
  return toCents(Number(transaction_amount) - Number(discount?.amount ?? 0))
}

const toCents = (amount: number): number => Math.round(amount * 100) / 100

/** Did this come to nothing? Then it can be tried again. */
export const isNothing = ({ payment, isRefused }: Purchase): boolean =>
  isRefused || CAME_TO_NOTHING.includes(String(payment?.status))
/** Is it known what became of it? */
export const isSettled = ({ payment, isRefused }: Purchase): boolean => payment !== undefined || isRefused === true

export function tell(error: unknown): void {
  problem.value ??= { kind: 'failed', words: error instanceof Error ? error.message : String(error) }
}

/** One thing at a time; what goes wrong is told. */
export async function runExclusive(what: NonNullable<typeof busy.value>, work: () => Promise<void>): Promise<void> {
  if (busy.value) return
  busy.value = what
  problem.value = null
  try {
    await work()
  } catch (error) {
    tell(error)
  } finally {
    busy.value = null
  }
}

addEventListener('pageshow', ({ persisted }) => {
  if (persisted) busy.value = null
})

/** One tab at a time, too. */
export const withLock = (what: string, work: () => Promise<void>): Promise<void> =>
  navigator.locks.request(`wallet-connect-demo:${what}`, work).then(() => {})

/** What the shop knows. What was kept for somebody else, or of another life of the emulator, is of no use. */
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
