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
import { AskError, ask } from '../ask.ts'
import { comeBack, dropEndedWallet } from './link.ts'
import { proxyWith, wallets } from './proxy.ts'
import {
  busy,
  chargeOf,
  coupon,
  isNothing,
  isSettled,
  items,
  type Purchase,
  price,
  problem,
  purchase,
  refreshSession,
  reserve,
  runExclusive,
  tell,
  wallet,
  withLock,
} from './state.ts'

/** What was on the button when the buyer pressed it: that is wanted, whatever changes meanwhile. */
const seenNow = () => ({ payer_token: wallet.value?.payer_token ?? '', code: coupon.value?.code, price: price.value })
type Seen = ReturnType<typeof seenNow>

/** The promise of Mercado Pago makes another price than the buyer has seen. */
class PriceError extends Error {}

/** Pays the cart once, in whichever tab. */
export function pay(): Promise<void> {
  const seen = seenNow()
  const wish = { items: items.value, reserve: reserve.value }
  return paying(async () => {
    const order = await ask<Order>('/shop/orders', wish)
    await send(order, order.request ?? (await prepareFor(order, seen)))
  })
}

/** Another try after one that came to nothing: a new wish, with a key of its own. The shop makes sure that it did. */
export function payAgain({ order, request }: Purchase): Promise<void> {
  const seen = { ...seenNow(), price: chargeOf(request) }
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
  seen: Seen,
): Promise<PreparedRequest<'payments.create'>> {
  const discount = await promised(amount, seen)
  const wallet_payment = { transaction_amount: amount, description: id, external_reference: id, ...(discount && { discount }) }
  const payment = { wallet_payment, payer: { token: seen.payer_token }, ...(reserve && { capture: false }) }
  const request = prepare('payments.create', payment, { idempotencyKey: idempotency_key, site: 'MLA' })
  if (chargeOf(request) !== seen.price) throw new PriceError()
  return request
}

/** The discount of the coupon, as a payment has to repeat it. */
async function promised(amount: number, { payer_token, code }: Seen) {
  if (code === undefined) return undefined
  const { discount } = await wallets.discounts.create({ payer_token, amount, coupon: code })
  const { value, cap, type } = discount.detail ?? {}
  if (discount.amount === undefined || value == null || cap == null || !type) return undefined
  return { amount: discount.amount, description: code, code, detail: { value, cap, type } }
}

/** Sends a request until it is known what became of it. The repeats are made here, so that the buyer is told of them. */
async function send(order: Order, wanted: PreparedRequest<'payments.create'>): Promise<void> {
  purchase.reread()
  const { value: known } = purchase
  // Another tab was faster.
  if (known && known.order.id === order.id && known.order.attempt === order.attempt && isSettled(known)) return
  // The first request that the shop has kept of this try is the one that counts.
  const kept = await ask<{ order: Order; ticket: string }>(`/shop/orders/${order.id}/ticket`, { request: wanted })
  const request = kept.order.request ?? wanted
  purchase.value = { order: kept.order, request }
  let { ticket } = kept
  for (;;) {
    const answer = await proxyWith(ticket, 0).send(request).catch(notTelling)
    if (purchase.value?.order.id !== order.id) return
    if (!(answer instanceof Error)) {
      purchase.value = { order: kept.order, request, payment: shown(answer.data) }
      return
    }
    // The proxy refuses a worn out ticket without a code: that says nothing of the payment.
    const isTicketsFault = answer instanceof RefusedError && answer.status === 401 && answer.apiCode === undefined
    if (answer instanceof RefusedError && !isTicketsFault) return refuse({ order: kept.order, request })
    busy.value = 'checking'
    await Promise.race([sleep(answer.retryAfterMs), new Promise<void>((resolve) => (wake = resolve))])
    if (purchase.value?.order.id !== order.id) return
    ticket = await freshTicket(order, request).catch(() => ticket)
  }
}

/**
 * A refusal, or an error after which it may be paid: then only the same request, sent again, can tell, and it cannot pay
 * twice, since the proxy's ledger has it under its key. Anything else is a defect, and no repeat would mend it.
 */
function notTelling(error: unknown): RefusedError | (Error & { retryAfterMs?: number | undefined }) {
  if (error instanceof RefusedError || error instanceof UnavailableError || error instanceof UnknownOutcomeError) return error
  throw error
}

const freshTicket = async ({ id }: Order, request: PreparedRequest): Promise<string> =>
  (await ask<{ ticket: string }>(`/shop/orders/${id}/ticket`, { request })).ticket

const sleep = (ms = 1_000): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(ms, 500), 10_000)))

/** Nothing was paid: the ledger says so of the key, whatever was sent before. Often the wallet is linked no more. */
async function refuse(refused: Purchase): Promise<void> {
  purchase.value = { ...refused, isRefused: true }
  await dropEndedWallet()
}

const shown = ({ id, status, payments }: AdvancedPayment): NonNullable<Purchase['payment']> => {
  const detail = payments?.[0]?.status_detail
  return { id, status, ...(detail && { detail }) }
}

/** What has become of a payment since: captured, cancelled or refunded by the seller. */
export async function refresh(): Promise<void> {
  const { order, request, payment } = purchase.value ?? {}
  if (!order || !request || !payment) return
  const now = shown(await proxyWith(await freshTicket(order, request)).payments.get(payment.id))
  if (purchase.value?.payment?.id === payment.id) purchase.value = { order, request, payment: now }
}

/** Puts the purchase away, to buy something else. */
export const startOver = (): Promise<void> => runExclusive('closing', () => putAway(false))

/** Does not wait until it is known. What was sent may still be charged, once, and the ledger goes on asking. */
export async function leave(): Promise<void> {
  await putAway(true).catch(tell)
  wake()
}

/** Ends the wait of `send`. */
let wake = (): void => {}

async function putAway(isUnknown: boolean): Promise<void> {
  const { order } = purchase.value ?? {}
  try {
    if (order) await ask(`/shop/orders/${order.id}/close`, { isUnknown })
  } catch (error) {
    // The shop does not know it any more.
    if (!(error instanceof AskError && error.status === 404)) throw error
  }
  purchase.value = null
  coupon.value = null
  // The button that was pressed is gone.
  requestAnimationFrame(() => document.getElementById('cart')?.focus())
}

/** Goes on with what an earlier page has begun: the return from Mercado Pago, a payment in the middle, one to be captured. */
export async function resume(): Promise<void> {
  await refreshSession()
  await comeBack()
  const { value } = purchase
  if (!value) return
  if (!isSettled(value)) await paying(() => send(value.order, value.request))
  else if (!isNothing(value) && !isFinal(value.payment ?? {})) await refresh()
}
