import { readFileSync } from 'node:fs'
import { createWalletConnect, isApproved, type ServerOptions } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import * as ledger from 'mercadopago-wallet-connect/ledger'
import * as notifications from 'mercadopago-wallet-connect/notifications'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SEALING_KEYS } from '../support/ledger/sealing-keys.ts'
import { STORES } from '../support/ledger/stores.ts'
import { blocksOf, runBlock } from '../support/package/run-block.ts'

const readme = readFileSync(new URL('../../src/ledger/README.md', import.meta.url).pathname, 'utf8')
const [code = ''] = blocksOf(readme).filter((block) => block.includes('createShop'))
const secrets = { accessToken: 'TEST-1', webhookSecret: 'd41d8cd98f00b204e9800998ecf8427e', sealingKeys: SEALING_KEYS }

interface Order {
  amount: string
  payment?: number
  state: string
}
interface Shop {
  fetch(request: Request, buyer: string): Promise<Response>
  cron(): Promise<unknown>
}
type Exported = { createShop(store: ledger.LedgerStore, given: typeof secrets, orders: object): Shop }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe.each(Object.entries(STORES))('the shop of the README over %s', (_, newStore) => {
  async function open() {
    const api = createEmulator()
    const client = {
      isApproved,
      createWalletConnect: (options: ServerOptions) =>
        createWalletConnect({ ...options, fetch: api.fetch, timeoutMs: 200, maxRetries: 0 }),
    }
    const modules = {
      'mercadopago-wallet-connect': client,
      'mercadopago-wallet-connect/ledger': ledger,
      'mercadopago-wallet-connect/notifications': notifications,
    }
    const { createShop } = (await runBlock(code, {}, modules)) as Exported
    const orders = new Map<string, Order>()
    const store = await newStore()
    const shop = createShop(store, secrets, {
      get: async (id: string) => orders.get(id) ?? { amount: '10.00', state: 'open' },
      put: async (id: string, order: Order) => void orders.set(id, order),
    })
    const post = async (path: string, headers: Record<string, string> = {}) =>
      shop.fetch(new Request(`https://shop.example${path}`, { method: 'POST', headers }), 'ana')
    const answer = async (path: string) => (await post(path)).json()
    const link = async () => {
      const start = await post('/link')
      const session = /link=(\w+)/.exec(start.headers.get('set-cookie') ?? '')?.[1] ?? ''
      const { redirect_uri } = api.buyer.approve(session)
      const back = await shop.fetch(new Request(redirect_uri, { headers: { cookie: `link=${session}` } }), 'ana')
      return { session, state: await back.json() }
    }
    const count = (kind: string) => api.effects.filter((effect) => effect.kind === kind).length
    return { api, shop, orders, answer, link, count }
  }

  it('links, charges, reserves, captures, refunds, and learns that the wallet was unlinked', async () => {
    const { api, shop, answer, link, count } = await open()
    const { session, state } = await link()
    expect(state).toBe('linked')
    expect(await answer('/orders/a/pay')).toEqual({ state: 'done', order: 'paid' })
    expect(await answer('/orders/a/pay')).toEqual({ state: 'done', order: 'paid' })
    expect(await answer('/orders/a/refund')).toEqual({ state: 'done', order: 'refunded' })
    expect(await answer('/orders/b/reserve')).toEqual({ state: 'done', order: 'reserved' })
    expect(await answer('/orders/b/capture')).toEqual({ state: 'done', order: 'paid' })
    expect([count('payment_charged'), count('payment_captured'), count('payment_refunded')]).toEqual([1, 1, 1])
    api.buyer.cancel(session)
    const told = await notifications.signNotification({
      secret: secrets.webhookSecret,
      topic: 'wallet_connect',
      data: { id: session },
      url: 'https://shop.example/notifications',
    })
    expect((await shop.fetch(told, 'ana')).status).toBe(200)
    await expect(answer('/orders/c/pay')).rejects.toThrow('ana has to link the wallet: unlinked')
  })

  it('books a charge whose answer was lost once the cron has settled it', async () => {
    const { api, shop, orders, answer, link, count } = await open()
    await link()
    api.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
    expect(await answer('/orders/a/pay')).toEqual({ state: 'unknown', order: 'open' })
    vi.setSystemTime(Date.now() + 60_000)
    await shop.cron()
    expect(orders.get('a')).toMatchObject({ state: 'paid' })
    expect(count('payment_charged')).toBe(1)
  })
})
