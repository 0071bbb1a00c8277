import type { ProxyResponse } from '../http/response.ts'
import type { WriteName } from '../operation-kinds.ts'
import { type Entry, isFinal, type LedgerState, OPEN_STATES } from './ledger.ts'

/** What a row holds besides the state machine's entry. */
export interface WriteMeta {
  /** Id of the client. */
  client: string
  /** Digest of the buyer's id; null if the buyer is not known. */
  user: string | null
  operation: WriteName
}

/** Something that has an id in Mercado Pago. */
export interface Resource {
  kind: 'agreement' | 'advanced_payment' | 'payment'
  id: string
  /** Of an inner payment: the id of the advanced payment that it belongs to. */
  partOf?: string | null
}

/** A resource, and whose it is. */
export interface OwnedResource extends Resource {
  client: string
  user: string | null
  /** Name of the row whose write created it. */
  name: string
}

export interface LedgerStore {
  read(name: string): Entry | undefined
  create(name: string, entry: Entry, meta: WriteMeta & { sealed: string }): void
  /** Updates a row; undefined removes it. One that becomes final loses its request and records the resources it created. */
  write(name: string, entry: Entry | undefined): void
  meta(name: string): WriteMeta
  /** The sealed request of a row; null once it is forgotten. */
  sealed(name: string): string | null
  /** Names of the rows whose outcome is not known yet. */
  open(): string[]
  /** Names of the rows whose time has come, the most overdue first. */
  due(now: number, limit: number): string[]
  nextDue(): number | null
  list(states: readonly LedgerState[], limit: number): (WriteMeta & { name: string; sealed: string | null; entry: Entry })[]
  owners(resources: readonly Resource[]): OwnedResource[]
  /** The number of shards when this one was first written; if that is not known yet, the given number is stored. */
  shards(): string | undefined
  shards(now: string): string
}

interface Row extends Record<string, SqlStorageValue> {
  name: string
  client: string
  user: string | null
  operation: WriteName
  /** Null once the row is final. */
  request: string | null
  state: LedgerState
  fingerprint: string
  attempt: number
  unanswered: number
  status: number | null
  body: string | null
  retry_after_ms: number | null
  claimed_at: number
  lost_at: number | null
  due_at: number | null
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    name TEXT PRIMARY KEY, client TEXT NOT NULL, user TEXT, operation TEXT NOT NULL, request TEXT,
    state TEXT NOT NULL, fingerprint TEXT NOT NULL, attempt INTEGER NOT NULL,
    unanswered INTEGER NOT NULL DEFAULT 0, status INTEGER, body TEXT, retry_after_ms INTEGER,
    claimed_at INTEGER NOT NULL, lost_at INTEGER, due_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entry_due ON entry (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS entry_open ON entry (state, claimed_at) WHERE state NOT IN ('DONE', 'REFUSED');
  CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, id TEXT NOT NULL, of TEXT, name TEXT NOT NULL, client TEXT NOT NULL, user TEXT,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (shards TEXT NOT NULL);
`

/** SQLite binds a hundred values per statement; a wallet payment has one inner payment. */
const MAX_RESOURCES = 16

/** The ledger's rows in SQLite. Nothing here decides anything. */
export function createLedgerStore(storage: DurableObjectStorage): LedgerStore {
  const { sql } = storage
  sql.exec(SCHEMA)
  let shards = sql.exec<{ shards: string }>('SELECT shards FROM part').toArray()[0]?.shards

  const row = (name: string): Row | undefined => sql.exec<Row>('SELECT * FROM entry WHERE name = ?', name).toArray()[0]
  const names = (query: string, ...values: SqlStorageValue[]): string[] =>
    sql
      .exec<{ name: string }>(query, ...values)
      .toArray()
      .map(({ name }) => name)

  function create(name: string, entry: Entry, { client, user, operation, sealed }: WriteMeta & { sealed: string }): void {
    const { state, fingerprint, attempt, claimedAt, dueAt } = entry
    sql.exec(
      `INSERT INTO entry (name, client, user, operation, request, state, fingerprint, attempt, claimed_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[name, client, user, operation, sealed, state, fingerprint, attempt, claimedAt, dueAt],
    )
  }

  function update(name: string, entry: Entry): void {
    const { state, attempt, unanswered, answer, lostAt, dueAt } = entry
    sql.exec(
      `UPDATE entry SET state = ?, attempt = ?, unanswered = ?, lost_at = ?, due_at = ?,
       status = ?, body = ?, retry_after_ms = ? ${isFinal(entry) ? ', request = NULL' : ''} WHERE name = ?`,
      ...[state, attempt, unanswered, lostAt, dueAt],
      ...[answer?.status ?? null, answer?.body ?? null, answer?.retryAfterMs ?? null, name],
    )
    if (state === 'DONE' && answer) recordResources(name, answer)
  }

  function recordResources(name: string, answer: ProxyResponse): void {
    const { client, user, operation } = meta(name)
    const created = resourcesIn(operation, answer).slice(0, MAX_RESOURCES)
    if (created.length === 0) return
    sql.exec(
      `INSERT OR IGNORE INTO resource VALUES ${created.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')}`,
      ...created.flatMap(({ kind, id, partOf = null }) => [kind, id, partOf, name, client, user]),
    )
  }

  function meta(name: string): WriteMeta {
    const query = 'SELECT client, user, operation FROM entry WHERE name = ?'
    return sql.exec<WriteMeta & Record<string, SqlStorageValue>>(query, name).one()
  }

  return {
    meta,
    shards(now?: string) {
      if (shards === undefined && now !== undefined) {
        sql.exec('INSERT INTO part VALUES (?)', now)
        shards = now
      }
      return shards as string
    },
    read(name) {
      const found = row(name)
      return found && toEntry(found)
    },
    create,
    write(name, entry) {
      if (!entry) sql.exec('DELETE FROM entry WHERE name = ?', name)
      // The row and the resources that it created are stored together, or neither is.
      else storage.transactionSync(() => update(name, entry))
    },
    sealed: (name) => row(name)?.request ?? null,
    open: () => names(`SELECT name FROM entry WHERE state IN (${marksFor(OPEN_STATES)})`, ...OPEN_STATES),
    due: (now, limit) => names('SELECT name FROM entry WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, limit),
    nextDue: () => sql.exec<{ next: number | null }>('SELECT MIN(due_at) AS next FROM entry').one().next,
    list(states, limit) {
      return sql
        .exec<Row>(`SELECT * FROM entry WHERE state IN (${marksFor(states)}) ORDER BY claimed_at LIMIT ?`, ...states, limit)
        .toArray()
        .map((each) => ({ ...each, sealed: each.request, entry: toEntry(each) }))
    },
    owners(resources) {
      const query = 'SELECT kind, id, of AS "partOf", name, client, user FROM resource WHERE kind = ? AND id = ?'
      const find = ({ kind, id }: Resource): OwnedResource | undefined =>
        sql.exec<OwnedResource & Record<string, SqlStorageValue>>(query, kind, id).toArray()[0]
      return resources.map(find).filter((owned) => owned !== undefined)
    },
  }
}

const marksFor = (values: readonly unknown[]): string => values.map(() => '?').join(', ')

function toEntry(row: Row): Entry {
  const { state, fingerprint, attempt, unanswered, status, body, retry_after_ms, claimed_at, lost_at, due_at } = row
  const answer = status === null || body === null ? null : { status, body, retryAfterMs: retry_after_ms ?? undefined }
  return { state, fingerprint, attempt, unanswered, answer, claimedAt: claimed_at, lostAt: lost_at, dueAt: due_at }
}

/** The resource that each write creates. Refunds, discounts and payer tokens have no owner of their own. */
const CREATES: Record<WriteName, 'agreement' | 'advanced_payment' | 'nothing'> = {
  'agreements.create': 'agreement',
  'agreements.cancel': 'nothing',
  'agreements.createPayerToken': 'nothing',
  'discounts.create': 'nothing',
  'payments.create': 'advanced_payment',
  'payments.capture': 'nothing',
  'payments.cancel': 'nothing',
  'payments.refund': 'nothing',
}

/** The resources that an answer says were created: the agreement, or the payment and its inner payments. */
export function resourcesIn(operation: WriteName, { body }: ProxyResponse): Resource[] {
  switch (CREATES[operation]) {
    case 'nothing':
      return []
    case 'agreement':
      return [{ kind: 'agreement', id: JSON.parse(body).agreement_id }]
    case 'advanced_payment':
      return paymentsIn(body)
  }
}

function paymentsIn(body: string): Resource[] {
  // A malformed list must not keep the payment itself from being recorded.
  const { id, payments } = JSON.parse(body) as { id: number; payments?: unknown }
  const list = (Array.isArray(payments) ? payments : []) as ({ id?: number | string | null } | null)[]
  const inner = list.flatMap((payment) => (payment?.id == null ? [] : [String(payment.id)]))
  return [
    { kind: 'advanced_payment', id: String(id) },
    ...inner.map((each): Resource => ({ kind: 'payment', id: each, partOf: String(id) })),
  ]
}
