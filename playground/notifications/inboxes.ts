import type { ListedNotification, NotificationState, QueuedPointer } from './inbox-object.ts'

/** All shards of the inbox, which are as many as the ledger's. */
export interface Inboxes {
  receive(pointer: QueuedPointer): Promise<'new' | 'known'>
  setState(pointer: QueuedPointer, state: NotificationState, reason?: string): Promise<void>
  /** Tells the merchant of a state of a resource, unless this very state was told last. `tell` rejects if it is not accepted. */
  tellOnce(resourceId: string, event: string, tell: () => Promise<void>): Promise<'told' | 'known'>
  /** Rows in this state, the oldest first. */
  list(state: NotificationState, limit: number): Promise<ListedNotification[]>
}

export function createInboxes(objects: Env['INBOX'], shards: number): Inboxes {
  const shard = (index: number) => objects.getByName(`shard-${index}`)
  // All notifications about one resource go to one object.
  const shardOf = ({ resourceId }: Pick<QueuedPointer, 'resourceId'>) => shard(hash(resourceId) % shards)

  return {
    receive: (pointer) => shardOf(pointer).receive(pointer),
    setState: async (pointer, state, reason) => shardOf(pointer).setState(pointer.key, pointer.isVerified, state, reason ?? null),
    async tellOnce(resourceId, event, tell) {
      const inbox = shardOf({ resourceId })
      const begun = await inbox.beginTelling(resourceId, event)
      if (begun === 'told') return 'known'
      if (begun === 'busy') throw new RangeError('this state is being told by another delivery')
      let isAccepted = false
      try {
        await tell()
        isAccepted = true
      } finally {
        await inbox.endTelling(resourceId, event, isAccepted)
      }
      return 'told'
    },
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

/** FNV-1a, 32 bits: it spreads keys over shards, and protects nothing. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}
