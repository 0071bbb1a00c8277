import type { PreparedRequest } from 'mercadopago-wallet-connect'

/**
 * Of what is asked for, not of how it is written: blanks and the order of keys do not count, nor does a header that may
 * differ when a browser asks again.
 */
export async function fingerprintOf({ operation, path, headers, body }: PreparedRequest): Promise<string> {
  const text = JSON.stringify([operation, path, headers['x-payer-token'] ?? null, sorted(JSON.parse(body ?? 'null'))])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
