import { createWalletConnect, idempotencyKeyFrom } from 'mercadopago-wallet-connect'
import * as v from 'valibot'
import type { DemoEnv } from './env.ts'

export const SellerSchema = v.strictObject({
  do: v.picklist(['capture', 'cancel', 'refund']),
  advanced_payment_id: v.number(),
})

/**
 * Captures, cancels or refunds a payment, as the seller does in the back office, with the client key.
 *
 * @throws {WalletConnectError} Mercado Pago or the proxy refuses
 */
export async function sell(
  { do: action, advanced_payment_id: id }: v.InferOutput<typeof SellerSchema>,
  env: DemoEnv,
  fetch: typeof globalThis.fetch,
): Promise<void> {
  const { payments } = createWalletConnect({ accessToken: env.DEMO_CLIENT_KEY, baseURL: env.ORIGIN, site: 'MLA', fetch })
  // One key for each action on a payment, so that a second press repeats the first.
  const keyParts = { account: 'demo', operation: `payments.${action}`, reference: String(id), attempt: 1 }
  const options = { idempotencyKey: await idempotencyKeyFrom(keyParts) }
  if (action === 'capture') await payments.capture(id, {}, options)
  if (action === 'cancel') await payments.cancel(id, {}, options)
  if (action === 'refund') await payments.refund(id, {}, options)
}
