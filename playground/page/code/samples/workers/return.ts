import { createWalletConnect } from 'mercadopago-wallet-connect'
import { buyerOf, keep } from './shop.ts' // yours: the login, a store that encrypts

export default { async fetch(request, env) {
  const { buyer, pending } = await buyerOf(request) // throws unless logged in
  const { searchParams } = new URL(request.url)
  const { agreement = '', code = '' } = Object.fromEntries(searchParams)
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  // A buyer who followed a stranger's link would pay with the stranger's wallet.
  if (agreement !== pending) return new Response('Unexpected agreement', { status: 403 })
  const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
  await keep({ buyer, agreement, payer_token }) // it can charge the wallet: never show it
  return Response.json('Linked.')
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
