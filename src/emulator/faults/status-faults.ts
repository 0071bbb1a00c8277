import { invalidAccessToken, refusedByPolicy } from '../rules/access-rules.ts'
import { ApiError, invalidParameters, paymentError } from '../rules/api-error.ts'
import { keyUsed, nameOfKey, stillProcessed } from '../rules/idempotency-rules.ts'
import { operationsWhere } from '../world/operations.ts'
import { identified, jsonAnswer, type WireResponse } from '../world/wire-response.ts'
import { HTML } from './body-faults.ts'
import { findDocumentedError, toApiError } from './documented-errors.ts'
import { act, BEFORE, BEFORE_OR_AFTER, type FaultContext, fault, type RequestFault } from './fault.ts'

/** An answer of the API itself. */
function told({ world }: FaultContext, { status, body }: ApiError, headers: Record<string, string> = {}): WireResponse {
  const answer = identified(world, jsonAnswer(status, JSON.stringify(body)))
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

const error = (status: number, message: string, word: string): ApiError =>
  new ApiError(status, { status, error: word, message, cause: [] })

/** Answers with an error; the API has done its part or not. */
const answers =
  (make: () => ApiError, headers: Record<string, string> = {}): RequestFault['run'] =>
  async (scene) => {
    await act(scene)
    return told(scene, make(), headers)
  }

/** A gateway's own page. */
const gateway =
  (status: number, title: string, headers: Record<string, string> = {}): RequestFault['run'] =>
  async (scene) => {
    await act(scene)
    return { status, text: `<html><body><h1>${status} ${title}</h1></body></html>`, headers: { ...HTML, ...headers } }
  }

const internal = () => paymentError(500, 'Internal server error', '500000')
const rateLimited = () => error(429, 'Rate limit exceeded. Retry after the indicated number of seconds.', 'too_many_requests')

/** The default is that the API has done nothing. */
const OR_AFTER = { phases: ['before', 'after'] } as const
const KEYED = { operations: operationsWhere(({ idempotencyKey }) => idempotencyKey !== 'ignored') }

export const STATUS_FAULTS = [
  fault('bad_request', '400, of no documented code.', answers(invalidParameters), BEFORE),
  fault(
    'documented_error',
    'An error that a source prints for the operation: the one that `error` names by message or code, or the first.',
    async (scene) => {
      const { operation } = scene.request
      const documented = findDocumentedError(operation, scene.error)
      return told(scene, documented ? toApiError(documented, operation) : invalidParameters())
    },
    BEFORE,
  ),
  fault('invalid_access_token', '401: the access token is not valid.', answers(invalidAccessToken), BEFORE),
  fault(
    'invalid_payer_token',
    '401 with 401003: the payer token is not valid.',
    answers(() => paymentError(401, 'Invalid payer token.', '401003')),
    BEFORE,
  ),
  fault('policy_agent', '403 of the policy agent: the application is not enabled.', answers(refusedByPolicy), BEFORE),
  fault(
    'not_found',
    '404.',
    answers(() => paymentError(404, 'Advanced payment not found.', '404002')),
    BEFORE,
  ),
  fault(
    'request_timeout',
    '408.',
    answers(() => error(408, 'Request timeout', 'request_timeout')),
    BEFORE_OR_AFTER,
  ),
  fault('in_progress', '409 with 401001: the same key is still being processed.', answers(stillProcessed), OR_AFTER),
  fault(
    'in_progress_forever',
    '409 with 401001, and so for every repeat of the key from now on.',
    async (scene) => {
      const { world, request } = scene
      await act(scene)
      const { method, path, idempotencyKey } = request
      if (idempotencyKey) {
        const name = nameOfKey(method, path, idempotencyKey)
        world.state.keys[name] = {
          ...(world.state.keys[name] ?? { hash: '', answer: null, payment: null, since: world.state.now }),
          stuck: true,
        }
      }
      return told(scene, stillProcessed())
    },
    { ...OR_AFTER, ...KEYED },
  ),
  fault('key_used', '422 with 422001: the key has been used.', answers(keyUsed), BEFORE),
  fault(
    'locked',
    '423: the resource is locked by another request.',
    answers(() => error(423, 'The resource is locked', 'locked')),
    BEFORE,
  ),
  fault('rate_limited', '429 without Retry-After.', answers(rateLimited), BEFORE),
  fault('rate_limited_retry_after', '429 with Retry-After: 1.', answers(rateLimited, { 'retry-after': '1' }), BEFORE),
  fault('rate_limited_absurd', '429 with a Retry-After of a year.', answers(rateLimited, { 'retry-after': '31536000' }), BEFORE),
  fault('internal_error', '500.', answers(internal), BEFORE_OR_AFTER),
  fault('bad_gateway', '502 with a page of HTML.', gateway(502, 'Bad Gateway'), BEFORE_OR_AFTER),
  fault(
    'service_unavailable',
    '503 with Retry-After: 1.',
    gateway(503, 'Service Unavailable', { 'retry-after': '1' }),
    BEFORE_OR_AFTER,
  ),
  fault('gateway_timeout', '504 with a page of HTML.', gateway(504, 'Gateway Timeout'), BEFORE_OR_AFTER),
  fault('server_error_burst', '500, five requests in a row.', answers(internal), { ...BEFORE_OR_AFTER, times: 5 }),
] as const
