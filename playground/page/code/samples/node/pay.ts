import { createWalletConnect, idempotencyKeyFrom, isApproved }
  from 'mercadopago-wallet-connect'

const { MERCADOPAGO_ACCESS_TOKEN = '', PAYER_TOKEN = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [order = '', amount = ''] = process.argv.slice(2)
const payer = { token: PAYER_TOKEN }
const wallet_payment = { transaction_amount: amount, external_reference: order }
// Running this twice charges once. Raise attempt only after a rejection.
const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(intent) }
const payment = await wallet.payments.create({ wallet_payment, payer }, key)
const { id, status } = payment // 201 does not mean paid
console.log({ id, status, paid: isApproved(payment) })
