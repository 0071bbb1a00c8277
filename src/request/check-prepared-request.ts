import { InvalidInputError, type Issue } from '../errors.ts'
import { isOperationName, PARAMETER, requests } from '../operations/requests.ts'
import { isPlainObject } from '../schema/plain-object.ts'
import type { PreparedRequest } from './prepared-request.ts'

/**
 * Checks a request that may come from storage, and returns a copy, so that what was checked is what every attempt sends.
 * Refuses what `prepare` cannot have made: the path decides where the access token goes, the headers decide who pays and
 * under which key.
 *
 * @throws {InvalidInputError} with everything that `prepare` would have made differently
 */
export function checkPreparedRequest(stored: PreparedRequest): PreparedRequest {
  const prepared = copy(stored)
  if (!isOperationName(prepared.operation)) throw new InvalidInputError([{ path: 'operation', message: NOT_PREPARED }])
  const issues = findMismatches(prepared)
  if (issues.length > 0) throw new InvalidInputError(issues)
  return prepared
}

const NOT_PREPARED = 'is missing or unknown: pass a PreparedRequest that prepare made'

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
  const check = (holds: boolean, path: string, message: string): void => {
    if (!holds) issues.push({ path, message })
  }
  const json = body === null ? {} : parseObject(body)
  check(method === request.method, 'method', `must be ${request.method}`)
  check(pathParameter(prepared) !== undefined, 'path', `must be of the form ${request.path}`)
  check(json !== undefined, 'body', 'must be the text of a JSON object, or null')
  check(operation !== 'payments.capture' || json?.capture === true, 'body', 'must contain capture: true')
  check(operation !== 'payments.cancel' || typeof json?.status === 'string', 'body', 'must contain a status')
  check(
    (idempotencyKey === null) === (request.retry === 'read'),
    'idempotencyKey',
    'must be set for a write, and null for a read',
  )
  check((headers['x-idempotency-key'] ?? null) === idempotencyKey, 'idempotencyKey', 'must equal the header x-idempotency-key')
  for (const [header, value] of Object.entries(headers)) {
    const isKnown = HEADERS.includes(header)
    check(isKnown, `headers.${header.slice(0, 64)}`, 'is not a header that prepare sets; send adds the access token')
    check(typeof value === 'string' && VISIBLE_ASCII.test(value), `headers.${header.slice(0, 64)}`, 'must be visible ASCII')
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

/** A pattern for the paths of a template; it captures the id. */
function patternOf(path: string): RegExp {
  const id = path.includes('{advanced_payment_id}') ? '(\\d{1,20})' : '([A-Za-z0-9_-]{1,64})'
  const query = path.endsWith('/search') ? '(?:\\?[\\w.%+&=*-]*)?' : ''
  return new RegExp(`^${path.replace(PARAMETER, id)}${query}$`)
}

const PATTERNS = Object.fromEntries(Object.entries(requests).map(([name, { path }]) => [name, patternOf(path)]))

/** The id in the path; `''` if the operation has none; undefined if the path does not belong to the operation. */
export function pathParameter({ operation, path }: PreparedRequest): string | undefined {
  const match = typeof path === 'string' ? PATTERNS[operation]?.exec(path) : null
  return match ? (match[1] ?? '') : undefined
}
