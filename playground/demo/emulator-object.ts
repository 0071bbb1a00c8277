import { DurableObject } from 'cloudflare:workers'
import { createEmulator, type Emulator, FAULTS } from 'mercadopago-wallet-connect/emulator'
import { nameOf } from '../log.ts'
import { operationOf } from './call-name.ts'
import { COUPON } from './catalogue.ts'
import { applyControl, type Control } from './controls.ts'
import { type CallEnd, type CallStart, createJournal } from './journal.ts'
import type { Inspection } from './wire.ts'

/** Header of a response that stands for a broken connection. A rejection would be an uncaught error on the terminal. */
export const CONNECTION_LOST = 'x-connection-lost'
const TICK_MS = 200
const MAX_EFFECTS = 500
const BALANCE = 100_000

/**
 * The emulator as Mercado Pago, one for all requests, with the journal of all calls for the inspector. It is in memory, and gone
 * when the Worker stops.
 */
export class EmulatorObject extends DurableObject<Env> {
  readonly #emulator: Emulator = createEmulator({
    // `agreement_uri` leads back to this Worker.
    ...(this.env.ORIGIN && { origin: this.env.ORIGIN }),
    balance: BALANCE,
    // When the Worker is reloaded the ledger still has the old ids, which must not be used again.
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1,
  })
  readonly #run = crypto.randomUUID()
  readonly #journal = createJournal(Date.now)
  /** How far its clock was advanced. */
  #aheadMs = 0
  readonly #attempts = new Map<string, number>()
  #armed: readonly string[] = []
  /** Indexes of the injected faults that are in the journal. */
  readonly #journaled = new Set<number>()

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const [secret] = (env.WEBHOOK_SECRETS ?? '').split(/\s+/)
    const { coupons, notifications } = this.#emulator
    coupons.add({ code: COUPON, type: 'percent', value: 10, cap: 5_000, description: '10 %' })
    if (secret) notifications.configure({ url: `${env.ORIGIN}/notifications`, secret, fetch: (...call) => this.#notify(...call) })
    // Moves the clock. It also keeps the object from being evicted, with all agreements and payments.
    setInterval(() => void this.#tick(), TICK_MS)
  }

  override async fetch(request: Request): Promise<Response> {
    void this.#tick()
    const what = await operationOf(request)
    if (what === undefined) return this.#emulator.fetch(request)
    const row = request.headers.get('x-idempotency-key')
    const id = this.#journal.begin({
      from: 'proxy',
      to: 'Mercado Pago',
      what,
      row,
      attempt: row ? this.#count(`${what} ${row}`) : null,
    })
    try {
      const response = await this.#emulator.fetch(request)
      this.#journal.end(id, { status: response.status, outcome: this.#takeInjectedFault(what) ?? null })
      return response
    } catch (error) {
      this.#journal.end(id, { status: 'no answer', outcome: this.#takeInjectedFault(what) ?? nameOf(error) })
      return new Response(null, { status: 599, headers: { [CONNECTION_LOST]: 'true' } })
    }
  }

  /** The id of this run of the emulator: with the next run all that was linked and paid is gone. */
  run(): string {
    return this.#run
  }

  begin(call: CallStart): number {
    return this.#journal.begin(call)
  }

  end(id: number, end: CallEnd): void {
    this.#journal.end(id, end)
  }

  /** What has changed since a version of the journal. */
  inspect(version: number): Omit<Inspection, 'rows'> {
    const { effects, clock } = this.#emulator
    return {
      run: this.#run,
      version: this.#journal.version,
      calls: this.#journal.since(version),
      effects: effects.slice(-MAX_EFFECTS),
      clock: clock.now(),
      armed: this.#armed,
    }
  }

  /** Applies a control. @returns what is wrong with it; undefined if it was applied */
  async control(control: Control, user: string): Promise<string | undefined> {
    try {
      if (control.do === 'advanceClock') {
        this.#aheadMs += control.ms
        await this.#tick()
        return undefined
      }
      applyControl(this.#emulator, control, user)
      if (control.do === 'injectFault')
        this.#armed = [...this.#armed, ...Array<string>(timesOf(control.fault)).fill(control.fault)]
      if (control.do === 'clearFaults') {
        this.#armed = []
        this.#journaled.clear()
      }
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #tick(): Promise<void> {
    const { clock } = this.#emulator
    return clock.advance(Math.max(0, Date.now() + this.#aheadMs - clock.now()))
  }

  #count(request: string): number {
    const count = (this.#attempts.get(request) ?? 0) + 1
    this.#attempts.set(request, count)
    return count
  }

  /** The fault that was just injected into this operation, if it is not in the journal yet. */
  #takeInjectedFault(what: string): string | undefined {
    const { injected } = this.#emulator.faults
    const number = injected.findIndex(({ operation }, index) => operation === what && !this.#journaled.has(index))
    const fault = injected[number]
    if (!fault) return undefined
    this.#journaled.add(number)
    const index = this.#armed.indexOf(fault.fault)
    if (index >= 0) this.#armed = this.#armed.toSpliced(index, 1)
    return fault.phase ? `${fault.fault} ${fault.phase}` : fault.fault
  }

  /** Delivers a notification to the proxy's own address, as Mercado Pago does. */
  async #notify(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init)
    const { type, action } = (await request.clone().json()) as { type?: string; action?: string }
    const id = this.#journal.begin({ from: 'Mercado Pago', to: 'proxy', what: `notification ${action ?? type}` })
    const response = await this.ctx.exports.default.fetch(request)
    this.#journal.end(id, { status: response.status })
    return response
  }
}

const timesOf = (name: string): number => FAULTS.find((fault) => fault.name === name)?.times ?? 1
