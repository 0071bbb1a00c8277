import type { LedgerOptions } from './ledger.ts'
import type { LedgerDriver } from './ledger-driver.ts'
import type { LedgerRow, LedgerStore } from './store.ts'

/** How many rows are looked at in parallel. */
const CONCURRENCY = 8
/** So many rows in a row that Mercado Pago does not answer for end a run. */
const MAX_UNREACHABLE = 3
/** The waits before an event is delivered again; the last one repeats. */
const EVENT_BACKOFF_MS = [5_000, 60_000, 300_000, 1_800_000, 3_600_000]
const LAST_BACKOFF_MS = 3_600_000

/** Looks at the rows that are due, the most overdue first. */
export async function settleDue(
  { store, driver, now }: { store: LedgerStore; driver: LedgerDriver; now: () => number },
  limit: number,
): Promise<{ looked: number; settled: number }> {
  const due = await store.due(now(), limit)
  let looked = 0
  let settled = 0
  let unreachable = 0

  async function lookAt({ key }: LedgerRow): Promise<void> {
    looked += 1
    const { row, report } = await driver.handle(key, { kind: 'due' })
    settled += Number(row?.entry.settledAt != null)
    unreachable = report?.result.kind === 'unreachable' ? unreachable + 1 : 0
  }
  async function work(): Promise<void> {
    for (let row = due.shift(); row && unreachable < MAX_UNREACHABLE; row = due.shift()) {
      // One row that cannot be read or written must not hold up the others.
      await lookAt(row).catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return { looked, settled }
}

/** Delivers the events that are due, each at least once. Returns how many were taken. */
export async function deliverEvents(
  {
    store,
    driver,
    now,
    deliver,
  }: { store: LedgerStore; driver: LedgerDriver; now: () => number; deliver: NonNullable<LedgerOptions['deliver']> },
  limit: number,
): Promise<number> {
  let delivered = 0
  for (const row of await store.untold(now(), limit)) {
    const { key, operation, entry, eventAttempts, version } = row
    // The next try is stored first, so that two processes do not deliver at once.
    const eventDueAt = now() + (EVENT_BACKOFF_MS[eventAttempts] ?? LAST_BACKOFF_MS)
    const taken: LedgerRow = { ...row, eventDueAt, eventAttempts: eventAttempts + 1, version: version + 1 }
    if (!(await store.replace(taken))) continue
    try {
      await deliver({ id: `${key}:${entry.state}`, operation, ...(await driver.toResult(row, false)) })
    } catch {
      continue
    }
    if (await store.replace({ ...taken, eventDueAt: null, version: taken.version + 1 })) delivered += 1
  }
  return delivered
}

/** Takes the answers off that were given before this time. The key stays. */
export async function forgetAnswers(store: LedgerStore, settledBefore: number, limit: number): Promise<void> {
  for (const row of await store.old(settledBefore, limit)) {
    await store.replace({ ...row, entry: { ...row.entry, answer: null }, version: row.version + 1 })
  }
}
