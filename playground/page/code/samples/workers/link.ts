import { createWalletConnect } from 'mercadopago-wallet-connect'
import { buyerOf, keep } from './shop.ts' // yours: the login, a store that encrypts

export default { async fetch(request, env) {
  const { buyer } = await buyerOf(request) // throws unless your page POSTs
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const { agreement_id, agreement_uri } = await wallet.agreements.create({
    return_uri: 'https://shop.example/linked', // as registered for your application
    external_flow_id: `link-${buyer}`,
    external_user: { id: buyer },
  })
  await keep({ buyer, pending: agreement_id }) // the return must name this one
  return Response.json({ agreement_uri }) // send the buyer there
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
