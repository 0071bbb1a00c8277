import {
  type AdvancedPayment,
  isFinal,
  type PreparedRequest,
  prepare,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from 'mercadopago-wallet-connect'
import type { Order } from '../../demo/wire.ts'
import { ask, BackendError } from '../ask.ts'
import { dropEndedWallet, handleReturn } from './link.ts'
import { proxyWith, wallets } from './proxy.ts'
import {
  busy,
  chargeOf,
  coupon,
  hasFailed,
  hasOutcome,
  items,
  type Purchase,
  price,
  problem,
  purchase,
  refreshSession,
  reserve,
  runExclusive,
  showError,
  wallet,
  withLock,
} from './state.ts'

/** What the button showed when the buyer pressed it, which is what the buyer agreed to. */
const currentOffer = () => ({ payer_token: wallet.value?.payer_token ?? '', code: coupon.value?.code, price: price.value })
type Offer = ReturnType<typeof currentOffer>

/** Thrown if the promised discount makes another price than the buyer has seen. */
class PriceError extends Error {}

/** Pays the cart once, even if the buyer pays in several tabs. */
export function pay(): Promise<void> {
  const seen = currentOffer()
  const cart = { items: items.value, reserve: reserve.value }
  return paying(async () => {
    const order = await ask<Order>('/shop/orders', cart)
    await send(order, order.request ?? (await prepareFor(order, seen)))
  })
}

/** Tries again after a payment that failed, with a new key. The shop checks that it did fail. */
export function payAgain({ order, request }: Purchase): Promise<void> {
  const seen = { ...currentOffer(), price: chargeOf(request) }
  return paying(async () => {
    const next = await ask<Order>(`/shop/orders/${order.id}/retry`, { after: order.attempt })
    await send(next, next.request ?? (await prepareFor(next, seen)))
  })
}

const paying = (work: () => Promise<void>): Promise<void> =>
  runExclusive('paying', () =>
    withLock('pay', () =>
      work().catch(async (error) => {
        if (error instanceof PriceError) {
          coupon.value = null
          problem.value = { kind: 'price' }
        } else if (!(error instanceof RefusedError && (await dropEndedWallet()))) throw error
      }),
    ),
  )

async function prepareFor(
  { id, amount, reserve, idempotency_key }: Order,
  seen: Offer,
): Promise<PreparedRequest<'payments.create'>> {
  const discount = await createDiscount(amount, seen)
  const wallet_payment = { transaction_amount: amount, description: id, external_reference: id, ...(discount && { discount }) }
  const payment = { wallet_payment, payer: { token: seen.payer_token }, ...(reserve && { capture: false }) }
  const request = prepare('payments.create', payment, { idempotencyKey: idempotency_key, site: 'MLA' })
  if (chargeOf(request) !== seen.price) throw new PriceError()
  return request
}

/** Creates the coupon's discount, in the form that a payment has to repeat. */
async function createDiscount(amount: number, { payer_token, code }: Offer) {
  if (code === undefined) return undefined
  const { discount } = await wallets.discounts.create({ payer_token, amount, coupon: code })
  const { value, cap, type } = discount.detail ?? {}
  if (discount.amount === undefined || value == null || cap == null || !type) return undefined
  return { amount: discount.amount, description: code, code, detail: { value, cap, type } }
}

/** Sends a request until its outcome is known. The repeats are made here, so that the buyer sees them. */
async function send(order: Order, prepared: PreparedRequest<'payments.create'>): Promise<void> {
  purchase.reread()
  const { value: known } = purchase
  // Another tab was faster.
  if (known && known.order.id === order.id && known.order.attempt === order.attempt && hasOutcome(known)) return
  // The request that the shop stored first for this attempt is the one that counts.
  const stored = await ask<{ order: Order; ticket: string }>(`/shop/orders/${order.id}/ticket`, { request: prepared })
  const request = stored.order.request ?? prepared
  purchase.value = { order: stored.order, request }
  let { ticket } = stored
  for (;;) {
    const answer = await proxyWith(ticket, 0).send(request).catch(asRepeatable)
    if (purchase.value?.order.id !== order.id) return
    if (!(answer instanceof Error)) {
      purchase.value = { order: stored.order, request, payment: shown(answer.data) }
      return
    }
    // The proxy refuses an expired ticket without a code, which says nothing about the payment.
    const isTicketExpired = answer instanceof RefusedError && answer.status === 401 && answer.apiCode === undefined
    if (answer instanceof RefusedError && !isTicketExpired) return refuse({ order: stored.order, request })
    busy.value = 'checking'
    await Promise.race([sleep(answer.retryAfterMs), new Promise<void>((resolve) => (wake = resolve))])
    if (purchase.value?.order.id !== order.id) return
    ticket = await freshTicket(order, request).catch(() => ticket)
  }
}

/**
 * Returns a refusal, or an error after which the payment may have been made: then only the same request, sent again, can find
 * out, and it cannot pay twice, because the proxy's ledger has it under its key. Anything else is a defect, and is thrown.
 */
function asRepeatable(error: unknown): RefusedError | (Error & { retryAfterMs?: number | undefined }) {
  if (error instanceof RefusedError || error instanceof UnavailableError || error instanceof UnknownOutcomeError) return error
  throw error
}

const freshTicket = async ({ id }: Order, request: PreparedRequest): Promise<string> =>
  (await ask<{ ticket: string }>(`/shop/orders/${id}/ticket`, { request })).ticket

const sleep = (ms = 1_000): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(ms, 500), 10_000)))

/** Records a refusal: the ledger says that nothing was paid under this key. Often the wallet is no longer linked. */
async function refuse(refused: Purchase): Promise<void> {
  purchase.value = { ...refused, isRefused: true }
  await dropEndedWallet()
}

const shown = ({ id, status, payments }: AdvancedPayment): NonNullable<Purchase['payment']> => {
  const detail = payments?.[0]?.status_detail
  return { id, status, ...(detail && { detail }) }
}

/** Reads the payment again: the seller may have captured, cancelled or refunded it. */
export async function refresh(): Promise<void> {
  const { order, request, payment } = purchase.value ?? {}
  if (!order || !request || !payment) return
  const now = shown(await proxyWith(await freshTicket(order, request)).payments.get(payment.id))
  if (purchase.value?.payment?.id === payment.id) purchase.value = { order, request, payment: now }
}

/** Closes the purchase, so that something else can be bought. */
export const startOver = (): Promise<void> => runExclusive('closing', () => closeOrder(false))

/** Stops waiting for the outcome. What was sent may still be charged, once, and the ledger goes on finding out. */
export async function leave(): Promise<void> {
  await closeOrder(true).catch(showError)
  wake()
}

/** Ends the wait of `send`. */
let wake = (): void => {}

async function closeOrder(isUnknown: boolean): Promise<void> {
  const { order } = purchase.value ?? {}
  try {
    if (order) await ask(`/shop/orders/${order.id}/close`, { isUnknown })
  } catch (error) {
    // The shop does not have it any more.
    if (!(error instanceof BackendError && error.status === 404)) throw error
  }
  purchase.value = null
  coupon.value = null
  // The button that was pressed is gone.
  requestAnimationFrame(() => document.getElementById('cart')?.focus())
}

/** Continues what an earlier page began: a return from Mercado Pago, a payment without an outcome, one that can still change. */
export async function resume(): Promise<void> {
  await refreshSession()
  await handleReturn()
  const { value } = purchase
  if (!value) return
  if (!hasOutcome(value)) await paying(() => send(value.order, value.request))
  else if (!hasFailed(value) && !isFinal(value.payment ?? {})) await refresh()
}
