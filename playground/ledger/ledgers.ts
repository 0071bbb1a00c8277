import { Declined, problem } from '../http/envelope.ts'
import type { LedgerState } from './ledger.ts'
import type { Listed, Outcome, WriteRequest } from './ledger-object.ts'
import type { OwnedResource, Resource } from './ledger-store.ts'

/** The ledger as a whole, however many objects share it. */
export interface Ledgers {
  ask(asked: WriteRequest): Promise<Outcome>
  /** What became of a wish that was made before; undefined: nothing is known of it. */
  recall(name: string, fingerprint: string): Promise<Outcome | undefined>
  /** Whose these resources are; those that came to be elsewhere are left out. */
  owners(resources: readonly Resource[]): Promise<OwnedResource[]>
  /** Rows in these states, the oldest first. */
  list(states: readonly LedgerState[], limit: number): Promise<Listed[]>
}

/**
 * A write goes to the object that its name falls to. What it made is remembered there, in the same transaction, so a
 * question about a resource goes to all of them: few objects and a read each, against a second place to keep in step.
 */
export function createLedgers(objects: Env['LEDGER'], shards: number): Ledgers {
  const shard = (index: number) => objects.getByName(`shard-${index}`)
  // A name is a digest in hex: its beginning is as good as any number.
  const of = (name: string) => shard(Number.parseInt(name.slice(0, 8), 16) % shards)
  const everywhere = Array.from({ length: shards }, (_, index) => index)

  /** All of them, or nothing is said. */
  async function everyone<Found>(ask: (stub: ReturnType<typeof shard>) => unknown): Promise<Found[]> {
    try {
      const found = await Promise.all(everywhere.map((index) => ask(shard(index)) as Promise<Found[]>))
      return found.flat()
    } catch {
      throw new Declined(problem(503, 'The ledger did not answer.', { retryAfterMs: 1_000 }))
    }
  }

  return {
    ask: (asked) => of(asked.name).ask(asked) as Promise<Outcome>,
    recall: (name, fingerprint) => of(name).recall(name, fingerprint) as Promise<Outcome | undefined>,
    async owners(resources) {
      if (resources.length === 0) return []
      return everyone<OwnedResource>((stub) => stub.owners(resources))
    },
    async list(states, limit) {
      const found = await everyone<Listed>((stub) => stub.list(states, limit))
      return found.sort((a, b) => a.claimed_at.localeCompare(b.claimed_at)).slice(0, limit)
    },
  }
}
