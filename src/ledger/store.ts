import type { WriteName } from '../operations/requests.ts'
import type { Entry, LedgerState } from './state-machine.ts'

/** A row of the ledger: one write. What is sealed cannot be read without the sealing keys. */
export interface LedgerRow {
  /** The caller's key. */
  key: string
  operation: WriteName
  entry: Entry
  /** The prepared request, sealed; null once it is settled and forgotten. */
  request: string | null
  /** Id of the payment or agreement that the write created; until it is known, of a charge: a digest of reference and amount. */
  resource: string | null
  /** Of a refund: ids of the refunds that the payment had before the first attempt, as JSON. */
  refundsBefore: string | null
  /** When the event of this row is due to be delivered; null if there is nothing to tell. */
  eventDueAt: number | null
  eventAttempts: number
  /** Raised by every change: a row is only ever replaced as it was read. */
  version: number
}

/** A row of the links: one buyer. */
export interface LinkRow {
  /** Your own id of the buyer. */
  buyer: string
  state: 'started' | 'exchanging' | 'linked' | 'lost' | 'refused' | 'unlinked'
  agreementId: string
  /** The payer token, sealed. */
  token: string | null
  changedAt: number
  version: number
}

/** Which rows to list. */
export interface ListOptions {
  states: readonly LedgerState[]
  /** The last row of the page before: when it was claimed, and its key. */
  after?: { claimedAt: number; key: string } | undefined
  limit: number
}

/**
 * Where rows are kept. A store decides nothing: it keeps what it is given, and replaces a row only if nobody else has. What it
 * has resolved for is on disk.
 */
export interface LedgerStore {
  /** Makes or migrates the tables. Called before anything else, perhaps by several processes at once. */
  migrate(): Promise<void>
  /** The row with this key. */
  find(key: string): Promise<LedgerRow | undefined>
  /** False if there is a row with this key. */
  insert(row: LedgerRow): Promise<boolean>
  /** Replaces the row that has the version before; false if somebody else has. */
  replace(row: LedgerRow): Promise<boolean>
  /** Removes the row with this version; false if somebody else has changed it. */
  remove(row: LedgerRow): Promise<boolean>
  /** Rows whose `dueAt` has come, the most overdue first. */
  due(now: number, limit: number): Promise<LedgerRow[]>
  /** Rows whose event is due, the most overdue first. */
  untold(now: number, limit: number): Promise<LedgerRow[]>
  /** The earliest `dueAt` or `eventDueAt`; null if there is none. */
  nextDue(): Promise<number | null>
  /** Rows in some states, the oldest first. */
  list(options: ListOptions): Promise<LedgerRow[]>
  /** Other rows of this operation with this resource. */
  withResource(operation: WriteName, resource: string): Promise<LedgerRow[]>
  /** The payment that was settled as DONE last. */
  newestPayment(): Promise<LedgerRow | undefined>
  /** Final rows settled before this time that still have an answer. */
  old(settledBefore: number, limit: number): Promise<LedgerRow[]>

  /** The link of a buyer. */
  findLink(buyer: string): Promise<LinkRow | undefined>
  /** The link with this agreement. */
  findLinkOf(agreementId: string): Promise<LinkRow | undefined>
  /** Inserts a link with version 1, or replaces the one that has the version before; false if somebody else has. */
  putLink(row: LinkRow): Promise<boolean>
}
