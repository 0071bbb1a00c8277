import type { Cause } from '../errors.ts'
import { isPlainObject } from '../schema/plain-object.ts'

/** Why the API declined a request, in its own words. */
export interface ErrorResponse {
  /** Mercado Pago's code, as text. */
  apiCode: string | undefined
  apiMessage: string | undefined
  causes: Cause[]
}

/** Matches words in the place of a code that only repeat the HTTP status. */
const GENERIC = /^(bad[ _]request|unauthorized|forbidden|not[ _]found|conflict|unprocessable[ _]entity|too[ _]many[ _]requests)$/i

/**
 * Reads the six error envelopes of the API: `message` with or without `cause` (code and message or description, code as
 * text or number), the policy agent's `code`, and the `errors` list of newer endpoints. Any other body has no code, message
 * or causes.
 *
 * @param secrets the secrets that were sent, to be replaced wherever the API quotes them
 */
export function readErrorResponse(body: unknown, secrets: readonly string[]): ErrorResponse {
  const envelope = isPlainObject(body) ? body : {}
  const clean = (value: unknown): string | undefined => (typeof value === 'string' ? redact(value, secrets) : undefined)
  const causes = [envelope.errors, envelope.cause].flat().filter(isPlainObject).slice(0, MAX_CAUSES)
  const read = causes.map((cause) => ({
    code: cleanCode(cause.code, secrets) ?? '',
    message: clean(cause.message ?? cause.description) ?? '',
  }))
  const codes = [read[0]?.code, cleanCode(envelope.code, secrets), cleanCode(envelope.error, secrets)]
  return {
    apiCode: codes.find((code) => code && !GENERIC.test(code)),
    apiMessage: clean(envelope.message) ?? read[0]?.message,
    causes: read,
  }
}

/** A code as text, without secrets. A short number is always Mercado Pago's own code, even if a secret looks the same. */
function cleanCode(code: unknown, secrets: readonly string[]): string | undefined {
  const text = typeof code === 'string' || typeof code === 'number' ? String(code).trim() : ''
  if (/^\d{1,6}$/.test(text)) return text
  return /^[\w .-]{1,64}$/.test(text) ? redact(text, secrets) : undefined
}

const MAX_CAUSES = 20
const MAX_TEXT_LENGTH = 500
/** Access tokens, e-mail addresses (also URL-encoded), and long words with digits, as payer tokens and codes are. */
const SECRET_PATTERNS: readonly [RegExp, RegExp?][] = [
  [/\b(?:APP_USR|TEST)-[\w-]+/g],
  [/[^\s"'<>@]{1,64}(?:@|%40)[^\s"'<>@]{1,255}/g],
  [/[\w-]{20,}/g, /\d/],
]

/** Replaces the secrets of the request, and whatever else looks like a secret, in a text of a response. */
export function redact(text: string, secrets: readonly string[]): string {
  // The patterns are only fast on a short text. A word that the limit cuts in two could be half a secret, so it goes too.
  const start = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH).replace(/\S{0,500}$/, '…') : text
  const known = secrets.flatMap(spellings).reduce((rest, secret) => rest.replace(occurrences(secret), MASK), start)
  return SECRET_PATTERNS.reduce(
    (rest, [pattern, required]) => rest.replace(pattern, (word) => (required && !required.test(word) ? word : MASK)),
    known,
  )
}

const MASK = '[redacted]'
/** The length from which a secret is replaced even inside a longer word. */
const LONG_SECRET_LENGTH = 8

/** The forms in which a secret may be quoted: as it is, URL-encoded, and escaped as in JSON. */
const spellings = (secret: string): string[] =>
  secret === '' ? [] : [secret, encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')), JSON.stringify(secret).slice(1, -1)]

/** Matches a long secret anywhere, a short one only as a separate word: it may be part of many ordinary words. */
function occurrences(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(secret.length < LONG_SECRET_LENGTH ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal, 'gi')
}
