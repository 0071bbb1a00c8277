import { type AttemptResult, type Entry, type LedgerEffect, type LedgerEvent, step } from './ledger.ts'

/** What the ledger stands on: SQLite and the network in production, memory and a plan of crashes under the simulator. */
export interface LedgerPorts {
  now(): number
  /** The entry of this name. */
  read(name: string): Entry | undefined
  /** Stores it, and sees to it that `due` is called at its `dueAt`; undefined removes it. */
  write(name: string, entry: Entry | undefined): void
  /** All that was written of this name is on disk. */
  flushed(name: string): Promise<void>
  /** Sends the request that belongs to this name. Never rejects. */
  send(name: string): Promise<AttemptResult>
  /** Sends the very same request again, then reads. Never rejects. */
  settle(name: string): Promise<AttemptResult>
}

/** What the caller is told. */
export type LedgerReply = Extract<LedgerEffect, { kind: 'reply' | 'busy' | 'key_used' }>

export interface Ledger {
  /**
   * Asks for a write once. The name stands for client, operation and key; what is asked for is stored under it first.
   *
   * @param fingerprint of what is asked for: the same name with another one is refused
   */
  ask(name: string, fingerprint: string): Promise<LedgerReply>
  /** `dueAt` of an entry has come. */
  due(name: string): Promise<void>
  /** The process that held the entry is gone. */
  restarted(name: string): void
}

/**
 * Does what the state machine says, in its order: nothing leaves before it is on disk.
 *
 * @param rules the state machine; another one only to show that the simulator sees what is wrong with it
 */
export function createLedger(ports: LedgerPorts, rules: typeof step = step): Ledger {
  async function handle(name: string, event: LedgerEvent): Promise<LedgerReply | undefined> {
    const before = ports.read(name)
    const { entry, effects } = rules(before, event, ports.now())
    if (entry !== before) ports.write(name, entry)
    let told: LedgerReply | undefined
    for (const effect of effects) {
      if (effect.kind === 'reply' || effect.kind === 'busy' || effect.kind === 'key_used') {
        if (entry !== before) await ports.flushed(name)
        told = effect
        continue
      }
      // A claim and its first attempt go to disk together.
      if (effect.kind !== 'store') await ports.flushed(name)
      told = await handle(name, await follow(name, effect))
    }
    return told
  }

  async function follow(name: string, effect: Exclude<LedgerEffect, LedgerReply>): Promise<LedgerEvent> {
    if (effect.kind === 'store') return { kind: 'stored' }
    const ending = await (effect.kind === 'send' ? ports.send(name) : ports.settle(name))
    return { kind: 'ended', attempt: effect.attempt, ending }
  }

  return {
    async ask(name, fingerprint) {
      return (await handle(name, { kind: 'asked', fingerprint })) ?? { kind: 'busy', retryAfterMs: 1_000 }
    },
    async due(name) {
      await handle(name, { kind: 'due' })
    },
    restarted(name) {
      const before = ports.read(name)
      const { entry } = rules(before, { kind: 'restarted' }, ports.now())
      if (entry !== before) ports.write(name, entry)
    },
  }
}
