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

/** Every `code` that an error of this package may have: one for each class. */
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

  /** @param fields the allow-list: nothing else ever gets onto an error */
  protected constructor(message: string, fields: object) {
    super(message)
    Object.assign(this, fields)
  }

  /** Everything that it holds, for logs. */
  toJSON(): object {
    return { ...this, message: this.message }
  }
}

/** True for every error of this package, also one that comes from another copy of it. */
export function isWalletConnectError(value: unknown): value is WalletConnectError {
  return typeof value === 'object' && value !== null && brand in value
}

const sentence = (issues: readonly Issue[]): string =>
  issues.map(({ path, message }) => (path ? `${path} ${message}` : message)).join('; ')

/** The input, an option or a stored request is not usable. Nothing was sent. */
export class InvalidInputError extends WalletConnectError {
  override readonly name = 'InvalidInputError'
  override readonly code = 'invalid_input'
  /** Everything that is wrong, at once. */
  declare readonly issues: readonly Issue[]

  constructor(issues: readonly Issue[]) {
    super(`Invalid input: ${sentence(issues)}`, { issues })
  }
}

/** The API understood the request and declined it. Nothing was done. */
export class RefusedError extends WalletConnectError {
  override readonly name = 'RefusedError'
  override readonly code = 'refused'
  declare readonly operation: string
  /** HTTP status, 4xx. */
  declare readonly status: number
  /** Mercado Pago's own code, such as `'401003'` (the agreement was cancelled), where the answer had one. */
  declare readonly apiCode: string | undefined
  /** Mercado Pago's sentence, with everything secret that we sent cut out of it. */
  declare readonly apiMessage: string | undefined
  /** Each reason that the API gives, with its code; without anything secret that we sent. */
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

/** Why there was no answer. `aborted`: by your own signal; `rate_limited`: 429; `server`: an answer, but no usable one. */
export type UnavailableReason = 'network' | 'timeout' | 'aborted' | 'rate_limited' | 'server'

/** There was no answer, and nothing was done: a read, or a write that certainly was not executed. */
export class UnavailableError extends WalletConnectError {
  override readonly name = 'UnavailableError'
  override readonly code = 'unavailable'
  declare readonly operation: string
  declare readonly reason: UnavailableReason
  /** HTTP status of the last attempt, if it had one. */
  declare readonly status: number | undefined
  /** How many requests left. 0: your `accessToken` function gave none, or the call was ended before. */
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
    const what = attempts === 0 ? 'was not sent' : `got no answer in ${attempts} attempt(s)`
    super(`${operation} ${what}: ${reason}. Nothing was done.`, fields)
  }
}

/**
 * A write may have taken effect and nobody has said so. Do not start again with a new key: give its PreparedRequest to
 * `reconcile`; without one, prepare the same input with this `idempotencyKey` again. (A plain repeat judges only itself:
 * what it is refused may have been done before.)
 */
export class UnknownOutcomeError extends WalletConnectError {
  override readonly name = 'UnknownOutcomeError'
  override readonly code = 'unknown_outcome'
  override readonly outcome = 'unknown'
  declare readonly operation: string
  /** The key to reconcile with. */
  declare readonly idempotencyKey: string
  /** HTTP status of the last attempt, if it had one. */
  declare readonly status: number | undefined
  declare readonly attempts: number
  /** When the first attempt left, ISO 8601. */
  declare readonly sentAt: string

  constructor(fields: {
    operation: string
    idempotencyKey: string
    status: number | undefined
    attempts: number
    sentAt: string
  }) {
    super(
      `${fields.operation} may have taken effect. Reconcile it, with the same idempotency key; never start again with a new one.`,
      fields,
    )
  }
}

/** A read was answered with something that is not the documented resource. */
export class InvalidResponseError extends WalletConnectError {
  override readonly name = 'InvalidResponseError'
  override readonly code = 'invalid_response'
  declare readonly operation: string
  declare readonly status: number
  declare readonly issues: readonly Issue[]

  constructor(fields: { operation: string; status: number; issues: readonly Issue[] }) {
    super(`${fields.operation} had an unusable answer: ${sentence(fields.issues)}`, fields)
  }
}

/** Why a notification was not accepted. */
export type InvalidNotificationReason =
  /** A secret is missing, padded with blanks or a placeholder. */
  | 'bad_secret'
  /** There is no `x-signature`. */
  | 'missing_header'
  /** `x-signature` is not of the form `ts=<digits>,v1=<hex>`. */
  | 'malformed_header'
  /** `x-signature` has no `ts`. */
  | 'missing_timestamp'
  /** `x-signature` has no `v1`. */
  | 'missing_hash'
  /** None of the secrets made this signature; ask `explainSignature`. */
  | 'mismatch'
  /** `ts` is further in the past, or in the future, than the tolerance. */
  | 'too_old'
  | 'too_new'
  /** The body was read before, or broke off. */
  | 'unreadable'
  /** The body is larger than 64 KiB. */
  | 'too_large'
  | 'not_json'
  /** The delivery points at nothing. */
  | 'unknown_shape'

/** A notification is not signed by one of the secrets, or cannot be read. */
export class InvalidNotificationError extends WalletConnectError {
  override readonly name = 'InvalidNotificationError'
  override readonly code = 'invalid_notification'
  declare readonly reason: InvalidNotificationReason

  constructor(reason: InvalidNotificationReason) {
    super(`Invalid notification: ${reason.replace('_', ' ')}`, { reason })
  }
}
