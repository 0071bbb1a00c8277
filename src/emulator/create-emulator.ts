import { createFaultPlan, type FaultPlan, type Faults } from './faults/fault-plan.ts'
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

/** The options of `createEmulator`: how it starts, and its rules. Amounts are major units. */
export interface EmulatorOptions extends Partial<Rules> {
  /** Decides every id, code and token: the same seed and the same calls give the same responses. Default 1. */
  seed?: number
  /** Virtual time at the start, milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  now?: number
  /** The balance of every buyer's wallet, major units. Default 10 000. */
  balance?: number
  /** Awaited once a write is accepted and before it takes effect: hold a request in flight here. */
  beforeEffect?: () => void | Promise<void>
}

/** What the buyer does in Mercado Pago. Each method throws if there is no such agreement, or if it is too late. */
export interface Buyer {
  /** Approves on the hosted page, with or without a card as second payment method. `code` is the one in the redirect. */
  approve(agreement_id: string, card?: Card): { code: string; redirect_uri: string }
  /** Refuses on the hosted page; the redirect has no code. */
  refuse(agreement_id: string): { redirect_uri: string }
  /** Unlinks the seller in the app; the payer token can no longer be charged. */
  cancel(agreement_id: string): void
  /** Changes the card that is charged when the balance is too low, or removes it. */
  changePaymentMethod(agreement_id: string, card: Card | null): void
  /** Sets the balance of the wallet, major units: of one `external_user.id`, or of every buyer. */
  setBalance(amount: number, external_user_id?: string): void
}

/** What Mercado Pago's risk analysis and the card's issuer decide. */
export interface Processor {
  /** Decides the next payments, whatever the balance is: of one `external_user.id`, or of any buyer. */
  decideNext(decision: Decision, options?: { user?: string; times?: number }): void
  /** Changes the status of a payment: approves a pending one, charges back an approved one. */
  settle(advanced_payment_id: number, decision: Decision): void
}

/** The notifications to the merchant. Before `configure` none are sent or collected. */
export interface Notifications {
  /** Where they go, and the secret that signs them. Without a `fetch` they are only collected. */
  configure(target: NotificationTarget): void
  /** Every delivery so far, including repeats. */
  readonly deliveries: readonly Delivery[]
  /** Waits for what is due, then returns the deliveries since the last call. */
  drain(): Promise<Delivery[]>
}

/** Mercado Pago Wallet Connect in memory: the API, and the controls for everything around it. */
export interface Emulator {
  /** The API as a `fetch`: for a client, `Deno.serve`, a Worker or a test. Needs no network. */
  fetch: typeof fetch
  /** The origin of its approval page. */
  origin: string
  /** What the buyer does in Mercado Pago: approves, refuses, unlinks, has a balance. */
  buyer: Buyer
  /** What risk analysis and issuers decide about payments. */
  processor: Processor
  /** The campaigns that give discounts. */
  coupons: Coupons
  /** The virtual clock, which stands still until you move it. */
  clock: Clock
  /** What goes wrong, and when. */
  faults: Faults
  /** Where notifications are sent, and what was sent. */
  notifications: Notifications
  /** What really happened, in order; compare it with what clients believe. It is a copy: read it again each time. */
  readonly effects: readonly Effect[]
  /** Everything that the emulator decides and no source documents. */
  readonly guesses: typeof guesses
  /** The whole state as plain JSON, without options, requests in flight, faults, and the target of notifications. */
  snapshot(): Snapshot
  /**
   * Goes back to the state of a snapshot. Requests in flight no longer have an effect.
   *
   * @throws {TypeError} it is no snapshot, or its amounts have another currency or number of decimals
   */
  restore(snapshot: Snapshot): void
  /** Goes back to the start: no agreements, no payments, no faults, same seed. The target of notifications stays. */
  reset(): void
}

const START = Date.UTC(2026, 0, 1)

/**
 * Mercado Pago Wallet Connect in memory: agreements, payer tokens, coupons and discounts, advanced payments with
 * capture, cancellation, refunds and search, idempotency keys, signed notifications, and faults.
 *
 * Deterministic: no wall clock, no randomness of its own. What no source documents is in `guesses`.
 *
 * @throws {TypeError} an option is unknown or has a value that cannot be used
 */
export const createEmulator = (options: EmulatorOptions = {}): Emulator => assemble(options).emulator

/** The emulator, and the parts that only the explorer may use. */
export function assemble(options: EmulatorOptions): { emulator: Emulator; scheduler: Scheduler; faults: FaultPlan } {
  const { seed, now, balance, beforeEffect, rules } = readOptions(options)
  const faults = createFaultPlan()
  const scheduler = createScheduler(faults)

  function begin(state: State): Server {
    const server: Server = {
      world: createWorld(rules, state, (event) => scheduler.post(server, event)),
      faults,
      beforeEffect,
      afterRequest: (request) => scheduler.afterRequest(request),
      waitUntil: (at) => scheduler.waitUntil(at),
      cause: null,
    }
    scheduler.attach(server)
    return server
  }
  const startOver = (): Server => {
    const fresh = begin(emptyState(seed, now))
    setBalance(fresh.world, balance)
    return fresh
  }
  let server = startOver()
  const world = (): World => server.world

  const emulator: Emulator = {
    async fetch(input, init) {
      // Taken now: the clock may be moved while the body is read.
      const arrivedAt = server.world.state.now
      const received = await receive(input, init)
      return untilAborted(received.signal, serve(server, received, arrivedAt))
    },
    origin: rules.origin,
    ...people(world, scheduler),
    coupons: createCoupons(world),
    clock: { now: () => world().state.now, advance: (ms) => scheduler.advance(ms) },
    faults: publicPart(faults),
    notifications: notificationsOf(world, scheduler),
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
  return { emulator, scheduler, faults }
}

function readOptions({ seed = 1, now = START, balance = 10_000, beforeEffect = () => {}, ...given }: EmulatorOptions) {
  if (!Number.isSafeInteger(seed)) throw new TypeError('seed must be a whole number')
  if (typeof now !== 'number' || !Number.isInteger(now) || Math.abs(now) > LAST_DATE_MS)
    throw new TypeError('now must be milliseconds since 1970')
  if (typeof beforeEffect !== 'function') throw new TypeError('beforeEffect must be a function')
  const rules = readRules(given, ['seed', 'now', 'balance', 'beforeEffect'])
  return { seed, now, balance, beforeEffect, rules }
}

function people(world: () => World, scheduler: Scheduler): Pick<Emulator, 'buyer' | 'processor'> {
  /** What a person does may cause a notification, which is due at once. */
  const act = <Value>(change: (world: World) => Value): Value => {
    const value = change(world())
    scheduler.runDue()
    return value
  }
  return {
    buyer: {
      approve: (id, card) => act((world) => approveAgreement(world, id, card)),
      refuse: (id) => act((world) => refuseAgreement(world, id)),
      cancel: (id) => act((world) => void cancelAgreement(world, id)),
      changePaymentMethod: (id, card) => act((world) => changePaymentMethod(world, id, card)),
      setBalance: (amount, user) => setBalance(world(), amount, user),
    },
    processor: {
      decideNext: (decision, options) => decideNext(world(), decision, options),
      settle: (id, decision) => act((world) => settlePayment(world, id, decision)),
    },
  }
}

const publicPart = (faults: FaultPlan): Faults => ({
  inject: (injection) => faults.inject(injection),
  injectRandomly: (plan) => faults.injectRandomly(plan),
  clear: () => faults.clear(),
  get injected() {
    return faults.injected
  },
})

const notificationsOf = (world: () => World, scheduler: Scheduler): Notifications => ({
  configure: (target) => scheduler.configure(checkTarget(target)),
  get deliveries() {
    return world().state.deliveries.map((delivery) => structuredClone(delivery))
  },
  drain: () => scheduler.drain(),
})

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
