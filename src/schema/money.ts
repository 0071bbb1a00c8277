import * as v from 'valibot'
import type { Issue } from '../errors.ts'

/**
 * Currency of each site and its decimals. Colombia has 2 in Mercado Pago's OpenAPI file, though prices there are
 * commonly without.
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

const MOST_DECIMALS = 2
const PLAIN_DECIMAL = /^(?:0|[1-9]\d*)(?:\.(\d+))?$/

function amountProblem(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  const plain = PLAIN_DECIMAL.exec(text)
  if (/^-\d+(?:\.\d+)?$/.test(text)) return 'must be greater than 0'
  if (!plain) return 'must be an amount in major units, 700.5 or "700.50": plain digits, no sign, exponent or separator'
  const decimals = plain[1] ?? ''
  if (decimals.length > MOST_DECIMALS) return `must have at most ${MOST_DECIMALS} decimals`
  const number = Number(text)
  if (number === 0) return 'must be greater than 0'
  if (number > Number.MAX_SAFE_INTEGER) return 'must be below 2^53'
  const meant = decimals ? text.replace(/\.?0+$/, '') : text
  return String(number) === meant ? undefined : 'has more digits than a JSON number can carry'
}

/**
 * An amount that is sent: a number or a decimal string in major units, never cents. What comes out is the JSON number
 * with exactly the digits that went in; whatever would need rounding is refused.
 */
export const AmountSchema = v.pipe(
  v.custom<number | string>(
    (value) => amountProblem(value) === undefined,
    ({ input }) => amountProblem(input) ?? '',
  ),
  v.transform(Number),
)

/** A number that JSON can carry. */
export const FiniteSchema = v.pipe(
  v.number(),
  v.check((value) => Number.isFinite(value), 'must be finite'),
)

/** An amount that came back: Mercado Pago prints numbers, newer samples strings such as `"24.50"`. */
export const ReceivedAmountSchema = v.pipe(
  v.custom<number | string>(
    (value) => Number.isFinite(value) || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)),
    'must be an amount',
  ),
  v.transform(Number),
)

const AMOUNT_FIELDS = new Set(['transaction_amount', 'amount', 'validation_amount'])
/** The caller's own data, in which an amount may be anything. */
const FOREIGN_FIELDS = new Set(['metadata', 'additional_info', 'payments', 'disbursements'])

/** The amounts in `input` that have more decimals than the site's currency has. */
export function excessDecimals(input: unknown, site: Site, path = ''): Issue[] {
  const { currency, decimals } = sites[site]
  if (decimals === MOST_DECIMALS || typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]): Issue[] => {
    const here = path ? `${path}.${key}` : key
    if (FOREIGN_FIELDS.has(key)) return []
    if (typeof value === 'object') return excessDecimals(value, site, here)
    const given = AMOUNT_FIELDS.has(key) ? PLAIN_DECIMAL.exec(String(value))?.[1] : undefined
    if ((given?.length ?? 0) <= decimals) return []
    return [{ path: here, message: `must have ${decimals ? `at most ${decimals}` : 'no'} decimals in ${currency}` }]
  })
}
