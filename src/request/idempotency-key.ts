import { InvalidInputError } from '../errors.ts'
import { randomUuid, toUuid } from '../schema/uuid.ts'

/** A new random idempotency key for one intended payment: UUID v4. Store it with the order before you send the request. */
export function newIdempotencyKey(): string {
  const uuid = randomUuid()
  if (uuid !== undefined) return uuid
  throw new InvalidInputError([{ path: 'idempotencyKey', message: 'must be given: this runtime has no random values' }])
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
  if (typeof crypto === 'undefined' || crypto.subtle === undefined) {
    issues.push({ path: '', message: 'this runtime has no crypto.subtle, as a page over plain http: derive the key elsewhere' })
  }
  if (issues.length > 0) throw new InvalidInputError(issues)

  const namespace = Uint8Array.from(NAMESPACE.replaceAll('-', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const name = new TextEncoder().encode([account, operation, reference, attempt].join('\0'))
  const bytes = new Uint8Array(namespace.length + name.length)
  bytes.set(namespace)
  bytes.set(name, namespace.length)
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return toUuid(new Uint8Array(digest, 0, 16), 8)
}
