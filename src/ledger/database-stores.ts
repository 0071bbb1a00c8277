import { sqlStore } from './sql-store.ts'
import type { LedgerStore } from './store.ts'

/** A SQLite database: `DatabaseSync` of `node:sqlite`, `Database` of `bun:sqlite`, or one of better-sqlite3. */
export interface SqliteDatabase {
  /** Runs statements without values. */
  exec(sql: string): unknown
  /** Prepares one statement. */
  prepare(sql: string): {
    /** Runs it, and gives the rows that it returns. */
    all(...values: (string | number | null)[]): unknown[]
  }
}

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5_000

/**
 * Keeps rows in SQLite. The database is yours; what has to be on disk is on disk, also after a loss of power, since this
 * sets `synchronous = FULL` for the connection. Several processes may share the file.
 */
export function sqliteStore(database: SqliteDatabase): LedgerStore {
  const store = sqlStore(async (sql, values) => {
    if (/^(INSERT|UPDATE|DELETE|SELECT)/.test(sql)) return database.prepare(sql).all(...values) as Record<string, unknown>[]
    database.exec(sql)
    return []
  })
  return {
    ...store,
    async migrate() {
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
      database.exec('PRAGMA synchronous = FULL')
      await store.migrate()
    },
  }
}

/** A D1 database: a binding of a Worker. */
export interface D1 {
  /** Prepares one statement. */
  prepare(sql: string): {
    /** Gives it its values. */
    bind(...values: unknown[]): {
      /** Runs it, and gives the rows that it returns. */
      all(): Promise<{ results: Record<string, unknown>[] }>
    }
  }
}

/** Keeps rows in Cloudflare D1. */
export function d1Store(database: D1): LedgerStore {
  return sqlStore(
    async (sql, values) =>
      (
        await database
          .prepare(sql)
          .bind(...values)
          .all()
      ).results,
  )
}

/** Anything with the `query` of `pg`: a client, a pool, pglite. */
export interface PostgresClient {
  /** Runs one statement with `$1`, `$2`, … for its values. */
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

/** Keeps rows in Postgres. Each statement is a transaction of its own, so a pool will do. */
export function postgresStore(client: PostgresClient): LedgerStore {
  return sqlStore(async (sql, values) => {
    let index = 0
    const { rows } = await client.query(
      sql.replaceAll('?', () => `$${++index}`),
      [...values],
    )
    return rows as Record<string, unknown>[]
  })
}

/** The storage of a Durable Object with SQLite. */
export interface DurableObjectSql {
  sql: {
    /** Runs one statement. */
    exec(
      sql: string,
      ...values: (string | number | null)[]
    ): {
      /** The rows that it returns. */
      toArray(): Record<string, unknown>[]
    }
  }
  /** Resolves when everything is on disk. */
  sync(): Promise<void>
}

/** Keeps rows in the SQLite of a Durable Object. */
export function durableObjectStore(storage: DurableObjectSql): LedgerStore {
  return sqlStore(async (sql, values) => {
    const rows = storage.sql.exec(sql, ...values).toArray()
    if (!sql.startsWith('SELECT')) await storage.sync()
    return rows
  })
}
