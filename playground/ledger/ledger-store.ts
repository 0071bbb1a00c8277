import type { OperationName } from 'mercadopago-wallet-connect'
import { type Entry, isFinal, type LedgerState, OPEN_STATES, type ProxyResponse } from './ledger.ts'

/** What stands in a row besides the state machine's entry. */
export interface WriteMeta {
  /** Id of the client. */
  client: string
  /** Digest of the buyer's id, null if nothing says who it is. */
  user: string | null
  operation: OperationName
}

/** Something that Mercado Pago has a number for. */
export interface Resource {
  kind: 'agreement' | 'advanced_payment' | 'payment'
  id: string
  /** Of an inner payment: the advanced payment that it belongs to. */
  of?: string | null
}

/** A resource, by which row it came to be. */
export interface OwnedResource extends Resource {
  client: string
  user: string | null
  /** Name of the row. */
  name: string
}

export interface LedgerStore {
  read(name: string): Entry | undefined
  create(name: string, entry: Entry, meta: WriteMeta & { sealed: string }): void
  /** A row that becomes final forgets its request and remembers what it made; undefined removes it. */
  write(name: string, entry: Entry | undefined): void
  wish(name: string): WriteMeta
  sealed(name: string): string | null
  /** Rows of which nothing certain is known. */
  open(): string[]
  due(now: number, limit: number): string[]
  nextDue(): number | null
  list(states: readonly LedgerState[], limit: number): (WriteMeta & { name: string; sealed: string | null; entry: Entry })[]
  owners(resources: readonly Resource[]): OwnedResource[]
  /** With how many parts this one was first written: as many as are given now, if it is not known yet. */
  shards(): string | undefined
  shards(now: string): string
}

interface Row extends Record<string, SqlStorageValue> {
  name: string
  client: string
  user: string | null
  operation: OperationName
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

/** SQLite takes a hundred values at once; a wallet payment has one inner payment. */
const MOST_RESOURCES = 16

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
    if (state === 'DONE' && answer) remember(name, answer)
  }

  function remember(name: string, answer: ProxyResponse): void {
    const { client, user, operation } = wish(name)
    const made = resourcesIn(operation, answer).slice(0, MOST_RESOURCES)
    if (made.length === 0) return
    sql.exec(
      `INSERT OR IGNORE INTO resource VALUES ${made.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')}`,
      ...made.flatMap(({ kind, id, of = null }) => [kind, id, of, name, client, user]),
    )
  }

  function wish(name: string): WriteMeta {
    const wanted = 'SELECT client, user, operation FROM entry WHERE name = ?'
    return sql.exec<WriteMeta & Record<string, SqlStorageValue>>(wanted, name).one()
  }

  return {
    wish,
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
      // What it made is remembered with it, or neither is.
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
      const find = ({ kind, id }: Resource): OwnedResource | undefined =>
        sql
          .exec<OwnedResource & Record<string, SqlStorageValue>>('SELECT * FROM resource WHERE kind = ? AND id = ?', kind, id)
          .toArray()[0]
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

/** What an answer has made: the agreement, or the payment and its inner payments. */
export function resourcesIn(operation: OperationName, { body }: ProxyResponse): Resource[] {
  if (operation === 'agreements.create') return [{ kind: 'agreement', id: JSON.parse(body).agreement_id }]
  if (operation !== 'payments.create') return []
  // Whatever stands there must not keep the payment from being known.
  const { id, payments } = JSON.parse(body) as { id: number; payments?: unknown }
  const list = (Array.isArray(payments) ? payments : []) as ({ id?: number | string | null } | null)[]
  const inner = list.flatMap((payment) => (payment?.id == null ? [] : [String(payment.id)]))
  return [
    { kind: 'advanced_payment', id: String(id) },
    ...inner.map((each): Resource => ({ kind: 'payment', id: each, of: String(id) })),
  ]
}
