import { createWalletConnect, idempotencyKeyFrom } from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [id = '', amount = ''] = process.argv.slice(2)
// Running this twice refunds once. Raise attempt for another refund of this payment.
const intent = { account: 'my-shop', operation: 'refund', reference: id, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(intent) }
const part = amount === 'all' ? {} : { amount } // such as 200.25, or all that is left
const refunds = await wallet.payments.refund(id, part, key)
const { status } = await wallet.payments.get(id) // it may change later
console.log({ id, status, refunded: refunds.map((refund) => refund.amount) })
