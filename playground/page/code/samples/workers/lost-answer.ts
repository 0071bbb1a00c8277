import { createWalletConnect, idempotencyKeyFrom, UnknownOutcomeError }
  from 'mercadopago-wallet-connect'
import { buyerOf, keep } from './shop.ts' // yours: the login, a store that encrypts
export default { async fetch(request, env) {
  const { order, amount, payer } = await buyerOf(request) // throws unless your page POSTs
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const wallet_payment = { transaction_amount: amount, external_reference: order }
  const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
  const key = { idempotencyKey: await idempotencyKeyFrom(intent) } // as in "Pay"
  const prepared = wallet.prepare('payments.create', { wallet_payment, payer }, key)
  await keep({ order, prepared }) // after a crash, or if it stays unknown: reconcile this
  const result = await wallet.send(prepared).catch(async (error: unknown) =>
    error instanceof UnknownOutcomeError ? wallet.reconcile(prepared) : { error })
  return Response.json(result, { status: 'data' in result ? 200 : 502 }) // data or error
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
