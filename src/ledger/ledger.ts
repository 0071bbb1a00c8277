import type { WalletConnect } from '../client/wallet-connect.ts'
import type { RefusedError } from '../errors.ts'
import type { OperationInput, OperationOutput } from '../operations/operation-types.ts'
import type { WriteName } from '../operations/requests.ts'
import type { PrepareOptions } from '../request/prepared-request.ts'
import type { LedgerState } from './state-machine.ts'
import type { LedgerStore } from './store.ts'

/** What a ledger is made of. */
export interface LedgerOptions {
  /** The client that sends. Its `deadlineMs` bounds a call as well. */
  wallet: Pick<WalletConnect, 'prepare' | 'send'>
  /** Where the rows are kept, such as `sqliteStore(database)`. */
  store: LedgerStore
  /** `id:base64`, 32 bytes each, with spaces between several: the first seals, all of them open. */
  sealingKeys: string
  /**
   * How long a repeat under the same key is trusted to be no second charge; afterwards writes are only looked up. How long
   * Mercado Pago remembers a key is not documented. Default an hour.
   */
  keyTrustMs?: number
  /** How long answers are kept. A key is known for ever. Default 30 days. */
  keepAnswersMs?: number
  /**
   * Called for each write that was settled after its caller had been told that it is unknown: at least once, until it
   * resolves.
   */
  deliver?: (event: SettledEvent) => Promise<void>
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number
}

/** What is known of a write. */
export type WriteResult<Data = unknown> =
  /** It took effect, once. A payment may still be rejected: ask `isApproved(data)`. */
  | { state: 'done'; key: string; data: Data; isReplayed: boolean }
  /** It took no effect and never will: a new attempt needs a new key. `error` is what Mercado Pago said, if it said anything. */
  | { state: 'refused'; key: string; error: RefusedError | undefined; isReplayed: boolean }
  /** It is looked for; ask again after `retryAfterMs`. Never start again with a new key. */
  | { state: 'unknown'; key: string; retryAfterMs: number }
  /** A person has to look at it, and to say what happened by `resolve`. */
  | { state: 'review'; key: string; reason: string }

/** A write that was settled. `id` is the same each time it is delivered. */
export type SettledEvent = { id: string; operation: WriteName } & WriteResult

/** A write as `list` shows it. */
export interface ListedWrite {
  key: string
  operation: WriteName
  state: LedgerState
  /** Id of the payment or agreement that it made. */
  resource: string | null
  reason: string | null
  claimedAt: string
  nextLookAt: string | null
}

/** How `write` is called, besides its input. */
export interface LedgerWriteOptions extends PrepareOptions {
  /** Your name of this intended write, such as the number of the order: the same key is the same write, for ever. */
  key: string
}

/** Charges exactly once, whatever dies or gets lost. */
export interface Ledger {
  /**
   * Does a write once: stores it, sends it, stores the answer. Called again with the same key and input it answers what is
   * known, and looks again if that is nothing.
   *
   * @throws {InvalidInputError} the input is not valid, or the key was used for another request; nothing was sent
   * @throws {UnavailableError} nothing was done, and nothing is kept: the key may be used again
   * @throws {RefusedError} the access token or the application was refused; nothing was done, and nothing is kept
   */
  write<Name extends WriteName>(
    operation: Name,
    input: OperationInput<Name>,
    options: LedgerWriteOptions,
  ): Promise<WriteResult<OperationOutput<Name>>>
  /** Looks at what is due, delivers events, and forgets old answers. Safe in many processes at once. Never rejects for one row. */
  settle(options?: { limit?: number }): Promise<{ looked: number; settled: number; delivered: number }>
  /** What is known of a write; undefined if there is none with this key. */
  find(key: string): Promise<WriteResult | undefined>
  /** Writes in these states, the oldest first. `next` begins the next page. */
  list(options?: { states?: readonly LedgerState[]; after?: string | undefined; limit?: number }): Promise<{
    writes: ListedWrite[]
    next: string | undefined
  }>
  /**
   * Takes a person's word for what became of a write that is still open or in review.
   *
   * @throws {InvalidInputError} there is no such write, or its outcome is known already
   */
  resolve(
    key: string,
    word: { outcome: 'done'; data?: unknown; reason: string } | { outcome: 'refused'; reason: string },
  ): Promise<WriteResult>
  /** When `settle` has something to do next, milliseconds since 1970; null if never. */
  nextDue(): Promise<number | null>
}
