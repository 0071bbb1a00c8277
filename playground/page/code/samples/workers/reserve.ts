import { createWalletConnect, idempotencyKeyFrom } from 'mercadopago-wallet-connect'
import { buyerOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  const { order, amount, payer } = await buyerOf(request) // throws unless your page POSTs
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const wallet_payment = { transaction_amount: amount, external_reference: order }
  const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
  const key = { idempotencyKey: await idempotencyKeyFrom(intent) } // as in "Pay"
  const reservation = { wallet_payment, payer, capture: false }
  const payment = await wallet.payments.create(reservation, key)
  // authorized: the money is held. Keep the id, to capture or to cancel.
  return Response.json({ id: payment.id, status: payment.status })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
