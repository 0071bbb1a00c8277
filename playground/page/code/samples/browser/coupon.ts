import { createWalletConnect } from 'mercadopago-wallet-connect'

const coupon = document.querySelector<HTMLInputElement>('[name=coupon]')?.value ?? ''
const payer = { token: JSON.parse(localStorage.getItem('wallet') ?? '{}').payer_token }
// Your backend knows who is logged in. It asks the proxy: see "A ticket for the page".
const response = await fetch('/shop/wallet-ticket', { method: 'POST' })
const { ticket } = await response.json()
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
const { discount: { amount, detail: { value, type, cap } = {} } } =
  await wallet.discounts.create({ payer_token: payer.token, amount: 100, coupon })
const discount = amount && value && type && cap // exactly as promised, or none
  ? { amount, description: 'Ten off', code: coupon, detail: { value, type, cap } }
  : {}
// Valid for seconds. Pay at once, with the order's reference and key, as in "Pay":
console.log({ transaction_amount: 100, discount })
