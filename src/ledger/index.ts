export { createLedger } from './create-ledger.ts'
export { createLinks, type Link, type Links, type LinksOptions, type Return } from './create-links.ts'
export {
  type D1,
  type DurableObjectSql,
  d1Store,
  durableObjectStore,
  type PostgresClient,
  postgresStore,
  type SqliteDatabase,
  sqliteStore,
} from './database-stores.ts'
export type { Ledger, LedgerOptions, LedgerWriteOptions, ListedWrite, SettledEvent, WriteResult } from './ledger.ts'
export { memoryStore } from './memory-store.ts'
export type { Entry, LedgerState } from './state-machine.ts'
export type { LedgerRow, LedgerStore, LinkRow, ListOptions } from './store.ts'
