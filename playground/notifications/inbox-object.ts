import { DurableObject } from 'cloudflare:workers'
import type { NotificationResource } from 'mercadopago-wallet-connect'
import { log, nameOf } from '../log.ts'

/** The state of a notification. For a dead one every attempt failed; it is kept for a person. */
export const NOTIFICATION_STATES = ['received', 'queued', 'delivered', 'ignored', 'dead'] as const
export type NotificationState = (typeof NOTIFICATION_STATES)[number]

/** A notification on its way through the inbox and the queue. */
export interface QueuedPointer {
  /** The key of an event, the same for each of its deliveries. */
  key: string
  topic: string
  action: string | null
  resource: NotificationResource
  resourceId: string
  isVerified: boolean
}

/** A row as an operator sees it. */
export interface ListedNotification extends QueuedPointer {
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
  CREATE TABLE IF NOT EXISTS told (resource_id TEXT PRIMARY KEY, event TEXT NOT NULL, is_accepted INTEGER NOT NULL, at INTEGER NOT NULL)
    WITHOUT ROWID;
`

/** The largest batch that a queue accepts. */
const MAX_MESSAGES = 100
/** How long a delivery to the merchant may take: one that has not ended by then died with its process. */
const DELIVERY_LEASE_MS = 30_000
/** The wait before the queue is tried again. */
const RETRY_MS = 10_000
/** How long repeated deliveries of an event are recognised. Mercado Pago repeats for days. */
const KEEP_MS = 30 * 86_400_000
const SWEEP_MS = 86_400_000

/**
 * One shard of the inbox: a notification is stored here before it is answered with 200. Signed and unsigned ones have separate
 * rows, so that a hint that anybody could have sent never takes the place of an event.
 */
export class Inbox extends DurableObject<Env> {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    state.storage.sql.exec(SCHEMA)
  }

  /** Stores a notification and has it queued; a repeat is not queued again. */
  async receive(pointer: QueuedPointer): Promise<'new' | 'known'> {
    const { key, topic, action, resource, resourceId, isVerified } = pointer
    const { sql } = this.ctx.storage
    // Anybody can send a hint too early: once one was followed up, the next is accepted again.
    const onConflict = isVerified
      ? 'DO NOTHING'
      : "DO UPDATE SET state = 'received', received_at = excluded.received_at WHERE state NOT IN ('received', 'queued')"
    const { rowsWritten } = sql.exec(
      `INSERT INTO notification (key, is_verified, topic, action, resource, resource_id, state, received_at)
       VALUES (?, ?, ?, ?, ?, ?, 'received', ?) ON CONFLICT ${onConflict}`,
      ...[key, Number(isVerified), topic, action, resource, resourceId, Date.now()],
    )
    if (rowsWritten === 0) return 'known'
    await this.ctx.storage.setAlarm(Date.now())
    return 'new'
  }

  /** Records what became of a notification. */
  setState(key: string, isVerified: boolean, state: NotificationState, reason: string | null): void {
    const { sql } = this.ctx.storage
    sql.exec(
      'UPDATE notification SET state = ?, reason = ? WHERE key = ? AND is_verified = ?',
      state,
      reason,
      key,
      Number(isVerified),
    )
  }

  /**
   * Begins to tell the merchant what a resource is now: `tell`, or the merchant has accepted this very state last, or another
   * delivery of it is under way.
   */
  beginTelling(resourceId: string, event: string): 'tell' | 'told' | 'busy' {
    const [last] = this.ctx.storage.sql
      .exec<{ event: string; is_accepted: number; at: number }>('SELECT * FROM told WHERE resource_id = ?', resourceId)
      .toArray()
    if (last?.event === event && last.is_accepted) return 'told'
    if (last?.event === event && Date.now() - last.at < DELIVERY_LEASE_MS) return 'busy'
    this.#setTold(resourceId, event, false)
    return 'tell'
  }

  /** Records whether the merchant has accepted an event. */
  endTelling(resourceId: string, event: string, isAccepted: boolean): void {
    if (isAccepted) this.#setTold(resourceId, event, true)
    else this.ctx.storage.sql.exec('DELETE FROM told WHERE resource_id = ? AND event = ?', resourceId, event)
  }

  #setTold(resourceId: string, event: string, isAccepted: boolean): void {
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)',
      resourceId,
      event,
      Number(isAccepted),
      Date.now(),
    )
  }

  /** Rows in this state, the oldest first. */
  list(state: NotificationState, limit: number): ListedNotification[] {
    return this.#rows('SELECT * FROM notification WHERE state = ? ORDER BY received_at LIMIT ?', state, limit).map((row) => ({
      ...pointerOf(row),
      state: row.state,
      received_at: new Date(row.received_at).toISOString(),
      reason: row.reason,
    }))
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
    for (const { key, is_verified } of rows) this.setState(key, Boolean(is_verified), 'queued', null)
    const isMore = rows.length === MAX_MESSAGES
    if (!isMore) this.#sweep()
    await this.ctx.storage.setAlarm(Date.now() + (isMore ? 0 : SWEEP_MS))
  }

  #sweep(): void {
    const { sql } = this.ctx.storage
    sql.exec('DELETE FROM told WHERE at < ?', Date.now() - KEEP_MS)
    sql.exec("DELETE FROM notification WHERE state IN ('delivered', 'ignored') AND received_at < ?", Date.now() - KEEP_MS)
  }

  #rows(query: string, ...values: SqlStorageValue[]): Row[] {
    return this.ctx.storage.sql.exec<Row>(query, ...values).toArray()
  }
}

function pointerOf({ key, topic, action, resource, resource_id, is_verified }: Row): QueuedPointer {
  return { key, topic, action, resource, resourceId: resource_id, isVerified: Boolean(is_verified) }
}
