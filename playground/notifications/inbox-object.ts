import { DurableObject } from 'cloudflare:workers'
import type { NotificationResource } from 'mercadopago-wallet-connect'
import { log, nameOf } from '../log.ts'

/** The state of a notification. For a dead one every attempt failed; it is kept for a person. */
export const NOTIFICATION_STATES = ['received', 'queued', 'delivered', 'ignored', 'dead'] as const
export type NotificationState = (typeof NOTIFICATION_STATES)[number]

/** A notification on its way through the inbox and the queue. */
export interface QueuedPointer {
  /** Names the resource: every notification about it has the same row, and says no more than to read it again. */
  key: string
  topic: string
  action: string | null
  resource: NotificationResource
  resourceId: string
  isVerified: boolean
  /** When the newest notification of the row was received, milliseconds since 1970. The inbox sets it. */
  receivedAt?: number
}

/** The right to notify the merchant of a resource, which one message has at a time. */
export interface Claim {
  lease: string
  /** Digest of the state that the merchant was sent last. */
  lastSent: string | null
}

/** A row as an operator sees it. */
export interface ListedNotification extends Omit<QueuedPointer, 'receivedAt'> {
  state: NotificationState
  received_at: string
  /** Why it was ignored or is dead. */
  reason: string | null
}

interface Row extends Record<string, SqlStorageValue> {
  key: string
  topic: string
  action: string | null
  resource: NotificationResource
  resource_id: string
  is_verified: number
  state: NotificationState
  received_at: number
  reason: string | null
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS notification (
    key TEXT NOT NULL, is_verified INTEGER NOT NULL, topic TEXT NOT NULL, action TEXT, resource TEXT NOT NULL,
    resource_id TEXT NOT NULL, state TEXT NOT NULL, received_at INTEGER NOT NULL, reason TEXT,
    PRIMARY KEY (key, is_verified)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS notification_state ON notification (state, received_at);
  CREATE TABLE IF NOT EXISTS claim (
    resource TEXT PRIMARY KEY, last_sent TEXT, lease TEXT, leased_until INTEGER NOT NULL
  ) WITHOUT ROWID;
`

/** The largest batch that a queue accepts. */
const MAX_MESSAGES = 100
/** The wait before the queue is tried again. */
const RETRY_MS = 10_000
/** Longer than it takes to read a resource with two access tokens and to send it to the merchant. */
const LEASE_MS = 60_000
/** How long an operator can look at what was followed up. */
const KEEP_MS = 30 * 86_400_000
const SWEEP_MS = 86_400_000

/**
 * One shard of the inbox: a notification is stored here before it is answered with 200. Signed and unsigned ones have separate
 * rows, so that a hint that anybody could have sent never takes the place of a signed notification.
 */
export class Inbox extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    state.storage.sql.exec(SCHEMA)
  }

  /**
   * Stores a notification and has it queued. A hint waits for the one before it, so that nobody can fill the queue.
   *
   * @returns `known` if another about the same resource is still to be followed up
   */
  async receive(pointer: QueuedPointer): Promise<'new' | 'known'> {
    const { key, topic, action, resource, resourceId, isVerified } = pointer
    const [earlier] = this.#rows('SELECT * FROM notification WHERE key = ? AND is_verified = ?', key, Number(isVerified))
    // What is being followed up may have been read before this change: the new time has it read again.
    const receivedAt = Math.max(Date.now(), (earlier?.received_at ?? 0) + 1)
    const state: NotificationState = earlier?.state === 'queued' && !isVerified ? 'queued' : 'received'
    this.ctx.storage.sql.exec(
      `INSERT OR REPLACE INTO notification (key, is_verified, topic, action, resource, resource_id, state, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[key, Number(isVerified), topic, action, resource, resourceId, state, receivedAt],
    )
    if (state === 'received') await this.ctx.storage.setAlarm(Date.now())
    return earlier?.state === 'received' || earlier?.state === 'queued' ? 'known' : 'new'
  }

  /** Records what became of a notification. If a newer one has come to its row meanwhile, that one is followed up, too. */
  async setState(pointer: QueuedPointer, state: NotificationState, reason: string | null): Promise<void> {
    const { key, isVerified, receivedAt = null } = pointer
    const { storage } = this.ctx
    const { rowsWritten } = storage.sql.exec(
      'UPDATE notification SET state = ?, reason = ? WHERE key = ? AND is_verified = ? AND received_at = coalesce(?, received_at)',
      ...[state, reason, key, Number(isVerified), receivedAt],
    )
    if (rowsWritten > 0) return
    storage.sql.exec("UPDATE notification SET state = 'received' WHERE key = ? AND is_verified = 0 AND state = 'queued'", key)
    await storage.setAlarm(Date.now())
  }

  /** Takes the right to notify the merchant of a resource; null while another message has it. */
  claim(resource: string): Claim | null {
    const { sql } = this.ctx.storage
    const lease = crypto.randomUUID()
    const [row] = sql
      .exec<{ last_sent: string | null }>(
        `INSERT INTO claim (resource, lease, leased_until) VALUES (?1, ?2, ?3) ON CONFLICT
         DO UPDATE SET lease = ?2, leased_until = ?3 WHERE leased_until < ?4 RETURNING last_sent`,
        ...[resource, lease, Date.now() + LEASE_MS, Date.now()],
      )
      .toArray()
    return row ? { lease, lastSent: row.last_sent } : null
  }

  /** Gives the right back, with the digest of what the merchant has accepted, if anything. */
  release(resource: string, lease: string, sent: string | null): void {
    this.ctx.storage.sql.exec(
      'UPDATE claim SET last_sent = coalesce(?, last_sent), leased_until = 0 WHERE resource = ? AND lease = ?',
      ...[sent, resource, lease],
    )
  }

  /** Rows in this state, the oldest first. */
  list(state: NotificationState, limit: number): ListedNotification[] {
    const rows = this.#rows('SELECT * FROM notification WHERE state = ? ORDER BY received_at LIMIT ?', state, limit)
    return rows.map((row) => {
      const { receivedAt, ...pointer } = pointerOf(row)
      return { ...pointer, state: row.state, received_at: new Date(receivedAt).toISOString(), reason: row.reason }
    })
  }

  /** Queues what was received. The alarm is set again first, so that it comes whatever happens here. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + RETRY_MS)
    const rows = this.#rows(
      "SELECT * FROM notification WHERE state = 'received' ORDER BY is_verified DESC, received_at LIMIT ?",
      MAX_MESSAGES,
    )
    try {
      if (rows.length > 0) await this.env.NOTIFICATIONS.sendBatch(rows.map((row) => ({ body: pointerOf(row) })))
    } catch (error) {
      return log({ at: 'notification', outcome: 'not queued', error: nameOf(error) })
    }
    for (const row of rows) await this.setState(pointerOf(row), 'queued', null)
    const isMore = this.#rows("SELECT * FROM notification WHERE state = 'received' LIMIT 1").length > 0
    if (!isMore) this.#sweep()
    await this.ctx.storage.setAlarm(Date.now() + (isMore ? 0 : SWEEP_MS))
  }

  #sweep(): void {
    const { sql } = this.ctx.storage
    sql.exec("DELETE FROM notification WHERE state IN ('delivered', 'ignored') AND received_at < ?", Date.now() - KEEP_MS)
  }

  #rows(query: string, ...values: SqlStorageValue[]): Row[] {
    return this.ctx.storage.sql.exec<Row>(query, ...values).toArray()
  }
}

function pointerOf(row: Row): QueuedPointer & { receivedAt: number } {
  const { key, topic, action, resource, resource_id: resourceId, received_at: receivedAt } = row
  return { key, topic, action, resource, resourceId, isVerified: Boolean(row.is_verified), receivedAt }
}
