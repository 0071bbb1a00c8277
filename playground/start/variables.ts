import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { RunSecrets } from './run-secrets.ts'
import { describeClients } from './secrets.ts'

/** What the Worker reads: the variables of `env.dev` in `wrangler.toml`. */
export const VARIABLES = [
  'LEDGER_SHARDS',
  'UNSIGNED_NOTIFICATIONS',
  'ORIGIN',
  'MERCADOPAGO_ACCESS_TOKEN',
  'DEMO_CLIENT_KEY',
  'DEMO_EVENTS_SECRET',
  'CLIENTS',
  'TICKET_KEYS',
  'SEALING_KEYS',
  'WEBHOOK_SECRETS',
] as const

export type Variables = Readonly<Record<string, string>>

/** With this access token `worker.dev.ts` has the emulator behind it. */
const EMULATOR_TOKEN = 'TEST-emulator'

/** The Worker's variables in a file such as `.dev.vars`. One without a value is as good as missing. */
export function readVariables(file: string): Variables {
  const given = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return Object.fromEntries(VARIABLES.flatMap((name) => (given[name]?.trim() ? [[name, given[name]]] : [])))
}

/** The environment of this process, with these variables and none of the shell's in their place. */
export function environmentWith(variables: Variables): NodeJS.ProcessEnv {
  const none = Object.fromEntries(VARIABLES.map((name) => [name, undefined]))
  return { ...process.env, ...none, ...variables }
}

/** True if Mercado Pago itself is to be behind the Worker. */
export const isRealToken = ({ MERCADOPAGO_ACCESS_TOKEN: token }: Variables): boolean =>
  token !== undefined && token !== EMULATOR_TOKEN

/** What a run gives to a Worker with Mercado Pago itself behind it, if the variables of `.dev.vars` do not say otherwise. */
export function variablesForMercadoPago(origin: string, { CLIENT_KEY, ...secrets }: RunSecrets): Variables {
  return { ...secrets, ORIGIN: origin, CLIENTS: describeClients({ ...clientOf(origin), key: CLIENT_KEY }) }
}

/** The same for the emulator, with the demo shop, which buyers return to and which receives events. */
export function variablesForEmulator(origin: string, { CLIENT_KEY, ...secrets }: RunSecrets): Variables {
  const eventsSecret = `whsec_${randomBytes(32).toString('base64')}`
  const client = clientOf(origin)
  const demo = {
    ...client,
    key: CLIENT_KEY,
    return_uris: [...client.return_uris, `${origin}/`],
    events: { url: `${origin}/shop/events`, secrets: [eventsSecret] },
  }
  return {
    ...secrets,
    ORIGIN: origin,
    MERCADOPAGO_ACCESS_TOKEN: EMULATOR_TOKEN,
    CLIENTS: describeClients(demo),
    DEMO_CLIENT_KEY: CLIENT_KEY,
    DEMO_EVENTS_SECRET: eventsSecret,
  }
}

const SHOP = 'https://shop.example'

const clientOf = (origin: string) => ({
  id: 'demo',
  origins: [origin, SHOP],
  return_uris: [`${SHOP}/linked`],
  operator: true,
})
