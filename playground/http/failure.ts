import {
  InvalidInputError,
  InvalidResponseError,
  isWalletConnectError,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
} from 'mercadopago-wallet-connect'
import { Declined, problem, stillProcessing } from './envelope.ts'
import type { ProxyResponse } from './response.ts'

export const RETRY_AFTER_MS = 1_000

/** The response to a failed operation. An unknown outcome is "still being processed": the caller repeats it with the same key. */
export function failure(error: unknown): ProxyResponse {
  if (error instanceof Declined) return error.answer
  if (!isWalletConnectError(error)) return problem(500, 'Internal server error')
  if (error instanceof InvalidInputError) return problem(400, error.message)
  if (error instanceof RefusedError) return refusal(error)
  if (error instanceof UnknownOutcomeError) return stillProcessing(RETRY_AFTER_MS)
  const { reason, retryAfterMs = RETRY_AFTER_MS } = error instanceof UnavailableError ? error : {}
  return problem(reason === 'rate_limited' ? 429 : 503, 'No usable answer; nothing was done.', { retryAfterMs })
}

/** True if it was our access token that was refused. A cancelled agreement (401003) is the caller's business instead. */
export const isOurTokenRefused = (error: unknown): boolean =>
  error instanceof RefusedError && (error.status === 401 || error.status === 403) && error.apiCode !== '401003'

function refusal(refused: RefusedError): ProxyResponse {
  const { status, apiCode, apiMessage, causes, retryAfterMs } = refused
  if (isOurTokenRefused(refused)) return problem(503, 'The upstream refused the proxy.', { retryAfterMs: RETRY_AFTER_MS })
  const cause = causes.map(({ code, message }) => ({ code, message, data: null }))
  const error = causes.length === 0 ? apiCode : undefined
  return problem(status, apiMessage ?? 'Refused', {
    ...(error && { error }),
    ...(cause.length > 0 && { cause }),
    retryAfterMs,
  })
}

/** True if an error shows that the upstream is not working. A refusal does not, unless it is our own token that is refused. */
export const isFault = (error: unknown): boolean =>
  isWalletConnectError(error) &&
  (isOurTokenRefused(error) ||
    error instanceof InvalidResponseError ||
    (error instanceof UnavailableError && error.reason !== 'rate_limited'))
