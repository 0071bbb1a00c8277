import type { PreparedRequest } from 'mercadopago-wallet-connect'
import type { Effect } from 'mercadopago-wallet-connect/emulator'
import type { LedgerState } from '../ledger/ledger.ts'
import type { Item } from './catalogue.ts'

/** Statuses of payments that charged nothing, and never will. */
export const FAILED_STATUSES: readonly string[] = ['rejected', 'cancelled', 'canceled']

/** A party of the demo. */
export type Party = 'page' | 'shop' | 'caller' | 'proxy' | 'ledger' | 'Mercado Pago'

/** A call as the inspector shows it, without bodies or credentials. */
export interface Call {
  id: number
  /** Version of the journal when the call last changed. */
  version: number
  /** Milliseconds since 1970. */
  at: number
  from: Party
  to: Party
  /** Name of the operation, or of another kind of call. */
  what: string
  /** The caller's idempotency key. */
  key: string | null
  /** Name of the ledger's row, which is the key that Mercado Pago has. */
  row: string | null
  /** Number of times that this request was sent, from 1. */
  attempt: number | null
  /** null: no answer yet. */
  status: number | 'no answer' | null
  /** The outcome, or the fault that was injected. */
  outcome: string | null
  ms: number | null
}

/** A row of the ledger. */
export interface LedgerRow {
  operation: string
  state: LedgerState
  attempts: number
  /** The caller's key, while the row is open. */
  key: string | null
  /** The key that Mercado Pago has. */
  idempotency_key: string
  claimed_at: string
  next_try_at: string | null
}

/** Everything that the inspector shows. */
export interface Inspection {
  /** Id of this run of the emulator. */
  run: string
  /** Version of the journal, to be sent with the next request for changes. */
  version: number
  calls: Call[]
  /** What really happened in the emulator. */
  effects: readonly Effect[]
  /** The emulator's clock, milliseconds since 1970. */
  clock: number
  /** Names of the faults that wait for a request. */
  armed: readonly string[]
  rows: LedgerRow[]
}

/** The choices of the developer's controls. */
export interface Choices {
  faults: { name: string; description: string; phases: readonly string[]; operations: readonly string[] | null }[]
  decisions: { status: string; status_detail: string }[]
}

/** An order as the shop's backend stores it. The price is the shop's own; no page sets it. */
export interface Order {
  id: string
  /** The `external_user.id` of the buyer. */
  buyer: string
  items: Item[]
  amount: number
  /** Reserve now, capture later. */
  reserve: boolean
  /** Number of the attempt to pay it, from 1. */
  attempt: number
  /** The key of this attempt. */
  idempotency_key: string
  /** The request of this attempt, stored before any ticket for it is made, so that every tab sends the same bytes. */
  request?: PreparedRequest<'payments.create'>
}

/** The session, as a page reads it when it is opened. */
export interface Me {
  /** The buyer's `external_user.id`. */
  buyer: string
  /** Id of this run of the emulator: with another run, linked wallets are gone. */
  run: string
  /** The buyer's open order. */
  order: Order | null
}
