/** A secret key and its name. */
export interface NamedKey {
  id: string
  bytes: Uint8Array<ArrayBuffer>
  /** The key as a source of derived keys; imported at first use. */
  hkdf(): Promise<CryptoKey>
}

/** The keys of one purpose: the current one seals and signs, the others still open and verify during a rotation. */
export interface KeyRing {
  current: NamedKey
  find(id: string): NamedKey | undefined
}

/** 256 bits. */
const MIN_BYTES = 32

/**
 * Reads a secret of the form `id:base64 id:base64 …`, the current key first.
 *
 * @throws {TypeError} names the secret and what is wrong with it, never the key
 */
export function readKeyRing(name: string, secret: string | undefined): KeyRing {
  const keys = (secret ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((entry) => readKey(name, entry))
  const [current] = keys
  if (!current) throw new TypeError(`${name} is not set`)
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new TypeError(`${name} has two keys with the same id`)
  return { current, find: (id) => keys.find((key) => key.id === id) }
}

function readKey(name: string, entry: string): NamedKey {
  const [, id, base64] = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/]+={0,2})$/.exec(entry) ?? []
  if (!id || !base64) throw new TypeError(`${name} must have the form id:base64, with spaces between several keys`)
  const bytes = Uint8Array.fromBase64(base64)
  if (bytes.length < MIN_BYTES) throw new TypeError(`${name}: the key ${id} must have at least ${MIN_BYTES} bytes`)
  // The imported key, not a promise of it: in a Worker a promise ends with the request that made it.
  let imported: CryptoKey | undefined
  return {
    id,
    bytes,
    async hkdf() {
      imported ??= await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
      return imported
    },
  }
}
