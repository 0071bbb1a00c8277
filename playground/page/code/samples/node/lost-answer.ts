import { createWalletConnect, idempotencyKeyFrom, UnknownOutcomeError }
  from 'mercadopago-wallet-connect'
import { keep } from './shop.ts' // yours: a store that encrypts
const { MERCADOPAGO_ACCESS_TOKEN = '', PAYER_TOKEN = '' } = process.env
const wallet = createWalletConnect({ accessToken: MERCADOPAGO_ACCESS_TOKEN })
const [order = '', amount = ''] = process.argv.slice(2)
const payer = { token: PAYER_TOKEN }
const wallet_payment = { transaction_amount: amount, external_reference: order }
const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(intent) } // as in "Pay"
const prepared = wallet.prepare('payments.create', { wallet_payment, payer }, key)
await keep({ order, prepared }) // after a crash, or if it stays unknown: reconcile this
const result = await wallet.send(prepared).catch(async (error: unknown) =>
  error instanceof UnknownOutcomeError ? wallet.reconcile(prepared) : { error })
console.log(result) // its data.status says if it is paid
