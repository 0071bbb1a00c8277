import { createFaultPlan, type FaultPlan, type Faults } from './faults/faults.ts'
import { approveAgreement, cancelAgreement, changePaymentMethod, refuseAgreement } from './rules/agreement-rules.ts'
import { type Coupons, createCoupons } from './rules/coupons.ts'
import { decideNext } from './rules/decision-rules.ts'
import { settlePayment } from './rules/settlement-rules.ts'
import { createScheduler, type Scheduler } from './server/scheduler.ts'
import { type Server, serve } from './server/server.ts'
import { read, type Snapshot, save } from './server/snapshot.ts'
import { checkTarget, type NotificationTarget } from './server/webhook-sender.ts'
import { type Clock, LAST_DATE_MS } from './world/clock.ts'
import { guesses } from './world/guesses.ts'
import { type Rules, readRules } from './world/options.ts'
import { type Card, type Decision, type Delivery, type Effect, emptyState, type State } from './world/state.ts'
import { receive, untilAborted } from './world/wire.ts'
import { createWorld, type World } from './world/world.ts'

/** What `createEmulator` takes: where to start, and its rules. Amounts are major units. */
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

/** The buyer's hand: what a person does in Mercado Pago. Each throws if there is no such agreement, or it is too late for that. */
export interface Buyer {
  /** Approves on the hosted page, with a card as second payment method or without; the code is what the return brings. */
  approve(agreement_id: string, card?: Card): { code: string; redirect_uri: string }
  /** Refuses on the hosted page; the return brings no code. */
  refuse(agreement_id: string): { redirect_uri: string }
  /** Unlinks the seller in the app; the payer token charges no more. */
  cancel(agreement_id: string): void
  /** Another card is charged when the balance does not suffice, or none. */
  changePaymentMethod(agreement_id: string, card: Card | null): void
  /** Money in the wallet from now on, major units: of one `external_user.id`, or of every buyer. */
  setBalance(amount: number, external_user_id?: string): void
}

/** The hand of Mercado Pago's risk analysis and of the card's issuer. */
export interface Processor {
  /** Has the next payments come to this, whatever the balance says: of one `external_user.id`, or of whoever pays next. */
  decideNext(decision: Decision, options?: { user?: string; times?: number }): void
  /** Has a payment become this: a pending one approved, an approved one charged back. */
  settle(advanced_payment_id: number, decision: Decision): void
}

/** What the merchant is told. Nothing is sent or collected before `configure`. */
export interface Notifications {
  /** Where they go, and the secret that signs them. Without a `fetch` they are collected. */
  configure(target: NotificationTarget): void
  /** Every delivery so far, repeats too. */
  readonly deliveries: readonly Delivery[]
  /** Waits for what is due, then hands out the deliveries since the last time. */
  drain(): Promise<Delivery[]>
}

/** Mercado Pago Wallet Connect in memory: the API, and the hands that move it. */
export interface Emulator {
  /** The API as a `fetch`: for a client, `Deno.serve`, a Worker or a test. Needs no network. */
  fetch: typeof fetch
  /** Where it claims to live. */
  origin: string
  /** What a person does in Mercado Pago: approves, refuses, unlinks, has a balance. */
  buyer: Buyer
  /** What risk analysis and issuers decide about payments. */
  processor: Processor
  /** The campaigns that discounts come from. */
  coupons: Coupons
  /** Its time, which stands still until you move it. */
  clock: Clock
  /** What goes wrong, and when. */
  faults: Faults
  /** Where events are sent, and what was sent. */
  notifications: Notifications
  /** What really happened, in order: the judge of what clients were told. Read it anew each time: it is a copy. */
  readonly effects: readonly Effect[]
  /** Everything that it decides and no source documents. */
  readonly guesses: typeof guesses
  /** All that the API knows, as plain JSON. Not in it: options, requests in flight, faults, and where notifications go. */
  snapshot(): Snapshot
  /**
   * Back to what a snapshot knew. Requests in flight have no effect any more.
   *
   * @throws {TypeError} it is no snapshot, or one of an emulator whose amounts mean something else
   */
  restore(snapshot: Snapshot): void
  /** Back to the start: no agreements, no payments, no faults, same seed. Where notifications go stays. */
  reset(): void
}

const START = Date.UTC(2026, 0, 1)

/**
 * Mercado Pago Wallet Connect in memory: agreements, payer tokens, coupons and discounts, advanced payments with
 * capture, cancellation, refunds and search, idempotency keys, signed notifications, and faults.
 *
 * Deterministic: no wall clock, no randomness of its own. What no source documents is in `guesses`.
 *
 * @throws {TypeError} an option is unknown or means nothing
 */
export const createEmulator = (options: EmulatorOptions = {}): Emulator => assemble(options).emulator

/** The emulator, and what only the explorer may touch. */
export function assemble(options: EmulatorOptions): { emulator: Emulator; agenda: Scheduler; faults: FaultPlan } {
  const { seed = 1, now = START, balance = 10_000, beforeEffect = () => {}, ...given } = options
  if (!Number.isSafeInteger(seed)) throw new TypeError('seed must be a whole number')
  if (typeof now !== 'number' || !Number.isInteger(now) || Math.abs(now) > LAST_DATE_MS)
    throw new TypeError('now must be milliseconds since 1970')
  if (typeof beforeEffect !== 'function') throw new TypeError('beforeEffect must be a function')
  const rules = readRules(given, ['seed', 'now', 'balance', 'beforeEffect'])
  const faults = createFaultPlan()
  const agenda = createScheduler(faults)

  function begin(state: State): Server {
    const server: Server = {
      world: createWorld(rules, state, (event) => agenda.post(server, event)),
      faults,
      beforeEffect,
      settle: (request) => agenda.settle(request),
      waitUntil: (at) => agenda.waitUntil(at),
      cause: null,
    }
    agenda.take(server)
    return server
  }
  const startOver = (): Server => {
    const fresh = begin(emptyState(seed, now))
    setBalance(fresh.world, balance)
    return fresh
  }
  let server = startOver()
  /** What a person does may have to be told. */
  const acting = <Value>(act: (world: World) => Value): Value => {
    const value = act(server.world)
    agenda.runDue()
    return value
  }

  const emulator: Emulator = {
    async fetch(input, init) {
      // Now: the clock may be moved while the body is read.
      const arrivedAt = server.world.state.now
      const received = await receive(input, init)
      return untilAborted(received.signal, serve(server, received, arrivedAt))
    },
    origin: rules.origin,
    buyer: {
      approve: (id, card) => acting((world) => approveAgreement(world, id, card)),
      refuse: (id) => acting((world) => refuseAgreement(world, id)),
      cancel: (id) => acting((world) => void cancelAgreement(world, id)),
      changePaymentMethod: (id, card) => acting((world) => changePaymentMethod(world, id, card)),
      setBalance: (amount, user) => setBalance(server.world, amount, user),
    },
    processor: {
      decideNext: (decision, options) => decideNext(server.world, decision, options),
      settle: (id, decision) => acting((world) => settlePayment(world, id, decision)),
    },
    coupons: createCoupons(() => server.world),
    clock: {
      now: () => server.world.state.now,
      advance: (ms) => agenda.advance(ms),
    },
    faults: {
      inject: (injection) => faults.inject(injection),
      injectRandomly: (plan) => faults.injectRandomly(plan),
      clear: () => faults.clear(),
      get injected() {
        return faults.injected
      },
    },
    notifications: {
      configure: (target) => agenda.tell(checkTarget(target)),
      get deliveries() {
        return server.world.state.deliveries.map((delivery) => structuredClone(delivery))
      },
      drain: () => agenda.drain(),
    },
    get effects() {
      return server.world.state.effects.map((effect) => ({ ...effect }))
    },
    guesses,
    snapshot: () => save(server.world),
    restore(snapshot) {
      server = begin(read(snapshot, rules))
    },
    reset() {
      faults.clear()
      server = startOver()
    },
  }
  return { emulator, agenda, faults }
}

function setBalance(world: World, amount: number, user?: string): void {
  const minor = world.toMinor(amount)
  if (minor === undefined || minor < 0) throw new TypeError(`A balance of ${amount} is not an amount of this site`)
  if (user === undefined) {
    for (const buyer of Object.values(world.state.buyers)) buyer.balance = null
    world.state.defaultBalance = minor
  } else {
    world.buyer(user).balance = minor
  }
}
