import { createWalletConnect } from 'npm:mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '', PAYER_TOKEN = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [coupon = ''] = Deno.args
const payer = { token: PAYER_TOKEN }
const { discount: { amount, detail: { value, type, cap } = {} } } =
  await wallet.discounts.create({ payer_token: payer.token, amount: 100, coupon })
const discount = amount && value && type && cap // exactly as promised, or none
  ? { amount, description: 'Ten off', code: coupon, detail: { value, type, cap } }
  : {}
// Valid for seconds. Pay at once, with the order's reference and key, as in "Pay":
console.log({ transaction_amount: 100, discount })
