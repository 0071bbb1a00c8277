import type { Step } from './steps.ts'

/** What differs inside a body. */
export interface Hand {
  /** Shows an expression to whoever asked; `status` is of HTTP. */
  show: (expression: string, status?: string) => string
  /** Hands on what the proxy has answered. */
  pass: (response: string) => string
  /** Does not do it. */
  refuse: (why: string) => string
  /** A variable of the environment. */
  variable: (name: string) => string
  /** Answers a notification. */
  answer: (status: string) => string
}

export interface Body {
  /** Names to import beside `createWalletConnect`. */
  imports?: string
  /** Whoever is logged in: a buyer, or somebody of the shop. Or Mercado Pago, which is not. */
  by: 'buyer' | 'staff' | 'Mercado Pago'
  /** What the shop itself knows of this buyer: no page has to say it, or may. */
  knows?: readonly string[]
  /** What comes from outside. */
  takes?: readonly string[]
  /** It comes with the address to which the buyer returns. */
  returns?: true
  /** It takes the payer token: `payer` has to be there. */
  charges?: true
  /** It keeps something that is secret. */
  keeps?: true
  /** It asks the proxy, as the client that it is there; otherwise Mercado Pago, by `wallet`. */
  asksProxy?: true
  code: (hand: Hand) => string
}

/** One try to pay an order, in every step: whoever tries it, by whichever way, has the same key. */
const WISH = "const wish = { account: 'my-shop', operation: 'charge', reference: order, attempt: 1 }"
const WALLET_PAYMENT = 'const wallet_payment = { transaction_amount: amount, external_reference: order }'

/** What a coupon is worth for a payment that follows. */
export const promise = (show: Hand['show']): string => `
const { discount: { amount, detail: { value, type, cap } = {} } } =
  await wallet.discounts.create({ payer_token: payer.token, amount: 100, coupon })
const discount = amount && value && type && cap // repeated as promised, or none
  ? { amount, description: 'Ten off', code: coupon, detail: { value, type, cap } }
  : {}
// It holds for seconds. Pay at once, with the order's reference and key, as "Pay" does:
${show('{ transaction_amount: 100, discount }')}`

/** One body for each step, the same in every backend. */
export const BODIES: Record<Step, Body> = {
  session: {
    imports: 'idempotencyKeyFrom',
    by: 'buyer',
    knows: ['buyer', 'order', 'amount'],
    asksProxy: true,
    code: ({ variable, pass }) => `
const headers = { authorization: \`Bearer \${${variable('PROXY_CLIENT_KEY')}}\` }
${WISH}
const idempotency_key = await idempotencyKeyFrom(wish) // raise attempt if rejected
const charge = { amount, external_reference: order, idempotency_key } // just this, once
const asked = { external_user: { id: buyer }, origin: 'https://shop.example', charge,
  operations: ['payments.create', 'payments.get'] } // agreements, discounts: no charge
const post = { method: 'POST', headers, body: JSON.stringify(asked) }
const answer = await fetch('https://proxy.example/sessions', post)
${pass('answer')}`,
  },
  link: {
    by: 'buyer',
    knows: ['buyer'],
    keeps: true,
    code: ({ show }) => `
const { agreement_id, agreement_uri } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked', // as registered for your application
  external_flow_id: \`link-\${buyer}\`,
  external_user: { id: buyer },
})
await keep({ buyer, asked: agreement_id }) // the return has to bring this one
${show('{ agreement_uri }')} // send the buyer there`,
  },
  return: {
    by: 'buyer',
    knows: ['buyer', 'asked'],
    takes: ['agreement', 'code'],
    returns: true,
    keeps: true,
    code: ({ show, refuse }) => `
// Whoever was sent here by a stranger's link would pay with the stranger's wallet.
if (agreement !== asked) ${refuse('Not asked for')}
const { payer_token } = await wallet.agreements.createPayerToken(agreement, { code })
await keep({ buyer, agreement, payer_token }) // it charges the wallet: never show it
${show("'Linked.'")}`,
  },
  coupon: {
    by: 'buyer',
    takes: ['coupon'],
    charges: true,
    code: ({ show }) => promise(show),
  },
  pay: {
    imports: 'idempotencyKeyFrom, isApproved',
    by: 'buyer',
    knows: ['order', 'amount'],
    charges: true,
    code: ({ show }) => `
${WALLET_PAYMENT}
// One wish, one key: run twice, it charges once. Raise attempt only after a rejection.
${WISH}
const key = { idempotencyKey: await idempotencyKeyFrom(wish) }
const payment = await wallet.payments.create({ wallet_payment, payer }, key)
const { id, status } = payment // 201 does not mean paid
${show('{ id, status, paid: isApproved(payment) }')}`,
  },
  lostAnswer: {
    imports: 'idempotencyKeyFrom, UnknownOutcomeError',
    by: 'buyer',
    knows: ['order', 'amount'],
    charges: true,
    keeps: true,
    code: ({ show }) => `
${WALLET_PAYMENT}
${WISH}
const key = { idempotencyKey: await idempotencyKeyFrom(wish) } // as "Pay" has it
const prepared = wallet.prepare('payments.create', { wallet_payment, payer }, key)
await keep({ order, prepared }) // after a crash, or if it stays unknown: reconcile this
const end = await wallet.send(prepared).catch(async (error: unknown) => // paid?
  error instanceof UnknownOutcomeError ? wallet.reconcile(prepared) : { error })
${show('end', "'data' in end ? 200 : 502")} // or end.error`,
  },
  reserve: {
    imports: 'idempotencyKeyFrom',
    by: 'buyer',
    knows: ['order', 'amount'],
    charges: true,
    code: ({ show }) => `
${WALLET_PAYMENT}
${WISH}
const key = { idempotencyKey: await idempotencyKeyFrom(wish) } // as "Pay" has it
const reservation = { wallet_payment, payer, capture: false }
const payment = await wallet.payments.create(reservation, key)
// authorized: the money is held. Keep the id, to capture or to cancel.
${show('{ id: payment.id, status: payment.status }')}`,
  },
  capture: {
    imports: 'isApproved',
    by: 'staff',
    takes: ['id'],
    code: ({ show }) => `
const payment = await wallet.payments.capture(id) // takes what was reserved
${show('{ id, status: payment.status, paid: isApproved(payment) }')}`,
  },
  cancel: {
    by: 'staff',
    takes: ['id'],
    code: ({ show }) => `
const { status } = await wallet.payments.cancel(id) // what is paid is refunded instead
${show('{ id, status }')}`,
  },
  refund: {
    imports: 'idempotencyKeyFrom',
    by: 'staff',
    takes: ['id', 'amount'],
    code: ({ show }) => `
// Run twice, it refunds once. Raise attempt for another refund of the same payment.
const wish = { account: 'my-shop', operation: 'refund', reference: id, attempt: 1 }
const key = { idempotencyKey: await idempotencyKeyFrom(wish) }
const part = amount === 'all' ? {} : { amount } // such as 200.25, or all that is left
const refunds = await wallet.payments.refund(id, part, key)
const { status } = await wallet.payments.get(id) // it may follow later
${show('{ id, status, refunded: refunds.map((refund) => refund.amount) }')}`,
  },
  unlink: {
    by: 'buyer',
    knows: ['agreement'],
    code: ({ show }) => `
await wallet.agreements.cancel(agreement) // its payer token charges no more: delete it
const { status } = await wallet.agreements.get(agreement)
${show('{ agreement, status }')}`,
  },
  notification: {
    by: 'Mercado Pago',
    code: ({ variable, answer }) => `
const told = await verifyNotification(request, { secrets: ${variable('HOOK_SECRET')} })
  .then(wallet.notifications.resolve).catch(() => undefined) // read, then believe
console.log(told?.notification.eventKey, (told?.agreement ?? told?.payment)?.status)
${answer('told ? 200 : 500')} // 500: it comes again`,
  },
}
