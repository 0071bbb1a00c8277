import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { build } from 'esbuild'
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import { createLedger, type LedgerStore, postgresStore, sqliteStore } from 'mercadopago-wallet-connect/ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkWallet } from '../support/client/wallet.ts'
import type { ChargingOptions } from '../support/ledger/charging-process.ts'
import { startPostgres } from '../support/ledger/postgres.ts'
import { SEALING_KEYS } from '../support/ledger/sealing-keys.ts'

const root = new URL('../..', import.meta.url).pathname
const KILLS = Number(process.env.KILLS ?? 40)
const ORDERS = 60
/** A minute is a second. */
const SPEED = 60

const folder = mkdtempSync(join(tmpdir(), 'wallet-connect-ledger-'))
const program = join(folder, 'charging-process.mjs')
beforeAll(async () => {
  await build({
    entryPoints: [`${root}test/support/ledger/charging-process.ts`],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    external: ['pg-native'],
    alias: {
      'mercadopago-wallet-connect/ledger': `${root}src/ledger/index.ts`,
      'mercadopago-wallet-connect': `${root}src/index.ts`,
    },
    logLevel: 'error',
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The emulator on loopback: connections that really break, a clock that runs fast. */
async function serve(emulator: Emulator) {
  const startedAt = Date.now()
  const emulatorStart = emulator.clock.now()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = 'GET', url = '' } = request
    const body = Buffer.concat(chunks).toString()
    const init = { method, headers: request.headers as Record<string, string>, ...(body && { body }) }
    try {
      const answer = await emulator.fetch(`https://api.mercadopago.com${url}`, init)
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ticking = setInterval(() => {
    const at = emulatorStart + (Date.now() - startedAt) * SPEED
    void emulator.clock.advance(Math.max(0, at - emulator.clock.now()))
  }, 20)
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    startedAt,
    emulatorStart,
    close() {
      clearInterval(ticking)
      server.close()
      server.closeAllConnections()
    },
  }
}

const databases: Record<string, () => Promise<{ database: string; store: LedgerStore }>> = {
  async SQLite() {
    const database = join(folder, 'charges.db')
    return { database, store: sqliteStore(new DatabaseSync(database)) }
  },
  async Postgres() {
    const pool = await (await startPostgres()).newDatabase()
    const { host, port, user, database } = pool.options
    return { database: `postgres://${user}@${host}:${port}/${database}`, store: postgresStore(pool) }
  },
}

describe.each(Object.entries(databases))('a ledger over %s', (_, open) => {
  it(`charges every order once, with two processes that are killed ${KILLS} times`, { timeout: 180_000 }, async () => {
    const emulator = createEmulator({ balance: 1_000_000 })
    const { payer_token } = await linkWallet(emulator)
    emulator.faults.injectRandomly({ rate: 0.2, faults: ['reset', 'hang', 'internal_error', 'late_arrival', 'in_progress'] })
    const { database, store } = await open()
    const { close, ...api } = await serve(emulator)
    const options: ChargingOptions = { database, payer_token, sealingKeys: SEALING_KEYS, orders: ORDERS, speed: SPEED, ...api }
    const errors: string[] = []
    const start = (): ChildProcess => {
      const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe'] })
      child.stderr?.on('data', (text) => errors.push(String(text)))
      return child
    }
    const children = [start(), start()]
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 350))
        children[kill % 2]?.kill('SIGKILL')
        children[kill % 2] = start()
      }
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
    emulator.faults.clear()
    const now = () => api.emulatorStart + (Date.now() - api.startedAt) * SPEED
    const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch, timeoutMs: 500, maxRetries: 0 })
    const ledger = createLedger({ wallet, store, sealingKeys: SEALING_KEYS, now })
    const stillOpen = async () => (await ledger.list({ states: ['CLAIMED', 'SENT', 'UNKNOWN', 'NEEDS_REVIEW'] })).writes
    for (const end = Date.now() + 60_000; Date.now() < end && (await stillOpen()).length > 0; ) {
      await ledger.settle()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    close()
    expect(await stillOpen()).toEqual([])
    expect(errors.filter((text) => !text.includes('ExperimentalWarning'))).toEqual([])
    const charged = emulator.effects.filter(({ kind }) => kind === 'payment_charged').map(({ external_reference: ref }) => ref)
    expect(charged.length).toBe(new Set(charged).size)
    const { writes } = await ledger.list({ states: ['DONE', 'REFUSED'], limit: 1_000 })
    expect(
      writes
        .filter(({ state }) => state === 'DONE')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(charged.map(String).sort())
    expect(charged.length).toBeGreaterThan(ORDERS / 2)
  })
})
