import { readShards } from './configuration.ts'
import type { LedgerState } from './ledger.ts'
import type { Asked, Listed, Outcome } from './ledger-object.ts'
import type { Owned, Resource } from './ledger-store.ts'

/** The ledger as a whole, however many objects share it. */
export interface Ledgers {
  ask(asked: Asked): Promise<Outcome>
  /** Whose these resources are; those that came to be elsewhere are left out. */
  owners(resources: readonly Resource[]): Promise<Owned[]>
  /** Rows in these states, the oldest first. */
  list(states: readonly LedgerState[], limit: number): Promise<Listed[]>
}

/**
 * A write goes to the object that its name falls to. What it made is remembered there, in the same transaction, so a
 * question about a resource goes to all of them: few objects and a read each, against a second place to keep in step.
 */
export function createLedgers(env: Pick<Env, 'LEDGER' | 'LEDGER_SHARDS'>): Ledgers {
  const shards = readShards(env.LEDGER_SHARDS)
  const shard = (index: number) => env.LEDGER.getByName(`shard-${index}`)
  const everywhere = Array.from({ length: shards }, (_, index) => index)

  return {
    // The name is a digest in hex: its beginning is as good as any number.
    ask: (asked) => shard(Number.parseInt(asked.name.slice(0, 8), 16) % shards).ask(asked) as Promise<Outcome>,
    async owners(resources) {
      if (resources.length === 0) return []
      const found = await Promise.all(everywhere.map((index) => shard(index).owners(resources) as Promise<Owned[]>))
      return found.flat()
    },
    async list(states, limit) {
      const found = await Promise.all(everywhere.map((index) => shard(index).list(states, limit) as Promise<Listed[]>))
      return found
        .flat()
        .sort((a, b) => a.claimed_at.localeCompare(b.claimed_at))
        .slice(0, limit)
    },
  }
}
