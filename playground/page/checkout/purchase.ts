import { computed, signal } from '@preact/signals'
import {
  type AdvancedPayment,
  createWalletConnect,
  isApproved,
  type OperationInput,
  type PreparedRequest,
  RefusedError,
  UnavailableError,
} from 'mercadopago-wallet-connect'
import { type Item, type ProductId, totalOf } from '../../demo/catalogue.ts'
import type { Order } from '../../demo/wire.ts'
import { AskError, ask } from '../ask.ts'
import { kept } from '../kept.ts'

/** A wallet that the buyer has linked. The payer token is a handle that the proxy has sealed: it pays nothing without a ticket. */
interface Wallet {
  agreement_id: string
  payer_token: string
}

/** What the buyer wants, from the moment of "pay" on. Kept before anything is sent, so that nothing is sent twice. */
export interface Purchase {
  order: Order
  /** The very request: whoever sends it again, sends the same key and the same bytes. */
  prepared?: PreparedRequest<'payments.create'>
  /** What became of it. */
  payment?: Pick<AdvancedPayment, 'id' | 'status'> & { detail?: string; charged?: number }
  /** It certainly did not happen: why, in Mercado Pago's words. */
  refusal?: string
}

export type Problem = 'not_linked' | 'unlinked' | 'coupon' | 'failed'

export const cart = kept<Partial<Record<ProductId, number>>>('cart', { mate: 1 })
export const wallet = kept<Wallet | null>('wallet', null)
export const purchase = kept<Purchase | null>('purchase', null)
export const coupon = kept<{ code: string; percent: number; cap: number } | null>('coupon', null)
export const reserve = kept('reserve', false)
/** The agreement that the buyer was sent to Mercado Pago for; back again, the exchange of its code, until it is done. */
export const asked = kept<{ agreement_id: string; exchange?: PreparedRequest<'agreements.createPayerToken'> } | null>(
  'asked',
  null,
)
/** Whose all this is, and in which run of `npm start`. */
const owner = kept<{ run: string; buyer: string } | null>('owner', null)

/** What is being done now, and what went wrong last. */
export const busy = signal<'linking' | 'unlinking' | 'coupon' | 'paying' | 'checking' | null>(null)
export const problem = signal<{ kind: Problem; words?: string } | null>(null)

export const items = computed<Item[]>(() =>
  Object.entries(cart.value).flatMap(([id, quantity = 0]) => (quantity > 0 ? [{ id: id as ProductId, quantity }] : [])),
)
export const total = computed(() => totalOf(items.value))
/** As far as the shop can tell: what Mercado Pago promises counts. */
export const discounted = computed(() => {
  const { percent = 0, cap = 0 } = coupon.value ?? {}
  return total.value - Math.min(Math.round(total.value * percent) / 100, cap)
})
/** Has this purchase come to an end, whichever? */
export const isSettled = computed(() => Boolean(purchase.value?.payment ?? purchase.value?.refusal))
export const isPaid = computed(() => {
  const { payment } = purchase.value ?? {}
  return payment !== undefined && !['rejected', 'cancelled', 'canceled'].includes(String(payment.status))
})

const proxyWith = (ticket: () => Promise<string>, maxRetries = 2) =>
  createWalletConnect({ proxy: { url: location.origin, ticket }, site: 'MLA', maxRetries })

/** Tickets for the wallet last fifteen minutes; one is good for many calls. */
const TICKET_MS = 10 * 60_000
let walletTicket: { text: Promise<string>; until: number } | undefined
const connect = proxyWith(() => {
  if (!walletTicket || walletTicket.until < Date.now()) {
    const text = ask<{ ticket: string }>('/shop/wallet-ticket', {}).then(({ ticket }) => ticket)
    walletTicket = { text, until: Date.now() + TICKET_MS }
    text.catch(() => {
      walletTicket = undefined
    })
  }
  return walletTicket.text
})

export function tell(error: unknown): void {
  problem.value ??= { kind: 'failed', words: error instanceof Error ? error.message : String(error) }
}

/** One thing at a time; what goes wrong is told. */
async function doing(what: NonNullable<typeof busy.value>, work: () => Promise<void>): Promise<void> {
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

/** Sends the buyer to Mercado Pago, to allow this shop to charge the wallet. */
export const link = (): Promise<void> =>
  doing('linking', async () => {
    // What Mercado Pago has allowed already need not be asked for again.
    if (asked.value?.exchange) return exchange()
    const { buyer } = await know()
    const { agreement_id, agreement_uri } = await connect.agreements.create({
      return_uri: `${location.origin}/`,
      external_flow_id: crypto.randomUUID(),
      external_user: { id: buyer, description: buyer },
    })
    asked.value = { agreement_id }
    location.assign(agreement_uri)
    // This page is about to go: nothing more can be pressed on it.
    await new Promise(() => {})
  })

addEventListener('pageshow', ({ persisted }) => {
  if (persisted) busy.value = null
})

/** The buyer is back from Mercado Pago: the code becomes a payer token. */
async function finishLinking(): Promise<void> {
  const returned = new URLSearchParams(location.search)
  const [agreement_id, code] = [returned.get('agreement'), returned.get('code')]
  // Whoever was sent here by somebody else's link would pay with somebody else's wallet.
  if (agreement_id !== null && agreement_id === asked.value?.agreement_id) {
    if (code === null) problem.value = { kind: 'not_linked' }
    // Kept before the code leaves the address: a reload in the middle loses nothing.
    else asked.value = { agreement_id, exchange: connect.prepare('agreements.createPayerToken', { agreement_id, code }) }
  }
  // Not in the history, nor in what a reload asks for.
  if (agreement_id !== null) history.replaceState(null, '', '/')
  if (asked.value?.exchange) await doing('linking', exchange)
}

/** A code is good once; the same request, sent again, is answered with what it has brought before. */
async function exchange(): Promise<void> {
  const { agreement_id, exchange } = asked.value ?? {}
  if (!agreement_id || !exchange) return
  try {
    const { payer_token } = (await connect.send(exchange)).data
    wallet.value = { agreement_id, payer_token }
    asked.value = null
  } catch (error) {
    if (error instanceof RefusedError) asked.value = null
    throw error
  }
}

export const unlink = (): Promise<void> =>
  doing('unlinking', async () => {
    if (!wallet.value) return
    await connect.agreements.cancel(wallet.value.agreement_id)
    wallet.value = null
  })

/** Asks what a coupon is worth. The discount itself is promised when the buyer pays: it holds for seconds. */
export const applyCoupon = (code: string): Promise<void> =>
  doing('coupon', async () => {
    coupon.value = null
    if (!wallet.value) return
    const { status, detail } = await connect.discounts.validateCoupon({ payer_token: wallet.value.payer_token, id: code })
    const { value, cap } = detail ?? {}
    if (status === 'success' && value != null) coupon.value = { code, percent: Number(value), cap: Number(cap ?? total.value) }
    else problem.value = { kind: 'coupon' }
  })

/** Pays the cart once, in whichever tab; goes on with what an earlier page has begun. */
export function pay(): Promise<void> {
  const seen = JSON.stringify(purchase.value)
  return doing('paying', async () => {
    await navigator.locks.request('pay', async () => {
      purchase.reread()
      // Another tab was faster, and what it has come to is on the screen now.
      if (isSettled.value && JSON.stringify(purchase.value) !== seen) return
      if (!isPaid.value) await send(await prepared())
    })
  })
}

/** Sends the same request until it is known what became of it. The repeats are made here, so that the buyer is told of them. */
async function send({ order, prepared }: Required<Pick<Purchase, 'order' | 'prepared'>>): Promise<void> {
  let ticket: string | undefined
  const client = proxyWith(async () => ticket ?? '', 0)
  for (;;) {
    try {
      ticket = (await askTicket(order, 0)).ticket
      const { data } = await client.send(prepared)
      purchase.value = { order, prepared, payment: shown(data) }
      return
    } catch (error) {
      if (error instanceof RefusedError) return refuse({ order, prepared }, error)
      if (error instanceof AskError && error.status < 500) throw error
      // Perhaps it is paid. Only the same request, sent again, can tell, and it cannot pay twice.
      busy.value = 'checking'
      await new Promise((resolve) => setTimeout(resolve, waitAfter(error)))
    }
  }
}

const MOST_WAIT_MS = 10_000
function waitAfter(error: unknown): number {
  const { retryAfterMs = 1_000 } = error instanceof UnavailableError ? error : {}
  return Math.min(Math.max(retryAfterMs, 500), MOST_WAIT_MS)
}

const askTicket = (order: Order, after: number) =>
  ask<{ ticket: string; attempt: number; idempotency_key: string }>(`/shop/orders/${order.id}/ticket`, { after })

/** The request that is to be sent: the one that an earlier page has begun with, or a new one, kept before it leaves. */
async function prepared(): Promise<Required<Pick<Purchase, 'order' | 'prepared'>>> {
  const before = purchase.value
  if (before?.prepared && !isSettled.value) return { order: before.order, prepared: before.prepared }
  const order = before?.order ?? (await ask<Order>('/shop/orders', { items: items.value, reserve: reserve.value }))
  // After a rejection the next try is a new wish, with a key of its own. The shop makes sure that the last one is over.
  const { attempt, idempotency_key } = await askTicket(order, before ? order.attempt : 0)
  const input = await paymentOf(order)
  const request = connect.prepare('payments.create', input, { idempotencyKey: idempotency_key })
  const now = { order: { ...order, attempt }, prepared: request }
  purchase.value = now
  return now
}

async function paymentOf({ id, amount, reserve }: Order): Promise<OperationInput<'payments.create'>> {
  const { payer_token = '' } = wallet.value ?? {}
  const discount = await promised(amount, payer_token)
  return {
    wallet_payment: { transaction_amount: amount, description: id, external_reference: id, ...(discount && { discount }) },
    payer: { token: payer_token },
    ...(reserve && { capture: false }),
  }
}

/** The discount of the coupon, as a payment has to repeat it. */
async function promised(total: number, payer_token: string) {
  if (!coupon.value) return undefined
  const { code } = coupon.value
  const { discount } = await connect.discounts.create({ payer_token, amount: total, coupon: code })
  const { amount, detail } = discount
  if (amount === undefined || detail?.value == null || detail.cap == null || !detail.type) return undefined
  return { amount, description: code, code, detail: { value: detail.value, cap: detail.cap, type: detail.type } }
}

/** Certainly nothing was paid. Often because the wallet is linked no more. */
async function refuse(refused: Purchase, error: RefusedError): Promise<void> {
  purchase.value = { ...refused, refusal: error.message }
  const { status } = wallet.value ? await connect.agreements.get(wallet.value.agreement_id) : {}
  if (status == null || status.startsWith('confirmed')) return
  wallet.value = null
  problem.value = { kind: 'unlinked' }
}

const shown = (payment: AdvancedPayment): NonNullable<Purchase['payment']> => {
  const { id, status, payments } = payment
  const [inner] = payments ?? []
  const charged = inner?.transaction_amount
  return {
    id,
    status,
    ...(inner?.status_detail && { detail: inner.status_detail }),
    ...(typeof charged === 'number' && (isApproved(payment) || status === 'authorized') && { charged }),
  }
}

/** What has become of a payment since: captured, cancelled or refunded by the seller. */
export async function refresh(): Promise<void> {
  const { order, payment } = purchase.value ?? {}
  if (!order || !payment) return
  const { ticket } = await askTicket(order, 0)
  const now = shown(await proxyWith(async () => ticket).payments.get(payment.id))
  if (purchase.value?.payment?.id === payment.id) purchase.value = { ...purchase.value, payment: { ...payment, ...now } }
}

/** Another purchase. What is paid stays paid. */
export function startOver(): void {
  purchase.value = null
  coupon.value = null
  problem.value = null
}

/** Who the buyer is. What was kept for somebody else, or for a shop that has forgotten it since, is of no use. */
async function know(): Promise<{ run: string; buyer: string }> {
  const now = await ask<{ run: string; buyer: string }>('/shop/me')
  if (owner.value?.run === now.run && owner.value.buyer === now.buyer) return now
  startOver()
  wallet.value = null
  asked.value = null
  owner.value = now
  return now
}

/** What an earlier page has begun: the return from Mercado Pago, or a payment in the middle. */
export async function resume(): Promise<void> {
  await know()
  await finishLinking()
  if (purchase.value?.prepared && !isSettled.value) await pay()
}
