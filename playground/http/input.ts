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
import { PAYER_TOKEN_IN } from '../sealing/payer-token.ts'
import { Declined, problem } from './envelope.ts'
import { operationOn, type Route } from './routes.ts'

const OPTION_HEADERS = {
  idempotencyKey: 'x-idempotency-key',
  deviceId: 'x-meli-session-id',
  platformId: 'x-platform-id',
} as const

/** Fields that the API takes from the path or from a header: in a body or query they would contradict those. */
const FIELDS_ELSEWHERE = ['agreement_id', 'advanced_payment_id', 'payer_token']

/** No order is nested deeper, and deeper JSON would overflow the stack of whatever walks through it. */
const MAX_DEPTH = 32

/**
 * Rebuilds a caller's request from its documented places; nothing else of it is read.
 *
 * @throws {InvalidInputError | Declined} the request is not valid
 */
export async function readRequest(request: HonoRequest, route: Route): Promise<PreparedRequest> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const fields = hasBody ? await readJson(request) : readQuery(request)
  const misplaced = FIELDS_ELSEWHERE.filter((path) => Object.hasOwn(fields, path))
  if (misplaced.length > 0) {
    throw new InvalidInputError(misplaced.map((path) => ({ path, message: 'belongs in the path or in a header' })))
  }
  const name = operationOn(route, fields)
  // One that says neither must not move money.
  if (!name) throw new InvalidInputError([{ path: '', message: 'must say capture: true, or status: "cancelled"' }])
  const payer_token = PAYER_TOKEN_IN[name] === 'header' ? request.header('x-payer-token') : undefined
  const input = { ...fields, ...request.param(), ...(payer_token !== undefined && { payer_token }) }
  return prepare(name, input as OperationInput<OperationName>, readOptions(request, name))
}

function readQuery(request: HonoRequest): Record<string, string> {
  const repeated = Object.entries(request.queries()).find(([, values]) => values.length > 1)
  if (repeated) throw new InvalidInputError([{ path: repeated[0], message: 'must be given once' }])
  return request.query()
}

/** The options in the headers. Where the API asks for a key, the caller must send one, or the write could not be repeated safely. */
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

/** @throws {InvalidInputError} the body is not a JSON object, or one that could not be sent on unchanged */
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

/** Numbers that JavaScript may not represent exactly: long ones and large ones. */
const INEXACT = /\d{16}|\d[eE]/

function parse(text: string): unknown {
  try {
    return JSON.parse(text, INEXACT.test(text) ? requireExact : undefined)
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

/** Keys that have a meaning of their own in JavaScript. */
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype']

/** Why a value cannot be sent on unchanged; undefined if it can. Goes level by level, because recursion could overflow. */
function problemIn(value: object): string | undefined {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH}`
    const objects = level.filter((each) => typeof each === 'object' && each !== null)
    const forbidden = objects
      .flatMap((each) => (Array.isArray(each) ? [] : Object.keys(each)))
      .find((key) => FORBIDDEN_KEYS.includes(key))
    if (forbidden) return `${forbidden} is not a known field`
    level = objects.flatMap((each) => Object.values(each))
  }
  return undefined
}
