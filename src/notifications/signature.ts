import { InvalidInputError, InvalidNotificationError } from '../errors.ts'

/** The three values that Mercado Pago signs. The body is not among them. */
export interface Manifest {
  /** Query parameter `data.id`. */
  id: string | undefined
  /** Header `x-request-id`. */
  requestId: string | undefined
  /** `ts` of the header `x-signature`, unchanged. */
  ts: string
}

/** The parts of the header `x-signature`. */
export interface Signature {
  ts: string
  /** HMAC-SHA256, 32 bytes. */
  hash: Uint8Array<ArrayBuffer>
}

/** The text that is signed. A part without a value is left out together with its label. */
export function manifestText({ id, requestId, ts }: Manifest): string {
  return `${id ? `id:${id};` : ''}${requestId ? `request-id:${requestId};` : ''}ts:${ts};`
}

/**
 * Parses `ts=…,v1=…`. Parts may come in any order and with spaces around them; unknown parts are ignored, and the last of
 * a repeated part counts.
 *
 * @throws {InvalidNotificationError} with the `reason`
 */
export function parseSignature(header: string | undefined): Signature {
  if (!header?.trim()) throw new InvalidNotificationError('missing_header')
  if (header.length > MAX_HEADER_LENGTH) throw new InvalidNotificationError('malformed_header')
  const parts = new Map(header.split(',').map(readPart))
  const ts = parts.get('ts')
  const v1 = parts.get('v1')
  const hasHash = [...parts].some(([name, value]) => value && /^v\d+$/.test(name))
  if (!ts) throw new InvalidNotificationError(hasHash ? 'missing_timestamp' : 'malformed_header')
  if (!/^\d{1,15}$/.test(ts)) throw new InvalidNotificationError('malformed_header')
  if (!v1) throw new InvalidNotificationError('missing_hash')
  // A hash is lower-case hex, as documented: anything else cannot come from our secret.
  if (!/^[0-9a-f]{64}$/.test(v1)) throw new InvalidNotificationError('mismatch')
  return { ts, hash: Uint8Array.from(v1.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)) }
}

const MAX_HEADER_LENGTH = 2_048

/** One part of the header; a part without a value counts as absent. */
function readPart(part: string): [name: string, value: string] {
  const end = part.indexOf('=')
  const value = end < 0 ? '' : part.slice(end + 1).trim()
  return value ? [part.slice(0, end).trim().toLowerCase(), value] : ['', '']
}

/** Reads `ts` as milliseconds since 1970. Sources disagree on its unit: 13 digits or more are taken as milliseconds. */
export function timestampOf(ts: string): { timestamp: number; unit: 's' | 'ms' } {
  return ts.length < 13 ? { timestamp: Number(ts) * 1000, unit: 's' } : { timestamp: Number(ts), unit: 'ms' }
}

/** A form in which `data.id` may have been signed. */
export interface IdReading {
  id: 'as_received' | 'lower_cased' | 'absent'
  value: string | undefined
  /** True if it proves no resource: other ids have the same lower-case form, and could be of other resources. */
  isLossy: boolean
}

/**
 * The forms of `data.id` to try: the documentation lower-cases it, the SDKs take it as received. Mercado Pago's own ids are
 * either all upper-case, such as those of orders, or have no capitals. The lower-case form of any other id counts only where
 * `data.id` does not name the resource, as with split events, whose `data.id` is the seller's own reference: so nobody who has
 * the signature of one resource can point at another whose id differs in case.
 */
export function idReadings(id: string | undefined, topic: string | undefined): IdReading[] {
  if (id === undefined) return [{ id: 'absent', value: id, isLossy: false }]
  const received: IdReading = { id: 'as_received', value: id, isLossy: false }
  const lowered = id.toLowerCase()
  const isUpper = /^[0-9A-Z_-]*$/.test(id) && /[A-Z].*[A-Z]/.test(id) && topic !== 'wallet_connect'
  return lowered === id ? [received] : [received, { id: 'lower_cased', value: lowered, isLossy: !isUpper }]
}

const UTF8 = new TextEncoder()

/**
 * Imports a secret as a key for HMAC-SHA256.
 *
 * @throws {InvalidInputError} the runtime has no `crypto.subtle`
 */
export async function importSecret(secret: string): Promise<CryptoKey> {
  if (typeof crypto === 'undefined' || crypto.subtle === undefined) {
    throw new InvalidInputError([
      { path: 'crypto.subtle', message: 'is missing in this runtime: verify notifications on a server' },
    ])
  }
  return crypto.subtle.importKey('raw', UTF8.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
}

/** True if `hash` is the HMAC of `text`; compares in constant time. */
export function isSignedBy(key: CryptoKey, hash: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
  return crypto.subtle.verify('HMAC', key, hash, UTF8.encode(text))
}

/** The HMAC of `text`, as lower-case hex. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.sign('HMAC', key, UTF8.encode(text)))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Matches common placeholders, but not `your_secret_key_here`: the published vectors are signed with it. */
const PLACEHOLDER =
  /^(?:undefined|null|nan|true|false|dummy|change[-_ ]?me|replace[-_ ]?me|todo.*|placeholder|your[-_ ](?:webhook[-_ ])?secret(?:[-_ ]here)?|(?:\w+_)?webhook_secret|x{3,}|\*{3,}|\.{3,}|…|<.*>|\$?\{.*\}|\[object \w+\]|process\.env\b.*)$/i
const PADDED = /^[\s\u200b-\u200d]|[\s\u200b-\u200d]$/

/** True for a usable secret: not empty, not padded, and not a placeholder, with which anybody could sign. */
export const isSecret = (secret: unknown): secret is string =>
  typeof secret === 'string' && secret !== '' && !PADDED.test(secret) && !PLACEHOLDER.test(secret)

/**
 * The secrets as a list.
 *
 * @throws {InvalidNotificationError} `bad_secret`: there is none, or one of them is not usable
 */
export function requireSecrets(secrets: unknown): string[] {
  const list: unknown[] = Array.isArray(secrets) ? secrets : [secrets]
  if (list.length === 0 || !list.every(isSecret)) throw new InvalidNotificationError('bad_secret')
  return [...list]
}
