import {
  type InvalidInputError,
  type InvalidNotificationError,
  type InvalidResponseError,
  isWalletConnectError,
  type Outcome,
  type RefusedError,
  type Settlement,
  type UnavailableError,
  type UnknownOutcomeError,
  type WalletConnectError,
  type WalletConnectErrorCode,
} from 'mercadopago-wallet-connect'
import { type Equal, expectTrue } from './equal.ts'

type AnyError =
  | InvalidInputError
  | InvalidNotificationError
  | InvalidResponseError
  | RefusedError
  | UnavailableError
  | UnknownOutcomeError

expectTrue<
  [
    Equal<WalletConnectError['code'], WalletConnectErrorCode>,
    // Every code has a class, and every class has a code.
    Equal<AnyError['code'], WalletConnectErrorCode>,
    Equal<Outcome, 'none' | 'unknown'>,
    Equal<UnknownOutcomeError['outcome'], 'unknown'>,
    Equal<UnknownOutcomeError['idempotencyKey'], string>,
    Equal<UnavailableError['reason'], 'network' | 'timeout' | 'aborted' | 'rate_limited' | 'server'>,
    Equal<RefusedError['apiCode'], string | undefined>,
  ]
>()

/** Handles every code: a new code without a case does not compile. */
export function advice(error: WalletConnectError): string {
  switch (error.code) {
    case 'invalid_input':
      return 'fix the input'
    case 'refused':
      return 'read the reason'
    case 'unavailable':
      return 'try again later'
    case 'unknown_outcome':
      return 'reconcile'
    case 'invalid_response':
    case 'invalid_notification':
      return 'report it'
    default: {
      expectTrue<[Equal<typeof error, never>]>()
      return error
    }
  }
}

/** Handles one code, so the type of the others is left. */
export function handlesOneCode(error: AnyError): void {
  if (error.code === 'refused') {
    expectTrue<[Equal<typeof error, RefusedError>]>()
    return
  }
  // @ts-expect-error: five codes are left
  expectTrue<[Equal<typeof error.code, never>]>()
}

export function narrowsUnknown(error: unknown): void {
  // @ts-expect-error: an unknown value has no code
  error.code
  if (!isWalletConnectError(error)) return
  expectTrue<[Equal<typeof error, WalletConnectError>]>()
  if (error.code === 'refused') expectTrue<[Equal<typeof error.apiCode, string | undefined>]>()
  if (error.code === 'unknown_outcome') expectTrue<[Equal<typeof error.sentAt, string>]>()
}

export function settled(settlement: Settlement<number>): number | undefined {
  // @ts-expect-error: there is data only if the outcome is done
  settlement.data
  if (settlement.outcome === 'done') return settlement.data
  expectTrue<[Equal<typeof settlement.error, RefusedError | UnknownOutcomeError>]>()
  if (settlement.outcome === 'not_done') expectTrue<[Equal<typeof settlement.error, RefusedError>]>()
  return undefined
}
