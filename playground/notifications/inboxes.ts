import type { ListedNotification, NotificationState, QueuedPointer } from './inbox-object.ts'

/** The inbox as a whole, in as many parts as the ledger. */
export interface Inboxes {
  receive(pointed: QueuedPointer): Promise<'new' | 'known'>
  settle(pointed: QueuedPointer, state: NotificationState, reason?: string): Promise<void>
  /** Rows in this state, the oldest first. */
  list(state: NotificationState, limit: number): Promise<ListedNotification[]>
}

export function createInboxes(objects: Env['INBOX'], shards: number): Inboxes {
  const shard = (index: number) => objects.getByName(`shard-${index}`)
  // All that is said of one resource meets in one object.
  const of = ({ resourceId }: QueuedPointer) => shard(hash(resourceId) % shards)

  return {
    receive: (pointed) => of(pointed).receive(pointed),
    settle: async (pointed, state, reason) => of(pointed).settle(pointed.key, pointed.isVerified, state, reason ?? null),
    async list(state, limit) {
      const found = await Promise.all(
        Array.from({ length: shards }, (_, index) => shard(index).list(state, limit) as Promise<ListedNotification[]>),
      )
      return found
        .flat()
        .sort((a, b) => a.received_at.localeCompare(b.received_at))
        .slice(0, limit)
    },
  }
}

/** FNV-1a, 32 bits: to spread, not to protect. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}
