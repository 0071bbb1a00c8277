import { type OperationName, operations } from 'mercadopago-wallet-connect'
import type { ProxyResponse } from './response.ts'

/** Shorter text is not a secret, and to redact it would cut letters out of words. */
const MIN_SECRET_LENGTH = 8

/**
 * The response to a caller, rebuilt from the documented fields of an answer. Secrets of ours that a field repeats are redacted.
 */
export function answerOf(operation: OperationName, data: unknown, secrets: readonly string[]): ProxyResponse {
  const { output, ...rest } = operations[operation]
  const status = 'createdStatus' in rest ? rest.createdStatus : 200
  const known = keep(output as unknown as Shape, data, ALSO[operation])
  return { status, body: known === undefined ? '' : redact(JSON.stringify(known), secrets) }
}

/** The text of a JSON body without these secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  const isSecret = (secret: string): boolean => secret.length >= MIN_SECRET_LENGTH && !/^\d+$/.test(secret)
  // JSON escapes quotes and backslashes.
  return secrets
    .filter(isSecret)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .reduce((safe, secret) => safe.replaceAll(secret, '[redacted]'), text)
}

/** The parts of a schema that say which fields there are. */
interface Shape {
  type: string
  entries?: Record<string, Shape>
  item?: Shape
  wrapped?: Shape
  options?: Shape[]
  pipe?: (Shape & { kind: string })[]
}

/** Fields besides those of a schema: plain values, or objects with fields. */
interface Fields {
  [name: string]: true | Fields
}

/** Documented fields of payments that the client's schema leaves out, because the client passes them on unread. */
const ALSO_OF_PAYMENTS: Fields = {
  application_id: true,
  wallet_payment: { discount: { amount: true, description: true, code: true, detail: { cap: true, value: true, type: true } } },
  payments: { net_amount: true, statement_descriptor: true, date_of_expiration: true },
  disbursements: {
    ...{ id: true, amount: true, external_reference: true, application_fee: true },
    ...{ money_release_date: true, status: true, status_detail: true },
  },
}

/** The documented fields of each operation's answer that its schema leaves out. */
const ALSO: Record<OperationName, Fields> = {
  'agreements.create': {},
  'agreements.get': {},
  'agreements.cancel': {},
  'agreements.createPayerToken': {},
  'discounts.validateCoupon': {},
  'discounts.create': {},
  'payments.create': ALSO_OF_PAYMENTS,
  'payments.get': ALSO_OF_PAYMENTS,
  'payments.search': { results: ALSO_OF_PAYMENTS },
  'payments.capture': ALSO_OF_PAYMENTS,
  'payments.cancel': ALSO_OF_PAYMENTS,
  'payments.refund': {},
  'payments.listRefunds': {},
}

/** The documented part of a value. An object or list where the schema has text or a number is dropped. */
function keep(shape: Shape, value: unknown, also: Fields): unknown {
  // The last schema of a pipe describes its result.
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
