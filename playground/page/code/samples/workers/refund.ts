import { createWalletConnect, idempotencyKeyFrom } from 'mercadopago-wallet-connect'
import { staffOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  await staffOf(request) // throws unless your page POSTs
  const { id = '', amount = '' } = await request.json<Record<string, string>>()
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  // Running this twice refunds once. Raise attempt for another refund of this payment.
  const intent = { account: 'my-shop', operation: 'refund', reference: id, attempt: 1 }
  const key = { idempotencyKey: await idempotencyKeyFrom(intent) }
  const part = amount === 'all' ? {} : { amount } // such as 200.25, or all that is left
  const refunds = await wallet.payments.refund(id, part, key)
  const { status } = await wallet.payments.get(id) // it may change later
  return Response.json({ id, status, refunded: refunds.map((refund) => refund.amount) })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
