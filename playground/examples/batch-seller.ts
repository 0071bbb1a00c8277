import { createWalletConnect, type WalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import type { Order } from './orders.ts'

export type Environment = Record<string, string | undefined>

export interface Seller {
  account: string
  wallet: WalletConnect
  orders: readonly Order[]
  /** Suffix of the journal's name, after the name of the orders file. Each seller has a journal of its own. */
  journalSuffix: string
}

/** The seller whose access token is in the environment, or one in the emulator. */
export async function sellerOf(env: Environment, orders: readonly Order[]): Promise<Seller> {
  const { MERCADOPAGO_ACCESS_TOKEN: accessToken, MERCADOPAGO_BASE_URL: baseURL, MERCADOPAGO_ACCOUNT: account = 'my-shop' } = env
  if (!accessToken) return emulatedSeller(orders)
  if (!/^[\w-]+$/.test(account)) throw new Error('MERCADOPAGO_ACCOUNT must be letters, digits, - and _')
  const wallet = createWalletConnect({ accessToken, ...(baseURL && { baseURL }) })
  // A payment with a test token is not a real one, so it has a journal of its own.
  const seller = accessToken.startsWith('TEST-') ? `test-${account}` : account
  return { account: seller, wallet, orders, journalSuffix: `.${seller}.jsonl` }
}

/** Duration of a payment in the emulator, so that there is something to see and to stop. */
const PAYMENT_MS = 150

/** A seller in the emulator, where each payer token of the file stands for a buyer who has linked the wallet. */
async function emulatedSeller(orders: readonly Order[]): Promise<Seller> {
  const emulator = createEmulator({ beforeEffect: () => new Promise((resolve) => setTimeout(resolve, PAYMENT_MS)) })
  const wallet = createWalletConnect({ accessToken: 'TEST-emulator', fetch: emulator.fetch })
  const tokens = new Map<string, string>()
  for (const { payer_token } of orders) {
    if (tokens.has(payer_token)) continue
    const { agreement_id } = await wallet.agreements.create({
      return_uri: 'https://shop.example/linked',
      external_flow_id: `flow-${tokens.size}`,
      external_user: { id: `buyer-${tokens.size}` },
    })
    const { code } = emulator.buyer.approve(agreement_id)
    tokens.set(payer_token, (await wallet.agreements.createPayerToken(agreement_id, { code })).payer_token)
  }
  // Three answers are lost after the charge. Even so nobody is charged twice.
  emulator.faults.inject({ fault: 'reset', operation: 'payments.create', times: 3 })
  const emulated = orders.map((order) => ({ ...order, payer_token: tokens.get(order.payer_token) ?? '' }))
  return { account: 'emulator', wallet, orders: emulated, journalSuffix: '.emulator.jsonl' }
}
