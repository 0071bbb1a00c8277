import { createWalletConnect } from 'npm:mercadopago-wallet-connect'
import { keep } from './shop.ts' // yours: a store that encrypts

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [buyer = ''] = Deno.args
const { agreement_id, agreement_uri } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked', // as registered for your application
  external_flow_id: `link-${buyer}`,
  external_user: { id: buyer },
})
await keep({ buyer, pending: agreement_id }) // the return must name this one
console.log({ agreement_uri }) // send the buyer there
