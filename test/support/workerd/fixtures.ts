import { exports } from 'cloudflare:workers'
import { createWalletConnect, type OperationName, type WalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import { vi } from 'vitest'
import { CLIENT_KEYS } from '../secrets/secrets.ts'

export const ORIGIN = 'https://proxy.test'
export const RETURN_URI = 'https://shop.example/linked'
export const PAGE = 'https://shop.example'

type Send = (path: string, init?: RequestInit) => Promise<Response>

const { default: worker } = exports as unknown as { default: Fetcher }

/** Through the deployed entry, nothing left out. */
export const throughWorker: Send = async (path, init = {}) =>
  worker.fetch(new Request(new URL(path, ORIGIN), { redirect: 'manual', ...init }))

/** A request as somebody else has made it. */
export const receive = (request: Request): Promise<Response> => worker.fetch(request)

/** What the Worker's own `fetch` reaches, in this isolate. */
export function upstreamIs(fetch: typeof globalThis.fetch): void {
  vi.spyOn(globalThis, 'fetch').mockImplementation(fetch)
}

/** An emulator as Mercado Pago. */
export function playMercadoPago(options: Parameters<typeof createEmulator>[0] = {}): Emulator {
  const emulator = createEmulator({ balance: 1_000_000, ...options })
  upstreamIs(emulator.fetch)
  return emulator
}

/** Our client with the key of a backend. */
export const backend = (client: keyof typeof CLIENT_KEYS = 'shop', send: Send = throughWorker): WalletConnect =>
  createWalletConnect({
    accessToken: CLIENT_KEYS[client],
    baseURL: ORIGIN,
    maxRetries: 0,
    fetch: (input, init) => send(String(input), init as RequestInit),
  })

/** Our client with a ticket, as a page has it. */
export const browser = (ticket: string, origin: string = PAGE, send: Send = throughWorker): WalletConnect =>
  createWalletConnect({
    proxy: { url: ORIGIN, ticket },
    maxRetries: 0,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers as HeadersInit)
      headers.set('origin', origin)
      return send(String(input), { ...(init as RequestInit), headers })
    },
  })

export const asBackend = (client: keyof typeof CLIENT_KEYS = 'shop'): Record<string, string> => ({
  authorization: `Bearer ${CLIENT_KEYS[client]}`,
  'content-type': 'application/json',
})

export interface Session {
  external_user: { id: string }
  origin: string
  operations: readonly OperationName[]
  charge?: { amount: number | string; external_reference: string; capture?: boolean; idempotency_key?: string }
  expires_in?: number
}

/** A ticket, as a backend gets it for a buyer's page. */
export async function ticketFor(session: Partial<Session> = {}, client: keyof typeof CLIENT_KEYS = 'shop'): Promise<string> {
  const body = { external_user: { id: 'buyer-1' }, origin: PAGE, operations: ['agreements.create'], ...session }
  const response = await throughWorker('/sessions', { method: 'POST', headers: asBackend(client), body: JSON.stringify(body) })
  if (response.status !== 201) throw new Error(`no ticket: ${response.status} ${await response.text()}`)
  return (await response.json<{ ticket: string }>()).ticket
}

export interface Linked {
  agreement_id: string
  /** What stands for the payer token. */
  payer_token: string
}

/** A wallet that is linked through the proxy. */
export async function linkThrough(wallet: WalletConnect, emulator: Emulator, user = 'buyer-1'): Promise<Linked> {
  const { agreement_id } = await wallet.agreements.create({
    return_uri: RETURN_URI,
    external_flow_id: `flow of ${user}`,
    external_user: { id: user },
  })
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  return { agreement_id, payer_token }
}
