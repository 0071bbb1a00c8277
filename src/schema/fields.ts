import * as v from 'valibot'

/** A documented literal, offered by completion, or any other string: Mercado Pago adds values without notice. */
export type Open<Known extends string> = Known | (string & {})

/** A status-like field of a response: any string is accepted, and the known literals only help completion. */
export const openString = <Known extends string>() =>
  v.custom<Open<Known>>((value) => typeof value === 'string', 'must be a string')

/** An id in a response: documented as a number, but some samples show a numeric or placeholder string. */
export const ReceivedIdSchema = v.custom<number | string>(
  (value) => typeof value === 'number' || typeof value === 'string',
  'must be a number or a string',
)

/** A string of a request that must match `pattern`. */
export const matching = (pattern: RegExp, message: string) =>
  v.pipe(
    v.string(),
    v.check((value) => pattern.test(value), message),
  )

/** A text of a request: 1 to `maxLength` characters. */
export const text = (maxLength: number) =>
  matching(new RegExp(`^.{1,${maxLength}}$`, 's'), `must have 1 to ${maxLength} characters`)

/** A value for a header or a path: visible ASCII, so that it cannot add another header or change the path. */
export const token = (maxLength: number) =>
  matching(new RegExp(`^[\\x21-\\x7e]{1,${maxLength}}$`), `must be 1 to ${maxLength} visible ASCII characters without spaces`)

/** The message for a token that `isSendableToken` rejects. */
export const SENDABLE_TOKEN = 'must be one word of visible ASCII, without a leading "Bearer"'

/** True for a value that can follow `Bearer` in an `Authorization` header. */
export const isSendableToken = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
