import { createWalletConnect, idempotencyKeyFrom, isApproved }
  from 'mercadopago-wallet-connect'
import { buyerOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  const { order, amount, payer } = await buyerOf(request) // throws unless your page POSTs
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const wallet_payment = { transaction_amount: amount, external_reference: order }
  // Running this twice charges once. Raise attempt only after a rejection.
  const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
  const key = { idempotencyKey: await idempotencyKeyFrom(intent) }
  const payment = await wallet.payments.create({ wallet_payment, payer }, key)
  const { id, status } = payment // 201 does not mean paid
  return Response.json({ id, status, paid: isApproved(payment) })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
