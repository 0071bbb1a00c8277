/**
 * `npm run secrets -- https://shop.example https://shop.example/linked`: makes the five secrets of a deployment in
 * `secrets.json`, which git ignores. The first address is the origin of your pages, the others are return addresses.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

interface FirstClient {
  id: string
  /** The key in clear; only its SHA-256 is stored. */
  key: string
  origins: string[]
  return_uris: string[]
  events?: { url: string; secrets: string[] }
  operator: boolean
}

/** The secrets of a proxy with one client, in the form of a deployment. Those that Mercado Pago gives are left empty. */
const makeSecrets = (client: FirstClient): Record<string, string> => ({
  MERCADOPAGO_ACCESS_TOKEN: '',
  WEBHOOK_SECRETS: '',
  CLIENTS: describeClients(client),
  TICKET_KEYS: makeNamedKey(),
  SEALING_KEYS: makeNamedKey(),
})

/** The secret `CLIENTS` with one client. */
export function describeClients({ key, ...client }: FirstClient): string {
  const keys = [createHash('sha256').update(key).digest('hex')]
  return JSON.stringify([{ ...client, keys }])
}

/** A new list of keys with one key, for `TICKET_KEYS` or `SEALING_KEYS`. */
export const makeNamedKey = (): string => `k1:${randomBytes(32).toString('base64')}`

/** A new client key: 256 random bits. */
export const makeClientKey = (): string => `wck_${randomBytes(32).toString('base64url')}`

function writeSecrets(file: string, [origin, ...return_uris]: string[]): void {
  if (!origin || return_uris.length === 0) {
    throw new TypeError('Usage: npm run secrets -- <origin of your pages> <address buyers return to> …')
  }
  for (const address of [origin, ...return_uris]) {
    if (!/^https?:/.test(address) || !URL.canParse(address))
      throw new TypeError(`${address} is not an address: it must begin with https://`)
  }
  if (new URL(origin).origin !== origin) throw new TypeError(`${origin} is not an origin: use ${new URL(origin).origin}`)
  // Overwriting secrets that are in use would lose the handles that were sealed with them.
  if (existsSync(file)) throw new TypeError(`${file} exists and may be in use: move it away first.`)
  const key = makeClientKey()
  const secrets = makeSecrets({ id: 'shop', key, origins: [origin], return_uris, operator: true })
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  console.log(
    `${file} was written. Fill in MERCADOPAGO_ACCESS_TOKEN and WEBHOOK_SECRETS.\nThe key of your backend, shown this once:\n${key}`,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    writeSecrets('secrets.json', process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
