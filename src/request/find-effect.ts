import type { AdvancedPayment } from '../operations/payment.ts'
import { CANCELLED, CAPTURED, HOLDS_MONEY, NEVER_CANCELLED, NEVER_CAPTURED } from '../operations/payment-status.ts'
import type { OperationInput, OperationName } from '../operations/requests.ts'
import type { OperationOutput } from '../operations/responses.ts'
import { pathParameter } from './check-prepared-request.ts'
import { type PreparedRequest, prepare } from './prepared-request.ts'

/** What reading shows of a write whose outcome is unknown. */
export type FoundEffect =
  /** It happened; `data` is what the write would have answered. */
  | { kind: 'done'; data: unknown }
  /** It did not happen, as far as the API knows. */
  | { kind: 'absent' }
  /** Nothing certain. */
  | { kind: 'unclear' }

type Read = (prepared: PreparedRequest) => Promise<{ data: unknown }>
type Ask = <Name extends OperationName>(name: Name, input: OperationInput<Name>) => Promise<OperationOutput<Name>>

const UNCLEAR: FoundEffect = { kind: 'unclear' }

/** Looks for the effect of a write. Never rejects: a read that fails shows nothing. */
export async function findEffect(prepared: PreparedRequest, read: Read): Promise<FoundEffect> {
  try {
    return await look(prepared, read)
  } catch {
    return UNCLEAR
  }
}

async function look(prepared: PreparedRequest, read: Read): Promise<FoundEffect> {
  const id = pathParameter(prepared) ?? ''
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
function reached(payment: AdvancedPayment, goal: readonly string[], contrary: readonly string[]): FoundEffect {
  const status = statusOf(payment)
  if (goal.includes(status)) return { kind: 'done', data: payment }
  return contrary.includes(status) ? { kind: 'absent' } : UNCLEAR
}

const statusOf = ({ status, payments }: AdvancedPayment): string => status ?? payments?.[0]?.status ?? ''

/**
 * A payment of the same reference and amount that holds money. Nothing else proves anything: a rejected, cancelled or
 * refunded one may be an earlier try under another key, and so may one of several. That there is none is only proven by
 * a list that is whole, was filtered, and of which every entry can be read.
 */
async function lookForPayment({ body }: PreparedRequest, ask: Ask): Promise<FoundEffect> {
  const { transaction_amount, external_reference } = JSON.parse(body ?? '{}').wallet_payment ?? {}
  if (!external_reference) return UNCLEAR
  const { results, paging } = await ask('payments.search', { external_reference })
  const isReadable = ({ wallet_payment }: AdvancedPayment): boolean =>
    String(wallet_payment?.external_reference) === external_reference && typeof wallet_payment?.transaction_amount === 'number'
  const same = results.filter(
    (payment) => isReadable(payment) && payment.wallet_payment?.transaction_amount === transaction_amount,
  )
  const [found, ...others] = same.filter((payment) => HOLDS_MONEY.includes(statusOf(payment)))
  if (found && others.length === 0) return { kind: 'done', data: found }
  const isWhole = typeof paging?.total === 'number' && paging.total <= results.length
  return isWhole && same.length === 0 && results.every(isReadable) ? { kind: 'absent' } : UNCLEAR
}

/** Refunds bear no reference: only the full one that stands alone can be recognised, and only an empty list proves that there is none. */
async function lookForRefund({ body }: PreparedRequest, advanced_payment_id: string, ask: Ask): Promise<FoundEffect> {
  const { amount } = JSON.parse(body ?? '{}') as { amount?: number }
  const refunds = await ask('payments.listRefunds', { advanced_payment_id })
  if (refunds.length === 0) return { kind: 'absent' }
  if (amount || refunds.length > 1) return UNCLEAR
  return statusOf(await ask('payments.get', { advanced_payment_id })) === 'refunded' ? { kind: 'done', data: refunds } : UNCLEAR
}
