import * as v from 'valibot'
import type { Issue } from '../errors.ts'

/**
 * The currency of each site and the number of its decimals. Colombia has 2 in Mercado Pago's OpenAPI file, although
 * prices there usually have none.
 * @see https://github.com/mercadopago/openapi
 */
export const sites = {
  MLA: { currency: 'ARS', decimals: 2 },
  MLB: { currency: 'BRL', decimals: 2 },
  MLC: { currency: 'CLP', decimals: 0 },
  MCO: { currency: 'COP', decimals: 2 },
  MLM: { currency: 'MXN', decimals: 2 },
  MPE: { currency: 'PEN', decimals: 2 },
  MLU: { currency: 'UYU', decimals: 2 },
} as const

/** Mercado Pago's id of a country. */
export type Site = keyof typeof sites

export const SITES = Object.keys(sites) as Site[]

const MAX_DECIMALS = 2
const PLAIN_DECIMAL = /^(?:0|[1-9]\d*)(?:\.(\d+))?$/

function amountProblem(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  const plain = PLAIN_DECIMAL.exec(text)
  if (/^-\d+(?:\.\d+)?$/.test(text)) return 'must be greater than 0'
  if (!plain) return 'must be an amount in major units, such as 700.5 or "700.50", without sign, exponent or thousands separator'
  const decimals = plain[1] ?? ''
  if (decimals.length > MAX_DECIMALS) return `must have at most ${MAX_DECIMALS} decimals`
  const number = Number(text)
  if (number === 0) return 'must be greater than 0'
  if (number > Number.MAX_SAFE_INTEGER) return 'must be below 2^53'
  const expected = decimals ? text.replace(/\.?0+$/, '') : text
  return String(number) === expected ? undefined : 'has more digits than a JSON number can carry'
}

/**
 * An amount in a request: a number or a decimal string in major units, never cents. It is sent as the JSON number with
 * exactly the same digits; an amount that would need rounding is refused.
 */
export const AmountSchema = v.pipe(
  v.custom<number | string>(
    (value) => amountProblem(value) === undefined,
    ({ input }) => amountProblem(input) ?? '',
  ),
  v.transform(Number),
)

/** A number that JSON can represent. */
export const FiniteSchema = v.pipe(
  v.number(),
  v.check((value) => Number.isFinite(value), 'must be finite'),
)

/** An amount in a response: usually a number, in newer samples a string such as `"24.50"`. */
export const ReceivedAmountSchema = v.pipe(
  v.custom<number | string>(
    (value) => Number.isFinite(value) || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)),
    'must be an amount',
  ),
  v.transform(Number),
)

const AMOUNT_FIELDS = new Set(['transaction_amount', 'amount', 'validation_amount'])
/** Fields that hold the caller's own data, where an amount may have any form. */
const OPAQUE_FIELDS = new Set(['metadata', 'additional_info', 'payments', 'disbursements'])

/** An issue for each amount in `input` with more decimals than the site's currency has. */
export function excessDecimals(input: unknown, site: Site, path = ''): Issue[] {
  const { currency, decimals } = sites[site]
  if (decimals === MAX_DECIMALS || typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]): Issue[] => {
    const here = path ? `${path}.${key}` : key
    if (OPAQUE_FIELDS.has(key)) return []
    if (typeof value === 'object') return excessDecimals(value, site, here)
    const given = AMOUNT_FIELDS.has(key) ? PLAIN_DECIMAL.exec(String(value))?.[1] : undefined
    if ((given?.length ?? 0) <= decimals) return []
    return [{ path: here, message: `must have ${decimals ? `at most ${decimals}` : 'no'} decimals in ${currency}` }]
  })
}
