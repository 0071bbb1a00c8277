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

/** Nobody outside may ever see one of these, in whatever form. */
export const OURS: readonly string[] = [
  ...[ACCESS_TOKEN, FORMER_ACCESS_TOKEN, WEBHOOK_SECRET, FORMER_WEBHOOK_SECRET, FORMER_CLIENT_KEY],
  ...[EVENTS_SECRET, atob(EVENTS_SECRET.replace('whsec_', ''))],
  ...[TICKET_KEY, atob(TICKET_KEY), SEALING_KEY, atob(SEALING_KEY)],
  ...Object.values(CLIENT_KEYS),
  ...CLIENTS.flatMap(({ keys }) => keys),
]

/** Base64 of a text wherever it begins in what was encoded: the letters that depend on it alone. */
function base64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = btoa('\0'.repeat(before) + text).replace(/=+$/, '')
    const end = (before + text.length) % 3 === 0 ? undefined : -1
    return encoded.slice(Math.ceil((before * 4) / 3), end)
  })
}

const hex = (text: string): string => Array.from(text, (each) => each.charCodeAt(0).toString(16).padStart(2, '0')).join('')

/** The ways in which a secret could be written down. */
function spellings(secret: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret))
  const urlSafe = base64(bytes).map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const all = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex(bytes), ...base64(bytes), ...urlSafe]
  return [...new Set(all.map((text) => text.toLowerCase()))]
}

/** Which of the secrets can be read in a text, in whatever spelling. */
export function found(text: string, secrets: readonly string[]): string[] {
  const lower = text.toLowerCase()
  return [...new Set(secrets)].filter((secret) => spellings(secret).some((spelling) => lower.includes(spelling)))
}

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
