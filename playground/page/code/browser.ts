/**
 * What a page does at the steps that are its own. It holds no access token and no payer token: a ticket of the proxy that
 * the shop's backend got for it, and a handle that the proxy has sealed.
 */
import { promise } from './bodies.ts'
import type { Step } from './steps.ts'

const WALLET = "const wallet = createWalletConnect({ proxy: { url: 'https://proxy.example', ticket } })"
const LINKED = "JSON.parse(localStorage.getItem('wallet') ?? '{}')"

/** A step for which any ticket of this buyer is good. */
const withTicket = (code: string, before = '', of = 'ticket'): string => `
import { createWalletConnect } from 'mercadopago-wallet-connect'

${before}// Your backend knows whose page this is, and asks the proxy: "A ticket for the page".
const answer = await fetch('/shop/wallet-ticket', { method: 'POST' })
const { ${of} } = await answer.json()
${WALLET}
${code.trim()}`

const ASK = `const ask = async (path: string, body = {}) => // your backend
  (await fetch(\`/shop/\${path}\`, { method: 'POST', body: JSON.stringify(body) })).json()`

/** The three steps of a charge: prepare, have it kept, send. */
const charge = (wish: string, more = ''): string => `
import { createWalletConnect, isApproved, prepare } from 'mercadopago-wallet-connect'
${ASK}
// Price and key are the shop's word; until it is paid or put away, the order is the same.
const order = await ask('orders', ${wish})
const wallet_payment = { transaction_amount: order.amount, external_reference: order.id }
const payer = { token: ${LINKED}.payer_token }
const payment = { wallet_payment, payer${more} }
const key = { idempotencyKey: order.idempotency_key }
const request = prepare('payments.create', payment, key)
// The backend keeps the request, then answers a ticket for exactly this charge.
const { ticket } = await ask(\`orders/\${order.id}/ticket\`, { request })
${WALLET}
const { data } = await wallet.send(request)
console.log({ id: data.id, status: data.status, paid: isApproved(data) })`

export const BROWSER: Partial<Record<Step, string>> = {
  link: withTicket(
    `
const { agreement_id, agreement_uri } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked', // one of your return_uris in the proxy
  external_flow_id: crypto.randomUUID(),
  external_user: { id: buyer }, // no other than the ticket's
})
localStorage.setItem('asked', agreement_id) // the return has to bring this one
location.assign(agreement_uri)`,
    '',
    'ticket, buyer',
  ),
  return: withTicket(
    `
const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
localStorage.setItem('wallet', JSON.stringify({ agreement, payer_token })) // sealed: by
localStorage.removeItem('asked') // itself the handle pays nothing, it takes a ticket
history.replaceState(null, '', '/')`,
    `const returned = Object.fromEntries(new URLSearchParams(location.search))
const { agreement = '', code = '' } = returned
// Whoever was sent here by a stranger's link would pay with the stranger's wallet.
if (agreement !== localStorage.getItem('asked')) throw new Error('Not asked for')
`,
  ),
  coupon: withTicket(
    promise((expression) => `console.log(${expression})`),
    `const coupon = document.querySelector<HTMLInputElement>('[name=coupon]')?.value ?? ''
const payer = { token: ${LINKED}.payer_token }
`,
  ),
  pay: charge('{ reserve: false }'),
  lostAnswer: `
import { createWalletConnect, UnavailableError, UnknownOutcomeError }
  from 'mercadopago-wallet-connect'
${ASK}
// After a reload, too: the shop has kept the request. Same key, same bytes: charged once.
const { id, request } = await ask('orders')
const ticket = async () => (await ask(\`orders/\${id}/ticket\`, { request })).ticket // fresh
${WALLET}
for (;;) {
  const sent = await wallet.send(request).catch((error: unknown) => error)
  const isOpen = sent instanceof UnknownOutcomeError || sent instanceof UnavailableError
  if (!isOpen) { console.log(sent); break } // its answer: paid is a status
  await new Promise((resolve) => setTimeout(resolve, 2_000))
}`,
  reserve: charge('{ reserve: true }', ', capture: false'),
  unlink: withTicket(
    `
await wallet.agreements.cancel(agreement)
localStorage.removeItem('wallet') // its handle pays nothing any more
const { status } = await wallet.agreements.get(agreement)
console.log({ agreement, status })`,
    `const { agreement } = ${LINKED}\n`,
  ),
}
