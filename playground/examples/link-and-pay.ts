/** Links a wallet, pays, refunds and unlinks. It runs wherever there is a `fetch`: Node, Deno, Bun and a page start it. */
import { describeStatusDetail, isApproved, UnknownOutcomeError, type WalletConnect } from 'mercadopago-wallet-connect'

export interface LinkAndPayOptions {
  wallet: WalletConnect
  /** The address registered for the application, where the buyer comes back with the code. */
  return_uri?: string | undefined
  /** What the buyer does at `agreement_uri`; resolves to the code of the return. */
  approve: (agreement: { agreement_id: string; agreement_uri: string }) => Promise<string> | string
  print: (line: string) => void
}

/** The amount. It is refunded at the end, and the wallet unlinked, because the wallet may be a real one. */
const AMOUNT = '10.00'

export async function linkAndPay({
  wallet,
  return_uri = 'https://shop.example/linked',
  approve,
  print,
}: LinkAndPayOptions): Promise<void> {
  const run = crypto.randomUUID()
  const agreement = await wallet.agreements.create({ return_uri, external_flow_id: run, external_user: { id: `buyer-${run}` } })
  const { agreement_id, agreement_uri } = agreement
  print(`The buyer approves at ${agreement_uri}`)
  const code = await approve({ agreement_id, agreement_uri })
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  print('linked')

  const prepared = wallet.prepare('payments.create', {
    wallet_payment: { transaction_amount: AMOUNT, description: 'An example', external_reference: `order-${run}` },
    payer: { token: payer_token },
  })
  const { data: payment } = await wallet.send(prepared).catch(async (error: unknown) => {
    if (!(error instanceof UnknownOutcomeError)) throw error
    const reconciled = await wallet.reconcile(prepared)
    if (reconciled.outcome === 'done') return reconciled
    throw reconciled.error
  })
  print(`payment ${payment.id} of ${AMOUNT}: ${payment.status}`)
  if (isApproved(payment)) {
    await wallet.payments.refund(payment.id)
    print('refunded')
  } else print(describeStatusDetail(payment.payments?.[0]?.status_detail, 'en'))

  await wallet.agreements.cancel(agreement_id)
  print('unlinked')
}
