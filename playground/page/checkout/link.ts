import { RefusedError } from 'mercadopago-wallet-connect'
import { wallets } from './proxy.ts'
import { asked, coupon, exchange, problem, refreshSession, runExclusive, wallet, withLock } from './state.ts'

/** Sends the buyer to Mercado Pago, to approve that this shop may charge the wallet. */
export const link = (): Promise<void> =>
  runExclusive('linking', async () => {
    const { buyer } = await refreshSession()
    if (exchange.value) await exchangeCode()
    if (wallet.value) return
    await cancelLostAgreements()
    const { agreement_id, agreement_uri } = await wallets.agreements.create({
      return_uri: `${location.origin}/`,
      external_flow_id: crypto.randomUUID(),
      external_user: { id: buyer, description: 'Demo' },
    })
    asked.value = [...asked.value, agreement_id]
    location.assign(agreement_uri)
    // The page is about to be left, so its buttons stay disabled.
    await new Promise(() => {})
  })

/** Cancels agreements that were approved in a tab that never came back: their codes are lost, and they prevent another one. */
async function cancelLostAgreements(): Promise<void> {
  for (const agreement_id of asked.value) {
    const status = await statusOf(agreement_id)
    if (ENDED.includes(status)) asked.value = asked.value.filter((each) => each !== agreement_id)
    else if (status.startsWith('confirmed')) await wallets.agreements.cancel(agreement_id)
  }
}

/** The statuses of agreements by which nothing can be charged any more. */
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

/** Handles the buyer's return from Mercado Pago: exchanges the code for a payer token. */
export async function handleReturn(): Promise<void> {
  const returned = new URLSearchParams(location.search)
  const [agreement_id, code] = [returned.get('agreement'), returned.get('code')]
  if (agreement_id !== null) {
    // A link from somebody else would link somebody else's wallet to this page.
    if (code === null || !asked.value.includes(agreement_id)) problem.value = { kind: 'not_linked' }
    // Stored before the code leaves the address, so that a reload loses nothing.
    else exchange.value = wallets.prepare('agreements.createPayerToken', { agreement_id, code })
    // Keeps the code out of the history.
    history.replaceState(null, '', '/')
  }
  if (exchange.value) await runExclusive('linking', exchangeCode)
}

/** Exchanges the code. It is valid once; the same request, sent again, gets the same answer. */
const exchangeCode = (): Promise<void> =>
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

/** Removes the wallet, and the coupon that was promised to it. */
function dropWallet(): void {
  wallet.value = null
  coupon.value = null
}

/** After a refusal, removes the wallet if it is no longer linked. */
export async function dropEndedWallet(): Promise<boolean> {
  if (!wallet.value || !(await isEnded(wallet.value.agreement_id))) return false
  dropWallet()
  problem.value = { kind: 'unlinked' }
  return true
}

/** Validates a coupon; an empty code removes it. The discount itself is created when the buyer pays, because it holds for seconds. */
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
