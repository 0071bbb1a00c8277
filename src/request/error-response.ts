import type { Cause } from '../errors.ts'
import { isPlainObject } from '../schema/plain-object.ts'

/** What the API says about why it declined. */
export interface ErrorResponse {
  /** Its own code, as text. */
  apiCode: string | undefined
  apiMessage: string | undefined
  causes: Cause[]
}

/** Words that only repeat the HTTP status and so are no code. */
const GENERIC = /^(bad[ _]request|unauthorized|forbidden|not[ _]found|conflict|unprocessable[ _]entity|too[ _]many[ _]requests)$/i

/**
 * Reads the six error envelopes of the API: `message` with or without `cause` (code and message or description, code as
 * text or number), the policy agent's `code`, and the `errors` list of newer endpoints. Anything else gives nothing.
 *
 * @param secrets what we sent and must not repeat, should the API quote it
 */
export function readErrorResponse(answer: unknown, secrets: readonly string[]): ErrorResponse {
  const envelope = isPlainObject(answer) ? answer : {}
  const clean = (value: unknown): string | undefined => (typeof value === 'string' ? redact(value, secrets) : undefined)
  const causes = [envelope.errors, envelope.cause].flat().filter(isPlainObject).slice(0, MOST_CAUSES)
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

/** Mercado Pago's numbers are no secrets, whatever we sent. */
function cleanCode(code: unknown, secrets: readonly string[]): string | undefined {
  const text = typeof code === 'string' || typeof code === 'number' ? String(code).trim() : ''
  if (/^\d{1,6}$/.test(text)) return text
  return /^[\w .-]{1,64}$/.test(text) ? redact(text, secrets) : undefined
}

const MOST_CAUSES = 20
const MOST_TEXT = 500
/** Access tokens, e-mail addresses (also URL-encoded), and long words with digits: the form of payer tokens and codes. */
const LIKE_A_SECRET: readonly [RegExp, RegExp?][] = [
  [/\b(?:APP_USR|TEST)-[\w-]+/g],
  [/[^\s"'<>@]{1,64}(?:@|%40)[^\s"'<>@]{1,255}/g],
  [/[\w-]{20,}/g, /\d/],
]

/** Cuts what was secret in the request, and what looks like a secret, out of a text that came back. */
export function redact(text: string, secrets: readonly string[]): string {
  // Patterns below are only fast on a text of bounded length; a word that the bound cuts in two could be half a secret.
  const start = text.length > MOST_TEXT ? text.slice(0, MOST_TEXT).replace(/\S{0,500}$/, '…') : text
  const known = secrets.flatMap(spellings).reduce((rest, secret) => rest.replace(occurrences(secret), MASK), start)
  return LIKE_A_SECRET.reduce(
    (rest, [pattern, also]) => rest.replace(pattern, (word) => (also && !also.test(word) ? word : MASK)),
    known,
  )
}

const MASK = '[redacted]'
const LONG_SECRET = 8

/** How a secret may be quoted: as it is, in an address, in JSON. */
const spellings = (secret: string): string[] =>
  secret === '' ? [] : [secret, encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')), JSON.stringify(secret).slice(1, -1)]

/** A long secret wherever it stands; a short one only as a word of its own, or it would cut up every sentence. */
function occurrences(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(secret.length < LONG_SECRET ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal, 'gi')
}
