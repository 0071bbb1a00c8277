import { createWalletConnect, type WalletConnect } from 'mercadopago-wallet-connect'
import { ask } from '../ask.ts'

/** The library in the browser, with a ticket from the shop instead of an access token. */
export const proxyWith = (ticket: string | (() => Promise<string>), maxRetries = 2): WalletConnect =>
  createWalletConnect({ proxy: { url: location.origin, ticket }, site: 'MLA', maxRetries })

/** How long a ticket is reused: it lasts fifteen minutes. */
const FRESH_MS = 10 * 60_000
let last: { ticket: Promise<string>; until: number } | undefined

/** The client for everything but payments, whose ticket serves many calls. */
export const wallets = proxyWith(() => {
  if (!last || last.until < Date.now()) {
    const ticket = ask<{ ticket: string }>('/shop/wallet-ticket', {}).then((answer) => answer.ticket)
    last = { ticket, until: Date.now() + FRESH_MS }
    ticket.catch(() => {
      last = undefined
    })
  }
  return last.ticket
})
