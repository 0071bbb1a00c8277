import type { Cause } from './errors.ts'

/** What the API says about why it declined. */
export interface Refusal {
  /** Its own code, as text. */
  apiCode: string | undefined
  apiMessage: string | undefined
  causes: Cause[]
}

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCode = (value: unknown): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value))

/** Words that only repeat the HTTP status and so are no code. */
const GENERIC = /^(bad[ _]request|unauthorized|forbidden|not[ _]found|conflict|unprocessable[ _]entity|too[ _]many[ _]requests)$/i

/**
 * Reads the six error envelopes of the API: `message` with or without `cause` (code and message or description, code as
 * text or number), the policy agent's `code`, and the `errors` list of newer endpoints. Anything else gives nothing.
 *
 * @param secrets what we sent and must not repeat, should the API quote it
 */
export function readRefusal(answer: unknown, secrets: readonly string[]): Refusal {
  const envelope = isObject(answer) ? answer : {}
  const list = Array.isArray(envelope.errors) ? envelope.errors : Array.isArray(envelope.cause) ? envelope.cause : []
  const clean = (value: unknown): string | undefined => (typeof value === 'string' ? redact(value, secrets) : undefined)
  const causes = list
    .filter(isObject)
    .slice(0, MOST_CAUSES)
    .map((cause) => ({
      code: isCode(cause.code) ? redact(String(cause.code), secrets) : '',
      message: clean(cause.message ?? cause.description) ?? '',
    }))
  const ownCodes = [envelope.code, envelope.error].filter(isCode).map((code) => redact(String(code), secrets))
  const codes = [causes[0]?.code, ...ownCodes].filter((code) => code && !GENERIC.test(code))
  return { apiCode: codes[0], apiMessage: clean(envelope.message) ?? causes[0]?.message, causes }
}

const MOST_CAUSES = 20
const MOST_TEXT = 500
/** Access tokens, e-mail addresses, and long words with digits: the form of payer tokens and codes. */
const LIKE_A_SECRET = [/\b(?:APP_USR|TEST)-[\w-]+/g, /[^\s"'<>]+@[^\s"'<>]+/g, /(?=[\w-]*\d)[\w-]{20,}/g]

/** Cuts what was secret in the request, and what looks like a secret, out of a text that came back. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets
    .filter((secret) => secret && text.includes(secret))
    .reduce((rest, secret) => rest.replaceAll(occurrences(secret), MASK), text)
  return LIKE_A_SECRET.reduce((rest, pattern) => rest.replace(pattern, MASK), known).slice(0, MOST_TEXT)
}

const MASK = '[redacted]'
const LONG_SECRET = 8

/** A long secret wherever it stands; a short one only as a word of its own, or it would cut up every sentence. */
function occurrences(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(secret.length < LONG_SECRET ? `(?<!\\w)${literal}(?!\\w)` : literal, 'g')
}
