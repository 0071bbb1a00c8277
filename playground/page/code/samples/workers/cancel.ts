import { createWalletConnect } from 'mercadopago-wallet-connect'
import { staffOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  await staffOf(request) // throws unless your page POSTs
  const { id = '' } = await request.json<Record<string, string>>()
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const { status } = await wallet.payments.cancel(id) // refund what is already paid
  return Response.json({ id, status })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
