/** The file of orders. What is wrong with it is said by line and field, never by value: a value may be a payer token. */

export interface Order {
  /** Where it stands, from 1. */
  line: number
  order: string
  payer_token: string
  /** A decimal string, as it stands in the file: it never becomes a float. */
  amount: string
}

const FIELDS = ['order', 'payer_token', 'amount'] as const
const MOST_SHOWN = 20

export interface Problem {
  line: number
  field?: (typeof FIELDS)[number] | undefined
  message: string
}

/** The file cannot be charged as it is. */
export class OrdersError extends Error {
  override readonly name = 'OrdersError'

  constructor(problems: readonly Problem[]) {
    const lines = problems
      .slice(0, MOST_SHOWN)
      .map(({ line, field, message }) => `line ${line}${field ? `, ${field}` : ''}: ${message}`)
    const rest = problems.length - lines.length
    super([...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'))
  }
}

/**
 * Reads `order,payer_token,amount`, the first line being just that.
 *
 * @throws {OrdersError}
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
      const message = values ? `has ${values.length} fields, not ${FIELDS.length}` : 'has a quotation mark that does not fit'
      problems.push({ line, message })
      continue
    }
    const empty = FIELDS.filter((_, at) => values[at] === '')
    for (const field of empty) problems.push({ line, field, message: 'is empty' })
    const earlier = lineOf.get(order)
    if (order !== '' && earlier !== undefined) {
      problems.push({ line, field: 'order', message: `stands in line ${earlier} already` })
    }
    lineOf.set(order, earlier ?? line)
    if (empty.length === 0) orders.push({ line, order, payer_token, amount })
  }
  if (problems.length > 0) throw new OrdersError(problems)
  return orders
}

/** The fields of a line; undefined if its quotation marks do not fit. A field goes over one line only. */
function split(line: string): string[] | undefined {
  const text = `,${line}`
  const fields = [...text.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)]
  const isWhole = fields.map(([match]) => match).join('') === text
  return isWhole ? fields.map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim()) : undefined
}
