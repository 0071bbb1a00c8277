import type { PreparedRequest } from 'mercadopago-wallet-connect'
import type { Effect } from 'mercadopago-wallet-connect/emulator'
import type { LedgerState } from '../ledger/ledger.ts'
import type { Item } from './catalogue.ts'

/** Statuses of a payment that took nothing, and will take nothing. */
export const CAME_TO_NOTHING: readonly string[] = ['rejected', 'cancelled', 'canceled']

/** Who talks to whom. */
export type Party = 'page' | 'shop' | 'caller' | 'proxy' | 'ledger' | 'Mercado Pago'

/** One call as the inspector shows it. Nothing of what was said is here: no bodies, no credentials. */
export interface Call {
  id: number
  /** Changes with each change of the call. */
  version: number
  /** Milliseconds since 1970. */
  at: number
  from: Party
  to: Party
  /** Of the table of operations, or what else it is about. */
  what: string
  /** The caller's idempotency key. */
  key: string | null
  /** The key that Mercado Pago knows: of one row of the ledger. */
  row: string | null
  /** How often the same was sent, from 1. */
  attempt: number | null
  /** null: no answer yet. */
  status: number | 'no answer' | null
  /** What came of it, or which fault struck. */
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
  /** The key that Mercado Pago knows. */
  idempotency_key: string
  claimed_at: string
  next_try_at: string | null
}

/** All that the inspector shows. */
export interface Inspection {
  /** Names this life of the emulator. */
  run: string
  /** Of the journal; ask with it for what comes after. */
  version: number
  calls: Call[]
  /** What really happened in Mercado Pago. */
  effects: readonly Effect[]
  /** The emulator's clock, milliseconds since 1970. */
  clock: number
  /** Faults that wait for a request. */
  armed: readonly string[]
  rows: LedgerRow[]
}

/** What the developer can choose from. */
export interface Choices {
  faults: { name: string; description: string; phases: readonly string[]; operations: readonly string[] | null }[]
  decisions: { status: string; status_detail: string }[]
}

/** An order as the shop's backend keeps it. The price is the shop's own; no page says what it is. */
export interface Order {
  id: string
  /** The `external_user.id` of whoever ordered. */
  buyer: string
  items: Item[]
  amount: number
  /** Reserve now, capture later. */
  reserve: boolean
  /** Which try to pay it is, from 1. */
  attempt: number
  /** Of this try: one try, one key. */
  idempotency_key: string
  /** The request of this try, kept before any ticket for it is given: whoever sends it, sends the same bytes. */
  request?: PreparedRequest<'payments.create'>
}

/** What a page has to know when it is opened. */
export interface Me {
  /** The `external_user.id`. */
  buyer: string
  /** Names this life of the emulator: with another one, linked wallets are gone. */
  run: string
  /** What the buyer is paying, or has paid and not put away. */
  order: Order | null
}
