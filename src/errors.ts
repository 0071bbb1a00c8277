/** One thing that is wrong with a value, and where. Never holds the value itself. */
export interface Issue {
  /** Dotted path of the field; `''` for the value as a whole. */
  path: string
  /** What is wrong and how to fix it, worded so that it reads well after the path. */
  message: string
}

/** One entry of Mercado Pago's `cause` list, or of the `errors` list of newer endpoints. */
export interface Cause {
  /** Mercado Pago's code, always a string here: `'401003'`, `'400136'`. */
  code: string
  /** Mercado Pago's message, with every secret that we sent replaced. */
  message: string
}

/**
 * May money have moved?
 *
 * - `none`: no. Nothing was sent, the API declined, or the request was only a read.
 * - `unknown`: maybe. Never start again with a new key; `reconcile` the same request.
 */
export type Outcome = 'none' | 'unknown'

/** Every `code` of an error of this package, one for each class. */
export type WalletConnectErrorCode =
  | 'invalid_input'
  | 'refused'
  | 'unavailable'
  | 'unknown_outcome'
  | 'invalid_response'
  | 'invalid_notification'

const brand = Symbol.for('mercadopago-wallet-connect.error')

/**
 * What the errors of this package have in common. Errors are built from an allow-list of fields: they hold no token,
 * code, coupon, header, request, response or input, so they can be logged as they are.
 */
abstract class BaseError extends Error {
  abstract override readonly name: string
  abstract readonly code: WalletConnectErrorCode
  /** May money have moved? */
  readonly outcome: Outcome = 'none'

  get [brand](): true {
    return true
  }

  /** @param fields the only properties that are copied onto the error */
  protected constructor(message: string, fields: object) {
    super(message)
    Object.assign(this, fields)
  }

  /** All fields of the error and its message, for logs. */
  toJSON(): object {
    return { ...this, message: this.message }
  }
}

/** True for every error of this package, even if another copy of the package threw it. */
export function isWalletConnectError(value: unknown): value is WalletConnectError {
  return typeof value === 'object' && value !== null && brand in value
}

/** @param whole what the message of an issue without a path is about */
const sentence = (issues: readonly Issue[], whole: string): string =>
  issues.map(({ path, message }) => `${path || whole} ${message}`).join('; ')

/** The input, an option or a prepared request is not valid. Nothing was sent. */
export class InvalidInputError extends BaseError {
  override readonly name = 'InvalidInputError'
  override readonly code = 'invalid_input'
  /** Everything that is wrong with the input, in one list. */
  declare readonly issues: readonly Issue[]

  constructor(issues: readonly Issue[]) {
    super(`Invalid input: ${sentence(issues, 'the input')}`, { issues })
  }
}

/**
 * The API declined the request, and nothing was done. A refusal of a capture, cancellation or refund is believed only
 * after a read; of any other write, only at the first attempt.
 */
export class RefusedError extends BaseError {
  override readonly name = 'RefusedError'
  override readonly code = 'refused'
  declare readonly operation: string
  /** HTTP status, 4xx. */
  declare readonly status: number
  /** Mercado Pago's own code, such as `'401003'` (the agreement was cancelled), if the response had one. */
  declare readonly apiCode: string | undefined
  /** Mercado Pago's message, with every secret that we sent replaced. */
  declare readonly apiMessage: string | undefined
  /** The reasons that the API gives, each with its code and without the secrets that we sent. */
  declare readonly causes: readonly Cause[]
  declare readonly requestId: string | undefined
  /** How long the API asks to wait, in milliseconds. */
  declare readonly retryAfterMs: number | undefined

  constructor(fields: {
    operation: string
    status: number
    apiCode: string | undefined
    apiMessage: string | undefined
    causes: readonly Cause[]
    requestId: string | undefined
    retryAfterMs: number | undefined
  }) {
    const { operation, status, apiCode, apiMessage } = fields
    super([operation, 'was refused with', status, apiCode, apiMessage].filter(Boolean).join(' '), fields)
  }
}

/** Why there was no usable answer. `aborted`: your signal; `rate_limited`: 429; `server`: a response, but not a usable one. */
export type UnavailableReason = 'network' | 'timeout' | 'aborted' | 'rate_limited' | 'server'

/** There was no usable answer, and nothing was done: a read, or a write that certainly was not executed. */
export class UnavailableError extends BaseError {
  override readonly name = 'UnavailableError'
  override readonly code = 'unavailable'
  declare readonly operation: string
  declare readonly reason: UnavailableReason
  /** HTTP status of the last attempt, if it had one. */
  declare readonly status: number | undefined
  /** How many requests were sent. 0: the `accessToken` function failed, or the call ended before the first request. */
  declare readonly attempts: number
  /** How long the API asks to wait, in milliseconds. */
  declare readonly retryAfterMs: number | undefined

  constructor(fields: {
    operation: string
    reason: UnavailableReason
    attempts: number
    status: number | undefined
    retryAfterMs: number | undefined
  }) {
    const { operation, reason, attempts } = fields
    const sent = `got no usable answer in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
    super(`${operation} ${attempts === 0 ? 'was not sent' : sent} (${reason}). Nothing was done.`, fields)
  }
}

/**
 * A write may have taken effect, and no answer says whether it did. Do not start again with a new key: pass its
 * PreparedRequest to `reconcile`; if you have none, prepare the same input with this `idempotencyKey` again. (Calling
 * `send` again is not enough: a refusal then says nothing about the earlier attempt.)
 */
export class UnknownOutcomeError extends BaseError {
  override readonly name = 'UnknownOutcomeError'
  override readonly code = 'unknown_outcome'
  override readonly outcome = 'unknown'
  declare readonly operation: string
  /** The key to reconcile with. */
  declare readonly idempotencyKey: string
  /** HTTP status of the last attempt, if it had one. */
  declare readonly status: number | undefined
  declare readonly attempts: number
  /** When the call began, just before the first attempt, ISO 8601. */
  declare readonly sentAt: string

  constructor(fields: {
    operation: string
    idempotencyKey: string
    status: number | undefined
    attempts: number
    sentAt: string
  }) {
    super(
      `${fields.operation} may have taken effect. Reconcile it with the same idempotency key; never start again with a new one.`,
      fields,
    )
  }
}

/** The response to a read is not the documented resource. */
export class InvalidResponseError extends BaseError {
  override readonly name = 'InvalidResponseError'
  override readonly code = 'invalid_response'
  declare readonly operation: string
  declare readonly status: number
  declare readonly issues: readonly Issue[]

  constructor(fields: { operation: string; status: number; issues: readonly Issue[] }) {
    super(`${fields.operation} got a response that cannot be used: ${sentence(fields.issues, 'it')}`, fields)
  }
}

/** Why a notification was not accepted. */
export type InvalidNotificationReason =
  /** A secret is missing, surrounded by blanks, or a placeholder. */
  | 'bad_secret'
  /** There is no `x-signature`. */
  | 'missing_header'
  /** `x-signature` is not of the form `ts=<digits>,v1=<hex>`. */
  | 'malformed_header'
  /** `x-signature` has no `ts`. */
  | 'missing_timestamp'
  /** `x-signature` has no `v1`. */
  | 'missing_hash'
  /** None of the secrets made this signature; `explainSignature` says what may be wrong. */
  | 'mismatch'
  /** `ts` is further in the past, or in the future, than the tolerance. */
  | 'too_old'
  | 'too_new'
  /** The body was read before, or the connection broke while it arrived. */
  | 'unreadable'
  /** The body is larger than 64 KiB. */
  | 'too_large'
  | 'not_json'
  /** The delivery does not name a resource. */
  | 'unknown_shape'

/** A notification is not signed by one of the secrets, or cannot be read. */
export class InvalidNotificationError extends BaseError {
  override readonly name = 'InvalidNotificationError'
  override readonly code = 'invalid_notification'
  declare readonly reason: InvalidNotificationReason

  constructor(reason: InvalidNotificationReason) {
    super(`Invalid notification: ${reason.replace('_', ' ')}`, { reason })
  }
}

/** Any error of this package. `code` tells which: after `error.code === 'refused'` it is a RefusedError. */
export type WalletConnectError =
  | InvalidInputError
  | RefusedError
  | UnavailableError
  | UnknownOutcomeError
  | InvalidResponseError
  | InvalidNotificationError

/** The base class of every error of this package, for `instanceof`. */
export const WalletConnectError: typeof BaseError = BaseError
