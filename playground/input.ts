import type { HonoRequest } from 'hono'
import {
  InvalidInputError,
  type OperationInput,
  type OperationName,
  operations,
  type PrepareOptions,
} from 'mercadopago-wallet-connect'

/** What a caller asks for, in the terms of `prepare`. Only documented places are read. */
export interface Wanted {
  name: OperationName
  input: OperationInput<OperationName>
  options: PrepareOptions
}

const HEADERS = { idempotencyKey: 'x-idempotency-key', deviceId: 'x-meli-session-id', platformId: 'x-platform-id' } as const

/** The API demands a key to create a payment; for other writes it is optional. */
export class MissingKey extends Error {}

export async function readInput(request: HonoRequest, names: readonly OperationName[]): Promise<Wanted> {
  const body = request.method === 'GET' ? request.query() : await readJson(request)
  const payer_token = request.header('x-payer-token')
  const input = { ...body, ...request.param(), ...(payer_token !== undefined && { payer_token }) }
  const options = Object.fromEntries(
    Object.entries(HEADERS).flatMap(([option, header]) => {
      const value = request.header(header)
      return value === undefined ? [] : [[option, value]]
    }),
  )
  const name = choose(names, body)
  if (name === 'payments.create' && !options.idempotencyKey) throw new MissingKey()
  if (operations[name].retry === 'read') delete options.idempotencyKey
  return { name, input: input as OperationInput<OperationName>, options }
}

/** Capture and cancellation are one path: the body says which. */
function choose([first, second]: readonly OperationName[], body: Record<string, unknown>): OperationName {
  const isCancellation = second !== undefined && 'status' in body
  const name = isCancellation ? second : first
  if (name === undefined) throw new TypeError('a route without an operation')
  return name
}

async function readJson(request: HonoRequest): Promise<Record<string, unknown>> {
  const text = await request.text()
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw new InvalidInputError([{ path: '', message: 'must be a JSON object' }])
}
