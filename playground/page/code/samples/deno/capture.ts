import { createWalletConnect, isApproved } from 'npm:mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [id = ''] = Deno.args
const payment = await wallet.payments.capture(id) // charges what was reserved
console.log({ id, status: payment.status, paid: isApproved(payment) })
