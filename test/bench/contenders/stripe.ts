import Stripe from 'stripe'
import { type CreateCaller, samplePayment } from './contender.ts'

const { transaction_amount, description, external_reference } = samplePayment.wallet_payment

/** The same payment in Stripe's words: cents, and a form. */
export const createCaller: CreateCaller = (fetch, origin) => {
  const { hostname, port, protocol } = new URL(origin)
  const stripe = new Stripe('sk_test_1', {
    httpClient: Stripe.createFetchHttpClient(fetch),
    host: hostname,
    port: port || '443',
    protocol: protocol === 'http:' ? 'http' : 'https',
  })
  const intent: Stripe.PaymentIntentCreateParams = {
    amount: transaction_amount * 100,
    currency: 'ars',
    description,
    payment_method: samplePayment.payer.token,
    confirm: true,
    metadata: { external_reference },
  }
  return () => stripe.paymentIntents.create(intent)
}
