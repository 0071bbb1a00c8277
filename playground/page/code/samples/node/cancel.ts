import { createWalletConnect } from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [id = ''] = process.argv.slice(2)
const { status } = await wallet.payments.cancel(id) // refund what is already paid
console.log({ id, status })
