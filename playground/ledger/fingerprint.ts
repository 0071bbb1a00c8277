import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { hexDigest } from '../sealing/digest.ts'
import { handleIn, readHandle, withPayerToken } from '../sealing/payer-token.ts'

/**
 * A digest of what a request asks for, not of how it is written: spaces and the order of keys do not count, nor does a header
 * that may differ when a browser repeats it, nor the key that a handle was sealed with.
 */
export async function fingerprintOf(request: PreparedRequest): Promise<string> {
  const handle = handleIn(request)
  const { user = '', agreement = '' } = handle === undefined ? {} : readHandle(handle)
  const { operation, path, body } = handle === undefined ? request : withPayerToken(request, '')
  const text = JSON.stringify([operation, path, user, agreement, sorted(JSON.parse(body ?? 'null'))])
  return hexDigest(text)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
