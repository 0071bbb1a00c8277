import { createWalletConnect, type WalletConnect } from 'mercadopago-wallet-connect'
import { ask } from '../ask.ts'

/** The library in the browser: no access token, a ticket of the shop instead. */
export const proxyWith = (ticket: string | (() => Promise<string>), maxRetries = 2): WalletConnect =>
  createWalletConnect({ proxy: { url: location.origin, ticket }, site: 'MLA', maxRetries })

/** Tickets last fifteen minutes. */
const FRESH_MS = 10 * 60_000
let last: { ticket: Promise<string>; until: number } | undefined

/** For everything but payments one ticket is good for many calls. */
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
