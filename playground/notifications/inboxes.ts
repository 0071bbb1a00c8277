import type { Claim, ListedNotification, NotificationState, QueuedPointer } from './inbox-object.ts'

/** All shards of the inbox, which are as many as the ledger's. */
export interface Inboxes {
  receive(pointer: QueuedPointer): Promise<'new' | 'known'>
  setState(pointer: QueuedPointer, state: NotificationState, reason?: string): Promise<void>
  /** Takes the right to notify the merchant of a resource; null while another message has it. */
  claim(resource: string): Promise<Claim | null>
  /** Gives the right back, with the digest of what the merchant has accepted, if anything. */
  release(resource: string, claim: Claim, sent?: string): Promise<void>
  /** Rows in this state, the oldest first. */
  list(state: NotificationState, limit: number): Promise<ListedNotification[]>
}

export function createInboxes(objects: Env['INBOX'], shards: number): Inboxes {
  const shard = (index: number) => objects.getByName(`shard-${index}`)
  // All notifications about one resource go to one object.
  const shardOf = (name: string) => shard(hash(name) % shards)

  return {
    receive: (pointer) => shardOf(pointer.resourceId).receive(pointer),
    setState: async (pointer, state, reason) => shardOf(pointer.resourceId).setState(pointer, state, reason ?? null),
    claim: async (resource) => shardOf(resource).claim(resource),
    release: async (resource, { lease }, sent) => shardOf(resource).release(resource, lease, sent ?? null),
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
