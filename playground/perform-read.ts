import type { OperationOutput, PreparedRequest } from 'mercadopago-wallet-connect'
import type { Caller } from './access/authenticate.ts'
import { denyUnknown } from './access/policy.ts'
import { Declined, problem } from './http/envelope.ts'
import { isFault } from './http/failure.ts'
import type { ProxyResponse } from './http/response.ts'
import type { Ledgers } from './ledger/ledgers.ts'
import type { ReadName } from './operation-kinds.ts'
import type { Breaker } from './upstream/breaker.ts'
import type { Upstream } from './upstream/upstream.ts'

interface ReadDependencies {
  upstream: Upstream
  ledgers: Ledgers
  breaker: Breaker
}

/**
 * Reads from Mercado Pago, and answers with what is this caller's business.
 *
 * @throws {Declined} 503: Mercado Pago is not answering at the moment
 * @throws the library's errors
 */
export async function performRead(
  caller: Caller,
  prepared: PreparedRequest<ReadName>,
  { upstream, ledgers, breaker }: ReadDependencies,
): Promise<ProxyResponse> {
  const retryAfterMs = breaker.openForMs()
  if (retryAfterMs !== undefined) throw new Declined(unavailable(retryAfterMs))
  try {
    const data = await upstream.read(prepared)
    breaker.report(false)
    return upstream.answer(prepared, await visibleTo(caller, prepared, data, ledgers))
  } catch (error) {
    breaker.report(isFault(error))
    throw error
  }
}

/** The response while the breaker is open. */
export const unavailable = (retryAfterMs: number): ProxyResponse =>
  problem(503, 'Mercado Pago does not answer; nothing was begun.', { retryAfterMs })

/** The part of an answer that this caller may see. */
async function visibleTo(caller: Caller, { operation }: PreparedRequest<ReadName>, data: unknown, ledgers: Ledgers) {
  switch (operation) {
    case 'payments.search':
      return ownPayments(caller, data as Page, ledgers)
    case 'agreements.get':
      return caller.ticket ? withoutCode(data as OperationOutput<'agreements.get'>) : data
    // The owner check has found these to be the caller's.
    case 'discounts.validateCoupon':
    case 'payments.get':
    case 'payments.listRefunds':
      return data
    default:
      return denyUnknown(operation)
  }
}

/** A buyer's page gets the code when the buyer comes back, which proves that it was this buyer who approved. */
function withoutCode({ validation_code: _, ...agreement }: OperationOutput<'agreements.get'>): object {
  return agreement
}

type Page = OperationOutput<'payments.search'>

/** The payments of this client. The account's others are hidden, and so is the total, which would count them. */
async function ownPayments({ client }: Caller, { results, paging }: Page, ledgers: Ledgers): Promise<Page> {
  const owners = await ledgers.owners(results.map(({ id }) => ({ kind: 'advanced_payment', id: String(id) })))
  const ids = new Set(owners.filter((owner) => owner.client === client.id).map(({ id }) => id))
  const own = results.filter(({ id }) => ids.has(String(id)))
  return { paging: paging && { limit: paging.limit, offset: paging.offset }, results: own }
}
