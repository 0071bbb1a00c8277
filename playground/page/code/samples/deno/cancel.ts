import { createWalletConnect } from 'npm:mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Deno.env.toObject()
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [id = ''] = Deno.args
const { status } = await wallet.payments.cancel(id) // refund what is already paid
console.log({ id, status })
