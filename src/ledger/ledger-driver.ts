import type { WalletConnect } from '../client/wallet-connect.ts'
import { RefusedError } from '../errors.ts'
import type { WriteName } from '../operations/requests.ts'
import type { PreparedRequest } from '../request/prepared-request.ts'
import { type AttemptReport, listRefunds, sendWrite, settleWrite, type WriteAttempt } from './attempt-write.ts'
import type { WriteResult } from './ledger.ts'
import type { Sealer } from './seal.ts'
import {
  type Entry,
  IN_FLIGHT_WINDOW_MS,
  isFinal,
  LEASE_MS,
  type LedgerEffect,
  type LedgerEvent,
  type step,
} from './state-machine.ts'
import type { LedgerRow, LedgerStore } from './store.ts'

/** What the driver works with. */
export interface DriverDependencies {
  wallet: Pick<WalletConnect, 'prepare' | 'send'>
  store: LedgerStore
  sealer: Sealer
  keyTrustMs: number
  /** Whether what is settled later is to be told. */
  hasEvents: boolean
  now(): number
}

/** Where an event has led. */
export interface Outcome {
  row: LedgerRow | undefined
  /** What to tell the caller. */
  effect: LedgerEffect | undefined
  /** How the last attempt ended, if there was one. */
  report: AttemptReport | undefined
}

/** Carries out the effects of the state machine: nothing is sent or told before its row is on disk. */
export interface LedgerDriver {
  /** @param seed the row to begin with, if there is none */
  handle(key: string, event: LedgerEvent, seed?: LedgerRow): Promise<Outcome>
  /** What a row says. */
  toResult(row: LedgerRow, isReplayed: boolean): Promise<WriteResult>
}

/** An attempt ends before its lease does. */
const ATTEMPT_MS = LEASE_MS - 15_000
const UNREADABLE = 'sealed with a key that is not in sealingKeys any more'
const MIN_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000

/** @param rules the state machine */
export function createLedgerDriver(dependencies: DriverDependencies, rules: typeof step): LedgerDriver {
  const { wallet, store, sealer, keyTrustMs, now } = dependencies

  /** Applies an event to the row as it is now, whoever else changes it meanwhile. */
  async function apply(key: string, event: LedgerEvent, seed?: LedgerRow, report?: AttemptReport) {
    for (;;) {
      const before = await store.find(key)
      const { entry, effects } = rules(before?.entry, event, now())
      if (entry === before?.entry) return { row: before, effect: effects[0] }
      const row = entry && nextRow(before ?? seed, entry, { seed, report, isNew: !before })
      const isStored = !row
        ? !before || (await store.remove(before))
        : before
          ? await store.replace(row)
          : await store.insert(row)
      if (isStored) return { row, effect: effects[0] }
    }
  }

  function nextRow(
    row: LedgerRow | undefined,
    entry: Entry,
    { seed, report, isNew }: { seed: LedgerRow | undefined; report: AttemptReport | undefined; isNew: boolean },
  ): LedgerRow | undefined {
    if (!row) return undefined
    const isSettled = entry.settledAt !== null && row.entry.settledAt === null
    // The first attempt is told to the caller who waits for it.
    const isNews = isSettled && dependencies.hasEvents && entry.attempt > 1
    return {
      ...row,
      entry,
      resource: report?.resource ?? row.resource,
      refundsBefore: seed?.refundsBefore ?? row.refundsBefore,
      ...(isSettled && { request: null }),
      ...(isNews && { eventDueAt: now() }),
      version: row.version + (isNew ? 0 : 1),
    }
  }

  async function handle(key: string, event: LedgerEvent, seed?: LedgerRow): Promise<Outcome> {
    const { row, effect } = await apply(key, event, seed)
    switch (row && effect?.kind) {
      case 'list_refunds':
        return listThenSend(key, row as LedgerRow)
      case 'send':
      case 'settle':
        return attempt(key, row as LedgerRow, effect as Extract<LedgerEffect, { kind: 'send' | 'settle' }>)
      default:
        return { row, effect, report: undefined }
    }
  }

  async function attempt(
    key: string,
    row: LedgerRow,
    effect: Extract<LedgerEffect, { kind: 'send' | 'settle' }>,
  ): Promise<Outcome> {
    const opened = await open(row)
    const unreadable: AttemptReport = { result: { kind: 'review', reason: UNREADABLE } }
    const report = !opened ? unreadable : effect.kind === 'send' ? await sendWrite(opened) : await settleWrite(opened, effect)
    const result = await seal(key, report.result)
    return { ...(await apply(key, { kind: 'ended', attempt: effect.attempt, result }, undefined, report)), report }
  }

  async function listThenSend(key: string, row: LedgerRow): Promise<Outcome> {
    let refundsBefore: string
    try {
      const opened = await open(row)
      refundsBefore = JSON.stringify(opened ? await listRefunds(opened) : [])
    } catch (failure) {
      return { ...(await apply(key, { kind: 'not_listed' })), report: { result: { kind: 'no_effect' }, failure } }
    }
    return handle(key, { kind: 'listed', keyTrustMs }, { ...row, refundsBefore })
  }

  /** What is needed for an attempt; undefined if the request cannot be opened. */
  async function open({ key, operation, request, resource, refundsBefore, entry }: LedgerRow): Promise<WriteAttempt | undefined> {
    const text = request === null ? undefined : await sealer.open(request, ['request', key])
    if (text === undefined) return undefined
    return {
      wallet,
      prepared: JSON.parse(text) as PreparedRequest<WriteName>,
      signal: AbortSignal.timeout(ATTEMPT_MS),
      refundsBefore: refundsBefore === null ? undefined : JSON.parse(refundsBefore),
      claimedAt: entry.claimedAt,
      isOwnedByAnother: async (id) => (await store.withResource(operation, id)).some((row) => row.key !== key),
      async hasOpenTwin() {
        const twins = resource === null ? [] : await store.withResource(operation, resource)
        return twins.some((row) => row.key !== key && !isFinal(row.entry))
      },
      async findWitness() {
        const newest = await store.newestPayment()
        const isLater = newest && newest.entry.claimedAt > (entry.lostAt ?? entry.claimedAt) + IN_FLIGHT_WINDOW_MS
        return isLater ? (newest.resource ?? undefined) : undefined
      },
    }
  }

  async function seal(key: string, result: AttemptReport['result']): Promise<AttemptReport['result']> {
    if (result.kind !== 'done' && result.kind !== 'refused') return result
    return { ...result, answer: await sealer.seal(result.answer, ['answer', key]) }
  }

  return {
    handle,
    async toResult({ key, entry }, isReplayed) {
      const { state, answer, reason, dueAt } = entry
      if (state === 'NEEDS_REVIEW') return { state: 'review', key, reason: reason ?? '' }
      if (state !== 'DONE' && state !== 'REFUSED') {
        const retryAfterMs = Math.min(Math.max((dueAt ?? 0) - now(), MIN_RETRY_MS), MAX_RETRY_MS)
        return { state: 'unknown', key, retryAfterMs }
      }
      const text = answer === null ? '{}' : await sealer.open(answer, ['answer', key])
      if (text === undefined) return { state: 'review', key, reason: UNREADABLE }
      const { data, refusal } = JSON.parse(text)
      if (state === 'DONE') return { state: 'done', key, data, isReplayed }
      return { state: 'refused', key, error: refusal && new RefusedError({ retryAfterMs: undefined, ...refusal }), isReplayed }
    },
  }
}
