import * as v from 'valibot'
import { describeIssues } from './describe-issues.ts'
import { InvalidInputError, type Issue } from './errors.ts'
import { token } from './fields.ts'
import { newIdempotencyKey } from './idempotency-key.ts'
import { excessDecimals, type Site, sites } from './money.ts'
import { findOperation, type Operation, type OperationInput, type OperationName, operations } from './operations.ts'

/**
 * A request that is ready to be sent, and sent again: plain JSON, the same key and the same bytes every time. It holds
 * no access token, but it does hold payer tokens and codes: treat it as a secret at rest.
 */
export interface PreparedRequest<Name extends OperationName = OperationName> {
  operation: Name
  method: string
  /** Path and query below the API's origin. */
  path: string
  /** All headers but `Authorization`, names in lower case. */
  headers: Record<string, string>
  /** The exact text of the body. */
  body: string | null
  /** `X-Idempotency-Key` of a write, null for a read. */
  idempotencyKey: string | null
}

const PrepareOptionsSchema = v.strictObject({
  /** Key of this payment wish, 1 to 128 visible ASCII characters; a new UUID v4 if left out. Reads have none. */
  idempotencyKey: v.optional(token(128)),
  /** The buyer's device (`MP_DEVICE_SESSION_ID`), sent as `X-Meli-Session-Id`. */
  deviceId: v.optional(token(1024)),
  /** Your id as a platform or plugin, sent as `x-platform-id`. */
  platformId: v.optional(token(256)),
  /** Country, to know how many decimals its currency has; without it two are allowed. */
  site: v.optional(v.picklist(Object.keys(sites) as Site[])),
})

export type PrepareOptions = v.InferInput<typeof PrepareOptionsSchema>

const PARAMETER = /\{(\w+)\}/

const isEmpty = (fields: Record<string, unknown>): boolean => Object.values(fields).every((value) => value === undefined)

/**
 * Turns an input into the request that says it: validates, makes the idempotency key, fixes the bytes. Pure but for
 * the key.
 *
 * @throws {InvalidInputError} with everything that is wrong, at once
 */
export function prepare<Name extends OperationName>(
  name: Name,
  input: OperationInput<Name>,
  options: PrepareOptions = {},
): PreparedRequest<Name> {
  const operation = findOperation(name)
  if (!operation) throw new InvalidInputError([{ path: 'operation', message: 'is not an operation of the table' }])
  const { idempotencyKey, deviceId, platformId, site } = validate(PrepareOptionsSchema, options)
  const fields = validate(operation.input, input, site) as Record<string, unknown>

  const headers: Record<string, string> = { accept: 'application/json' }
  let path = operation.path
  const parameter = PARAMETER.exec(path)?.[1]
  if (parameter) {
    path = path.replace(PARAMETER, String(fields[parameter]))
    delete fields[parameter]
  }
  if (fields.payer_token) {
    headers['x-payer-token'] = String(fields.payer_token)
    delete fields.payer_token
  }
  const isRead = operation.method === 'GET'
  const body = isRead || isEmpty(fields) ? null : toJson(fields)
  if (isRead && !isEmpty(fields)) path += `?${new URLSearchParams(definedStrings(fields))}`
  if (body !== null) headers['content-type'] = 'application/json'
  if (platformId) headers['x-platform-id'] = platformId
  if (deviceId) headers['x-meli-session-id'] = deviceId
  const key = operation.retry === 'read' ? null : (idempotencyKey ?? newIdempotencyKey())
  if (key) headers['x-idempotency-key'] = key
  return { operation: name, method: operation.method, path, headers, body, idempotencyKey: key }
}

function definedStrings(fields: Record<string, unknown>): [string, string][] {
  return Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
}

function validate<Schema extends v.GenericSchema>(schema: Schema, input: unknown, site?: Site): v.InferOutput<Schema> {
  let issues: Issue[]
  try {
    const result = v.safeParse(schema, input)
    issues = result.success ? [] : describeIssues(schema, input, result.issues)
    if (site) issues.push(...excessDecimals(input, site))
    if (result.success && issues.length === 0) return result.output
  } catch {
    // A getter, proxy or cycle of the caller's; what it threw may quote the input.
    issues = [{ path: '', message: 'could not be read' }]
  }
  throw new InvalidInputError(issues)
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw new InvalidInputError([{ path: '', message: 'must be JSON: no cycles and no bigint' }])
  }
}

const HEADERS = new Set(['accept', 'content-type', 'x-idempotency-key', 'x-meli-session-id', 'x-payer-token', 'x-platform-id'])
const VISIBLE_ASCII = /^[\x20-\x7e]+$/

/**
 * The operation of a request that may come from storage. Refuses what `prepare` cannot have made: the path decides
 * where the access token goes, the headers who pays and under which key.
 *
 * @throws {InvalidInputError}
 */
export function checkPrepared(prepared: PreparedRequest): Operation {
  const issues: Issue[] = []
  const must = (condition: boolean, path: string, message: string): void => {
    if (!condition) issues.push({ path, message })
  }
  const operation = findOperation(prepared?.operation)
  if (!operation) throw new InvalidInputError([{ path: 'operation', message: 'is not an operation of the table' }])

  const { method, path, headers, body, idempotencyKey } = prepared
  must(method === operation.method, 'method', `must be ${operation.method}`)
  must(pathParameter(operation, path) !== undefined, 'path', `must be of the form ${operation.path}`)
  must(body === null || isJsonObject(body), 'body', 'must be the text of a JSON object, or null')
  must((idempotencyKey === null) === (operation.retry === 'read'), 'idempotencyKey', 'belongs to writes, and only to them')
  must((headers?.['x-idempotency-key'] ?? null) === idempotencyKey, 'idempotencyKey', 'must be the one in the headers')
  for (const [name, value] of Object.entries(headers ?? {})) {
    must(HEADERS.has(name), `headers.${name}`, 'is not a header that a prepared request has; the access token is added by send')
    must(typeof value === 'string' && VISIBLE_ASCII.test(value), `headers.${name}`, 'must be visible ASCII')
  }
  if (issues.length > 0) throw new InvalidInputError(issues)
  return operation
}

function isJsonObject(text: unknown): boolean {
  try {
    return typeof text === 'string' && JSON.parse(text)?.constructor === Object
  } catch {
    return false
  }
}

/** What the path of each operation looks like, its id captured. */
const PATHS = new Map<Operation, RegExp>(
  Object.values(operations).map((operation: Operation) => {
    const id = operation.path.replace(PARAMETER, '([A-Za-z0-9_-]{1,64})')
    const query = operation.method === 'GET' ? '(?:\\?[\\w.%+&=*-]*)?' : ''
    return [operation, new RegExp(`^${id}${query}$`)]
  }),
)

/** The id in a path of this operation, `''` if it has none, undefined if it is no such path. */
export function pathParameter(operation: Operation, path: unknown): string | undefined {
  const match = typeof path === 'string' ? PATHS.get(operation)?.exec(path) : null
  return match ? (match[1] ?? '') : undefined
}
