import type { Step } from './snippets.ts'

/** What differs inside a body. */
export interface Hand {
  /** Shows an expression to whoever asked. */
  show: (expression: string) => string
  /** Keeps the text of an expression under an id. */
  store: (id: string, text: string) => string
  /** Keeps the payer token. */
  keepToken: string
  /** What signs notifications. */
  secret: string
  /** Answers a notification. */
  answer: (status: string) => string
}

export interface Body {
  /** Names to import besides `createWalletConnect`. */
  imports?: string
  /** What the caller has to say. */
  takes?: readonly string[]
  /** It charges: `payer` has to be there. */
  charges?: true
  /** It keeps something. */
  stores?: true
  /** Who asks is the buyer's browser, or Mercado Pago. Otherwise it is the shop. */
  askedBy?: 'buyer' | 'Mercado Pago'
  code: (hand: Hand) => string
}

/** One body for each step, the same in every runtime. */
export const BODIES: Record<Step, Body> = {
  link: {
    takes: ['buyer'],
    code: ({ show }) => `
const { agreement_id, agreement_uri } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked', // as registered for your application
  external_flow_id: \`link-\${buyer}\`,
  external_user: { id: buyer },
})
// Keep agreement_id with the buyer, and send the buyer to agreement_uri.
${show('{ agreement_id, agreement_uri }')}`,
  },
  return: {
    takes: ['agreement', 'code'],
    askedBy: 'buyer',
    stores: true,
    code: ({ keepToken }) => `
const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
// It charges the wallet: store it encrypted, and never send it to the browser.
${keepToken}`,
  },
  coupon: {
    imports: 'isApproved',
    takes: ['coupon'],
    charges: true,
    code: ({ show }) => `
const { discount: { amount, detail: { value, type, cap } = {} } } =
  await wallet.discounts.create({ payer_token: payer.token, amount: 100, coupon })
const discount = amount && value && type && cap // repeated as promised, or none
  ? { amount, description: 'Ten off', code: coupon, detail: { value, type, cap } }
  : {}
const wallet_payment = { transaction_amount: 100, discount }
const payment = await wallet.payments.create({ wallet_payment, payer }) // at once
${show('{ id: payment.id, paid: isApproved(payment) }')}`,
  },
  pay: {
    imports: 'idempotencyKeyFrom, isApproved',
    takes: ['order'],
    charges: true,
    code: ({ show }) => `
const wallet_payment = { transaction_amount: '700.50', external_reference: order }
// One wish, one key: run twice, it charges once. Raise attempt only after a rejection.
const wish = { account: 'my-shop', operation: 'pay', reference: order, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(wish) }
const payment = await wallet.payments.create({ wallet_payment, payer }, key)
const { id, status } = payment // 201 does not mean paid
${show('{ id, status, paid: isApproved(payment) }')}`,
  },
  lostAnswer: {
    imports: 'UnknownOutcomeError',
    takes: ['order'],
    charges: true,
    stores: true,
    code: ({ show, store }) => `
const wallet_payment = { transaction_amount: '700.50', external_reference: order }
const key = { idempotencyKey: order } // one order, one key
const prepared = wallet.prepare('payments.create', { wallet_payment, payer }, key)
${store('order', 'JSON.stringify(prepared)')} // encrypt: a secret
const sent = await wallet.send(prepared).catch((error: unknown) => error)
const isLost = sent instanceof UnknownOutcomeError // the money may have moved
// After a crash, or if it stays unknown: read prepared back and reconcile it later.
${show('isLost ? await wallet.reconcile(prepared) : sent')}`,
  },
  reserve: {
    takes: ['order'],
    charges: true,
    code: ({ show }) => `
const wallet_payment = { transaction_amount: '700.50', external_reference: order }
const key = { idempotencyKey: order } // one order, one key
const reservation = { wallet_payment, payer, capture: false }
const payment = await wallet.payments.create(reservation, key)
// authorized: the money is held. Keep the id, to capture or to cancel.
${show('{ id: payment.id, status: payment.status }')}`,
  },
  capture: {
    imports: 'isApproved',
    takes: ['id'],
    code: ({ show }) => `
const payment = await wallet.payments.capture(id) // takes what was reserved
${show('{ id, status: payment.status, paid: isApproved(payment) }')}`,
  },
  cancel: {
    takes: ['id'],
    code: ({ show }) => `
const { status } = await wallet.payments.cancel(id) // what is paid is refunded instead
${show('{ id, status }')}`,
  },
  refund: {
    takes: ['id', 'amount'],
    code: ({ show }) => `
// A part, such as 200.25, or all that is left.
const refunds = await wallet.payments.refund(id, amount === 'all' ? {} : { amount })
const { status } = await wallet.payments.get(id) // it may follow later
${show('{ id, status, refunded: refunds.map((refund) => refund.amount) }')}`,
  },
  unlink: {
    takes: ['agreement'],
    code: ({ show }) => `
await wallet.agreements.cancel(agreement) // its payer token charges no more: delete it
const { status } = await wallet.agreements.get(agreement)
${show('{ agreement, status }')}`,
  },
  notification: {
    askedBy: 'Mercado Pago',
    code: ({ secret, answer }) => `
const told = await verifyNotification(request, { secrets: ${secret} })
  .then(wallet.notifications.resolve).catch(() => undefined) // read, then believe
console.log(told?.notification.eventKey, (told?.agreement ?? told?.payment)?.status)
${answer('told ? 200 : 500')} // 500: it comes again`,
  },
}
