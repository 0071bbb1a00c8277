import { InvalidInputError, type Issue } from '../errors.ts'
import { isOperationName, PARAMETER, requests } from '../operations/requests.ts'
import { isPlainObject } from '../schema/plain-object.ts'
import type { PreparedRequest } from './prepared-request.ts'

/**
 * Takes over a request that may come from storage: a copy, so that what was checked is what is sent, each time. Refuses
 * what `prepare` cannot have made: the path decides where the access token goes, the headers who pays and under which
 * key.
 *
 * @throws {InvalidInputError}
 */
export function checkPreparedRequest(stored: PreparedRequest): PreparedRequest {
  const prepared = copy(stored)
  if (!isOperationName(prepared.operation)) throw new InvalidInputError([{ path: 'operation', message: NOT_PREPARED }])
  const issues = findMismatches(prepared)
  if (issues.length > 0) throw new InvalidInputError(issues)
  return prepared
}

const NOT_PREPARED = 'is none: give a PreparedRequest, made by prepare'

function copy(stored: PreparedRequest): PreparedRequest {
  try {
    const { operation, method, path, headers, body, idempotencyKey } = stored
    return { operation, method, path, headers: { ...headers }, body, idempotencyKey }
  } catch {
    throw new InvalidInputError([{ path: 'operation', message: NOT_PREPARED }])
  }
}

const HEADERS = ['accept', 'content-type', 'x-idempotency-key', 'x-meli-session-id', 'x-payer-token', 'x-platform-id']
const VISIBLE_ASCII = /^[\x20-\x7e]+$/

function findMismatches(prepared: PreparedRequest): Issue[] {
  const { operation, method, headers, body, idempotencyKey } = prepared
  const request = requests[operation]
  const issues: Issue[] = []
  const must = (condition: boolean, path: string, message: string): void => {
    if (!condition) issues.push({ path, message })
  }
  const json = body === null ? {} : parseObject(body)
  must(method === request.method, 'method', `must be ${request.method}`)
  must(pathParameter(prepared) !== undefined, 'path', `must be of the form ${request.path}`)
  must(json !== undefined, 'body', 'must be the text of a JSON object, or null')
  must(operation !== 'payments.capture' || json?.capture === true, 'body', 'must have capture: true')
  must(operation !== 'payments.cancel' || typeof json?.status === 'string', 'body', 'must have a status')
  must((idempotencyKey === null) === (request.retry === 'read'), 'idempotencyKey', 'belongs to writes, and only to them')
  must((headers['x-idempotency-key'] ?? null) === idempotencyKey, 'idempotencyKey', 'must be the one in the headers')
  for (const [header, value] of Object.entries(headers)) {
    const isKnown = HEADERS.includes(header)
    must(isKnown, `headers.${header.slice(0, 64)}`, 'is no header of a prepared request; send adds the access token')
    must(typeof value === 'string' && VISIBLE_ASCII.test(value), `headers.${header.slice(0, 64)}`, 'must be visible ASCII')
  }
  return issues
}

function parseObject(text: unknown): Record<string, unknown> | undefined {
  try {
    const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return isPlainObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What paths of this template look like, the id captured. */
function patternOf(path: string): RegExp {
  const id = path.includes('{advanced_payment_id}') ? '(\\d{1,20})' : '([A-Za-z0-9_-]{1,64})'
  const query = path.endsWith('/search') ? '(?:\\?[\\w.%+&=*-]*)?' : ''
  return new RegExp(`^${path.replace(PARAMETER, id)}${query}$`)
}

const PATTERNS = Object.fromEntries(Object.entries(requests).map(([name, { path }]) => [name, patternOf(path)]))

/** The id in the path, `''` if the operation has none, undefined if it is no path of this operation. */
export function pathParameter({ operation, path }: PreparedRequest): string | undefined {
  const match = typeof path === 'string' ? PATTERNS[operation]?.exec(path) : null
  return match ? (match[1] ?? '') : undefined
}
