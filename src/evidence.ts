import type { Agreement } from './agreement.ts'
import { operations } from './operations.ts'
import type { AdvancedPayment, PaymentPage } from './payment.ts'
import { type PreparedRequest, pathParameter, prepare } from './prepared-request.ts'
import type { Refund } from './refund.ts'

/** What reading shows of a write whose outcome is unknown. */
export type Evidence =
  /** It happened; `data` is what the write would have answered. */
  | { kind: 'done'; data: unknown }
  /** It did not happen, as far as the API knows. */
  | { kind: 'absent' }
  /** Nothing certain. */
  | { kind: 'unclear' }

type Read = (prepared: PreparedRequest) => Promise<{ data: unknown }>

const UNCLEAR: Evidence = { kind: 'unclear' }

/** Looks for the effect of a write. Never rejects: a read that fails shows nothing. */
export async function readEvidence(prepared: PreparedRequest, read: Read): Promise<Evidence> {
  try {
    return await look(prepared, read)
  } catch {
    return UNCLEAR
  }
}

async function look(prepared: PreparedRequest, read: Read): Promise<Evidence> {
  const id = pathParameter(operations[prepared.operation], prepared.path) ?? ''
  switch (prepared.operation) {
    case 'payments.create':
      return lookForPayment(prepared, read)
    case 'payments.capture': {
      const payment = (await read(prepare('payments.get', { advanced_payment_id: id }))).data as AdvancedPayment
      return reached(payment, CAPTURED, NEVER_CAPTURED)
    }
    case 'payments.cancel': {
      const payment = (await read(prepare('payments.get', { advanced_payment_id: id }))).data as AdvancedPayment
      return reached(payment, CANCELLED, NEVER_CANCELLED)
    }
    case 'agreements.cancel': {
      const agreement = (await read(prepare('agreements.get', { agreement_id: id }))).data as Agreement
      return CANCELLED.includes(agreement.status ?? '') ? { kind: 'done', data: undefined } : UNCLEAR
    }
    case 'payments.refund':
      return lookForRefund(prepared, id, read)
    default:
      return UNCLEAR
  }
}

const CAPTURED = ['approved', 'partially_refunded', 'refunded', 'charged_back']
const CANCELLED = ['cancelled', 'canceled']
const NEVER_CAPTURED = [...CANCELLED, 'rejected']
const NEVER_CANCELLED = [...CAPTURED, 'rejected']

/** A state that has been reached is proof; one from which it cannot be reached any more is proof of the contrary. */
function reached(payment: AdvancedPayment, goal: readonly string[], contrary: readonly string[]): Evidence {
  const status = payment.status ?? ''
  if (goal.includes(status)) return { kind: 'done', data: payment }
  return contrary.includes(status) ? { kind: 'absent' } : UNCLEAR
}

/**
 * A payment of the same reference and amount that holds money. A rejected or cancelled one proves nothing: it may be
 * an earlier try under another key, and so may one of several.
 */
async function lookForPayment({ body }: PreparedRequest, read: Read): Promise<Evidence> {
  const { transaction_amount, external_reference } = walletPayment(body)
  if (!external_reference) return UNCLEAR
  const page = (await read(prepare('payments.search', { external_reference }))).data as PaymentPage
  const same = page.results.filter(
    ({ wallet_payment }) =>
      wallet_payment?.external_reference === external_reference && wallet_payment?.transaction_amount === transaction_amount,
  )
  const [found, ...others] = same.filter(({ status }) => status && !NEVER_CAPTURED.includes(status))
  if (found && others.length === 0) return { kind: 'done', data: found }
  const isWhole = (page.paging?.total ?? page.results.length) <= page.results.length
  return isWhole && same.length === 0 ? { kind: 'absent' } : UNCLEAR
}

/** The `wallet_payment` that a request asks for. */
export function walletPayment(body: string | null): { transaction_amount?: number; external_reference?: string } {
  return JSON.parse(body ?? '{}').wallet_payment ?? {}
}

/** Refunds bear no reference: only a full one can be recognised, and only an empty list proves that there is none. */
async function lookForRefund({ body }: PreparedRequest, id: string, read: Read): Promise<Evidence> {
  const { amount } = JSON.parse(body ?? '{}') as { amount?: number }
  const refunds = (await read(prepare('payments.listRefunds', { advanced_payment_id: id }))).data as Refund[]
  if (refunds.length === 0) return { kind: 'absent' }
  if (amount) return UNCLEAR
  const payment = (await read(prepare('payments.get', { advanced_payment_id: id }))).data as AdvancedPayment
  return payment.status === 'refunded' ? { kind: 'done', data: refunds } : UNCLEAR
}
