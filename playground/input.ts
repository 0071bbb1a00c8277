import type { HonoRequest } from 'hono'
import {
  InvalidInputError,
  type OperationInput,
  type OperationName,
  operations,
  type PreparedRequest,
  type PrepareOptions,
  prepare,
} from 'mercadopago-wallet-connect'

const OPTION_HEADERS = {
  idempotencyKey: 'x-idempotency-key',
  deviceId: 'x-meli-session-id',
  platformId: 'x-platform-id',
} as const

/** Fields that the API takes from the path or from a header: in a body or query they would contradict those. */
const FIELDS_ELSEWHERE = ['agreement_id', 'advanced_payment_id', 'payer_token']

/** Creating a payment or a refund without a key cannot be repeated safely, so it is not begun. */
export class MissingKey extends Error {}

/**
 * Rebuilds what a caller asks for. Only the documented places are read.
 *
 * @param names the operations of this method and path
 * @throws {InvalidInputError | MissingKey} it is the caller's fault
 */
export async function readRequest(request: HonoRequest, names: readonly OperationName[]): Promise<PreparedRequest> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const fields = hasBody ? await readJson(request) : request.query()
  const misplaced = FIELDS_ELSEWHERE.filter((path) => Object.hasOwn(fields, path))
  if (misplaced.length > 0) {
    throw new InvalidInputError(misplaced.map((path) => ({ path, message: 'belongs in the path or in a header' })))
  }
  const name = choose(names, fields)
  const payer_token = name.startsWith('discounts.') ? request.header('x-payer-token') : undefined
  const input = { ...fields, ...request.param(), ...(payer_token !== undefined && { payer_token }) }
  const options = readOptions(request)
  if (operations[name].retry === 'keyed' && !options.idempotencyKey) throw new MissingKey()
  if (operations[name].retry === 'read') delete options.idempotencyKey
  return prepare(name, input as OperationInput<OperationName>, options)
}

function readOptions(request: HonoRequest): PrepareOptions {
  const given = Object.entries(OPTION_HEADERS).map(([option, header]) => [option, request.header(header)])
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

/** Capture and cancellation are one path: the body says which. One that says neither must not move money. */
function choose([first, second]: readonly OperationName[], body: Record<string, unknown>): OperationName {
  if (first === undefined) throw new TypeError('a route without an operation')
  if (second === undefined) return first
  if (Object.hasOwn(body, 'status')) return second
  if (Object.hasOwn(body, 'capture')) return first
  throw new InvalidInputError([{ path: '', message: 'must say capture: true, or status: "cancelled"' }])
}

async function readJson(request: HonoRequest): Promise<Record<string, unknown>> {
  const text = await request.text()
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw new InvalidInputError([{ path: '', message: 'must be a JSON object' }])
}
