import { type OperationInput, type OperationName, type OperationOutput, operations } from './operations.ts'
import type { AdvancedPayment } from './payment.ts'
import { CANCELLED, CAPTURED, NEVER_CANCELLED, NEVER_CAPTURED } from './payment-status.ts'
import { type PreparedRequest, pathParameter, prepare } from './prepared-request.ts'

/** What reading shows of a write whose outcome is unknown. */
export type Evidence =
  /** It happened; `data` is what the write would have answered. */
  | { kind: 'done'; data: unknown }
  /** It did not happen, as far as the API knows. */
  | { kind: 'absent' }
  /** Nothing certain. */
  | { kind: 'unclear' }

type Read = (prepared: PreparedRequest) => Promise<{ data: unknown }>
type Ask = <Name extends OperationName>(name: Name, input: OperationInput<Name>) => Promise<OperationOutput<Name>>

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
  const platformId = prepared.headers['x-platform-id']
  const ask: Ask = async (name, input) => (await read(prepare(name, input, { platformId }))).data as never
  const advanced_payment_id = id
  switch (prepared.operation) {
    case 'payments.create':
      return lookForPayment(prepared, ask)
    case 'payments.capture':
      return reached(await ask('payments.get', { advanced_payment_id }), CAPTURED, NEVER_CAPTURED)
    case 'payments.cancel':
      return reached(await ask('payments.get', { advanced_payment_id }), CANCELLED, NEVER_CANCELLED)
    case 'payments.refund':
      return lookForRefund(prepared, advanced_payment_id, ask)
    case 'agreements.cancel': {
      const { status } = await ask('agreements.get', { agreement_id: id })
      return CANCELLED.includes(status ?? '') ? { kind: 'done', data: undefined } : UNCLEAR
    }
    default:
      return UNCLEAR
  }
}

/** A state that has been reached is proof; one from which it cannot be reached any more is proof of the contrary. */
function reached(payment: AdvancedPayment, goal: readonly string[], contrary: readonly string[]): Evidence {
  const status = payment.status ?? payment.payments?.[0]?.status ?? ''
  if (goal.includes(status)) return { kind: 'done', data: payment }
  return contrary.includes(status) ? { kind: 'absent' } : UNCLEAR
}

/**
 * A payment of the same reference and amount that holds money. A rejected or cancelled one proves nothing: it may be
 * an earlier try under another key, and so may one of several.
 */
async function lookForPayment({ body }: PreparedRequest, ask: Ask): Promise<Evidence> {
  const { transaction_amount, external_reference } = walletPayment(body)
  if (!external_reference) return UNCLEAR
  const page = await ask('payments.search', { external_reference })
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
async function lookForRefund({ body }: PreparedRequest, advanced_payment_id: string, ask: Ask): Promise<Evidence> {
  const { amount } = JSON.parse(body ?? '{}') as { amount?: number }
  const refunds = await ask('payments.listRefunds', { advanced_payment_id })
  if (refunds.length === 0) return { kind: 'absent' }
  if (amount) return UNCLEAR
  const payment = await ask('payments.get', { advanced_payment_id })
  return payment.status === 'refunded' ? { kind: 'done', data: refunds } : UNCLEAR
}
