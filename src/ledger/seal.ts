import { InvalidInputError } from '../errors.ts'

/** Seals what must not lie in clear in a database: requests with their payer tokens, and answers. */
export interface Sealer {
  /** @param context what the text is and whose; it opens only with the same context */
  seal(text: string, context: readonly string[]): Promise<string>
  /** The text; undefined if its key is gone, its context differs, or it is not a sealed text. */
  open(sealed: string, context: readonly string[]): Promise<string | undefined>
}

const VERSION = 'mwl1'
const MIN_KEY_BYTES = 32
/** Each process that has written has a salt of its own. */
const MAX_KNOWN_KEYS = 256
const UTF8 = new TextEncoder()

/**
 * Makes a sealer: AES-256-GCM with random nonces, under a key that is derived once, with HKDF-SHA-256 and a random salt.
 *
 * @param sealingKeys `id:base64`, 32 bytes or more each, with spaces between several: the first seals, all of them open
 * @throws {InvalidInputError} a key is missing or malformed; the message never quotes it
 */
export function createSealer(sealingKeys: string): Sealer {
  const ring = readKeys(sealingKeys)
  const derived = new Map<string, CryptoKey>()
  const salt = toBase64(crypto.getRandomValues(new Uint8Array(16)))

  async function keyOf(id: string, salt: string): Promise<CryptoKey | undefined> {
    const bytes = ring.get(id)
    const name = `${id}.${salt}`
    const known = derived.get(name)
    if (known || !bytes) return known
    const source = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: fromBase64(salt), info: UTF8.encode(VERSION) }
    const key = await crypto.subtle.deriveKey(algorithm, source, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    if (derived.size >= MAX_KNOWN_KEYS) derived.clear()
    derived.set(name, key)
    return key
  }

  const algorithmOf = (nonce: Uint8Array<ArrayBuffer>, context: readonly string[]) => ({
    name: 'AES-GCM',
    iv: nonce,
    // JSON keeps the parts apart: ['a', 'bc'] is not ['ab', 'c'].
    additionalData: UTF8.encode(JSON.stringify(context)),
  })

  return {
    async seal(text, context) {
      const [id = ''] = ring.keys()
      const key = (await keyOf(id, salt)) as CryptoKey
      const nonce = crypto.getRandomValues(new Uint8Array(12))
      const sealed = await crypto.subtle.encrypt(algorithmOf(nonce, context), key, UTF8.encode(text))
      return [VERSION, id, salt, toBase64(nonce), toBase64(new Uint8Array(sealed))].join('.')
    },
    async open(sealed, context) {
      const [version, id = '', salt = '', nonce = '', data = '', ...rest] = sealed.split('.')
      if (version !== VERSION || rest.length > 0) return undefined
      try {
        const key = await keyOf(id, salt)
        if (!key) return undefined
        const text = await crypto.subtle.decrypt(algorithmOf(fromBase64(nonce), context), key, fromBase64(data))
        return new TextDecoder().decode(text)
      } catch {
        return undefined
      }
    },
  }
}

function readKeys(sealingKeys: string): Map<string, Uint8Array<ArrayBuffer>> {
  const refuse = (message: string): never => {
    throw new InvalidInputError([{ path: 'sealingKeys', message }])
  }
  const entries = typeof sealingKeys === 'string' ? sealingKeys.split(/\s+/).filter(Boolean) : []
  if (entries.length === 0) refuse('must be given: id:base64, such as k1: and what `openssl rand -base64 32` prints')
  const keys = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const entry of entries) {
    const [, id = '', base64 = ''] = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/]+={0,2})$/.exec(entry) ?? []
    const bytes = id ? decode(base64) : undefined
    if (!bytes) return refuse('must have the form id:base64, with spaces between several')
    if (bytes.length < MIN_KEY_BYTES) return refuse(`must have keys of at least ${MIN_KEY_BYTES} bytes: ${id} is shorter`)
    if (keys.has(id)) return refuse(`has two keys with the id ${id}`)
    keys.set(id, bytes)
  }
  return keys
}

function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** Base64url without padding. */
function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** SHA-256 of a text, in base64url. */
export const digestOf = async (text: string): Promise<string> =>
  toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', UTF8.encode(text))))
