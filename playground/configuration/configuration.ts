import { createNotificationVerifier, type NotificationVerifier } from 'mercadopago-wallet-connect/notifications'
import { type KeyRing, readKeyRing } from '../sealing/key-ring.ts'
import { type Clients, readClients } from './clients.ts'

/** The five secrets. Each has room for a previous value, so that a rotation interrupts nothing. */
export type Secrets = Pick<Env, 'MERCADOPAGO_ACCESS_TOKEN' | 'CLIENTS' | 'TICKET_KEYS' | 'SEALING_KEYS' | 'WEBHOOK_SECRETS'>

/** What the secrets and variables say. */
export interface Configuration {
  clients: Clients
  ticketKeys: KeyRing
  sealingKeys: KeyRing
  accessTokens: readonly string[]
  verify: NotificationVerifier
  /** Are notifications refused that are not signed? */
  isStrict: boolean
  /** How many objects share the ledger. */
  shards: number
}

/** Characters of a bearer token (RFC 6750): none of them is escaped in JSON. */
const ACCESS_TOKEN = /^[\w.~+/-]+=*$/
const MOST_SHARDS = 64

/** @throws {TypeError} names what is missing or malformed, never what stands in it */
export function readConfiguration(env: Secrets & Pick<Env, 'LEDGER_SHARDS' | 'UNSIGNED_NOTIFICATIONS'>): Configuration {
  const problems: string[] = []
  /** Each deployment costs a while: all that is wrong is told at once. */
  function read<Value>(part: () => Value): Value | undefined {
    try {
      return part()
    } catch (error) {
      problems.push(error instanceof TypeError ? error.message : 'unreadable')
      return undefined
    }
  }
  const parts = {
    accessTokens: read(() => readAccessTokens(env)),
    clients: read(() => readClients(env.CLIENTS)),
    ticketKeys: read(() => readKeyRing('TICKET_KEYS', env.TICKET_KEYS)),
    sealingKeys: read(() => readKeyRing('SEALING_KEYS', env.SEALING_KEYS)),
    verify: read(() => readVerifier(env.WEBHOOK_SECRETS)),
    isStrict: read(() => readStrictness(env.UNSIGNED_NOTIFICATIONS)),
    shards: read(() => readShards(env.LEDGER_SHARDS)),
  }
  if (problems.length > 0) throw new TypeError(problems.join('; '))
  return parts as Configuration
}

/** The current access token first. */
export function readAccessTokens({ MERCADOPAGO_ACCESS_TOKEN = '' }: Pick<Secrets, 'MERCADOPAGO_ACCESS_TOKEN'>): string[] {
  const tokens = MERCADOPAGO_ACCESS_TOKEN.split(' ').filter(Boolean)
  if (tokens.length === 0) throw new TypeError('MERCADOPAGO_ACCESS_TOKEN is not set')
  if (tokens.length > 2 || !tokens.every((token) => ACCESS_TOKEN.test(token) && !/^bearer$/i.test(token))) {
    throw new TypeError('MERCADOPAGO_ACCESS_TOKEN must be an access token without Bearer, or two with a blank between them')
  }
  return tokens
}

function readVerifier(secrets = ''): NotificationVerifier {
  const list = secrets.split(/\s+/).filter(Boolean)
  if (list.length === 0) throw new TypeError('WEBHOOK_SECRETS is not set')
  try {
    return createNotificationVerifier({ secrets: list })
  } catch {
    throw new TypeError('WEBHOOK_SECRETS must be the secrets of the dashboard, with blanks between them')
  }
}

function readStrictness(text: string): boolean {
  if (text === 'hint' || text === 'strict') return text === 'strict'
  throw new TypeError('UNSIGNED_NOTIFICATIONS must be hint or strict')
}

/** How many objects share the ledger. */
export function readShards(text: string): number {
  const shards = Number(text)
  if (Number.isInteger(shards) && shards >= 1 && shards <= MOST_SHARDS) return shards
  throw new TypeError(`LEDGER_SHARDS must be a whole number from 1 to ${MOST_SHARDS}`)
}
