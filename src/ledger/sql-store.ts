import type { WriteName } from '../operations/requests.ts'
import type { LedgerState } from './state-machine.ts'
import type { LedgerRow, LedgerStore, LinkRow } from './store.ts'

/** Runs one statement, with `?` for its values, and gives the rows that it returns. */
export type Query = (sql: string, values: readonly SqlValue[]) => Promise<Record<string, unknown>[]>
export type SqlValue = string | number | null

/**
 * The tables, one list of statements for each version of the schema. A statement may run in two processes at once, and a list
 * that was cut short runs again: each has to be harmless then. Never change a list that was released: add one.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS wallet_connect_ledger (
      key TEXT PRIMARY KEY, operation TEXT NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
      attempt BIGINT NOT NULL, looks BIGINT NOT NULL, claimed_at BIGINT NOT NULL, trusted_until BIGINT, lost_at BIGINT,
      quiet_ms BIGINT NOT NULL, looked_at BIGINT, due_at BIGINT, settled_at BIGINT, answer TEXT, reason TEXT,
      request TEXT, resource TEXT, refunds_before TEXT, event_due_at BIGINT, event_attempts BIGINT NOT NULL,
      version BIGINT NOT NULL
    )`,
    'CREATE INDEX IF NOT EXISTS wallet_connect_due ON wallet_connect_ledger (due_at) WHERE due_at IS NOT NULL',
    'CREATE INDEX IF NOT EXISTS wallet_connect_untold ON wallet_connect_ledger (event_due_at) WHERE event_due_at IS NOT NULL',
    'CREATE INDEX IF NOT EXISTS wallet_connect_state ON wallet_connect_ledger (state, claimed_at, key)',
    'CREATE INDEX IF NOT EXISTS wallet_connect_resource ON wallet_connect_ledger (resource, operation)',
    `CREATE INDEX IF NOT EXISTS wallet_connect_newest ON wallet_connect_ledger (settled_at)
      WHERE operation = 'payments.create' AND state = 'DONE' AND resource IS NOT NULL`,
    'CREATE INDEX IF NOT EXISTS wallet_connect_old ON wallet_connect_ledger (settled_at) WHERE answer IS NOT NULL',
    `CREATE TABLE IF NOT EXISTS wallet_connect_link (
      buyer TEXT PRIMARY KEY, state TEXT NOT NULL, agreement_id TEXT NOT NULL, token TEXT, changed_at BIGINT NOT NULL,
      version BIGINT NOT NULL
    )`,
    'CREATE INDEX IF NOT EXISTS wallet_connect_agreement ON wallet_connect_link (agreement_id)',
  ],
]

const MAX_MIGRATION_TRIES = 5

const COLUMNS = [
  ...['key', 'operation', 'state', 'fingerprint', 'attempt', 'looks', 'claimed_at', 'trusted_until', 'lost_at', 'quiet_ms'],
  ...['looked_at', 'due_at', 'settled_at', 'answer', 'reason', 'request', 'resource', 'refunds_before', 'event_due_at'],
  ...['event_attempts', 'version'],
] as const
const LINK_COLUMNS = ['buyer', 'state', 'agreement_id', 'token', 'changed_at', 'version'] as const

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM wallet_connect_ledger`
const SELECT_LINK = `SELECT ${LINK_COLUMNS.join(', ')} FROM wallet_connect_link`
const SET = COLUMNS.map((name) => `${name} = ?`).join(', ')
const SET_LINK = LINK_COLUMNS.map((name) => `${name} = ?`).join(', ')

/** Keeps rows in a database that speaks SQL: the part that SQLite and Postgres have in common. */
export function sqlStore(query: Query): LedgerStore {
  const rows = async (sql: string, ...values: SqlValue[]): Promise<LedgerRow[]> => (await query(sql, values)).map(toRow)
  const links = async (sql: string, ...values: SqlValue[]): Promise<LinkRow[]> => (await query(sql, values)).map(toLink)
  const isOne = async (sql: string, ...values: SqlValue[]): Promise<boolean> => (await query(sql, values)).length === 1

  return {
    async migrate() {
      for (let tries = 1; ; tries++) {
        try {
          return await migrate(query)
        } catch (error) {
          // In Postgres two processes that make one table at once disturb each other.
          if (tries === MAX_MIGRATION_TRIES) throw error
        }
      }
    },
    find: async (key) => (await rows(`${SELECT} WHERE key = ?`, key))[0],
    insert: (row) =>
      isOne(
        `INSERT INTO wallet_connect_ledger (${COLUMNS.join(', ')}) VALUES (${marks(COLUMNS.length)})
         ON CONFLICT (key) DO NOTHING RETURNING key`,
        ...valuesOf(row),
      ),
    replace: (row) =>
      isOne(
        `UPDATE wallet_connect_ledger SET ${SET} WHERE key = ? AND version = ? RETURNING key`,
        ...[...valuesOf(row), row.key, row.version - 1],
      ),
    remove: ({ key, version }) =>
      isOne('DELETE FROM wallet_connect_ledger WHERE key = ? AND version = ? RETURNING key', key, version),
    due: (now, limit) => rows(`${SELECT} WHERE due_at <= ? ORDER BY due_at LIMIT ?`, now, limit),
    untold: (now, limit) => rows(`${SELECT} WHERE event_due_at <= ? ORDER BY event_due_at LIMIT ?`, now, limit),
    async nextDue() {
      const times = await query(
        `SELECT MIN(due_at) AS at FROM wallet_connect_ledger WHERE due_at IS NOT NULL
         UNION ALL SELECT MIN(event_due_at) FROM wallet_connect_ledger WHERE event_due_at IS NOT NULL`,
        [],
      )
      const known = times.map(({ at }) => toNumber(at)).filter((at) => at !== null)
      return known.length === 0 ? null : Math.min(...known)
    },
    list: ({ states, after, limit }) =>
      rows(
        `${SELECT} WHERE state IN (${marks(states.length)}) ${after ? 'AND (claimed_at, key) > (?, ?)' : ''}
         ORDER BY claimed_at, key LIMIT ?`,
        ...[...states, ...(after ? [after.claimedAt, after.key] : []), limit],
      ),
    withResource: (operation, resource) =>
      rows(`${SELECT} WHERE resource = ? AND operation = ? ORDER BY claimed_at LIMIT 10`, resource, operation),
    newestPayment: async () =>
      (
        await rows(
          `${SELECT} WHERE operation = 'payments.create' AND state = 'DONE' AND resource IS NOT NULL
           ORDER BY settled_at DESC LIMIT 1`,
        )
      )[0],
    old: (settledBefore, limit) =>
      rows(`${SELECT} WHERE answer IS NOT NULL AND settled_at < ? ORDER BY settled_at LIMIT ?`, settledBefore, limit),

    findLink: async (buyer) => (await links(`${SELECT_LINK} WHERE buyer = ?`, buyer))[0],
    findLinkOf: async (agreementId) => (await links(`${SELECT_LINK} WHERE agreement_id = ?`, agreementId))[0],
    async putLink(row) {
      const values = linkValuesOf(row)
      if (row.version === 1) {
        const columns = LINK_COLUMNS.join(', ')
        return isOne(
          `INSERT INTO wallet_connect_link (${columns}) VALUES (${marks(LINK_COLUMNS.length)})
           ON CONFLICT (buyer) DO NOTHING RETURNING buyer`,
          ...values,
        )
      }
      const sql = `UPDATE wallet_connect_link SET ${SET_LINK} WHERE buyer = ? AND version = ? RETURNING buyer`
      return isOne(sql, ...values, row.buyer, row.version - 1)
    },
  }
}

async function migrate(query: Query): Promise<void> {
  await query('CREATE TABLE IF NOT EXISTS wallet_connect_schema (version BIGINT PRIMARY KEY)', [])
  const [newest] = await query('SELECT MAX(version) AS version FROM wallet_connect_schema', [])
  for (let version = toNumber(newest?.version) ?? 0; version < MIGRATIONS.length; version++) {
    for (const sql of MIGRATIONS[version] ?? []) await query(sql, [])
    await query('INSERT INTO wallet_connect_schema (version) VALUES (?) ON CONFLICT (version) DO NOTHING', [version + 1])
  }
}

function valuesOf({ key, operation, entry, request, resource, refundsBefore, eventDueAt, eventAttempts, version }: LedgerRow) {
  const { state, fingerprint, attempt, looks, claimedAt, trustedUntil, lostAt, quietMs, lookedAt } = entry
  const { dueAt, settledAt, answer, reason } = entry
  const known: SqlValue[] = [key, operation, state, fingerprint, attempt, looks, claimedAt, trustedUntil, lostAt, quietMs]
  known.push(lookedAt, dueAt, settledAt, answer, reason, request, resource, refundsBefore, eventDueAt, eventAttempts, version)
  return known
}

const linkValuesOf = ({ buyer, state, agreementId, token, changedAt, version }: LinkRow): SqlValue[] => [
  ...[buyer, state, agreementId, token, changedAt, version],
]

/** A number of a row: Postgres gives those of 64 bits as text. */
const toNumber = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value))
const toText = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function toRow(row: Record<string, unknown>): LedgerRow {
  return {
    key: String(row.key),
    operation: row.operation as WriteName,
    entry: {
      state: row.state as LedgerState,
      fingerprint: String(row.fingerprint),
      attempt: Number(row.attempt),
      looks: Number(row.looks),
      claimedAt: Number(row.claimed_at),
      trustedUntil: toNumber(row.trusted_until),
      lostAt: toNumber(row.lost_at),
      quietMs: Number(row.quiet_ms),
      lookedAt: toNumber(row.looked_at),
      dueAt: toNumber(row.due_at),
      settledAt: toNumber(row.settled_at),
      answer: toText(row.answer),
      reason: toText(row.reason),
    },
    request: toText(row.request),
    resource: toText(row.resource),
    refundsBefore: toText(row.refunds_before),
    eventDueAt: toNumber(row.event_due_at),
    eventAttempts: Number(row.event_attempts),
    version: Number(row.version),
  }
}

const toLink = (row: Record<string, unknown>): LinkRow => ({
  buyer: String(row.buyer),
  state: row.state as LinkRow['state'],
  agreementId: String(row.agreement_id),
  token: toText(row.token),
  changedAt: Number(row.changed_at),
  version: Number(row.version),
})
