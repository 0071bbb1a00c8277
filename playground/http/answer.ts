import { type OperationName, operations } from 'mercadopago-wallet-connect'
import type { ProxyResponse } from '../ledger/ledger.ts'

/** Shorter ones are no secrets, and would take letters out of words. */
const LEAST_SECRET = 8

/**
 * The answer to a caller, rebuilt from the fields that are documented. What a known field says back of our secrets
 * stays here.
 */
export function answerOf(operation: OperationName, data: unknown, secrets: readonly string[]): ProxyResponse {
  const { output, ...rest } = operations[operation]
  const status = 'createdStatus' in rest ? rest.createdStatus : 200
  const known = keep(output as unknown as Shape, data, alsoOf(operation))
  return { status, body: known === undefined ? '' : redact(JSON.stringify(known), secrets) }
}

export function redact(text: string, secrets: readonly string[]): string {
  const isSecret = (secret: string): boolean => secret.length >= LEAST_SECRET && !/^\d+$/.test(secret)
  // As they stand in JSON, where quotes and backslashes are escaped.
  return secrets
    .filter(isSecret)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .reduce((safe, secret) => safe.replaceAll(secret, '[redacted]'), text)
}

/** The parts of a schema that say where values lie. */
interface Shape {
  type: string
  entries?: Record<string, Shape>
  item?: Shape
  wrapped?: Shape
  options?: Shape[]
  pipe?: (Shape & { kind: string })[]
}

/** Fields besides those of a schema: plain values, or more fields within. */
interface Fields {
  [name: string]: true | Fields
}

/** Of payments: documented, too, and of no interest to the client, which passes them on unseen. */
const ALSO_OF_PAYMENTS: Fields = {
  application_id: true,
  wallet_payment: { discount: { amount: true, description: true, code: true, detail: { cap: true, value: true, type: true } } },
  payments: { net_amount: true, statement_descriptor: true, date_of_expiration: true },
  disbursements: {
    ...{ id: true, amount: true, external_reference: true, application_fee: true },
    ...{ money_release_date: true, status: true, status_detail: true },
  },
}

function alsoOf(operation: OperationName): Fields {
  if (operation === 'payments.search') return { results: ALSO_OF_PAYMENTS }
  return /^payments\.(create|get|capture|cancel)$/.test(operation) ? ALSO_OF_PAYMENTS : {}
}

/** What is documented of a value. A place for text or a number holds nothing else. */
function keep(shape: Shape, value: unknown, also: Fields): unknown {
  // Of a pipe, the last schema says how the value came out.
  const last = shape.pipe?.findLast(({ kind }) => kind === 'schema')
  if (last) return keep(last, value, also)
  if (shape.wrapped) return value === null || value === undefined ? value : keep(shape.wrapped, value, also)
  if (shape.options) return shape.options.map((option) => keep(option, value, also)).find((kept) => kept !== undefined)
  if (shape.item) {
    const { item } = shape
    return Array.isArray(value) ? value.map((each) => keep(item, each, also)) : undefined
  }
  if (shape.entries) return keepEntries(shape.entries, value, also)
  return typeof value === 'object' && value !== null ? undefined : value
}

function keepEntries(entries: Record<string, Shape>, value: unknown, also: Fields): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const fields = value as Record<string, unknown>
  const names = [...new Set([...Object.keys(entries), ...Object.keys(also)])].filter((name) => Object.hasOwn(fields, name))
  const kept = names.map((name) => {
    const more = also[name]
    const within = typeof more === 'object' ? more : {}
    const shape = entries[name] ?? (more === true ? { type: 'any' } : { type: 'object', entries: {} })
    return [name, keep(shape, fields[name], within)]
  })
  return Object.fromEntries(kept)
}
