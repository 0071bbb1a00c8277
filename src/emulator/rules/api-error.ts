/** An error response in one of the documented formats. Rules throw it, and the router sends it. */
export class ApiError extends Error {
  readonly status: number
  readonly body: object

  constructor(status: number, body: { message: string } & Record<string, unknown>) {
    super(body.message)
    this.status = status
    this.body = body
  }
}

const ERROR_NAMES: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  404: 'not_found',
  406: 'not_acceptable',
  409: 'Conflict',
  422: 'Unprocessable entity',
  500: 'internal_error',
}

/** The error format of `/v2/wallet_connect`: numeric status, no cause. Where the CamelCase code goes is a guess. */
export const agreementError = (status: number, message: string, code?: string): ApiError =>
  new ApiError(status, {
    error: ERROR_NAMES[status] ?? 'bad_request',
    message,
    status,
    ...(code && { code }),
  })

/** The error format of `/v1/advanced_payments`: all values are text, with a cause where a code is documented. */
export const paymentError = (status: number, message: string, code?: string, error = ERROR_NAMES[status]): ApiError =>
  new ApiError(status, {
    status: String(status),
    error,
    message,
    ...(code && { cause: [{ code, message: message.replace(/\.$/, ''), data: null }] }),
  })

/** The format of errors about idempotency keys: like `paymentError`, but the cause keeps the full stop of the message. */
export const keyError = (status: number, message: string, code: string): ApiError =>
  new ApiError(status, { status: String(status), error: ERROR_NAMES[status], message, cause: [{ code, message, data: null }] })

/** The error that is documented for a missing mandatory parameter. */
export const invalidParameters = (): ApiError => paymentError(400, 'Some parameters are invalid for search.')
