/**
 * Makes a caller: one payment for each call, through `fetch`, to the API at `origin`. Each contender is a module of its
 * own, so that its bundle and its Worker hold nothing else.
 */
export type CreateCaller = (fetch: typeof globalThis.fetch, origin: string) => () => Promise<unknown>

/** What every contender pays. */
export const samplePayment = {
  wallet_payment: { transaction_amount: 700.5, description: 'Two chairs', external_reference: 'order-1' },
  payer: { token: 'abcdef0123456789abcdef0123456789', type_token: 'wallet-token' },
  binary_mode: true,
}

/** What those that know nothing of Mercado Pago have to be told. */
export const PATH = '/v1/advanced_payments'
export const headers = () => ({ authorization: 'Bearer TEST-1', 'x-idempotency-key': crypto.randomUUID() })
