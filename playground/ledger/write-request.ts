import type { PreparedRequest } from 'mercadopago-wallet-connect'
import type { WriteName } from '../operation-kinds.ts'
import type { Wallet } from '../sealing/payer-token.ts'
import type { LedgerState } from './ledger.ts'
import type { LedgerReply } from './ledger-driver.ts'
import type { WriteMeta } from './ledger-store.ts'

/** The part of a write that a row keeps sealed: the request, and whose wallet it is about. */
export interface SealedContent {
  /** The caller's own key. */
  key: string
  prepared: PreparedRequest<WriteName>
  /** Of `agreements.createPayerToken`: the wallet that the handle will be sealed for. */
  wallet?: Wallet
}

/** A write that a caller wants done once. */
export interface WriteRequest extends WriteMeta, SealedContent {
  /** Digest of client, operation and the caller's key. */
  name: string
  fingerprint: string
}

/** The state machine's reply; or nothing was begun; or the rows could not be read or written. */
export type WriteOutcome = LedgerReply | { kind: 'upstream_down'; retryAfterMs: number } | { kind: 'ledger_unavailable' }

/** A row as an operator sees it. */
export interface ListedOperation {
  client: string
  operation: WriteName
  state: LedgerState
  attempts: number
  /** The caller's key; null once the request is forgotten. */
  key: string | null
  /** The key that Mercado Pago has. */
  idempotency_key: string
  claimed_at: string
  next_try_at: string | null
  path: string | null
  external_reference: string | null
  amount: number | null
}

/** The fields by which a request can be found in Mercado Pago. */
export function describeRequest(
  content: SealedContent | undefined,
): Pick<ListedOperation, 'key' | 'path' | 'external_reference' | 'amount'> {
  const { path = null, body } = content?.prepared ?? {}
  const { wallet_payment, amount } = JSON.parse(body ?? '{}')
  return {
    key: content?.key ?? null,
    path,
    external_reference: wallet_payment?.external_reference ?? null,
    amount: wallet_payment?.transaction_amount ?? amount ?? null,
  }
}
