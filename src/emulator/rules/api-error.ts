/** An answer that declines, in one of the documented envelopes. Thrown by rules, sent by the router. */
export class ApiError extends Error {
  readonly status: number
  readonly body: object

  constructor(status: number, body: { message: string } & Record<string, unknown>) {
    super(body.message)
    this.status = status
    this.body = body
  }
}

const WORDS: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  404: 'not_found',
  406: 'not_acceptable',
  409: 'Conflict',
  422: 'Unprocessable entity',
  500: 'internal_error',
}

/** Envelope A, of `/v2/wallet_connect`: numeric status, no cause. The CamelCase code is a guess about its place. */
export const agreementError = (status: number, message: string, code?: string): ApiError =>
  new ApiError(status, {
    error: WORDS[status] ?? 'bad_request',
    message,
    status,
    ...(code && { code }),
  })

/** Envelope B, of `/v1/advanced_payments`: everything is text, and a cause where a code is documented. */
export const paymentError = (status: number, message: string, code?: string, error = WORDS[status]): ApiError =>
  new ApiError(status, {
    status: String(status),
    error,
    message,
    ...(code && { cause: [{ code, message: message.replace(/\.$/, ''), data: null }] }),
  })

/** Envelope B of the idempotency answers, whose cause repeats the message to the full stop. */
export const keyError = (status: number, message: string, code: string): ApiError =>
  new ApiError(status, { status: String(status), error: WORDS[status], message, cause: [{ code, message, data: null }] })

/** Documented for a mandatory parameter that is missing. */
export const invalidParameters = (): ApiError => paymentError(400, 'Some parameters are invalid for search.')
