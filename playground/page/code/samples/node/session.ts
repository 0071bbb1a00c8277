import { idempotencyKeyFrom } from 'mercadopago-wallet-connect'

const { PROXY_CLIENT_KEY = '' } = process.env
const [buyer = '', order = '', amount = ''] = process.argv.slice(2)
const headers = { authorization: `Bearer ${PROXY_CLIENT_KEY}` }
const intent = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }
const idempotency_key = await idempotencyKeyFrom(intent) // raise attempt if rejected
const charge = { amount, external_reference: order, idempotency_key } // exactly this
const session = { external_user: { id: buyer }, origin: 'https://shop.example', charge,
  operations: ['payments.create', 'payments.get'] } // for links and coupons: no charge
const post = { method: 'POST', headers, body: JSON.stringify(session) }
const response = await fetch('https://proxy.example/sessions', post)
console.log(await response.json()) // { ticket, … }, for your page only
