import * as v from 'valibot'
import { InvalidInputError, type Issue } from '../errors.ts'
import type { OperationInput, OperationName } from '../operations/operation-types.ts'
import { isOperationName, PARAMETER, type RequestSpec, requests } from '../operations/requests.ts'
import { describeIssues, suggestion } from '../schema/describe-issues.ts'
import { token } from '../schema/fields.ts'
import { excessDecimals, SITES, type Site } from '../schema/money.ts'
import { strictObject, withoutInherited } from '../schema/object.ts'
import { isPlainObject } from '../schema/plain-object.ts'
import { newIdempotencyKey } from './idempotency-key.ts'

/**
 * A request that is ready to be sent, once or again: plain JSON, with the same key and the same bytes every time. It
 * holds no access token, but it does hold payer tokens and codes: encrypt it at rest.
 */
export interface PreparedRequest<Name extends OperationName = OperationName> {
  operation: Name
  method: string
  /** Path and query below the API's origin. */
  path: string
  /** All headers except `Authorization`, their names in lower case. */
  headers: Record<string, string>
  /** The exact text of the body. */
  body: string | null
  /** `X-Idempotency-Key` of a write, null for a read. */
  idempotencyKey: string | null
}

const PrepareOptionsSchema = strictObject({
  /** Key of this intended write, 1 to 128 visible ASCII characters; a new UUID v4 if left out. Reads have none. */
  idempotencyKey: v.optional(token(128)),
  /** The buyer's device (`MP_DEVICE_SESSION_ID`), sent as `X-Meli-Session-Id`. */
  deviceId: v.optional(token(1024)),
  /** Your id as a platform or plugin, sent as `x-platform-id`. */
  platformId: v.optional(token(256)),
  /** The account's country, which decides how many decimals an amount may have; without it, two. */
  site: v.optional(v.picklist(SITES)),
})

/** Options of a request, besides its input. */
export interface PrepareOptions extends v.InferInput<typeof PrepareOptionsSchema> {}

/**
 * Turns an input into a request: validates it, makes the idempotency key and fixes the bytes. Pure except for a new
 * key.
 *
 * @throws {InvalidInputError} with everything that is wrong in one list
 */
export function prepare<Name extends OperationName>(
  name: Name,
  input: OperationInput<Name>,
  options: PrepareOptions = {},
): PreparedRequest<Name> {
  if (!isOperationName(name)) {
    const message = `is not an operation${suggestion(String(name), Object.keys(requests))}`
    throw new InvalidInputError([{ path: 'operation', message }])
  }
  const operation: RequestSpec = requests[name]
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
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  const isRead = operation.method === 'GET'
  const body = isRead || present.length === 0 ? null : toJson(fields)
  if (isRead && present.length > 0) path += `?${new URLSearchParams(present.map(([key, value]) => [key, String(value)]))}`
  if (body !== null) headers['content-type'] = 'application/json'
  if (platformId) headers['x-platform-id'] = platformId
  if (deviceId) headers['x-meli-session-id'] = deviceId
  const key = operation.retry === 'read' ? null : (idempotencyKey ?? newIdempotencyKey())
  if (key) headers['x-idempotency-key'] = key
  return { operation: name, method: operation.method, path, headers, body, idempotencyKey: key }
}

/**
 * Parses an input by its schema.
 *
 * @throws {InvalidInputError} also if a getter or proxy of the input throws, since that error may quote the input
 */
export function validate<Schema extends v.GenericSchema>(schema: Schema, input: unknown, site?: Site): v.InferOutput<Schema> {
  let issues: Issue[]
  try {
    const result = v.safeParse(schema, withoutInherited(requirePlain(input)))
    issues = result.success ? [] : describeIssues(schema, input, result.issues)
    if (site) issues.push(...excessDecimals(input, site))
    if (result.success && issues.length === 0) return result.output
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    issues = [{ path: '', message: 'could not be read' }]
  }
  throw new InvalidInputError(issues)
}

/** Refuses promises and class instances: they would read as an empty object, and for a refund empty means everything. */
function requirePlain(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || isPlainObject(input)) return input
  throw new InvalidInputError([{ path: '', message: 'must be a plain object, not a promise, a class instance or a list' }])
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw new InvalidInputError([{ path: '', message: 'must be valid JSON, without cycles or bigints' }])
  }
}
