import { InvalidInputError } from '../errors.ts'

/** A new random idempotency key for one intended payment: UUID v4. Store it with the order before you send the request. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID()
}

/** Without control characters no two sources join to the same text. Lone surrogates would all encode to the same bytes. */
const HASHABLE = /^[^\p{Cc}\p{Surrogate}]+$/u

/** What identifies one intended payment. The same four values give the same key in every process and language. */
export interface KeySource {
  /** Your Mercado Pago account (collector or application), so that two sellers never share a key. */
  account: string
  /** The name of the operation, such as `payments.create`. */
  operation: string
  /** Your own reference of the order. */
  reference: string
  /** A whole number from 1. Raise it only for a new intended payment, such as a second try after a *rejected* one. */
  attempt: number
}

/** Namespace of the keys, RFC 9562 section 5.8. Never change it: old keys could not be derived again. */
const NAMESPACE = 'f0c1a2f3-2b8d-5c6e-9a47-6d1c3e5b7a90'

/**
 * Derives an idempotency key from an order: deriving it again, after a crash or in another process, gives the same key.
 *
 * UUID v8 (RFC 9562 section 5.8) of SHA-256 over the 16 bytes of the namespace and the UTF-8 bytes of account,
 * operation, reference and attempt (in decimal digits), with a zero byte between them.
 *
 * @throws {InvalidInputError} a part is empty, or `attempt` is not a whole number from 1
 */
export async function idempotencyKeyFrom(source: KeySource): Promise<string> {
  const { account, operation, reference, attempt } = source ?? {}
  const issues = Object.entries({ account, operation, reference })
    .filter(([, value]) => typeof value !== 'string' || !HASHABLE.test(value))
    .map(([path]) => ({ path, message: 'must be a non-empty string of well-formed Unicode without control characters' }))
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    issues.push({ path: 'attempt', message: 'must be a whole number from 1' })
  }
  if (issues.length > 0) throw new InvalidInputError(issues)

  const namespace = Uint8Array.from(NAMESPACE.replaceAll('-', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const name = new TextEncoder().encode([account, operation, reference, attempt].join('\0'))
  const bytes = new Uint8Array(namespace.length + name.length)
  bytes.set(namespace)
  bytes.set(name, namespace.length)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80 // version 8
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80 // variant
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
