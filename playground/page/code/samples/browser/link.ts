import { createWalletConnect } from 'mercadopago-wallet-connect'

// Your backend knows who is logged in. It asks the proxy: see "A ticket for the page".
const response = await fetch('/shop/wallet-ticket', { method: 'POST' })
const { ticket, buyer } = await response.json()
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
const { agreement_id, agreement_uri } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked', // one of your return_uris in the proxy
  external_flow_id: crypto.randomUUID(),
  external_user: { id: buyer }, // has to be the ticket's user
})
localStorage.setItem('pending', agreement_id) // the return must name this one
location.assign(agreement_uri)
