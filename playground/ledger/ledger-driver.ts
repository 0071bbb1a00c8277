import { type AttemptResult, type Entry, type LedgerEffect, type LedgerEvent, step } from './ledger.ts'

/** What the driver works with: SQLite and the network in production, memory and a plan of crashes under the simulator. */
export interface LedgerDependencies {
  now(): number
  /** The entry of this name. */
  read(name: string): Entry | undefined
  /** Stores it, and ensures that `due` is called at its `dueAt`; undefined removes it. */
  write(name: string, entry: Entry | undefined): void
  /** Resolves when all that was written under this name is on disk. */
  flushed(name: string): Promise<void>
  /** Sends the request that belongs to this name. Never rejects. */
  send(name: string): Promise<AttemptResult>
  /** Sends the very same request again, then reads. Never rejects. */
  settle(name: string): Promise<AttemptResult>
}

/** The reply to a caller. */
export type LedgerReply = Extract<LedgerEffect, { kind: 'reply' | 'busy' | 'key_used' }>

export interface LedgerDriver {
  /**
   * Does a write once. Its name stands for client, operation and key; the entry is stored under it before anything is sent.
   *
   * @param fingerprint of the request: the same name with another fingerprint is refused
   */
  submit(name: string, fingerprint: string): Promise<LedgerReply>
  /** To be called when `dueAt` of an entry has come. */
  due(name: string): Promise<void>
  /** To be called when the process that held the entry is gone. */
  restarted(name: string): void
}

/**
 * Carries out the effects of the state machine in their order: nothing is sent before its entry is on disk.
 *
 * @param rules the state machine; a test passes a faulty one to show that the simulator finds the fault
 */
export function createLedgerDriver(dependencies: LedgerDependencies, rules: typeof step = step): LedgerDriver {
  async function handle(name: string, event: LedgerEvent): Promise<LedgerReply | undefined> {
    const before = dependencies.read(name)
    const { entry, effects } = rules(before, event, dependencies.now())
    if (entry !== before) dependencies.write(name, entry)
    let reply: LedgerReply | undefined
    for (const effect of effects) {
      if (effect.kind === 'reply' || effect.kind === 'busy' || effect.kind === 'key_used') {
        if (entry !== before) await dependencies.flushed(name)
        reply = effect
        continue
      }
      // A claim and its first attempt go to disk together.
      if (effect.kind !== 'store') await dependencies.flushed(name)
      reply = await handle(name, await carryOut(name, effect))
    }
    return reply
  }

  async function carryOut(name: string, effect: Exclude<LedgerEffect, LedgerReply>): Promise<LedgerEvent> {
    if (effect.kind === 'store') return { kind: 'stored' }
    const result = await (effect.kind === 'send' ? dependencies.send(name) : dependencies.settle(name))
    return { kind: 'ended', attempt: effect.attempt, result }
  }

  return {
    async submit(name, fingerprint) {
      return (await handle(name, { kind: 'submitted', fingerprint })) ?? { kind: 'busy', retryAfterMs: 1_000 }
    },
    async due(name) {
      await handle(name, { kind: 'due' })
    },
    restarted(name) {
      const before = dependencies.read(name)
      const { entry } = rules(before, { kind: 'restarted' }, dependencies.now())
      if (entry !== before) dependencies.write(name, entry)
    },
  }
}
