import {
  type CreatePaymentInput,
  createWalletConnect,
  type OperationName,
  type WalletConnect,
  type WalletConnectOptions,
} from 'mercadopago-wallet-connect'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { createClient } from '../../../src/client/create-wallet-connect.ts'
import { document } from './documents.ts'
import { createTestClock, type TestClock } from './test-clock.ts'

/** A browser must not have an access token, so there the tests use a ticket of a proxy. */
const credential =
  'document' in globalThis
    ? { proxy: { url: 'https://api.mercadopago.com', ticket: 'TEST-access' } }
    : { accessToken: 'TEST-access' }

/** A client for tests, which sends every request through `fetch`. */
export const walletWith = (fetch: typeof globalThis.fetch, options: Partial<WalletConnectOptions> = {}): WalletConnect =>
  createWalletConnect({ ...credential, fetch, timeoutMs: 200, deadlineMs: 2_000, ...options } as WalletConnectOptions)

/** The same client on a test clock, on which waiting takes no real time. */
export const walletOnTestClock = (
  fetch: typeof globalThis.fetch,
  options: Partial<WalletConnectOptions> = {},
  clock: TestClock = createTestClock(),
): WalletConnect =>
  createClient({ ...credential, fetch, timeoutMs: 200, deadlineMs: 2_000, ...options } as WalletConnectOptions, clock)

/** The payment that the guide shows. */
export const aPayment: CreatePaymentInput = {
  wallet_payment: { transaction_amount: 700.5, description: 'Payment Description', external_reference: 'Pago_123' },
  payer: { token: 'PAYER_TOKEN' },
}

/** A valid input for each operation, for tests that are about something else. */
export const anInput: Record<OperationName, object> = {
  'agreements.create': document('create-agreement.request'),
  'agreements.get': { agreement_id: 'abc' },
  'agreements.cancel': { agreement_id: 'abc' },
  'agreements.createPayerToken': { agreement_id: 'abc', code: 'c' },
  'discounts.validateCoupon': { payer_token: 't', id: 'C' },
  'discounts.create': { payer_token: 't', amount: 5 },
  'payments.create': aPayment,
  'payments.get': { advanced_payment_id: 7 },
  'payments.search': {},
  'payments.capture': { advanced_payment_id: 7 },
  'payments.cancel': { advanced_payment_id: 7 },
  'payments.refund': { advanced_payment_id: 7 },
  'payments.listRefunds': { advanced_payment_id: 7 },
}

/** Links a wallet in the emulator; returns the agreement's id and the payer token. */
export async function linkWallet(emulator: Emulator): Promise<{ agreement_id: string; payer_token: string }> {
  const { agreements } = walletWith(emulator.fetch)
  const { agreement_id } = await agreements.create({
    return_uri: 'https://shop.example/linked',
    external_flow_id: 'flow-1',
    external_user: { id: 'buyer-1' },
  })
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await agreements.createPayerToken(agreement_id, { code })
  return { agreement_id, payer_token }
}

/** The value that the promise rejects with. Throws if it resolves. */
export async function rejection<Error = unknown>(promise: Promise<unknown>): Promise<Error> {
  const value = await promise.then(
    (resolved) => ({ resolved }),
    (rejected: Error) => ({ rejected }),
  )
  if ('rejected' in value) return value.rejected
  throw new Error(`expected a rejection, got ${JSON.stringify(value.resolved)}`)
}
