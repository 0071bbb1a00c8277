/** One thing that is wrong with a value, and where. Never holds the value itself. */
export interface Issue {
  /** Dotted path of the field, `''` for the value as a whole. */
  path: string
  /** What is wrong and how to mend it. */
  message: string
}

/** One entry of Mercado Pago's `cause` list, or of the `errors` list of newer endpoints. */
export interface Cause {
  /** Mercado Pago's code as text, however it was spelled: `'401003'`, `'400136'`. */
  code: string
  /** Mercado Pago's sentence, with everything secret that we sent cut out of it. */
  message: string
}

/**
 * May money have moved?
 *
 * - `none`: no. Nothing was sent, or the API said that it did nothing, or it was only a read.
 * - `unknown`: maybe. Never start again with a new key; repeat the same request, or `reconcile` it.
 */
export type Outcome = 'none' | 'unknown'

export type WalletConnectErrorCode =
  | 'invalid_input'
  | 'refused'
  | 'unavailable'
  | 'unknown_outcome'
  | 'invalid_response'
  | 'invalid_notification'

const brand = Symbol.for('mercadopago-wallet-connect.error')

/**
 * Base of every error of this package. Errors are built from an allow-list of fields: they hold no token, code,
 * coupon, header, request, response or input, so they can be logged as they are.
 */
export abstract class WalletConnectError extends Error {
  abstract override readonly name: string
  abstract readonly code: WalletConnectErrorCode
  /** May money have moved? */
  readonly outcome: Outcome = 'none'

  get [brand](): true {
    return true
  }

  toJSON(): object {
    return { ...this, message: this.message }
  }
}

/** True for every error of this package, also one that comes from another copy of it. */
export function isWalletConnectError(value: unknown): value is WalletConnectError {
  return typeof value === 'object' && value !== null && brand in value
}

const describe = (issues: readonly Issue[]): string =>
  issues.map(({ path, message }) => (path ? `${path} ${message}` : message)).join('; ')

/** The input, an option or a stored request is not usable. Nothing was sent. */
export class InvalidInputError extends WalletConnectError {
  override readonly name = 'InvalidInputError'
  override readonly code = 'invalid_input'
  /** Everything that is wrong, at once. */
  readonly issues: readonly Issue[]

  constructor(issues: readonly Issue[]) {
    super(`Invalid input: ${describe(issues)}`)
    this.issues = issues
  }
}

/** The API understood the request and declined it. Nothing was done. */
export class RefusedError extends WalletConnectError {
  override readonly name = 'RefusedError'
  override readonly code = 'refused'
  readonly operation: string
  /** HTTP status, 4xx. */
  readonly status: number
  /** Mercado Pago's own code, such as `'401003'` (the agreement was cancelled), where the answer had one. */
  readonly apiCode: string | undefined
  /** Mercado Pago's sentence, with everything secret that we sent cut out of it. */
  readonly apiMessage: string | undefined
  readonly causes: readonly Cause[]
  readonly requestId: string | undefined
  /** How long the API asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(fields: {
    operation: string
    status: number
    apiCode: string | undefined
    apiMessage: string | undefined
    causes: readonly Cause[]
    requestId?: string | undefined
    retryAfterMs?: number | undefined
  }) {
    const { operation, status, apiCode, apiMessage } = fields
    const code = apiCode === undefined ? '' : ` (${apiCode})`
    super(`${operation} was refused with ${status}${code}${apiMessage ? `: ${apiMessage}` : ''}`)
    this.operation = operation
    this.status = status
    this.apiCode = apiCode
    this.apiMessage = apiMessage
    this.causes = fields.causes
    this.requestId = fields.requestId
    this.retryAfterMs = fields.retryAfterMs
  }
}

export type UnavailableReason = 'network' | 'timeout' | 'aborted' | 'rate_limited' | 'server'

/** There was no answer, and nothing was done: a read, or a write that certainly was not executed. */
export class UnavailableError extends WalletConnectError {
  override readonly name = 'UnavailableError'
  override readonly code = 'unavailable'
  readonly operation: string
  readonly reason: UnavailableReason
  /** HTTP status of the last attempt, if it had one. */
  readonly status: number | undefined
  /** How many requests left. 0: the access token could not be had, or the call was aborted before. */
  readonly attempts: number
  /** How long the API asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(fields: {
    operation: string
    reason: UnavailableReason
    attempts: number
    status?: number | undefined
    retryAfterMs?: number | undefined
    detail?: string
  }) {
    const { operation, reason, attempts, status, detail } = fields
    const seen = `${reason}${status === undefined ? '' : ` ${status}`}`
    super(`${operation} got no answer (${seen}) after ${attempts} attempt(s)${detail ? `: ${detail}` : ''}`)
    this.operation = operation
    this.reason = reason
    this.status = status
    this.attempts = attempts
    this.retryAfterMs = fields.retryAfterMs
  }
}

/**
 * A write may have taken effect and nobody has said so. Do not start again with a new key: repeat the same call with
 * this `idempotencyKey`, or give its PreparedRequest to `reconcile`.
 */
export class UnknownOutcomeError extends WalletConnectError {
  override readonly name = 'UnknownOutcomeError'
  override readonly code = 'unknown_outcome'
  override readonly outcome = 'unknown'
  readonly operation: string
  /** The key to repeat the call with. */
  readonly idempotencyKey: string
  /** HTTP status of the last attempt, if it had one. */
  readonly status: number | undefined
  readonly attempts: number
  /** When the first attempt left, ISO 8601. */
  readonly sentAt: string

  constructor(fields: {
    operation: string
    idempotencyKey: string
    status: number | undefined
    attempts: number
    sentAt: string
  }) {
    const { operation, attempts, status } = fields
    const last = status === undefined ? 'no readable answer' : `an answer with status ${status}`
    super(
      `${operation} may have taken effect: the last of ${attempts} attempt(s) brought ${last}. ` +
        'Repeat it with the same idempotency key or reconcile it; never start again with a new key.',
    )
    this.operation = operation
    this.idempotencyKey = fields.idempotencyKey
    this.status = status
    this.attempts = attempts
    this.sentAt = fields.sentAt
  }
}

/** A read was answered with something that is not the documented resource. */
export class InvalidResponseError extends WalletConnectError {
  override readonly name = 'InvalidResponseError'
  override readonly code = 'invalid_response'
  readonly operation: string
  readonly status: number
  readonly issues: readonly Issue[]

  constructor(fields: { operation: string; status: number; issues: readonly Issue[] }) {
    super(`${fields.operation} was answered with ${fields.status} and no usable body: ${describe(fields.issues)}`)
    this.operation = fields.operation
    this.status = fields.status
    this.issues = fields.issues
  }
}

/** A notification is not signed by the expected secret, or cannot be read. */
export class InvalidNotificationError extends WalletConnectError {
  override readonly name = 'InvalidNotificationError'
  override readonly code = 'invalid_notification'
  readonly reason: string

  constructor(reason: string) {
    super(`The notification is not valid: ${reason}`)
    this.reason = reason
  }
}
