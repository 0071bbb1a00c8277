import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import {
  ACCESS_TOKEN,
  CLIENT_KEYS,
  CLIENTS,
  EVENTS_SECRET,
  FORMER_ACCESS_TOKEN,
  FORMER_CLIENT_KEY,
  FORMER_WEBHOOK_SECRET,
  SEALING_KEY,
  TICKET_KEY,
  WEBHOOK_SECRET,
} from './secrets.ts'

export { findSecrets } from './find-secrets.ts'

/** Nobody outside may ever see one of these, in whatever form. */
export const OURS: readonly string[] = [
  ...[ACCESS_TOKEN, FORMER_ACCESS_TOKEN, WEBHOOK_SECRET, FORMER_WEBHOOK_SECRET, FORMER_CLIENT_KEY],
  ...[EVENTS_SECRET, atob(EVENTS_SECRET.replace('whsec_', ''))],
  ...[TICKET_KEY, atob(TICKET_KEY), SEALING_KEY, atob(SEALING_KEY)],
  ...Object.values(CLIENT_KEYS),
  ...CLIENTS.flatMap(({ keys }) => keys),
]

const CONSOLE = ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const

/** What the Worker writes to the console from now on. */
export function watchConsole(): string[] {
  const lines: string[] = []
  for (const name of CONSOLE) {
    vi.spyOn(console, name).mockImplementation((...values: unknown[]) => void lines.push(values.map(written).join(' ')))
  }
  return lines
}

const written = (value: unknown): string => {
  const more = value instanceof Error ? `${value.stack} ${JSON.stringify({ ...value, cause: String(value.cause) })}` : ''
  return `${String(value)} ${more} ${JSON.stringify(value)}`
}

/** All that stands in the tables of all objects, one text for each row. */
export async function storedRows(): Promise<string[]> {
  const stubs = [0, 1, 2, 3].flatMap((index): DurableObjectStub[] => [
    env.LEDGER.getByName(`shard-${index}`),
    env.INBOX.getByName(`shard-${index}`),
  ])
  return (await Promise.all(stubs.map(rowsOf))).flat()
}

function rowsOf(stub: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(stub, async (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    const rows = tables
      .toArray()
      .filter(({ name }) => !name.startsWith('_cf_'))
      .flatMap(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray())
      .map((row) => Object.values(row).map(textOf).join(' '))
    const values = [...(await storage.list())].map((entry) => JSON.stringify(entry))
    return [...rows, ...values]
  })
}

const textOf = (value: SqlStorageValue): string =>
  value instanceof ArrayBuffer ? String.fromCharCode(...new Uint8Array(value)) : String(value)
