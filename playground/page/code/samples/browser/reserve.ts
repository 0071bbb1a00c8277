import { createWalletConnect, isApproved, prepare } from 'mercadopago-wallet-connect'
const ask = async (path: string, body = {}) => // your backend
  (await fetch(`/shop/${path}`, { method: 'POST', body: JSON.stringify(body) })).json()
// The shop sets price and key. It returns the same order until that is paid or closed.
const order = await ask('orders', { reserve: true })
const wallet_payment = { transaction_amount: order.amount, external_reference: order.id }
const payer = { token: JSON.parse(localStorage.getItem('wallet') ?? '{}').payer_token }
const payment = { wallet_payment, payer, capture: false }
const key = { idempotencyKey: order.idempotency_key }
const request = prepare('payments.create', payment, key)
// The backend stores the request, then returns a ticket for exactly this charge.
const { ticket } = await ask(`orders/${order.id}/ticket`, { request })
const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })
const { data } = await wallet.send(request)
console.log({ id: data.id, status: data.status, paid: isApproved(data) })
