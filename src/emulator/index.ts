import { approveAgreement, cancelAgreement, refuseAgreement } from './agreement-rules.ts'
import type { Clock } from './clock.ts'
import { settleRefund } from './refund-rules.ts'
import { answer } from './router.ts'
import { type Appointment, type Effect, emptyDictionary, type State } from './state.ts'
import { createWorld, isSite, type Rules, SITES, type World } from './world.ts'

export type { Clock } from './clock.ts'
export type { Effect } from './state.ts'

export interface EmulatorOptions extends Partial<Rules> {
  /** Decides every id, code and token. Same seed, same calls: same answers. Default 1. */
  seed?: number
  /** Virtual time at the start, milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  now?: number
  /** What every buyer has in the wallet, major units. Default 10 000. */
  balance?: number
  /** Awaited once a write is accepted and before it takes effect: hold a request in flight here. */
  beforeEffect?: () => void | Promise<void>
}

/** The buyer's hand: what a person does in Mercado Pago. Each throws if the agreement is not in the right state. */
export interface Buyer {
  /** Approves on the hosted page; the code is what the return brings to the seller. */
  approve(agreement_id: string): { code: string; redirect_uri: string }
  /** Refuses on the hosted page; the return brings no code. */
  refuse(agreement_id: string): { redirect_uri: string }
  /** Unlinks the seller in the app; the payer token charges no more. */
  cancel(agreement_id: string): void
  /** Money in the wallet from now on, major units: of one `external_user.id`, or of every buyer. */
  setBalance(amount: number, external_user_id?: string): void
}

export interface Emulator {
  /** The API as a `fetch`: for a client, `Deno.serve`, a Worker or a test. Needs no network. */
  fetch: typeof fetch
  /** Where it claims to live. */
  origin: string
  buyer: Buyer
  clock: Clock
  /** What really happened, in order, append-only: the judge of what clients were told. */
  readonly effects: readonly Effect[]
  /** Back to the start: no agreements, no payments, same seed. */
  reset(): void
}

const START = Date.UTC(2026, 0, 1)
const YEAR_MS = 365 * 24 * 3_600_000

/**
 * Mercado Pago Wallet Connect in memory: agreements, payer tokens, advanced payments with capture, cancellation,
 * refunds, search and idempotency keys. Not yet: coupons, discount promises, notifications and faults.
 *
 * What no source documents is a guess and an option: statuses before confirmation and after expiry, lifetimes, the
 * delay of refunds, the order and size of search pages.
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { seed = 1, now = START, balance = 10_000, beforeEffect = () => {}, ...given } = options
  const rules: Rules = {
    site: 'MLA',
    origin: 'https://mercadopago.test',
    accessTokens: undefined,
    agreementLifetimeMs: YEAR_MS,
    refundDelayMs: 0,
    searchLimit: 30,
    ...given,
  }
  checkOptions(given, rules)
  const start = (): World => createWorld(rules, emptyState(seed, now), run)
  let world = start()
  setBalance(world, balance)

  return {
    fetch: async (input, init) => answer(world, new Request(input, init), beforeEffect),
    origin: rules.origin,
    buyer: {
      approve: (id) => approveAgreement(world, id),
      refuse: (id) => refuseAgreement(world, id),
      cancel: (id) => cancelAgreement(world, id),
      setBalance: (amount, user) => setBalance(world, amount, user),
    },
    clock: {
      now: () => world.state.now,
      advance: (ms) => advance(world, ms),
    },
    get effects() {
      return structuredClone(world.state.effects)
    },
    reset() {
      world = start()
      setBalance(world, balance)
    },
  }
}

/** A misspelt option would change nothing, silently. */
function checkOptions(given: object, rules: Rules): void {
  const known = ['site', 'origin', 'accessTokens', 'agreementLifetimeMs', 'refundDelayMs', 'searchLimit']
  const unknown = Object.keys(given).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new TypeError(
      `createEmulator does not know ${unknown.join(', ')}; it knows seed, now, balance, beforeEffect, ${known.join(', ')}`,
    )
  }
  if (!isSite(rules.site)) throw new TypeError(`site must be one of ${SITES.join(', ')}`)
}

const emptyState = (seed: number, now: number): State => ({
  now,
  seed,
  lastId: 10_458_723,
  agreements: emptyDictionary(),
  payments: {},
  balances: emptyDictionary(),
  defaultBalance: 0,
  keys: {},
  agenda: [],
  effects: [],
})

function setBalance(world: World, amount: number, user?: string): void {
  const minor = world.toMinor(amount)
  if (minor === undefined || minor < 0) throw new TypeError(`A balance of ${amount} is not an amount of this site`)
  if (user === undefined) {
    world.state.balances = emptyDictionary()
    world.state.defaultBalance = minor
  } else {
    world.state.balances[user] = minor
  }
}

function run(world: World, task: Appointment['task']): void {
  settleRefund(world, task.payment)
}

function advance(world: World, ms: number): void {
  if (!(Number.isFinite(ms) && ms >= 0)) throw new TypeError('Time only moves forward: advance by 0 or more milliseconds')
  const end = world.state.now + ms
  const next = (): Appointment | undefined => world.state.agenda.sort((a, b) => a.at - b.at).find(({ at }) => at <= end)
  for (let due = next(); due; due = next()) {
    world.state.agenda.splice(world.state.agenda.indexOf(due), 1)
    world.state.now = due.at
    run(world, due.task)
  }
  world.state.now = end
}
