import { createWalletConnect, type WalletConnect, type WalletConnectOptions } from 'mercadopago-wallet-connect'
import type { Effect, FaultName, OperationName } from 'mercadopago-wallet-connect/emulator'

/** A request as it came out of this runtime's socket. */
export interface Heard {
  method: string
  path: string
  key: string | undefined
  body: string
}

/** What a case may ask of the server that stands for Mercado Pago. */
export interface Orders {
  approve: { order: { agreement_id: string }; answer: { code: string } }
  inject: { order: { fault: FaultName; operation: OperationName; times?: number }; answer: null }
  /** `open`: requests that have neither been answered nor been given up by the client. */
  report: { order: object; answer: { effects: Effect[]; requests: Heard[]; open: number } }
}

/** One emulator on a real socket, which nobody else talks to. */
export interface World {
  baseURL: string
  ask<Name extends keyof Orders>(name: Name, order: Orders[Name]['order']): Promise<Orders[Name]['answer']>
}

/** A world of its own on the server; only `fetch` is needed to get there. */
export function openWorld(origin: string): World {
  const baseURL = `${origin}/${crypto.randomUUID()}`
  return {
    baseURL,
    async ask(name, order) {
      const response = await fetch(`${baseURL}/-/${name}`, { method: 'POST', body: JSON.stringify(order) })
      const text = await response.text()
      if (!response.ok) throw new Error(`the server does not ${name}: ${text}`)
      return JSON.parse(text)
    },
  }
}

type Common = Omit<WalletConnectOptions, 'accessToken' | 'baseURL' | 'proxy'>

/** A client on the runtime's own `fetch`. In a page there is no access token: there it holds a ticket. */
export function walletOf({ baseURL }: World, options: Common = {}): WalletConnect {
  const isPage = 'document' in globalThis
  return createWalletConnect(
    isPage ? { ...options, proxy: { url: baseURL, ticket: 'TEST-1' } } : { ...options, accessToken: 'TEST-1', baseURL },
  )
}
