import { createWalletConnect, idempotencyKeyFrom } from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '', PAYER_TOKEN = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [order = '', amount = ''] = process.argv.slice(2)
const payer = { token: PAYER_TOKEN }
const wallet_payment = { transaction_amount: amount, external_reference: order }
const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(intent) } // as in "Pay"
const reservation = { wallet_payment, payer, capture: false }
const payment = await wallet.payments.create(reservation, key)
// authorized: the money is held. Keep the id, to capture or to cancel.
console.log({ id: payment.id, status: payment.status })
