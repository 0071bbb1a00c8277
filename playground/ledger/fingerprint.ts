import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { hexDigest } from '../sealing/digest.ts'
import { handleIn, readHandle, withPayerToken } from '../sealing/payer-token.ts'

/**
 * Of what is asked for, not of how it is written: blanks and the order of keys do not count, nor does a header that may
 * differ when a browser asks again, nor under which key a handle was sealed.
 */
export async function fingerprintOf(asked: PreparedRequest): Promise<string> {
  const handle = handleIn(asked)
  const { user = '', agreement = '' } = handle === undefined ? {} : readHandle(handle)
  const { operation, path, body } = handle === undefined ? asked : withPayerToken(asked, '')
  const text = JSON.stringify([operation, path, user, agreement, sorted(JSON.parse(body ?? 'null'))])
  return hexDigest(text)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
