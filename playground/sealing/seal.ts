import type { KeyRing, NamedKey } from './key-ring.ts'

const VERSION = 'wch1'
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Seals a text with AES-256-GCM under a key of its own, derived from the current key and a random salt, so that no nonce is ever
 * used twice under one key.
 *
 * @param context whose the text is and what it is for; it opens only with the same context
 */
export async function seal(ring: KeyRing, text: string, context: readonly string[]): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const key = await derive(ring.current, salt)
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: ZERO_NONCE, additionalData: additionalDataOf(context) },
    key,
    encoder.encode(text),
  )
  return [VERSION, ring.current.id, toBase64(salt), toBase64(new Uint8Array(sealed))].join('.')
}

/** Opens a sealed text; undefined if its context differs, its key is gone, or it is not a sealed text. */
export async function open(ring: KeyRing, sealed: string, context: readonly string[]): Promise<string | undefined> {
  const [version, id, salt, data, ...rest] = sealed.split('.')
  const key = id === undefined ? undefined : ring.find(id)
  if (version !== VERSION || !key || !salt || !data || rest.length > 0) return undefined
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: ZERO_NONCE, additionalData: additionalDataOf(context) },
      await derive(key, fromBase64(salt)),
      fromBase64(data),
    )
    return decoder.decode(opened)
  } catch {
    return undefined
  }
}

/** Each key seals one text only, so the nonce can be constant. */
const ZERO_NONCE = new Uint8Array(12)

/** The context as additional data. JSON keeps its parts apart: `['a', 'bc']` is not `['ab', 'c']`. */
const additionalDataOf = (context: readonly string[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encoder.encode(JSON.stringify(context)))

async function derive(key: NamedKey, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info: encoder.encode(VERSION) }
  return crypto.subtle.deriveKey(algorithm, await key.hkdf(), { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

export const toBase64 = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: 'base64url', omitPadding: true })

/** @throws {TypeError} the text is not base64url, or not the canonical spelling of its bytes */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decode(text)
  if (toBase64(bytes) !== text) throw new TypeError('not base64url')
  return bytes
}

/** Takes blanks, padding and stray bits too: without padding, the strict mode takes only whole groups of four characters. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    throw new TypeError('not base64url')
  }
}
