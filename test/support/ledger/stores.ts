import { DatabaseSync } from 'node:sqlite'
import { type LedgerStore, memoryStore, postgresStore, sqliteStore } from 'mercadopago-wallet-connect/ledger'
import { startPostgres } from './postgres.ts'

/** A new store of each kind that runs in Node. */
export const STORES: Record<string, () => Promise<LedgerStore>> = {
  memory: async () => memoryStore(),
  'node:sqlite': async () => sqliteStore(new DatabaseSync(':memory:')),
  Postgres: async () => postgresStore(await (await startPostgres()).newDatabase()),
}
