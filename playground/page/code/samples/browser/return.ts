import { createWalletConnect } from 'mercadopago-wallet-connect'

const returned = Object.fromEntries(new URLSearchParams(location.search))
const { agreement = '', code = '' } = returned
// A buyer who followed a stranger's link would pay with the stranger's wallet.
if (agreement !== localStorage.getItem('pending')) throw new Error('Unexpected agreement')
// Your backend knows who is logged in. It asks the proxy: see "A ticket for the page".
const response = await fetch('/shop/wallet-ticket', { method: 'POST' })
const { ticket } = await response.json()
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
// The proxy has sealed payer_token: it pays nothing without a ticket.
localStorage.setItem('wallet', JSON.stringify({ agreement, payer_token }))
localStorage.removeItem('pending')
history.replaceState(null, '', '/')
