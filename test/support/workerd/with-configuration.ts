import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { OperationName } from 'mercadopago-wallet-connect'
import { createProxy } from '../../../playground/proxy.ts'
import { CLIENTS } from '../secrets/secrets.ts'
import { ORIGIN } from './fixtures.ts'

/** The proxy as if it were deployed with another configuration. Its ledger is that of the Worker. */
export function proxyWith(change: Partial<Env>): (path: string, init?: RequestInit) => Promise<Response> {
  const proxy = createProxy()
  const changed = { ...env, ...change }
  return async (path, init) => proxy.fetch(new Request(new URL(path, ORIGIN), init), changed, createExecutionContext())
}

/** The secret `CLIENTS` with one client changed. */
export const clientsWith = (id: string, change: object): string =>
  JSON.stringify(CLIENTS.map((client) => (client.id === id ? { ...client, ...change } : client)))

/** Everything that a caller can see of an answer. */
export async function visible(response: Response): Promise<{ status: number; headers: [string, string][]; body: string }> {
  return { status: response.status, headers: [...response.headers].sort(), body: await response.text() }
}

/** All that a ticket can allow. */
export const BROWSER_MAY: readonly OperationName[] = [
  'agreements.create',
  'agreements.get',
  'agreements.cancel',
  'agreements.createPayerToken',
  'discounts.validateCoupon',
  'discounts.create',
  'payments.create',
  'payments.get',
]
