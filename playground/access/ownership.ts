import { type OperationName, type PreparedRequest, prepare } from 'mercadopago-wallet-connect'
import { Declined, problem } from '../http/envelope.ts'
import type { OwnedResource, Resource } from '../ledger/ledger-store.ts'
import type { Ledgers } from '../ledger/ledgers.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { digestUser, handleIn, openHandle, readHandle, type Wallet, withPayerToken } from '../sealing/payer-token.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Caller } from './authenticate.ts'
import { denyUnknown } from './policy.ts'

/** A request, and who makes it. */
export interface OwnerQuery {
  caller: Caller
  /** Digest of the buyer that the caller's ticket is for. */
  user: string | undefined
  request: PreparedRequest
  /** Parameters of the path. */
  parameters: Record<string, string>
}

/**
 * Finds the resource that a request is about, and whose it is; undefined if it is about none.
 *
 * @throws {Declined} 404: it is another's, or nobody's, which looks the same
 */
export async function ownerOf(query: OwnerQuery, ledgers: Ledgers): Promise<OwnedResource | undefined> {
  const { caller, user, request, parameters } = query
  const subject = subjectOf(request, parameters)
  if (!subject) return undefined
  const [owner] = await ledgers.owners([subject])
  if (owner?.client === caller.client.id && (!caller.ticket || owner.user === user)) return owner
  throw notFound(subject, request.operation)
}

/** The resource that a request is about, if that exists already. */
function subjectOf({ operation, path }: PreparedRequest, parameters: Record<string, string>): Resource | undefined {
  switch (operation) {
    case 'agreements.get':
    case 'agreements.cancel':
    case 'agreements.createPayerToken':
      return { kind: 'agreement', id: parameters.agreement_id ?? '' }
    case 'payments.get':
    case 'payments.capture':
    case 'payments.cancel':
    case 'payments.refund':
    case 'payments.listRefunds':
      // From the prepared path, which has digits only, whatever the caller wrote.
      return { kind: 'advanced_payment', id: path.split('/')[3] ?? '' }
    // These name nothing that exists, or name it by a payer token, which opens for its own client alone.
    case 'agreements.create':
    case 'discounts.validateCoupon':
    case 'discounts.create':
    case 'payments.create':
    case 'payments.search':
      return undefined
    default:
      return denyUnknown(operation)
  }
}

/** Another's resource is answered like one that does not exist, in Mercado Pago's own words for each operation. */
function notFound({ kind }: Resource, operation: OperationName): Declined {
  if (kind === 'agreement') {
    const message = operation === 'agreements.get' ? 'The Agreement with that id' : 'The agreement_id does not exist'
    return new Declined(problem(404, message, { error: 'not_found' }))
  }
  const message = 'Advanced payment not found.'
  if (operation !== 'payments.refund') return new Declined(problem(404, message, { error: 'Not found' }))
  const cause = [{ code: '404002', message: 'Advanced payment not found', data: null }]
  return new Declined(problem(404, message, { error: 'not_found', cause }))
}

/** The response to a handle that opens for nobody, or not for this caller: the wallet has to be linked again. */
const invalidPayerToken = (): Declined =>
  new Declined(problem(401, 'Invalid payer token.', { cause: [{ code: '401003', message: 'Invalid payer token', data: null }] }))

/**
 * Digest of the buyer whose wallet the request's handle is for; undefined if it has no handle.
 *
 * @param user digest of the buyer that the caller's ticket is for
 * @throws {Declined} 401: a browser has sent another buyer's handle
 */
export function buyerOfHandle(request: PreparedRequest, user: string | undefined): string | undefined {
  const handle = handleIn(request)
  if (handle === undefined) return undefined
  const buyer = readHandle(handle).user
  if (user !== undefined && buyer !== user) throw invalidPayerToken()
  return buyer
}

/**
 * The request with the payer token in place of its handle. This is the only place where a handle is opened.
 *
 * @throws {Declined} 401: the handle does not open for this client
 */
export async function openPayerToken<Prepared extends PreparedRequest>(
  { client }: Caller,
  request: Prepared,
  sealingKeys: KeyRing,
): Promise<Prepared> {
  const handle = handleIn(request)
  if (handle === undefined) return request
  const payerToken = await openHandle(sealingKeys, handle, client.id)
  if (payerToken === undefined) throw invalidPayerToken()
  return withPayerToken(request, payerToken)
}

/**
 * Whose wallet an agreement is about, read from Mercado Pago: the browser that returns cannot be trusted.
 *
 * @param user digest of the buyer that the caller's ticket is for
 * @throws {Declined} 404: it is not the wallet of that buyer, or nothing says whose it is
 */
export async function walletOwnerOf(
  caller: Caller,
  user: string | undefined,
  owner: OwnedResource | undefined,
  { upstream }: { upstream: Upstream },
): Promise<Wallet> {
  if (!owner) throw new TypeError('a payer token belongs to an agreement')
  const { external_user } = await upstream.read(prepare('agreements.get', { agreement_id: owner.id }))
  // The client passes on what does not fit the schema: here only text counts.
  const id: unknown = external_user?.id
  const named = typeof id === 'string' && id !== '' ? await digestUser(id) : undefined
  // A backend may link for any of its buyers; a browser only for the buyer of its ticket.
  const buyer = named ?? (caller.ticket ? undefined : (owner.user ?? undefined))
  if (buyer === undefined || (user !== undefined && buyer !== user)) throw notFound(owner, 'agreements.createPayerToken')
  return { client: owner.client, user: buyer, agreement: owner.id }
}
