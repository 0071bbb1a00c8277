import type { OperationInput, OperationName, PreparedRequest } from 'mercadopago-wallet-connect'
import { Declined, problem } from '../http/envelope.ts'
import type { OwnedResource, Resource } from '../ledger/ledger-store.ts'
import { isDigestible } from '../sealing/payer-token.ts'
import type { Caller } from './authenticate.ts'
import type { Charge } from './tickets.ts'

const forbidden = (message: string): Declined => new Declined(problem(403, message))

/** All that a browser may say of a payment. */
const BROWSER_PAYMENT = ['wallet_payment', 'payer', 'binary_mode', 'capture']
const BROWSER_WALLET_PAYMENT = ['transaction_amount', 'description', 'external_reference', 'discount']

/**
 * Is this request what its caller may ask for? What it is about is looked at elsewhere.
 *
 * @throws {Declined} 403
 */
export function permit({ client, ticket }: Caller, { operation, body }: PreparedRequest): void {
  if (operation === 'agreements.create') {
    const { return_uri, external_user } = JSON.parse(body ?? '{}') as OperationInput<'agreements.create'>
    if (!client.return_uris.includes(return_uri)) throw forbidden('return_uri is not on the list of this client')
    if (!isDigestible(external_user.id)) throw new Declined(problem(400, 'external_user.id must be well-formed Unicode'))
    if (ticket && external_user.id !== ticket.user) throw forbidden('external_user.id is not the user of the ticket')
  }
  if (operation === 'payments.create' && ticket) permitCharge(ticket.charge, JSON.parse(body ?? '{}'))
}

/** Exactly what the backend agreed to, and nothing beside it. */
function permitCharge(charge: Charge | undefined, payment: OperationInput<'payments.create'>): void {
  const { transaction_amount, external_reference } = payment.wallet_payment
  if (!charge || Number(transaction_amount) !== Number(charge.amount)) {
    throw forbidden('wallet_payment.transaction_amount is not the amount of the ticket')
  }
  if (external_reference !== charge.external_reference) {
    throw forbidden('wallet_payment.external_reference is not the one of the ticket')
  }
  if ((payment.capture ?? true) !== (charge.capture ?? true)) throw forbidden('capture is not as the ticket says')
  const foreign = [
    ...Object.keys(payment).filter((key) => !BROWSER_PAYMENT.includes(key)),
    ...Object.keys(payment.wallet_payment)
      .filter((key) => !BROWSER_WALLET_PAYMENT.includes(key))
      .map((key) => `wallet_payment.${key}`),
    ...(payment.binary_mode === false ? ['binary_mode'] : []),
    ...(payment.payer.type_token === 'wallet-token' ? [] : ['payer.type_token']),
  ]
  if (foreign.length > 0) throw forbidden(`${foreign.join(', ')} cannot be set with a ticket`)
}

/** What a request is about, if that has come to be already. */
export function subjectOf(prepared: PreparedRequest, parameters: Record<string, string>): Resource | undefined {
  const { agreement_id, advanced_payment_id } = parameters
  if (agreement_id !== undefined) return { kind: 'agreement', id: agreement_id }
  // As the path has it: digits only, whatever the caller wrote.
  return advanced_payment_id === undefined ? undefined : { kind: 'advanced_payment', id: prepared.path.split('/')[3] ?? '' }
}

/** Others' things look as if they were not there. */
export const isOwn = (
  { client, ticket }: Caller,
  owner: OwnedResource | undefined,
  user: string | undefined,
): owner is OwnedResource => owner?.client === client.id && (!ticket || owner.user === user)

export function notFound({ kind }: Resource, operation?: OperationName): Declined {
  if (kind === 'agreement') {
    const words = operation === 'agreements.get' ? 'The Agreement with that id' : 'The agreement_id does not exist'
    return new Declined(problem(404, words, { error: 'not_found' }))
  }
  const message = 'Advanced payment not found.'
  if (operation !== 'payments.refund') return new Declined(problem(404, message, { error: 'Not found' }))
  const cause = [{ code: '404002', message: 'Advanced payment not found', data: null }]
  return new Declined(problem(404, message, { error: 'not_found', cause }))
}
