import type { Issue } from '../errors.ts'
import type { OperationName, OperationOutput } from '../operations/operation-types.ts'
import { isPlainObject } from '../schema/plain-object.ts'
import { pathParameter } from './check-prepared-request.ts'
import type { PreparedRequest } from './prepared-request.ts'

/**
 * What shows that an answer is about something else than its request: another id, reference or amount. Whoever acts on such
 * an answer books the wrong payment. A field that the answer leaves out shows nothing.
 */
export function findMismatches(prepared: PreparedRequest, data: unknown): Issue[] {
  const compare = COMPARISONS[prepared.operation]
  return (
    compare?.(prepared, data as never).flatMap(([path, actual, expected]) => (differs(actual, expected) ? [issue(path)] : [])) ??
    []
  )
}

type Comparison = [path: string, actual: unknown, expected: unknown]

const issue = (path: string): Issue => ({ path, message: 'is not that of the request: the answer may be about something else' })

const differs = (actual: unknown, expected: unknown): boolean =>
  actual !== undefined && actual !== null && expected !== undefined && expected !== null && String(actual) !== String(expected)

const COMPARISONS: { [Name in OperationName]?: (prepared: PreparedRequest, data: OperationOutput<Name>) => Comparison[] } = {
  'agreements.get': compareId,
  'payments.create': compareCharge,
  'payments.get': compareId,
  'payments.capture': compareId,
  'payments.cancel': compareId,
  'payments.refund': compareRefunds,
}

const bodyOf = ({ body }: PreparedRequest): Record<string, unknown> => JSON.parse(body ?? '{}')

function compareId(prepared: PreparedRequest, { id }: { id?: unknown }): Comparison[] {
  return [['id', id, pathParameter(prepared)]]
}

function compareCharge(prepared: PreparedRequest, data: OperationOutput<'payments.create'>): Comparison[] {
  const sent = bodyOf(prepared).wallet_payment
  const received: unknown = data.wallet_payment
  if (!isPlainObject(sent) || !isPlainObject(received)) return []
  return ['external_reference', 'transaction_amount'].map((name) => [`wallet_payment.${name}`, received[name], sent[name]])
}

function compareRefunds(prepared: PreparedRequest, data: OperationOutput<'payments.refund'>): Comparison[] {
  const [refund, ...others] = data
  return others.length === 0 ? [['0.amount', refund?.amount, bodyOf(prepared).amount]] : []
}
