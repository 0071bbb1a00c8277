/** Reads the file of orders. Its problems name the line and the field, never the value, which may be a payer token. */

export interface Order {
  /** Line number, from 1. */
  line: number
  order: string
  payer_token: string
  /** The amount as in the file: a decimal string, which never becomes a float. */
  amount: string
}

const FIELDS = ['order', 'payer_token', 'amount'] as const
const MAX_SHOWN = 20

export interface Problem {
  line: number
  field?: (typeof FIELDS)[number] | undefined
  message: string
}

/** Thrown if the file cannot be charged as it is. */
export class OrdersError extends Error {
  override readonly name = 'OrdersError'

  constructor(problems: readonly Problem[]) {
    const lines = problems
      .slice(0, MAX_SHOWN)
      .map(({ line, field, message }) => `line ${line}${field ? `, ${field}` : ''}: ${message}`)
    const rest = problems.length - lines.length
    super([...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'))
  }
}

/**
 * Reads lines of `order,payer_token,amount` below a header line of exactly that.
 *
 * @throws {OrdersError} with all problems of the file
 */
export function readOrders(csv: string): Order[] {
  const [header = '', ...lines] = csv.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (split(header)?.join() !== FIELDS.join())
    throw new OrdersError([{ line: 1, message: `must be ${FIELDS.join()}, with commas` }])
  const problems: Problem[] = []
  const orders: Order[] = []
  const lineOf = new Map<string, number>()
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    const line = index + 2
    const values = split(text)
    const [order = '', payer_token = '', amount = ''] = values ?? []
    if (values?.length !== FIELDS.length) {
      const message = values ? `has ${values.length} fields, not ${FIELDS.length}` : 'has an unmatched quotation mark'
      problems.push({ line, message })
      continue
    }
    const empty = FIELDS.filter((_, at) => values[at] === '')
    for (const field of empty) problems.push({ line, field, message: 'is empty' })
    const earlier = lineOf.get(order)
    if (order !== '' && earlier !== undefined) {
      problems.push({ line, field: 'order', message: `is already in line ${earlier}` })
    }
    lineOf.set(order, earlier ?? line)
    if (empty.length === 0) orders.push({ line, order, payer_token, amount })
  }
  if (problems.length > 0) throw new OrdersError(problems)
  return orders
}

/** The fields of a line; undefined if a quotation mark is unmatched. A field cannot contain a line break. */
function split(line: string): string[] | undefined {
  const text = `,${line}`
  const fields = [...text.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)]
  const isWhole = fields.map(([match]) => match).join('') === text
  return isWhole ? fields.map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim()) : undefined
}
