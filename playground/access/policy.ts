import type { OperationInput, PreparedRequest } from 'mercadopago-wallet-connect'
import { Declined, problem } from '../http/envelope.ts'
import { isDigestible } from '../sealing/payer-token.ts'
import type { Caller } from './authenticate.ts'
import type { Charge } from './tickets.ts'

const forbidden = (message: string): Declined => new Declined(problem(403, message))

/** All that a browser may set in a payment. */
const BROWSER_PAYMENT = ['wallet_payment', 'payer', 'binary_mode', 'capture']
const BROWSER_WALLET_PAYMENT = ['transaction_amount', 'description', 'external_reference', 'discount']

/**
 * Checks that the content of a request is allowed for its caller. Whose the resource is that it is about is checked elsewhere.
 *
 * @throws {Declined} 403: it is not allowed, 400: a user id is not well-formed
 */
export function permit(caller: Caller, { operation, body }: PreparedRequest): void {
  switch (operation) {
    case 'agreements.create':
      permitAgreement(caller, JSON.parse(body ?? '{}'))
      return
    case 'payments.create':
      if (caller.ticket) permitCharge(caller.ticket.charge, JSON.parse(body ?? '{}'))
      return
    // The path or the payer token says what these are about, and the owner check whether that is the caller's.
    case 'agreements.get':
    case 'agreements.cancel':
    case 'agreements.createPayerToken':
    case 'discounts.validateCoupon':
    case 'discounts.create':
    case 'payments.get':
    case 'payments.capture':
    case 'payments.cancel':
    case 'payments.refund':
    case 'payments.listRefunds':
    // Its results are filtered by owner instead.
    case 'payments.search':
      return
    default:
      denyUnknown(operation)
  }
}

/** Denies an operation that no rule knows: whoever adds one to the package's table is told so by the compiler. */
export function denyUnknown(operation: never): never {
  throw forbidden(`The proxy has no rule for ${operation}`)
}

function permitAgreement({ client, ticket }: Caller, { return_uri, external_user }: OperationInput<'agreements.create'>): void {
  if (!client.return_uris.includes(return_uri)) throw forbidden('return_uri is not on the list of this client')
  if (!isDigestible(external_user.id)) throw new Declined(problem(400, 'external_user.id must be well-formed Unicode'))
  if (ticket && external_user.id !== ticket.user) throw forbidden('external_user.id is not the user of the ticket')
}

/** Checks that a charge is exactly the one of its ticket. */
function permitCharge(charge: Charge | undefined, payment: OperationInput<'payments.create'>): void {
  const { transaction_amount, external_reference } = payment.wallet_payment
  if (!charge || Number(transaction_amount) !== Number(charge.amount)) {
    throw forbidden('wallet_payment.transaction_amount is not the amount of the ticket')
  }
  if (external_reference !== charge.external_reference) {
    throw forbidden('wallet_payment.external_reference is not the one of the ticket')
  }
  if ((payment.capture ?? true) !== (charge.capture ?? true)) throw forbidden('capture is not as the ticket says')
  const forbiddenFields = [
    ...Object.keys(payment).filter((key) => !BROWSER_PAYMENT.includes(key)),
    ...Object.keys(payment.wallet_payment)
      .filter((key) => !BROWSER_WALLET_PAYMENT.includes(key))
      .map((key) => `wallet_payment.${key}`),
    ...(payment.binary_mode === false ? ['binary_mode'] : []),
    ...(payment.payer.type_token === 'wallet-token' ? [] : ['payer.type_token']),
  ]
  if (forbiddenFields.length > 0) throw forbidden(`${forbiddenFields.join(', ')} cannot be set with a ticket`)
}
