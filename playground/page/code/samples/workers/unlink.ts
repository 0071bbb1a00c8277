import { createWalletConnect } from 'mercadopago-wallet-connect'
import { buyerOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  const { agreement } = await buyerOf(request) // throws unless your page POSTs
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  await wallet.agreements.cancel(agreement) // its payer token no longer works: delete it
  const { status } = await wallet.agreements.get(agreement)
  return Response.json({ agreement, status })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
