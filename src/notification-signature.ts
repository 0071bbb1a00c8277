import { InvalidNotificationError } from './errors.ts'

/** The three values that Mercado Pago signs. The body is not among them. */
export interface Manifest {
  /** Query parameter `data.id`. */
  id: string | undefined
  /** Header `x-request-id`. */
  requestId: string | undefined
  /** `ts` of the header `x-signature`, as it stands there. */
  ts: string
}

/** The header `x-signature`, taken apart. */
export interface Signature {
  ts: string
  /** HMAC-SHA256, 32 bytes. */
  hash: Uint8Array<ArrayBuffer>
}

/** The signed text; a part without a value is left out, its label too. */
export function manifestText({ id, requestId, ts }: Manifest): string {
  return `${id ? `id:${id};` : ''}${requestId ? `request-id:${requestId};` : ''}ts:${ts};`
}

/**
 * Takes apart `ts=…,v1=…`: parts in any order, spaces around them, unknown ones ignored, the last of a repeated one
 * counts.
 *
 * @throws {InvalidNotificationError}
 */
export function parseSignature(header: string | undefined): Signature {
  if (!header?.trim()) throw new InvalidNotificationError('missing_header')
  const parts = new Map(
    header.split(',').flatMap((part): [string, string][] => {
      const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
      return value ? [[name.toLowerCase(), value]] : []
    }),
  )
  const ts = parts.get('ts')
  const v1 = parts.get('v1')
  const hasHash = [...parts.keys()].some((name) => /^v\d+$/.test(name))
  if (ts === undefined) throw new InvalidNotificationError(hasHash ? 'missing_timestamp' : 'malformed_header')
  if (!/^\d{1,16}$/.test(ts)) throw new InvalidNotificationError('malformed_header')
  if (v1 === undefined) throw new InvalidNotificationError('missing_hash')
  // Lower-case hex as documented; whatever else it is, no secret of ours made it.
  if (!/^[0-9a-f]{64}$/.test(v1)) throw new InvalidNotificationError('mismatch')
  return { ts, hash: Uint8Array.from(v1.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)) }
}

const MILLISECONDS_FROM = 1e11

/** Milliseconds since 1970: sources disagree on the unit (C38), its size tells it. */
export function timestampOf(ts: string): { timestamp: number; unit: 's' | 'ms' } {
  const value = Number(ts)
  return value < MILLISECONDS_FROM ? { timestamp: value * 1000, unit: 's' } : { timestamp: value, unit: 'ms' }
}

const UTF8 = new TextEncoder()

export function importSecret(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', UTF8.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
}

/** In constant time. */
export function isSignedBy(key: CryptoKey, hash: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
  return crypto.subtle.verify('HMAC', key, hash, UTF8.encode(text))
}

/** Lower-case hex of the HMAC. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.sign('HMAC', key, UTF8.encode(text)))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const PLACEHOLDER =
  /^(?:undefined|null|nan|changeme|change[-_ ]me|todo|placeholder|your[-_ ](?:webhook[-_ ])?secret|(?:\w+_)?webhook_secret|x{3,}|\*{3,}|\.{3,}|…|<.*>|\$?\{.*\})$/i

/**
 * The secrets as a list.
 *
 * @throws {InvalidNotificationError} `bad_secret`: none, or one that is empty, padded or a placeholder, so that anybody could sign
 */
export function requireSecrets(secrets: unknown): string[] {
  const list: unknown[] = Array.isArray(secrets) ? secrets : [secrets]
  const isGood = (secret: unknown): secret is string =>
    typeof secret === 'string' && secret !== '' && secret === secret.trim() && !PLACEHOLDER.test(secret)
  if (list.length === 0 || !list.every(isGood)) throw new InvalidNotificationError('bad_secret')
  return list
}
