import { utcSeconds } from './clock.ts'
import { push } from './heap.ts'
import type { Rules } from './options.ts'
import { createRandom, type Random } from './random.ts'
import type { BuyerRecord, Effect, NotificationEvent, State, Task } from './state.ts'

const DECIMALS: Record<Rules['site'], number> = { MLA: 2, MLB: 2, MLC: 0, MCO: 2, MLM: 2, MPE: 2, MLU: 2 }

/** The state and the means that every rule works with. */
export interface World {
  rules: Rules
  state: State
  random: Random
  /** The next id of a payment or refund. */
  nextId(): number
  /** An amount in minor units; undefined if it is no amount, or has too many decimals. */
  toMinor(amount: unknown): number | undefined
  toMajor(minor: number): number
  /** An amount as responses show it. */
  print(minor: number): number | string
  buyer(user: string): BuyerRecord
  balanceOf(user: string): number
  /** Records what really happened. */
  record(effect: Omit<Effect, 'at'>): void
  /** Schedules a task on the virtual clock; `Infinity` means never. */
  schedule(delayMs: number, task: Task): void
  /** Sends the merchant a notification. The event is only created if there is a target. */
  announce(event: () => NotificationEvent): void
}

export const decimalsOf = ({ site, copDecimals }: Rules): number => (site === 'MCO' ? copDecimals : DECIMALS[site])

export function createWorld(rules: Rules, state: State, announce: World['announce']): World {
  const decimals = decimalsOf(rules)
  const scale = 10 ** decimals
  const buyer = (user: string): BuyerRecord => {
    state.buyers[user] ??= { payerId: null, balance: null, agreement: null }
    return state.buyers[user]
  }
  return {
    rules,
    state,
    random: createRandom(state),
    nextId: () => ++state.lastId,
    toMinor(amount) {
      if (typeof amount !== 'number' || !Number.isFinite(amount)) return undefined
      const minor = Math.round(amount * scale)
      return Number.isSafeInteger(minor) && minor / scale === amount ? minor : undefined
    },
    toMajor: (minor) => minor / scale,
    print: (minor) => (rules.amounts === 'string' ? (minor / scale).toFixed(decimals) : minor / scale),
    buyer,
    balanceOf: (user) => state.buyers[user]?.balance ?? state.defaultBalance,
    record: (effect) => void state.effects.push({ at: utcSeconds(state.now), ...effect }),
    schedule(delayMs, task) {
      if (delayMs !== Number.POSITIVE_INFINITY) {
        push(state.scheduled, { at: state.now + Math.max(0, delayMs), order: ++state.lastScheduled, task })
      }
    },
    announce,
  }
}
