/** A program for a process of its own, which is killed: it charges orders through a ledger, and settles what is due. */
import { DatabaseSync } from 'node:sqlite'
import { createWalletConnect, isWalletConnectError } from 'mercadopago-wallet-connect'
import { createLedger, postgresStore, sqliteStore } from 'mercadopago-wallet-connect/ledger'
import { Pool } from 'pg'

export interface ChargingOptions {
  /** A file of SQLite, or the connection string of a Postgres database. */
  database: string
  baseURL: string
  payer_token: string
  sealingKeys: string
  /** The keys to charge are order-1 … order-<orders>. */
  orders: number
  /** Time runs so many times faster, from this moment of the emulator on. */
  speed: number
  startedAt: number
  emulatorStart: number
}

const options: ChargingOptions = JSON.parse(process.argv[2] ?? '{}')
const { database, baseURL, payer_token, sealingKeys, orders, speed, startedAt, emulatorStart } = options
const now = (): number => emulatorStart + (Date.now() - startedAt) * speed
const store = database.startsWith('postgres:')
  ? postgresStore(new Pool({ connectionString: database }))
  : sqliteStore(new DatabaseSync(database))
const wallet = createWalletConnect({ accessToken: 'TEST-1', baseURL, timeoutMs: 200, deadlineMs: 400, maxRetries: 0 })
const ledger = createLedger({ wallet, store, sealingKeys, now })

for (let round = 0; ; round++) {
  const number = 1 + Math.floor(Math.random() * orders)
  const input = {
    wallet_payment: { transaction_amount: '10.00', external_reference: `order-${number}` },
    payer: { token: payer_token },
  }
  try {
    await ledger.write('payments.create', input, { key: `order-${number}` })
    if (round % 5 === 0) await ledger.settle({ limit: 20 })
  } catch (error) {
    if (!isWalletConnectError(error)) process.stderr.write(`${error}\n`)
  }
}
