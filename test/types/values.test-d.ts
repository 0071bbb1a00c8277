import type {
  Answer,
  AttemptEvent,
  Cause,
  DriftEvent,
  InvalidInputError,
  InvalidNotificationError,
  InvalidResponseError,
  Issue,
  OperationName,
  PreparedRequest,
  RefusedError,
  UnavailableError,
  UnavailableReason,
  UnknownOutcomeError,
  WalletConnectError,
} from 'mercadopago-wallet-connect'
import type { CheckResult } from 'mercadopago-wallet-connect/doctor'
import type {
  InvalidNotificationReason,
  MatchedSignature,
  Notification,
  NotificationResource,
} from 'mercadopago-wallet-connect/notifications'
import { type Equal, expectTrue, type Members } from './equal.ts'

/** The members of an error that not every error has. */
type Own<Failure extends WalletConnectError> = Omit<Members<Failure>, keyof WalletConnectError>
type Maybe<T> = T | undefined

// Field by field, so that no field becomes wider, or `any`.
expectTrue<
  [
    Equal<
      Members<Answer<'data'>>,
      {
        data: 'data'
        status: number
        requestId: Maybe<string>
        attempts: number
        idempotencyKey: string | null
        replayed: boolean
      }
    >,
    Equal<
      Members<AttemptEvent>,
      {
        operation: OperationName
        attempt: number
        idempotencyKey: string | null
        verdict: 'answer' | 'refused' | 'busy' | 'limited' | 'lost'
        status: Maybe<number>
        requestId: Maybe<string>
        durationMs: number
      }
    >,
    Equal<Members<DriftEvent>, { operation: OperationName; issues: readonly Issue[] }>,
    Equal<
      Members<CheckResult>,
      {
        check: 'access_token' | 'application' | 'site' | 'clock' | 'webhook_secret'
        verdict: 'ok' | 'problem' | 'unknown'
        message: string
      }
    >,
    Equal<
      Members<PreparedRequest<'payments.create'>>,
      {
        operation: 'payments.create'
        method: string
        path: string
        headers: Record<string, string>
        body: string | null
        idempotencyKey: string | null
      }
    >,
    Equal<Members<Issue>, { path: string; message: string }>,
    Equal<Members<Cause>, { code: string; message: string }>,
    Equal<Own<InvalidInputError>, { readonly issues: readonly Issue[] }>,
    Equal<
      Own<RefusedError>,
      {
        readonly operation: string
        readonly status: number
        readonly apiCode: Maybe<string>
        readonly apiMessage: Maybe<string>
        readonly causes: readonly Cause[]
        readonly requestId: Maybe<string>
        readonly retryAfterMs: Maybe<number>
      }
    >,
    Equal<
      Own<UnavailableError>,
      {
        readonly operation: string
        readonly reason: UnavailableReason
        readonly status: Maybe<number>
        readonly attempts: number
        readonly retryAfterMs: Maybe<number>
      }
    >,
    Equal<
      Own<UnknownOutcomeError>,
      {
        readonly operation: string
        readonly idempotencyKey: string
        readonly status: Maybe<number>
        readonly attempts: number
        readonly sentAt: string
      }
    >,
    Equal<Own<InvalidResponseError>, { readonly operation: string; readonly status: number; readonly issues: readonly Issue[] }>,
    Equal<Own<InvalidNotificationError>, { readonly reason: InvalidNotificationReason }>,
    Equal<
      Omit<Members<Notification>, 'topic'>,
      {
        action: Maybe<string>
        resource: NotificationResource
        resourceId: string
        eventKey: string
        unverifiedBody: unknown
        requestId: Maybe<string>
        timestamp: Maybe<number>
        matched: MatchedSignature | null
      }
    >,
    Equal<Members<MatchedSignature>, { secret: number; id: 'as_received' | 'lower_cased' | 'absent'; unit: 's' | 'ms' }>,
  ]
>()
