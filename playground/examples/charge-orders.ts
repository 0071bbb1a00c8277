/**
 * The batch job: charges a list of orders, each once, however often it is stopped and run again. It depends on no runtime:
 * `charge-orders.deno.ts` and `charge-orders.bun.ts` read, write and print around it.
 *
 * Two things make it safe. The key of an order is derived from the order, so a repeat is the same request to Mercado Pago. And the
 * journal records what was started and what is known: keep it with the file, because it is not documented how long Mercado Pago
 * keeps a key. What an earlier run started is searched for before it is sent again.
 */
import {
  type AdvancedPayment,
  InvalidInputError,
  idempotencyKeyFrom,
  isApproved,
  isFinal,
  isWalletConnectError,
  type PreparedRequest,
  RefusedError,
  UnknownOutcomeError,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { type Order, OrdersError, type Problem } from './orders.ts'

/** A line of the journal: what is known about an order. The first is written before the order is sent. */
export interface Entry {
  order: string
  /** The amount as in the file: a decimal string. */
  amount: string
  /** `unknown`: it may have been charged, so the job has to be run again. */
  status: 'paid' | 'rejected' | 'unknown'
  payment_id?: number
  /** Why it is not paid. */
  reason?: string
}

/** The result of an order in this run. */
export interface Result extends Entry {
  /** True if an earlier run found the result, and this one did not send anything. */
  isOld: boolean
}

export interface Journal {
  /** What earlier runs wrote. */
  text: string
  append: (text: string) => Promise<void>
}

export interface Batch {
  orders: readonly Order[]
  wallet: WalletConnect
  /** The seller's name in the keys. Another name charges everything again. */
  account: string
  journal: Journal
  /** The number of payments in flight at once. Default 8. */
  concurrency?: number
  /** Once aborted, no further order is started, and those in flight are waited for. */
  signal?: AbortSignal
}

interface Charge extends Order {
  prepared: PreparedRequest<'payments.create'>
  known: Entry | undefined
}

/**
 * Yields the result of each order, first of those that the journal has a final result for.
 *
 * @throws {OrdersError} a line cannot be charged; nothing was charged
 */
export async function* chargeOrders(batch: Batch): AsyncGenerator<Result, void, undefined> {
  const { wallet, journal, concurrency = 8, signal } = batch
  const charges = await plan(batch)
  // A crash may have left half a line. Its order is looked up again.
  if (journal.text !== '' && !journal.text.endsWith('\n')) await journal.append('\n')

  const running = new Map<string, Promise<Entry>>()
  const nextEntry = async (): Promise<Result> => {
    const entry = await Promise.race(running.values())
    running.delete(entry.order)
    return { ...entry, isOld: false }
  }
  const run = async (charge: Charge): Promise<Entry> => {
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
      running.set(charge.order, run(charge))
      if (running.size >= concurrency) yield await nextEntry()
    }
    while (running.size > 0) yield await nextEntry()
  } finally {
    // Also if the journal cannot be written: those in flight are waited for, and nothing else is started.
    await Promise.allSettled(running.values())
  }
}

/** True if a result is final. A refusal made no payment, so it is tried again; a rejected payment stays rejected under its key. */
const isSettled = ({ status, payment_id }: Entry): boolean => status !== 'unknown' && payment_id !== undefined

/** Prepares every request before the first is sent, so that all problems of the file are reported before money moves. */
async function plan({ orders, wallet, account, journal }: Batch): Promise<Charge[]> {
  const entries = readJournal(journal.text)
  const problems: Problem[] = []
  const charges: Charge[] = []
  for (const order of orders) {
    const known = entries.get(order.order.normalize('NFC'))
    if (known && (isSettled(known) || known.status === 'unknown') && !isSameAmount(known.amount, order.amount)) {
      problems.push({
        line: order.line,
        field: 'amount',
        message: `was ${known.amount} when it was sent, according to the journal`,
      })
    }
    try {
      // An earlier run may have sent it under another spelling of its name: the request has to be the same again.
      const charged = { ...order, order: known?.order ?? order.order.normalize('NFC') }
      charges.push({ ...charged, known, prepared: await prepareOrder(wallet, account, charged) })
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      for (const { path, message } of error.issues) problems.push({ line: order.line, field: fieldOf(path), message })
    }
  }
  if (problems.length > 0) throw new OrdersError(problems)
  return charges
}

/** Prepares an order's request, with the same key and bytes in each run. */
async function prepareOrder(wallet: WalletConnect, account: string, { order, payer_token, amount }: Order) {
  // To try again after a rejection, give the order another number, such as "order-7b".
  const idempotencyKey = await idempotencyKeyFrom({ account, operation: 'payments.create', reference: order, attempt: 1 })
  const wallet_payment = { transaction_amount: amount, description: `Order ${order}`, external_reference: order }
  return wallet.prepare('payments.create', { wallet_payment, payer: { token: payer_token } }, { idempotencyKey })
}

const fieldOf = (path: string): Problem['field'] =>
  path.endsWith('transaction_amount') ? 'amount' : path.endsWith('token') ? 'payer_token' : 'order'

const isSameAmount = (one: string, other: string): boolean => shorten(one) === shorten(other)
const shorten = (amount: string): string => (amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount)

async function chargeOrder(wallet: WalletConnect, { order, amount, prepared, known }: Charge): Promise<Entry> {
  const base = { order, amount }
  try {
    if (known?.payment_id !== undefined) return { ...base, ...judge(await wallet.payments.get(known.payment_id)) }
    const earlier = known && (await findPayment(wallet, order))
    if (earlier) return { ...base, ...judge(earlier) }
    const result = known?.status === 'unknown' ? undefined : await sendFirst(wallet, prepared, order)
    if (result) return { ...base, ...result }
    // An earlier run may have sent it and died: what the repeat is refused with says nothing of that.
    const reconciled = await wallet.reconcile(prepared)
    if (reconciled.outcome === 'done') return { ...base, ...judge(reconciled.data) }
    const { outcome, error } = reconciled
    return { ...base, status: outcome === 'not_done' ? 'rejected' : 'unknown', reason: reasonOf(error) }
  } catch (error) {
    if (!isWalletConnectError(error)) throw error
    const id = known?.payment_id === undefined ? {} : { payment_id: known.payment_id }
    return { ...base, ...id, status: 'unknown', reason: error.code }
  }
}

/**
 * Sends an order that the journal knows nothing of, or only a refusal. A refusal counts if no payment of the order is found:
 * the journal may be lost. Undefined: the outcome is unknown.
 */
async function sendFirst(
  wallet: WalletConnect,
  prepared: PreparedRequest<'payments.create'>,
  order: string,
): Promise<ReturnType<typeof judge> | undefined> {
  try {
    const { data, mismatches } = await wallet.send(prepared)
    // An answer about another order says nothing of this one.
    return mismatches.length === 0 ? judge(data) : undefined
  } catch (error) {
    if (error instanceof UnknownOutcomeError) return undefined
    if (!(error instanceof RefusedError)) throw error
    const earlier = await findPayment(wallet, order)
    return earlier ? judge(earlier) : { status: 'rejected', reason: reasonOf(error) }
  }
}

const reasonOf = (error: RefusedError | UnknownOutcomeError): string =>
  [error.code, error.status, error.code === 'refused' ? error.apiCode : undefined].filter(Boolean).join(' ')

/** Searches for a payment of the order: once Mercado Pago has forgotten the key, a repeat would be a new charge. */
async function findPayment(wallet: WalletConnect, order: string): Promise<AdvancedPayment | undefined> {
  const { results } = await wallet.payments.search({ external_reference: order })
  const own = results.filter(
    ({ wallet_payment }) => wallet_payment?.external_reference?.normalize('NFC') === order.normalize('NFC'),
  )
  return own.find(isApproved) ?? own.find((payment) => !isFinal(payment)) ?? own[0]
}

function judge(payment: AdvancedPayment): Omit<Entry, 'order' | 'amount'> {
  const payment_id = payment.id
  if (isApproved(payment)) return { payment_id, status: 'paid' }
  const reason = payment.payments?.[0]?.status_detail ?? payment.status ?? 'no status'
  return { payment_id, status: isFinal(payment) ? 'rejected' : 'unknown', reason }
}

/**
 * The last entry of each order, by its name in NFC. Half a line, which a crash has left, is ignored.
 *
 * @throws {OrdersError} a line is not an entry, so the journal cannot be trusted
 */
export function readJournal(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [index, line] of text.split('\n').entries()) {
    const entry = parse(line)
    if (entry === undefined) continue
    if (!isEntry(entry)) throw new OrdersError([{ line: index + 1, message: 'of the journal is not one of its entries' }])
    const name = entry.order.normalize('NFC')
    const known = entries.get(name)
    // Two spellings have two keys: what is known under one is not undone under the other.
    const isUndone = known && known.order !== entry.order && CERTAINTY[known.status] > CERTAINTY[entry.status]
    if (!isUndone) entries.set(name, entry)
  }
  return entries
}

const CERTAINTY: Record<Entry['status'], number> = { paid: 2, unknown: 1, rejected: 0 }

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
