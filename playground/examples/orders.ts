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
 * Reads lines of `order,payer_token,amount` below a header line of exactly that. Two spellings of a name that look the same
 * (`ç` as one character or as two) are one order.
 *
 * @param file UTF-8, as bytes or already decoded: two orders could get one name where characters are lost
 * @throws {OrdersError} with all problems of the file
 */
export function readOrders(file: Uint8Array | string): Order[] {
  const [header = '', ...lines] = textOf(file).split(/\r?\n/)
  if (split(header)?.join() !== FIELDS.join())
    throw new OrdersError([{ line: 1, message: `must be ${FIELDS.join()}, with commas` }])
  const problems: Problem[] = []
  const orders: Order[] = []
  const lineOf = new Map<string, number>()
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    const line = index + 2
    const values = split(text)
    const [name = '', payer_token = '', amount = ''] = values ?? []
    const order = name.normalize('NFC')
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

/** The text of the file, without the byte order mark that it may begin with. */
function textOf(file: Uint8Array | string): string {
  const text = typeof file === 'string' ? file.replace(/^\uFEFF/, '') : new TextDecoder().decode(file)
  // What stands for bytes that are no text.
  const lostAt = text.indexOf('\uFFFD')
  if (lostAt < 0) return text
  const line = text.slice(0, lostAt).split('\n').length
  throw new OrdersError([{ line, message: 'is not UTF-8: save the file as UTF-8' }])
}

/** The fields of a line; undefined if a quotation mark is unmatched. A field cannot contain a line break. */
function split(line: string): string[] | undefined {
  const text = `,${line}`
  const fields = [...text.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)]
  const isWhole = fields.map(([match]) => match).join('') === text
  return isWhole ? fields.map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim()) : undefined
}
