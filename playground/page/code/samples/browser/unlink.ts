import { createWalletConnect } from 'mercadopago-wallet-connect'

const { agreement } = JSON.parse(localStorage.getItem('wallet') ?? '{}')
// Your backend knows who is logged in. It asks the proxy: see "A ticket for the page".
const response = await fetch('/shop/wallet-ticket', { method: 'POST' })
const { ticket } = await response.json()
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
await wallet.agreements.cancel(agreement)
localStorage.removeItem('wallet') // its payer token no longer works
const { status } = await wallet.agreements.get(agreement)
console.log({ agreement, status })
