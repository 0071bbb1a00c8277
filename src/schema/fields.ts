import * as v from 'valibot'

/** A literal the documentation names, with completion, or any other string: Mercado Pago adds values without notice. */
export type Open<Known extends string> = Known | (string & {})

/** A status-like field that came back: the known literals are only for completion, nothing is refused. */
export const openString = <Known extends string>() =>
  v.custom<Open<Known>>((value) => typeof value === 'string', 'must be a string')

/** An id that came back: documented as a number, in some samples a numeric or placeholder string. */
export const ReceivedIdSchema = v.custom<number | string>(
  (value) => typeof value === 'number' || typeof value === 'string',
  'must be a number or a string',
)

/** A string that is sent and must look like this. */
export const matching = (pattern: RegExp, message: string) =>
  v.pipe(
    v.string(),
    v.check((value) => pattern.test(value), message),
  )

/** Text that is sent: not empty, at most `most` characters. */
export const text = (most: number) => matching(new RegExp(`^.{1,${most}}$`, 's'), `must have 1 to ${most} characters`)

/** A value that travels in a header or path: visible ASCII, so that it can neither add a header nor leave its place. */
export const token = (most: number) =>
  matching(new RegExp(`^[\\x21-\\x7e]{1,${most}}$`), `must be 1 to ${most} visible ASCII characters without spaces`)

export const SENDABLE_TOKEN = 'must be one word of visible ASCII, without "Bearer" before it'

/** Can it stand behind `Bearer`? */
export const isSendableToken = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
