import type { LedgerRow, LedgerStore, LinkRow } from './store.ts'

/** Keeps rows in memory, for tests: they are gone with the process, so a charge could be made twice after a crash. */
export function memoryStore(): LedgerStore {
  const rows = new Map<string, LedgerRow>()
  const links = new Map<string, LinkRow>()
  const copy = <Row>(row: Row): Row => structuredClone(row)
  const sorted = (by: (row: LedgerRow) => number | null, fits: (row: LedgerRow) => boolean, limit: number): LedgerRow[] =>
    [...rows.values()]
      .filter(fits)
      .sort((a, b) => (by(a) ?? 0) - (by(b) ?? 0) || (a.key < b.key ? -1 : 1))
      .slice(0, limit)
      .map(copy)
  const isDue = (at: number | null, now: number): boolean => at !== null && at <= now

  return {
    async migrate() {},
    find: async (key) => copy(rows.get(key)),
    async insert(row) {
      if (rows.has(row.key)) return false
      rows.set(row.key, copy(row))
      return true
    },
    async replace(row) {
      if (rows.get(row.key)?.version !== row.version - 1) return false
      rows.set(row.key, copy(row))
      return true
    },
    async remove({ key, version }) {
      return rows.get(key)?.version === version && rows.delete(key)
    },
    due: async (now, limit) =>
      sorted(
        ({ entry }) => entry.dueAt,
        ({ entry }) => isDue(entry.dueAt, now),
        limit,
      ),
    untold: async (now, limit) =>
      sorted(
        ({ eventDueAt }) => eventDueAt,
        ({ eventDueAt }) => isDue(eventDueAt, now),
        limit,
      ),
    async nextDue() {
      const times = [...rows.values()].flatMap(({ entry, eventDueAt }) => [entry.dueAt, eventDueAt]).filter((at) => at !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
    list: async ({ states, after, limit }) =>
      sorted(
        ({ entry }) => entry.claimedAt,
        ({ key, entry: { state, claimedAt } }) =>
          states.includes(state) &&
          (after === undefined || claimedAt > after.claimedAt || (claimedAt === after.claimedAt && key > after.key)),
        limit,
      ),
    withResource: async (operation, resource) =>
      sorted(
        ({ entry }) => entry.claimedAt,
        (row) => row.operation === operation && row.resource === resource,
        10,
      ),
    async newestPayment() {
      const isDone = ({ operation, entry, resource }: LedgerRow): boolean =>
        operation === 'payments.create' && entry.state === 'DONE' && resource !== null
      return sorted(({ entry }) => -(entry.settledAt ?? 0), isDone, 1)[0]
    },
    old: async (settledBefore, limit) =>
      sorted(
        ({ entry }) => entry.settledAt,
        ({ entry: { settledAt, answer } }) => answer !== null && settledAt !== null && settledAt < settledBefore,
        limit,
      ),

    findLink: async (buyer) => copy(links.get(buyer)),
    findLinkOf: async (agreementId) => copy([...links.values()].find((link) => link.agreementId === agreementId)),
    async putLink(row) {
      if ((links.get(row.buyer)?.version ?? 0) !== row.version - 1) return false
      links.set(row.buyer, copy(row))
      return true
    },
  }
}
