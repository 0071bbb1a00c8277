import { RefusedError } from 'mercadopago-wallet-connect'
import { wallets } from './proxy.ts'
import { asked, coupon, exchange, problem, refreshSession, runExclusive, wallet, withLock } from './state.ts'

/** Sends the buyer to Mercado Pago, to allow this shop to charge the wallet. */
export const link = (): Promise<void> =>
  runExclusive('linking', async () => {
    const { buyer } = await refreshSession()
    if (exchange.value) await finish()
    if (wallet.value) return
    await forget()
    const { agreement_id, agreement_uri } = await wallets.agreements.create({
      return_uri: `${location.origin}/`,
      external_flow_id: crypto.randomUUID(),
      external_user: { id: buyer, description: 'Demo' },
    })
    asked.value = [...asked.value, agreement_id]
    location.assign(agreement_uri)
    // This page is about to go: nothing more can be pressed on it.
    await new Promise(() => {})
  })

/** An agreement that was approved in a tab that never came back: its code is lost, and it stands in the way of another. */
async function forget(): Promise<void> {
  for (const agreement_id of asked.value) {
    const status = await statusOf(agreement_id)
    if (ENDED.includes(status)) asked.value = asked.value.filter((each) => each !== agreement_id)
    else if (status.startsWith('confirmed')) await wallets.agreements.cancel(agreement_id)
  }
}

/** Mercado Pago charges nothing by such an agreement any more, or has never heard of it. */
const ENDED = ['cancelled', 'canceled', 'expired', 'not_found']
const isEnded = async (agreement_id: string): Promise<boolean> => ENDED.includes(await statusOf(agreement_id))

async function statusOf(agreement_id: string): Promise<string> {
  try {
    return String((await wallets.agreements.get(agreement_id)).status)
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return 'not_found'
    throw error
  }
}

/** The buyer is back from Mercado Pago: the code becomes a payer token. */
export async function comeBack(): Promise<void> {
  const returned = new URLSearchParams(location.search)
  const [agreement_id, code] = [returned.get('agreement'), returned.get('code')]
  if (agreement_id !== null) {
    // Whoever was sent here by somebody else's link would pay with somebody else's wallet.
    if (code === null || !asked.value.includes(agreement_id)) problem.value = { kind: 'not_linked' }
    // Kept before the code leaves the address: a reload in the middle loses nothing.
    else exchange.value = wallets.prepare('agreements.createPayerToken', { agreement_id, code })
    // Not in the history, nor in what a reload asks for.
    history.replaceState(null, '', '/')
  }
  if (exchange.value) await runExclusive('linking', finish)
}

/** A code is good once; the same request, sent again, is answered with what it has brought before. */
const finish = (): Promise<void> =>
  withLock('link', async () => {
    exchange.reread()
    if (!exchange.value) return
    try {
      const { payer_token } = (await wallets.send(exchange.value)).data
      const [, agreement_id = ''] = /agreements\/([^/]+)\//.exec(exchange.value.path) ?? []
      wallet.value = { agreement_id, payer_token }
      asked.value = []
      exchange.value = null
    } catch (error) {
      if (error instanceof RefusedError) exchange.value = null
      throw error
    }
  })

export const unlink = (): Promise<void> =>
  runExclusive('unlinking', async () => {
    if (!wallet.value) return
    const { agreement_id } = wallet.value
    if (!(await isEnded(agreement_id))) await wallets.agreements.cancel(agreement_id)
    dropWallet()
  })

/** What was promised went with it. */
function dropWallet(): void {
  wallet.value = null
  coupon.value = null
}

/** Whatever has just been refused may have been so because the wallet is linked no more. */
export async function dropEndedWallet(): Promise<boolean> {
  if (!wallet.value || !(await isEnded(wallet.value.agreement_id))) return false
  dropWallet()
  problem.value = { kind: 'unlinked' }
  return true
}

/** Asks what a coupon is worth; none takes it away. The discount itself is promised when the buyer pays: it holds for seconds. */
export const applyCoupon = (code: string): Promise<void> =>
  runExclusive('coupon', async () => {
    if (code === '') coupon.value = null
    if (!wallet.value || code === '') return
    const { status, detail } = await wallets.discounts.validateCoupon({ payer_token: wallet.value.payer_token, id: code })
    const { value, type, cap } = detail ?? {}
    if (status === 'success' && value != null && cap != null) {
      coupon.value = { code, type: type ?? 'percent', value: Number(value), cap: Number(cap) }
    } else problem.value = { kind: 'coupon' }
  })
