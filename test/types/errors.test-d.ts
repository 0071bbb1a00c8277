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
    // Each code has its class, and each class its code.
    Equal<AnyError['code'], WalletConnectErrorCode>,
    Equal<Outcome, 'none' | 'unknown'>,
    Equal<UnknownOutcomeError['outcome'], 'unknown'>,
    Equal<UnknownOutcomeError['idempotencyKey'], string>,
    Equal<UnavailableError['reason'], 'network' | 'timeout' | 'aborted' | 'rate_limited' | 'server'>,
    Equal<RefusedError['apiCode'], string | undefined>,
  ]
>()

/** Every code is a case; a new one that is not makes this an error. */
export function advice(error: WalletConnectError): string {
  switch (error.code) {
    case 'invalid_input':
      return 'mend it'
    case 'refused':
      return 'look at it'
    case 'unavailable':
      return 'later'
    case 'unknown_outcome':
      return 'reconcile'
    case 'invalid_response':
    case 'invalid_notification':
      return 'report it'
    default: {
      expectTrue<[Equal<typeof error.code, never>]>()
      return error.code
    }
  }
}

/** One case is missing, so something is left. */
export function forgetful(error: AnyError): void {
  if (error.code === 'refused') {
    expectTrue<[Equal<typeof error, RefusedError>]>()
    return
  }
  // @ts-expect-error: five codes are left
  expectTrue<[Equal<typeof error.code, never>]>()
}

export function caught(error: unknown): void {
  // @ts-expect-error: not known yet
  error.code
  if (isWalletConnectError(error)) expectTrue<[Equal<typeof error, WalletConnectError>]>()
}

export function settled(settlement: Settlement<number>): number | undefined {
  // @ts-expect-error: there is data only where it is done
  settlement.data
  if (settlement.outcome === 'done') return settlement.data
  expectTrue<[Equal<typeof settlement.error, RefusedError | UnknownOutcomeError>]>()
  if (settlement.outcome === 'not_done') expectTrue<[Equal<typeof settlement.error, RefusedError>]>()
  return undefined
}
