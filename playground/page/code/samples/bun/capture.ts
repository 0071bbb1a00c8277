import { createWalletConnect, isApproved } from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = Bun.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [id = ''] = Bun.argv.slice(2)
const payment = await wallet.payments.capture(id) // charges what was reserved
console.log({ id, status: payment.status, paid: isApproved(payment) })
