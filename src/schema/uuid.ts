/** A random UUID, version 4; undefined in a runtime without random values. Pages over plain http have no `randomUUID`. */
export function randomUuid(): string | undefined {
  if (typeof crypto === 'undefined') return undefined
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  return typeof crypto.getRandomValues === 'function' ? toUuid(crypto.getRandomValues(new Uint8Array(16)), 4) : undefined
}

/** The UUID with these 16 bytes, of this version (RFC 9562). */
export function toUuid(bytes: Uint8Array, version: 4 | 8): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80 // variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
