import { InvalidInputError, InvalidNotificationError } from '../errors.ts'
import { lastOf, type PlainDelivery, readDelivery } from './delivery.ts'
import { isNamedInBody, type Pointer, readPointer } from './pointer.ts'
import {
  type IdReading,
  idReadings,
  importSecret,
  isSignedBy,
  manifestText,
  parseSignature,
  requireSecrets,
  signText,
  timestampOf,
} from './signature.ts'

export { InvalidNotificationError, type InvalidNotificationReason, isWalletConnectError } from '../errors.ts'
export type { PlainDelivery } from './delivery.ts'
export { explainSignature } from './explain-signature.ts'
export type { NotificationResource, Pointer } from './pointer.ts'

/** The reading under which the signature matched. */
export interface MatchedSignature {
  /** Index of the secret that matched: 0 for the first. */
  secret: number
  /** How `data.id` was read: as received, lower-cased, or `absent`, in which case the signature does not cover `resourceId`. */
  id: IdReading['id']
  /** The unit that `ts` seems to have. */
  unit: 's' | 'ms'
}

/** A pointer at a resource that changed. It does not prove what the resource changed to. */
export interface Notification extends Pointer {
  /** Header `x-request-id`, different for each delivery. */
  requestId: string | undefined
  /** When it was signed, milliseconds since 1970; undefined if no signature was checked. */
  timestamp: number | undefined
  /** The reading under which the signature matched; null if no signature was checked. */
  matched: MatchedSignature | null
}

/** Options of verification: the secrets, and optionally a time limit. */
export interface VerifyOptions {
  /** The secret of your webhook configuration; a list while you rotate it, or for test and production. */
  secrets: string | readonly string[]
  /**
   * The largest difference between `ts` and the clock, in milliseconds. No limit by default: deliveries are repeated after
   * a quarter of an hour or more and may keep their `ts`, so a limit of minutes would lose events. To be safe from replay,
   * act only on what you read from the resource; `eventKey` recognises honest repeats only, since part of it is unsigned.
   */
  toleranceMs?: number
  /** The clock, milliseconds since 1970. Default `Date.now`. */
  now?: () => number
}

/** A function that verifies deliveries, with secrets that were checked once. */
export type NotificationVerifier = (request: Request | PlainDelivery) => Promise<Notification>

/**
 * Makes a verifier. Call it once, when your Worker starts, so that a bad secret fails at once and not with the first
 * delivery.
 *
 * @throws {InvalidNotificationError} `bad_secret`: empty, blank, padded or a placeholder
 * @throws {InvalidInputError} `toleranceMs` is not a number from 0
 * @see https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks
 */
export function createNotificationVerifier(
  { secrets, toleranceMs, now = Date.now }: VerifyOptions = { secrets: [] },
): NotificationVerifier {
  const list = requireSecrets(secrets)
  if (toleranceMs !== undefined && !(typeof toleranceMs === 'number' && toleranceMs >= 0)) {
    throw new InvalidInputError([{ path: 'toleranceMs', message: 'must be a number of milliseconds from 0' }])
  }
  // The keys are kept, not a promise of them: in a Worker, a promise belongs to the request that created it.
  let keys: CryptoKey[] | undefined
  return async (request) => {
    const delivery = readDelivery(request)
    const requestId = delivery.header('x-request-id')
    const { ts, hash } = parseSignature(delivery.header('x-signature'))
    const { timestamp, unit } = timestampOf(ts)
    keys ??= await Promise.all(list.map(importSecret))

    // With a separator inside a value, the same signed text could be read in two ways.
    const isAmbiguous = `${delivery.id}${requestId}`.includes(';')
    const ids = idReadings(delivery.id, lastOf(delivery.query, 'type'))
    const matched = isAmbiguous ? undefined : await findMatch(keys, hash, ids, requestId, ts)
    if (!matched) throw new InvalidNotificationError('mismatch')
    if (toleranceMs !== undefined) {
      const ageMs = now() - timestamp
      if (!(Math.abs(ageMs) <= toleranceMs)) throw new InvalidNotificationError(ageMs < 0 ? 'too_new' : 'too_old')
    }
    const pointer = readPointer(delivery, await delivery.body(), { ts })
    const { secret, reading } = matched
    if (reading.isLossy && !isNamedInBody(pointer)) throw new InvalidNotificationError('mismatch')
    return { ...pointer, requestId, timestamp, matched: { secret, id: reading.id, unit } }
  }
}

/**
 * Verifies one delivery: its `x-signature` covers `data.id`, `x-request-id` and `ts`. The body is not signed, so the
 * result is only a pointer: read the resource before you rely on anything.
 *
 * @throws {InvalidNotificationError} with the `reason`
 */
export async function verifyNotification(request: Request | PlainDelivery, options: VerifyOptions): Promise<Notification> {
  return createNotificationVerifier(options)(request)
}

/**
 * Parses a delivery without checking a signature, so `matched` is null. It is meant for deliveries that are not signed:
 * old IPN, and perhaps those of Wallet Connect, since no source says that they are. Anybody can send one: read the resource
 * before you rely on anything.
 *
 * @throws {InvalidNotificationError} `not_json`, `too_large` or `unknown_shape`
 */
export async function parseNotification(request: Request | PlainDelivery): Promise<Notification> {
  const delivery = readDelivery(request)
  const pointer = readPointer(delivery, await delivery.body())
  return { ...pointer, requestId: delivery.header('x-request-id'), timestamp: undefined, matched: null }
}

async function findMatch(
  keys: readonly CryptoKey[],
  hash: Uint8Array<ArrayBuffer>,
  ids: readonly IdReading[],
  requestId: string | undefined,
  ts: string,
): Promise<{ secret: number; reading: IdReading } | undefined> {
  for (const reading of ids) {
    const text = manifestText({ id: reading.value, requestId, ts })
    for (const [secret, key] of keys.entries()) {
      if (await isSignedBy(key, hash, text)) return { secret, reading }
    }
  }
  return undefined
}

/** What `signNotification` takes. Times are milliseconds. */
export interface SignOptions {
  /** The secret of the dashboard's webhooks. */
  secret: string
  /** Topic of the notification: `wallet_connect`, `payment`, `order`, … */
  topic: string
  /** The field `data` of the body; its `id` is signed. */
  data: { id: string | number } & Record<string, unknown>
  action?: string
  /** Other fields of the body, such as `id` and `version`. */
  fields?: Record<string, unknown>
  /** Address of your endpoint; `data.id` and `type` are added to its query. Default `https://shop.example/notifications`. */
  url?: string
  requestId?: string
  /** Time of signing, milliseconds since 1970. Default now. */
  timestamp?: number
  /** Unit of `ts`. Default seconds. */
  unit?: 's' | 'ms'
  /** Whether to sign the id in lower case, as documented for ids such as `ORD01…`. Default false, as in the SDKs. */
  lowerCaseId?: boolean
}

/**
 * Makes a signed delivery as Mercado Pago would send it, for your tests.
 *
 * @throws {InvalidNotificationError} `bad_secret`
 */
export async function signNotification(options: SignOptions): Promise<Request> {
  const { topic, data, action, fields, requestId = crypto.randomUUID(), timestamp = Date.now(), unit = 's' } = options
  const [secret = ''] = requireSecrets(options.secret)
  const url = new URL(options.url ?? 'https://shop.example/notifications')
  const id = String(data.id)
  url.searchParams.set('data.id', id)
  url.searchParams.set('type', topic)
  const ts = String(Math.floor(unit === 's' ? timestamp / 1000 : timestamp))
  const text = manifestText({ id: options.lowerCaseId ? id.toLowerCase() : id, requestId, ts })
  const v1 = await signText(await importSecret(secret), text)
  return new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId, 'x-signature': `ts=${ts},v1=${v1}` },
    body: JSON.stringify({ type: topic, ...(action && { action }), ...fields, data }),
  })
}
