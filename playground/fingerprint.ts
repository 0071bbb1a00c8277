import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { handleIn, readHandle, withPayerToken } from './payer-token.ts'

/**
 * Of what is asked for, not of how it is written: blanks and the order of keys do not count, nor does a header that may
 * differ when a browser asks again, nor under which key a handle was sealed.
 */
export async function fingerprintOf(asked: PreparedRequest): Promise<string> {
  const handle = handleIn(asked)
  const { user = '', agreement = '' } = handle === undefined ? {} : readHandle(handle)
  const { operation, path, body } = handle === undefined ? asked : withPayerToken(asked, '')
  const text = JSON.stringify([operation, path, user, agreement, sorted(JSON.parse(body ?? 'null'))])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
