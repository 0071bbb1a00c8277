import { utcSeconds } from './clock.ts'
import { createRandom, type Random } from './random.ts'
import type { Appointment, Effect, State } from './state.ts'

/** Options that decide rules. Every default that no source documents is a guess. */
export interface Rules {
  /** Country: decides how many decimals an amount may have. */
  site: keyof typeof DECIMALS
  /** Origin of the hosted approval page in `agreement_uri`. */
  origin: string
  /** Access tokens that are let in; all, if left out. */
  accessTokens: readonly string[] | undefined
  /** Guess: how long an agreement lives. */
  agreementLifetimeMs: number
  /** Guess: how long after a refund the payment's status changes. */
  refundDelayMs: number
  /** Guess: most results of a search page, and how many without `limit`. */
  searchLimit: number
}

export const isSite = (site: string): boolean => Object.hasOwn(DECIMALS, site)

const DECIMALS = { MLA: 2, MLB: 2, MLC: 0, MCO: 2, MLM: 2, MPE: 2, MLU: 2 }
export const SITES = Object.keys(DECIMALS)

/** What every rule works on. */
export interface World {
  rules: Rules
  state: State
  random: Random
  /** Next whole number for a payment or refund. */
  nextId(): number
  /** Minor units of an amount of the wire; undefined if it is none, or has too many decimals. */
  toMinor(amount: unknown): number | undefined
  toMajor(minor: number): number
  /** Writes down what really happened. */
  record(effect: Omit<Effect, 'at'>): void
  /** Does `task` now, or later on the virtual clock. */
  schedule(delayMs: number, task: Appointment['task']): void
}

export function createWorld(rules: Rules, state: State, run: (world: World, task: Appointment['task']) => void): World {
  const scale = 10 ** DECIMALS[rules.site]
  const world: World = {
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
    record: (effect) => void state.effects.push({ at: utcSeconds(state.now), ...effect }),
    schedule(delayMs, task) {
      if (delayMs <= 0) run(world, task)
      else state.agenda.push({ at: state.now + delayMs, task })
    },
  }
  return world
}
