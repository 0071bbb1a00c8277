import { Declined, problem } from '../http/envelope.ts'
import type { LedgerState } from './ledger.ts'
import type { OwnedResource, Resource } from './ledger-store.ts'
import type { ListedOperation, WriteOutcome, WriteRequest } from './write-request.ts'

/** All shards of the ledger. */
export interface Ledgers {
  /** Does a write once, or answers with what became of it. */
  submit(request: WriteRequest): Promise<WriteOutcome>
  /** What became of a write that was submitted before; undefined: it is not known. */
  recall(name: string, fingerprint: string): Promise<WriteOutcome | undefined>
  /** Whose these resources are; those that were not created through the proxy are left out. */
  owners(resources: readonly Resource[]): Promise<OwnedResource[]>
  /** Rows in these states, the oldest first. */
  list(states: readonly LedgerState[], limit: number): Promise<ListedOperation[]>
}

/**
 * A write goes to the shard that its name selects. What it created is recorded there, in the same transaction, so the owner of
 * a resource is looked up in all shards: few objects and a read each, against a second place to keep in step.
 */
export function createLedgers(objects: Env['LEDGER'], shards: number): Ledgers {
  const shard = (index: number) => objects.getByName(`shard-${index}`)
  // A name is a digest in hex: its beginning is as good as any number.
  const shardOf = (name: string) => shard(Number.parseInt(name.slice(0, 8), 16) % shards)
  const indexes = Array.from({ length: shards }, (_, index) => index)

  /** The results of all shards. If one does not answer, the whole query fails. */
  async function queryAll<Found>(query: (stub: ReturnType<typeof shard>) => unknown): Promise<Found[]> {
    try {
      const found = await Promise.all(indexes.map((index) => query(shard(index)) as Promise<Found[]>))
      return found.flat()
    } catch {
      throw new Declined(problem(503, 'The ledger did not answer.', { retryAfterMs: 1_000 }))
    }
  }

  return {
    submit: (request) => shardOf(request.name).submit(request) as Promise<WriteOutcome>,
    recall: (name, fingerprint) => shardOf(name).recall(name, fingerprint) as Promise<WriteOutcome | undefined>,
    async owners(resources) {
      if (resources.length === 0) return []
      return queryAll<OwnedResource>((stub) => stub.owners(resources))
    },
    async list(states, limit) {
      const found = await queryAll<ListedOperation>((stub) => stub.list(states, limit))
      return found.sort((a, b) => a.claimed_at.localeCompare(b.claimed_at)).slice(0, limit)
    },
  }
}
