/**
 * The batch job: charges a list of orders, each once, however often it is stopped and run again. It knows no runtime:
 * `charge-orders.deno.ts` and `charge-orders.bun.ts` read, write and print around it.
 *
 * Two things make it safe. The key of an order follows from the order, so a repeat is the same request to Mercado Pago. And
 * the journal says what was begun and what is known: keep it with the file, because nobody knows how long Mercado Pago keeps
 * a key. What an earlier run has begun is looked for before it is asked for again.
 */
import {
  type AdvancedPayment,
  InvalidInputError,
  idempotencyKeyFrom,
  isApproved,
  isFinal,
  isWalletConnectError,
  type PreparedRequest,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { type Order, OrdersError, type Problem } from './orders.ts'

/** What is known of an order: a line of the journal. The first is written before the order is sent. */
export interface Entry {
  order: string
  /** As the file has it: a decimal string. */
  amount: string
  /** `unknown`: it may have been charged. To be run again. */
  status: 'paid' | 'rejected' | 'unknown'
  payment_id?: number
  /** Why it is not paid. */
  reason?: string
}

/** An order as far as it is known now. */
export interface Told extends Entry {
  /** An earlier run has settled it; this one did not ask. */
  isOld: boolean
}

export interface Journal {
  /** What earlier runs have written. */
  text: string
  append: (text: string) => Promise<void>
}

export interface Batch {
  orders: readonly Order[]
  wallet: WalletConnect
  /** Names the seller in the keys. Another name charges everything anew. */
  account: string
  journal: Journal
  /** How many payments may be on their way at once. Default 8. */
  concurrency?: number
  /** No further order is begun once this is aborted; what is on its way is waited for. */
  signal?: AbortSignal
}

interface Charge extends Order {
  prepared: PreparedRequest<'payments.create'>
  known: Entry | undefined
}

/**
 * Tells of each order, first of those that the journal knows to be settled.
 *
 * @throws {OrdersError} a line cannot be charged; nothing was
 */
export async function* chargeOrders(batch: Batch): AsyncGenerator<Told, void, undefined> {
  const { wallet, journal, concurrency = 8, signal } = batch
  const charges = await plan(batch)
  // A crash may have left half a line. What it said is found out again.
  if (journal.text !== '' && !journal.text.endsWith('\n')) await journal.append('\n')

  const running = new Map<string, Promise<Entry>>()
  const nextEntry = async (): Promise<Told> => {
    const entry = await Promise.race(running.values())
    running.delete(entry.order)
    return { ...entry, isOld: false }
  }
  const settle = async (charge: Charge): Promise<Entry> => {
    const write = (entry: Entry): Promise<void> => journal.append(`${JSON.stringify(entry)}\n`)
    const { order, amount, known } = charge
    if (!known) await write({ order, amount, status: 'unknown', reason: 'begun' })
    const entry = await chargeOrder(wallet, charge)
    await write(entry)
    return entry
  }

  try {
    for (const { known } of charges) if (known && isSettled(known)) yield { ...known, isOld: true }
    for (const charge of charges) {
      if (signal?.aborted) break
      if (charge.known && isSettled(charge.known)) continue
      running.set(charge.order, settle(charge))
      if (running.size >= concurrency) yield await nextEntry()
    }
    while (running.size > 0) yield await nextEntry()
  } finally {
    // Also if the journal cannot be written: what is on its way is waited for, and nothing else is begun.
    await Promise.allSettled(running.values())
  }
}

/** A refusal made no payment: it is asked again, as the reason may be gone. A rejected payment stays rejected under its key. */
const isSettled = ({ status, payment_id }: Entry): boolean => status !== 'unknown' && payment_id !== undefined

/** Every request, before the first is sent: so all that is wrong with the file is said before money moves. */
async function plan({ orders, wallet, account, journal }: Batch): Promise<Charge[]> {
  const entries = readJournal(journal.text)
  const problems: Problem[] = []
  const charges: Charge[] = []
  for (const order of orders) {
    const known = entries.get(order.order)
    if (known && (isSettled(known) || known.status === 'unknown') && !isSameAmount(known.amount, order.amount)) {
      problems.push({ line: order.line, field: 'amount', message: `was ${known.amount} when it was sent, by the journal` })
    }
    try {
      charges.push({ ...order, known, prepared: await prepareOrder(wallet, account, order) })
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      for (const { path, message } of error.issues) problems.push({ line: order.line, field: fieldOf(path), message })
    }
  }
  if (problems.length > 0) throw new OrdersError(problems)
  return charges
}

/** The same bytes in each run: the key belongs to them. */
async function prepareOrder(wallet: WalletConnect, account: string, { order, payer_token, amount }: Order) {
  // A second try after a rejection is a new wish: give it another order number, such as "order-7b".
  const idempotencyKey = await idempotencyKeyFrom({ account, operation: 'payments.create', reference: order, attempt: 1 })
  const wallet_payment = { transaction_amount: amount, description: `Order ${order}`, external_reference: order }
  return wallet.prepare('payments.create', { wallet_payment, payer: { token: payer_token } }, { idempotencyKey })
}

const fieldOf = (path: string): Problem['field'] =>
  path.endsWith('transaction_amount') ? 'amount' : path.endsWith('token') ? 'payer_token' : 'order'

const isSameAmount = (one: string, other: string): boolean => shorten(one) === shorten(other)
const shorten = (amount: string): string => (amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount)

async function chargeOrder(wallet: WalletConnect, { order, amount, prepared, known }: Charge): Promise<Entry> {
  const told = { order, amount }
  try {
    if (known?.payment_id !== undefined) return { ...told, ...judge(await wallet.payments.get(known.payment_id)) }
    const earlier = known && (await findPayment(wallet, order))
    if (earlier) return { ...told, ...judge(earlier) }
    // Not `send`: an earlier run may have sent it and died. A refusal counts only if no payment of this order is found.
    const settlement = await wallet.reconcile(prepared)
    if (settlement.outcome === 'done') return { ...told, ...judge(settlement.data) }
    const { outcome, error } = settlement
    const reason = [error.code, error.status, outcome === 'not_done' ? error.apiCode : undefined].filter(Boolean).join(' ')
    return { ...told, status: outcome === 'not_done' ? 'rejected' : 'unknown', reason }
  } catch (error) {
    if (!isWalletConnectError(error)) throw error
    const id = known?.payment_id === undefined ? {} : { payment_id: known.payment_id }
    return { ...told, ...id, status: 'unknown', reason: error.code }
  }
}

/** Once the key is forgotten a repeat is a new charge, so what an earlier run has charged is looked for before. */
async function findPayment(wallet: WalletConnect, order: string): Promise<AdvancedPayment | undefined> {
  const { results } = await wallet.payments.search({ external_reference: order })
  const theirs = results.filter(({ wallet_payment }) => wallet_payment?.external_reference === order)
  return theirs.find(isApproved) ?? theirs.find((payment) => !isFinal(payment)) ?? theirs[0]
}

function judge(payment: AdvancedPayment): Omit<Entry, 'order' | 'amount'> {
  const payment_id = payment.id
  if (isApproved(payment)) return { payment_id, status: 'paid' }
  const reason = payment.payments?.[0]?.status_detail ?? payment.status ?? 'no status'
  return { payment_id, status: isFinal(payment) ? 'rejected' : 'unknown', reason }
}

/**
 * The last word on each order. Half a line, which a crash has left, says nothing.
 *
 * @throws {OrdersError} somebody else wrote into it: what it says of money cannot be believed
 */
export function readJournal(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [index, line] of text.split('\n').entries()) {
    const entry = parse(line)
    if (entry === undefined) continue
    if (!isEntry(entry)) throw new OrdersError([{ line: index + 1, message: 'of the journal is none of its own' }])
    entries.set(entry.order, entry)
  }
  return entries
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is Entry {
  const { order, amount, status, payment_id } = (value ?? {}) as Record<string, unknown>
  const isKnown = status === 'paid' || status === 'rejected' || status === 'unknown'
  return typeof order === 'string' && typeof amount === 'string' && isKnown && ['number', 'undefined'].includes(typeof payment_id)
}
