import { invalidAccessToken, refusedByPolicy } from '../rules/access-rules.ts'
import { ApiError, invalidParameters, paymentError } from '../rules/api-error.ts'
import { keyUsed, nameOfKey, stillProcessed } from '../rules/idempotency-rules.ts'
import { operationsWhere } from '../world/operations.ts'
import { jsonResponse, type WireResponse, withRequestId } from '../world/wire-response.ts'
import { HTML } from './body-faults.ts'
import { findDocumentedError, toApiError } from './documented-errors.ts'
import { BEFORE, BEFORE_OR_AFTER, type FaultContext, fault, performIfAfter, type RequestFault } from './fault.ts'

/** A response of the API itself. */
function apiResponse({ world }: FaultContext, { status, body }: ApiError, headers: Record<string, string> = {}): WireResponse {
  const answer = withRequestId(world, jsonResponse(status, JSON.stringify(body)))
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

const error = (status: number, message: string, name: string): ApiError =>
  new ApiError(status, { status, error: name, message, cause: [] })

/** Answers with an error of the API. */
const apiError =
  (make: () => ApiError, headers: Record<string, string> = {}): RequestFault['run'] =>
  async (context) => {
    await performIfAfter(context)
    return apiResponse(context, make(), headers)
  }

/** Answers with the error page of a gateway. */
const gatewayPage =
  (status: number, title: string, headers: Record<string, string> = {}): RequestFault['run'] =>
  async (context) => {
    await performIfAfter(context)
    return { status, text: `<html><body><h1>${status} ${title}</h1></body></html>`, headers: { ...HTML, ...headers } }
  }

const internal = () => paymentError(500, 'Internal server error', '500000')
const rateLimited = () => error(429, 'Rate limit exceeded. Retry after the indicated number of seconds.', 'too_many_requests')

function documentedError({ request: { operation }, error }: FaultContext): ApiError {
  const documented = findDocumentedError(operation, error)
  return documented ? toApiError(documented, operation) : invalidParameters()
}

/** By default the API has not carried out the request. */
const OR_AFTER = { phases: ['before', 'after'] } as const
const KEYED = { operations: operationsWhere(({ idempotencyKey }) => idempotencyKey !== 'ignored') }

export const STATUS_FAULTS = [
  fault('bad_request', '400, without a documented code.', apiError(invalidParameters), BEFORE),
  fault(
    'documented_error',
    'An error that the documentation prints for the operation: the one that `error` names by message or code, or the first.',
    async (context) => apiResponse(context, documentedError(context)),
    BEFORE,
  ),
  fault(
    'executed_but_refused',
    'The API carries out the request, and answers with a documented error: the one that `error` names, or the first.',
    async (context) => {
      await context.perform()
      return apiResponse(context, documentedError(context))
    },
    { operations: operationsWhere(({ isRead }) => !isRead), isBreach: true },
  ),
  fault('invalid_access_token', '401: the access token is not valid.', apiError(invalidAccessToken), BEFORE),
  fault(
    'invalid_payer_token',
    '401 with 401003: the payer token is not valid.',
    apiError(() => paymentError(401, 'Invalid payer token.', '401003')),
    BEFORE,
  ),
  fault('policy_agent', '403 from the policy agent: the application is not enabled.', apiError(refusedByPolicy), BEFORE),
  fault(
    'not_found',
    '404.',
    apiError(() => paymentError(404, 'Advanced payment not found.', '404002')),
    BEFORE,
  ),
  fault(
    'request_timeout',
    '408.',
    apiError(() => error(408, 'Request timeout', 'request_timeout')),
    BEFORE_OR_AFTER,
  ),
  fault('in_progress', '409 with 401001: the same key is still being processed.', apiError(stillProcessed), OR_AFTER),
  fault(
    'in_progress_forever',
    '409 with 401001, now and for every later request with the same key.',
    async (context) => {
      const { world, request } = context
      await performIfAfter(context)
      const { method, path, idempotencyKey } = request
      if (idempotencyKey) {
        const name = nameOfKey(method, path, idempotencyKey)
        world.state.keys[name] = {
          ...(world.state.keys[name] ?? { hash: '', answer: null, payment: null, since: world.state.now }),
          stuck: true,
        }
      }
      return apiResponse(context, stillProcessed())
    },
    { ...OR_AFTER, ...KEYED },
  ),
  fault('key_used', '422 with 422001: the key has been used for another request.', apiError(keyUsed), BEFORE),
  fault(
    'locked',
    '423: the resource is locked by another request.',
    apiError(() => error(423, 'The resource is locked', 'locked')),
    BEFORE,
  ),
  fault('rate_limited', '429 without Retry-After.', apiError(rateLimited), BEFORE),
  fault('rate_limited_retry_after', '429 with Retry-After: 1.', apiError(rateLimited, { 'retry-after': '1' }), BEFORE),
  fault('rate_limited_absurd', '429 with a Retry-After of a year.', apiError(rateLimited, { 'retry-after': '31536000' }), BEFORE),
  fault('internal_error', '500.', apiError(internal), BEFORE_OR_AFTER),
  fault('bad_gateway', '502 with an HTML page.', gatewayPage(502, 'Bad Gateway'), BEFORE_OR_AFTER),
  fault(
    'service_unavailable',
    '503 with Retry-After: 1.',
    gatewayPage(503, 'Service Unavailable', { 'retry-after': '1' }),
    BEFORE_OR_AFTER,
  ),
  fault('gateway_timeout', '504 with an HTML page.', gatewayPage(504, 'Gateway Timeout'), BEFORE_OR_AFTER),
  fault('server_error_burst', '500, for five requests in a row.', apiError(internal), { ...BEFORE_OR_AFTER, times: 5 }),
] as const
