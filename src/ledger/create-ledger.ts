import { InvalidInputError, UnavailableError } from '../errors.ts'
import type { PreparedRequest } from '../request/prepared-request.ts'
import type { Ledger, LedgerOptions, ListedWrite } from './ledger.ts'
import { createLedgerDriver } from './ledger-driver.ts'
import { createSealer, digestOf } from './seal.ts'
import { deliverEvents, forgetAnswers, settleDue } from './settle-due.ts'
import { type Entry, type LedgerState, OPEN_STATES, step } from './state-machine.ts'
import type { LedgerRow } from './store.ts'

const NOT_FINAL: readonly LedgerState[] = [...OPEN_STATES, 'NEEDS_REVIEW']
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const invalid = (path: string, message: string): never => {
  throw new InvalidInputError([{ path, message }])
}

/**
 * Makes a ledger over a store.
 *
 * @throws {InvalidInputError} the sealing keys are missing or malformed
 */
export function createLedger(options: LedgerOptions): Ledger {
  return assembleLedger(options, step)
}

/** Makes a ledger with these rules: a test passes faulty ones to show that the simulation finds the fault. */
export function assembleLedger(options: LedgerOptions, rules: typeof step): Ledger {
  const { wallet, store, deliver, now = Date.now, keyTrustMs = HOUR_MS, keepAnswersMs = 30 * DAY_MS } = options
  const sealer = createSealer(options.sealingKeys)
  let migrated: Promise<void> | undefined
  const ready = (): Promise<void> => {
    migrated ??= store.migrate().catch((error) => {
      migrated = undefined
      throw error
    })
    return migrated
  }

  const driver = createLedgerDriver({ wallet, store, sealer, keyTrustMs, hasEvents: deliver !== undefined, now }, rules)

  return {
    async write(operation, input, { key, ...prepareOptions }) {
      if (typeof key !== 'string' || key === '' || key.length > 256) invalid('key', 'must be a string of 1 to 256 characters')
      await ready()
      const prepared = wallet.prepare(operation, input, prepareOptions)
      const { body, path } = prepared
      const fingerprint = await digestOf(
        JSON.stringify([operation, path, prepared.headers['x-payer-token'], JSON.parse(body ?? 'null')]),
      )
      const request = await sealer.seal(JSON.stringify(prepared), ['request', key])
      const isListed = operation === 'payments.refund'
      const resource = await subjectOf(prepared)
      const seed = { ...EMPTY_ROW, key, operation, request, resource } as LedgerRow
      const submitted = { kind: 'submitted', fingerprint, keyTrustMs, isListed } as const
      const { row, effect, report } = await driver.handle(key, submitted, seed)
      if (effect?.kind === 'key_used') {
        invalid('key', 'was used for another request, or so long ago that its answer is forgotten: one key, one intended write')
      }
      if (!row) throw report?.failure ?? nothingDone(operation)
      return (await driver.toResult(row, effect?.kind === 'tell' && effect.isReplayed)) as never
    },
    async settle({ limit = 100 } = {}) {
      await ready()
      const { looked, settled } = await settleDue({ store, driver, now }, limit)
      const delivered = deliver ? await deliverEvents({ store, driver, now, deliver }, limit) : 0
      // What is new goes before what is old.
      if (looked < limit) await forgetAnswers(store, now() - keepAnswersMs, limit)
      return { looked, settled, delivered }
    },
    async find(key) {
      await ready()
      const row = await store.find(key)
      return row && driver.toResult(row, true)
    },
    async list({ states = NOT_FINAL, after, limit = 100 } = {}) {
      await ready()
      const [, claimedAt = '', key = ''] = /^(\d+):(.*)$/s.exec(after ?? '') ?? []
      const rows = await store.list({
        states,
        limit,
        after: after === undefined ? undefined : { claimedAt: Number(claimedAt), key },
      })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { writes: rows.map(toListed), next: last && `${last.entry.claimedAt}:${last.key}` }
    },
    async resolve(key, word) {
      await ready()
      const before = await store.find(key)
      if (!before) invalid('key', 'is not that of a write in the ledger')
      const text = JSON.stringify(word.outcome === 'done' ? { data: word.data } : {})
      const answer = await sealer.seal(text, ['answer', key])
      const state = word.outcome === 'done' ? 'DONE' : 'REFUSED'
      const { row } = await driver.handle(key, { kind: 'resolved', state, answer, reason: word.reason })
      if (row?.entry.answer !== answer) invalid('key', 'is that of a write whose outcome is known')
      return driver.toResult(row as LedgerRow, false)
    },
    async nextDue() {
      await ready()
      return store.nextDue()
    },
  }
}

const EMPTY_ROW: Omit<LedgerRow, 'key' | 'operation' | 'request' | 'entry'> & { entry: Pick<Entry, 'settledAt'> } = {
  entry: { settledAt: null },
  resource: null,
  refundsBefore: null,
  eventDueAt: null,
  eventAttempts: 0,
  version: 1,
}

const nothingDone = (operation: string): UnavailableError =>
  new UnavailableError({ operation, reason: 'timeout', attempts: 0, status: undefined, retryAfterMs: undefined })

const SUBJECT = 'subject:'

/** What writes of the same reference and amount have in common, until the ids of their payments are known. */
async function subjectOf({ operation, body }: PreparedRequest): Promise<string | null> {
  const { external_reference, transaction_amount } = JSON.parse(body ?? '{}')?.wallet_payment ?? {}
  if (operation !== 'payments.create' || !external_reference) return null
  return SUBJECT + (await digestOf(JSON.stringify([external_reference, transaction_amount])))
}

const toListed = ({ key, operation, resource, entry }: LedgerRow): ListedWrite => ({
  key,
  operation,
  state: entry.state,
  resource: resource?.startsWith(SUBJECT) ? null : resource,
  reason: entry.reason,
  claimedAt: new Date(entry.claimedAt).toISOString(),
  nextLookAt: entry.dueAt === null ? null : new Date(entry.dueAt).toISOString(),
})
