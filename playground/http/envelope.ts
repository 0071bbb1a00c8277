import type { ProxyResponse } from './response.ts'

/** The API's own name for each status. */
const ERROR_NAMES: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'Conflict',
  413: 'payload_too_large',
  422: 'Unprocessable entity',
  429: 'too_many_requests',
}

export interface Details {
  error?: string
  cause?: unknown[]
  retryAfterMs?: number | undefined
}

/** A problem in the API's own envelope, so that clients need to know no other one. */
export function problem(status: number, message: string, { error, cause, retryAfterMs }: Details = {}): ProxyResponse {
  const name = error ?? ERROR_NAMES[status] ?? (status < 500 ? 'bad_request' : 'internal_error')
  return {
    status,
    body: JSON.stringify({ status: String(status), error: name, message, ...(cause && { cause }) }),
    retryAfterMs,
  }
}

/** A problem whose cause has one of the documented codes. */
export const codedProblem = (status: number, code: string, message: string, details: Details = {}): ProxyResponse =>
  problem(status, message, { ...details, cause: [{ code, message, data: null }] })

/** The response while an outcome is unknown: money may have moved, or may still. The caller repeats it with the same key. */
export function stillProcessing(retryAfterMs: number, isInReview = false): ProxyResponse {
  const message = isInReview
    ? 'It is not known whether this was done, and a person has to check: GET /operations?state=NEEDS_REVIEW.'
    : 'The process has not been completed yet. Try again later.'
  return codedProblem(409, '401001', message, { retryAfterMs })
}

export const keyUsed = (): ProxyResponse => codedProblem(422, '422001', 'Idempotency key already used.')

/** Thrown to decline a request, with the response to send. */
export class Declined extends Error {
  readonly answer: ProxyResponse

  constructor(answer: ProxyResponse) {
    super(`declined with ${answer.status}`)
    this.answer = answer
  }
}

export function toResponse({ status, body, retryAfterMs }: ProxyResponse, headers: Record<string, string> = {}): Response {
  const type = body === '' ? {} : { 'content-type': 'application/json' }
  const wait = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }
  return new Response(body === '' ? null : body, { status, headers: { ...type, ...wait, ...headers } })
}
