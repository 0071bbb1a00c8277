import { createNotificationVerifier, type NotificationVerifier } from 'mercadopago-wallet-connect/notifications'
import { type KeyRing, readKeyRing } from '../sealing/key-ring.ts'
import { type Clients, readClients } from './clients.ts'

/** The five secrets. Each can hold a previous value, so that a rotation interrupts nothing. */
export type Secrets = Pick<Env, 'MERCADOPAGO_ACCESS_TOKEN' | 'CLIENTS' | 'TICKET_KEYS' | 'SEALING_KEYS' | 'WEBHOOK_SECRETS'>

/** The parsed secrets and variables. */
export interface Configuration {
  clients: Clients
  ticketKeys: KeyRing
  sealingKeys: KeyRing
  accessTokens: readonly string[]
  verify: NotificationVerifier
  /** True if notifications without a valid signature are refused. */
  isStrict: boolean
  /** The number of objects that share the ledger. */
  shards: number
}

/** The characters of a bearer token (RFC 6750), none of which JSON escapes. */
const ACCESS_TOKEN = /^[\w.~+/-]+=*$/
const MAX_SHARDS = 64

/** @throws {TypeError} names what is missing or malformed, never its value */
export function readConfiguration(env: Secrets & Pick<Env, 'LEDGER_SHARDS' | 'UNSIGNED_NOTIFICATIONS'>): Configuration {
  const problems: string[] = []
  /** Deployments are slow, so all problems are reported at once. */
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

/** Reads the access tokens, the current one first. */
export function readAccessTokens({ MERCADOPAGO_ACCESS_TOKEN = '' }: Pick<Secrets, 'MERCADOPAGO_ACCESS_TOKEN'>): string[] {
  const tokens = MERCADOPAGO_ACCESS_TOKEN.split(' ').filter(Boolean)
  if (tokens.length === 0) throw new TypeError('MERCADOPAGO_ACCESS_TOKEN is not set')
  if (tokens.length > 2 || !tokens.every((token) => ACCESS_TOKEN.test(token) && !/^bearer$/i.test(token))) {
    throw new TypeError('MERCADOPAGO_ACCESS_TOKEN must be an access token without Bearer, or two separated by a space')
  }
  return tokens
}

function readVerifier(secrets = ''): NotificationVerifier {
  const list = secrets.split(/\s+/).filter(Boolean)
  if (list.length === 0) throw new TypeError('WEBHOOK_SECRETS is not set')
  try {
    return createNotificationVerifier({ secrets: list })
  } catch {
    throw new TypeError('WEBHOOK_SECRETS must be the secrets from the dashboard, separated by spaces')
  }
}

function readStrictness(text: string): boolean {
  if (text === 'hint' || text === 'strict') return text === 'strict'
  throw new TypeError('UNSIGNED_NOTIFICATIONS must be hint or strict')
}

/** Reads the number of objects that share the ledger. */
export function readShards(text: string): number {
  const shards = Number(text)
  if (Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS) return shards
  throw new TypeError(`LEDGER_SHARDS must be a whole number from 1 to ${MAX_SHARDS}`)
}
