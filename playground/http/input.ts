import type { HonoRequest } from 'hono'
import {
  InvalidInputError,
  newIdempotencyKey,
  type OperationInput,
  type OperationName,
  operations,
  type PreparedRequest,
  type PrepareOptions,
  prepare,
} from 'mercadopago-wallet-connect'
import { Declined, problem } from './envelope.ts'

const OPTION_HEADERS = {
  idempotencyKey: 'x-idempotency-key',
  deviceId: 'x-meli-session-id',
  platformId: 'x-platform-id',
} as const

/** Fields that the API takes from the path or from a header: in a body or query they would contradict those. */
const FIELDS_ELSEWHERE = ['agreement_id', 'advanced_payment_id', 'payer_token']

/** Deeper ones are nobody's order, and overflow what walks through them. */
const MOST_DEPTH = 32

/**
 * Rebuilds what a caller asks for. Only the documented places are read.
 *
 * @param names the operations of this method and path
 * @throws {InvalidInputError | Declined} it is the caller's fault
 */
export async function readRequest(request: HonoRequest, names: readonly OperationName[]): Promise<PreparedRequest> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const fields = hasBody ? await readJson(request) : readQuery(request)
  const misplaced = FIELDS_ELSEWHERE.filter((path) => Object.hasOwn(fields, path))
  if (misplaced.length > 0) {
    throw new InvalidInputError(misplaced.map((path) => ({ path, message: 'belongs in the path or in a header' })))
  }
  const name = choose(names, fields)
  const payer_token = name.startsWith('discounts.') ? request.header('x-payer-token') : undefined
  const input = { ...fields, ...request.param(), ...(payer_token !== undefined && { payer_token }) }
  return prepare(name, input as OperationInput<OperationName>, readOptions(request, name))
}

function readQuery(request: HonoRequest): Record<string, string> {
  const repeated = Object.entries(request.queries()).find(([, values]) => values.length > 1)
  if (repeated) throw new InvalidInputError([{ path: repeated[0], message: 'must be given once' }])
  return request.query()
}

/** Where the API asks for a key, the caller has to give it: it could not be repeated safely. Elsewhere it helps, if given. */
function readOptions(request: HonoRequest, name: OperationName): PrepareOptions {
  const given = Object.entries(OPTION_HEADERS).map(([option, header]) => [option, request.header(header)])
  const options: PrepareOptions = Object.fromEntries(given.filter(([, value]) => value !== undefined))
  const { retry } = operations[name]
  if (retry === 'keyed' && !options.idempotencyKey) {
    throw new Declined(problem(400, 'Missing HTTP header: X-Idempotency-Key', { error: 'empty_required_header' }))
  }
  if (retry === 'read') delete options.idempotencyKey
  else options.idempotencyKey ||= newIdempotencyKey()
  return options
}

/** Capture and cancellation are one path: the body says which. One that says neither must not move money. */
function choose([first, second]: readonly OperationName[], body: Record<string, unknown>): OperationName {
  if (first === undefined) throw new TypeError('a route without an operation')
  if (second === undefined) return first
  if (Object.hasOwn(body, 'status')) return second
  if (Object.hasOwn(body, 'capture')) return first
  throw new InvalidInputError([{ path: '', message: 'must say capture: true, or status: "cancelled"' }])
}

/** @throws {InvalidInputError} it is no JSON object, or one that could not be sent on as it is */
export async function readJson(request: HonoRequest): Promise<Record<string, unknown>> {
  const text = decode(await request.arrayBuffer())
  const value = parse(text || '{}')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('must be a JSON object')
  const problem = problemIn(value)
  if (problem) throw refused(problem)
  return value as Record<string, unknown>
}

const refused = (message: string): InvalidInputError => new InvalidInputError([{ path: '', message }])

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw refused('must be UTF-8')
  }
}

/** Numbers that may not come out as they went in: long ones, and great ones. */
const DOUBTFUL = /\d{16}|\d[eE]/

function parse(text: string): unknown {
  try {
    return JSON.parse(text, DOUBTFUL.test(text) ? requireExact : undefined)
  } catch (error) {
    throw error instanceof InvalidInputError ? error : refused('must be a JSON object')
  }
}

function requireExact(_: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  if (typeof value !== 'number') return value
  const isExact = /^-?\d+$/.test(source) ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (!isExact) throw refused('has a number that is too large')
  return value
}

/** Keys that mean something else to JavaScript than to whoever sent them. */
const CHARGED_KEYS = ['__proto__', 'constructor', 'prototype']

/** What cannot be sent on as it is. Level by level: recursion is what has to be avoided. */
function problemIn(value: object): string | undefined {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return `must not be nested deeper than ${MOST_DEPTH}`
    const objects = level.filter((each) => typeof each === 'object' && each !== null)
    const charged = objects
      .flatMap((each) => (Array.isArray(each) ? [] : Object.keys(each)))
      .find((key) => CHARGED_KEYS.includes(key))
    if (charged) return `${charged} is not a known field`
    level = objects.flatMap((each) => Object.values(each))
  }
  return undefined
}
