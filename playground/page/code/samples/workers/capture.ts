import { createWalletConnect, isApproved } from 'mercadopago-wallet-connect'
import { staffOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  await staffOf(request) // throws unless your page POSTs
  const { id = '' } = await request.json<Record<string, string>>()
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const payment = await wallet.payments.capture(id) // charges what was reserved
  return Response.json({ id, status: payment.status, paid: isApproved(payment) })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
