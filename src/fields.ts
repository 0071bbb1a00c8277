import * as v from 'valibot'

/** A literal the documentation names, with completion, or any other string: Mercado Pago adds values without notice. */
export type Open<Known extends string> = Known | (string & {})

/** A status-like field that came back: the known literals are only for completion, nothing is refused. */
export const openString = <Known extends string>() =>
  v.custom<Open<Known>>((value) => typeof value === 'string', 'must be of type string')

/** Text that is sent: not empty, at most `most` characters. */
export const text = (most: number) =>
  v.pipe(v.string(), v.minLength(1, 'must not be empty'), v.maxLength(most, `must be at most ${most} characters`))

/** A value that travels in a header or path: visible ASCII, so that it can neither add a header nor leave its place. */
export const token = (most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces'),
    v.maxLength(most, `must be at most ${most} characters`),
  )

/** An id that came back: documented as a number, in some samples a numeric or placeholder string. */
export const ReceivedIdSchema = v.custom<number | string>(
  (value) => typeof value === 'number' || typeof value === 'string',
  'must be of type number or string',
)

/** A date that came back, as printed: ISO 8601, agreements in UTC, payments with an offset. */
export const ReceivedDateSchema = v.string()
