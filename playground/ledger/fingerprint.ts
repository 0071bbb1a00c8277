import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { hexDigest } from '../sealing/digest.ts'
import { handleIn, readHandle, withPayerToken } from '../sealing/payer-token.ts'

/**
 * A digest of what a request asks for, not of how it is written: spaces, the order of keys and a default that is spelled out do
 * not count, nor does a header that may differ when a browser repeats it, nor the key that a handle was sealed with.
 */
export async function fingerprintOf(request: PreparedRequest): Promise<string> {
  const handle = handleIn(request)
  const { user = '', agreement = '' } = handle === undefined ? {} : readHandle(handle)
  const { operation, path, body } = handle === undefined ? request : withPayerToken(request, '')
  const text = JSON.stringify([operation, path, user, agreement, sorted(withoutDefaults(operation, JSON.parse(body ?? 'null')))])
  return hexDigest(text)
}

/** A charge with `capture: true` is the charge without it. The other defaults are filled in before a request gets here. */
function withoutDefaults(operation: PreparedRequest['operation'], body: Record<string, unknown> | null): unknown {
  if (operation !== 'payments.create' || body?.capture !== true) return body
  const { capture: _, ...rest } = body
  return rest
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
