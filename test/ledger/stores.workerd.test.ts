import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { d1Store, durableObjectStore, type LedgerStore } from 'mercadopago-wallet-connect/ledger'
import { describeLedger } from '../support/ledger/describe-ledger.ts'

const TABLES = ['wallet_connect_ledger', 'wallet_connect_link', 'wallet_connect_schema']

describeLedger('D1', async () => {
  const { LEDGER_DB } = env as unknown as { LEDGER_DB: D1Database }
  for (const table of TABLES) await LEDGER_DB.exec(`DROP TABLE IF EXISTS ${table}`)
  return d1Store(LEDGER_DB)
})

let objects = 0
/** Each access to the store is made inside of the object, as its own code would make it. */
describeLedger('the SQLite of a Durable Object', async () => {
  const stub = env.INBOX.getByName(`ledger-${++objects}`)
  const inObject =
    (name: keyof LedgerStore) =>
    (...values: unknown[]): Promise<unknown> =>
      runInDurableObject(stub, (_, { storage }) =>
        (durableObjectStore(storage)[name] as (...values: unknown[]) => Promise<unknown>)(...values),
      )
  const names = Object.keys(durableObjectStore({ sql: { exec: () => ({ toArray: () => [] }) }, sync: async () => {} }))
  return Object.fromEntries(names.map((name) => [name, inObject(name as keyof LedgerStore)])) as unknown as LedgerStore
})
