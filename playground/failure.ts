import {
  InvalidInputError,
  isWalletConnectError,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from 'mercadopago-wallet-connect'
import { MissingKey } from './input.ts'

const WORDS: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  404: 'not_found',
  409: 'Conflict',
  413: 'payload_too_large',
  422: 'Unprocessable entity',
  429: 'too_many_requests',
}

const RETRY_AFTER_MS = 1000

/** An answer in the API's own envelope, so that clients need no second vocabulary. */
export function problem(
  status: number,
  message: string,
  {
    error = WORDS[status] ?? (status < 500 ? 'bad_request' : 'internal_error'),
    cause,
    retryAfterMs,
  }: { error?: string; cause?: unknown[]; retryAfterMs?: number | undefined } = {},
): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
  const body = { status: String(status), error, message, ...(cause && { cause }) }
  return new Response(JSON.stringify(body), { status, headers })
}

/** What a caller is told of a failed operation. An unknown outcome is "still being processed": repeat with the same key. */
export function failure(error: unknown): Response {
  if (error instanceof MissingKey) {
    return problem(400, 'Missing HTTP header: X-Idempotency-Key', { error: 'empty_required_header' })
  }
  if (!isWalletConnectError(error)) return problem(500, 'Internal server error')
  if (error instanceof InvalidInputError) return problem(400, error.message)
  if (error instanceof RefusedError) return refusal(error)
  if (error instanceof UnknownOutcomeError) {
    const message = 'The process has not been completed yet. Try again later.'
    return problem(409, message, { cause: [{ code: '401001', message, data: null }], retryAfterMs: RETRY_AFTER_MS })
  }
  const { reason, retryAfterMs = RETRY_AFTER_MS } = error instanceof UnavailableError ? error : {}
  return problem(reason === 'rate_limited' ? 429 : 503, 'No usable answer; nothing was done.', { retryAfterMs })
}

function refusal({ status, apiCode, apiMessage, causes, retryAfterMs }: RefusedError): Response {
  // Not the caller's credential was refused but ours; a cancelled agreement (401003) is the caller's business.
  if ((status === 401 || status === 403) && apiCode !== '401003') return problem(503, 'The upstream refused the proxy.')
  const cause = causes.map(({ code, message }) => ({ code, message, data: null }))
  const error = causes.length === 0 ? apiCode : undefined
  return problem(status, apiMessage ?? 'Refused', {
    ...(error && { error }),
    ...(cause.length > 0 && { cause }),
    retryAfterMs,
  })
}
