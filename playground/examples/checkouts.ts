/**
 * One checkout written twice, for `exploreFaults`: it reserves the money, then captures it. The first is how it is often written,
 * the second uses this package.
 */
import { createWalletConnect, isApproved, isWalletConnectError, type PreparedRequest } from 'mercadopago-wallet-connect'
import type { Emulator, ReportedOutcome } from 'mercadopago-wallet-connect/emulator'

const API = 'https://api.mercadopago.com'
const order = { transaction_amount: 700.5, description: 'Two chairs', external_reference: 'order-1' }

/** Tries three times whatever happens, each time with a new key, which is the bug. */
export async function naiveCheckout({ fetch, buyer }: Emulator): Promise<ReportedOutcome> {
  async function call<Answer>(method: string, path: string, body: object): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        const response = await fetch(API + path, {
          method,
          headers: { authorization: 'Bearer TEST-1', 'x-idempotency-key': crypto.randomUUID() },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(100),
        })
        if (response.ok) return (await response.json()) as Answer
        throw new Error(`Mercado Pago answered ${response.status}`)
      } catch (error) {
        if (tries === 3) throw error
      }
    }
  }
  const agreements = '/v2/wallet_connect/agreements'
  const { agreement_id } = await call<{ agreement_id: string }>('POST', agreements, {
    return_uri: 'https://shop.example/linked',
    external_flow_id: 'flow-1',
    external_user: { id: 'buyer-1' },
  })
  const { code } = buyer.approve(agreement_id)
  const { payer_token } = await call<{ payer_token: string }>('POST', `${agreements}/${agreement_id}/payer_token`, { code })
  const { id } = await call<{ id: number }>('POST', '/v1/advanced_payments', {
    wallet_payment: order,
    payer: { token: payer_token, type_token: 'wallet-token' },
    capture: false,
  })
  const { status } = await call<{ status: string }>('PUT', `/v1/advanced_payments/${id}`, { capture: true })
  return status === 'approved' ? 'paid' : 'not_paid'
}

/** Sends prepared requests, reconciles unknown outcomes, and reports "unknown" rather than guess. */
export async function carefulCheckout({ fetch, buyer }: Emulator): Promise<ReportedOutcome> {
  const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch, timeoutMs: 100, maxRetries: 1, deadlineMs: 2_000 })
  const link = async () => {
    const { agreement_id } = await wallet.agreements.create({
      return_uri: 'https://shop.example/linked',
      external_flow_id: 'flow-1',
      external_user: { id: 'buyer-1' },
    })
    buyer.approve(agreement_id)
    const { validation_code } = await wallet.agreements.get(agreement_id)
    return wallet.agreements.createPayerToken(agreement_id, { code: validation_code ?? '' })
  }
  /** Sends a write once, and reconciles it if its outcome is unknown. */
  const answer = async <Name extends 'payments.create' | 'payments.capture' | 'payments.cancel'>(
    prepared: PreparedRequest<Name>,
  ) => {
    try {
      return (await wallet.send(prepared)).data
    } catch (error) {
      if (isWalletConnectError(error) && error.outcome === 'none') throw error
      const reconciled = await wallet.reconcile(prepared)
      if (reconciled.outcome === 'done') return reconciled.data
      throw reconciled.error
    }
  }

  const linked = await link().catch(() => undefined)
  if (!linked) return 'not_paid'
  const { payer_token: token } = linked
  await wallet.discounts.create({ payer_token: token, amount: order.transaction_amount }).catch(() => {})
  const create = wallet.prepare('payments.create', { wallet_payment: order, payer: { token }, capture: false })
  const { id } = await answer(create)
  try {
    const captured = await answer(wallet.prepare('payments.capture', { advanced_payment_id: id }))
    return isApproved(captured) ? 'paid' : 'unknown'
  } catch (error) {
    if (!isWalletConnectError(error) || error.outcome === 'unknown') return 'unknown'
    // It was not captured. The buyer gets the money back, or a person has to look at it.
    const cancellation = answer(wallet.prepare('payments.cancel', { advanced_payment_id: id }))
    return cancellation.then(
      () => 'not_paid' as const,
      () => 'unknown' as const,
    )
  }
}
