import { idempotencyKeyFrom, type PreparedRequest } from 'mercadopago-wallet-connect'
import type { Caller } from './access/authenticate.ts'
import type { WriteName } from './operation-kinds.ts'

/** The keys of one write. */
export interface WriteKey {
  /** The caller's key, which the response names: the one that decides whether two requests are the same write. */
  key: string
  /** Name of the ledger's row, and the key that Mercado Pago gets. */
  name: string
}

/**
 * Where the key of a write comes from. A charge by ticket has the key that the backend put into the ticket, whatever the page
 * sends; every other write has the key of its caller. Client and operation go into the name, so that two clients with one key
 * do not meet. The writes of a browser, except for the charge, are kept apart for each buyer, too.
 *
 * @param user digest of the buyer that a ticket is for
 */
export async function writeKeyOf(
  { client, ticket }: Caller,
  user: string | undefined,
  { operation, idempotencyKey }: PreparedRequest<WriteName>,
): Promise<WriteKey> {
  const isCharge = operation === 'payments.create'
  const key = (isCharge ? ticket?.charge?.idempotency_key : undefined) ?? idempotencyKey ?? ''
  const buyer = isCharge ? '' : (user ?? '')
  const name = await idempotencyKeyFrom({ account: client.id, operation, reference: `${buyer}:${key}`, attempt: 1 })
  return { key, name }
}
