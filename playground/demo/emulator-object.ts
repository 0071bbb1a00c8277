import { DurableObject } from 'cloudflare:workers'
import { createEmulator, type Emulator, FAULTS } from 'mercadopago-wallet-connect/emulator'
import { nameOf } from '../log.ts'
import { operationOf } from './call-name.ts'
import { COUPON } from './catalogue.ts'
import { applyControl, type Control } from './controls.ts'
import { type Begun, createJournal, type Ended } from './journal.ts'
import type { Inspection } from './wire.ts'

/** An object that rejects would be an uncaught error on the terminal: whoever asks makes a broken connection of this. */
export const CONNECTION_LOST = 'x-connection-lost'
const TICK_MS = 200
const MOST_EFFECTS = 500
const BALANCE = 100_000

/**
 * Mercado Pago, as the emulator, once for all requests: in memory, gone when the Worker stops. With the journal of all
 * calls, for the inspector.
 */
export class EmulatorObject extends DurableObject<Env> {
  readonly #emulator: Emulator = createEmulator({
    // `agreement_uri` leads back to this Worker.
    ...(this.env.ORIGIN && { origin: this.env.ORIGIN }),
    balance: BALANCE,
    // When the Worker is loaded anew the ledger still knows the old ids: they must not come again.
    seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1,
  })
  readonly #run = crypto.randomUUID()
  readonly #journal = createJournal(Date.now)
  /** How far its clock was put forward. */
  #aheadMs = 0
  readonly #attempts = new Map<string, number>()
  #armed: readonly string[] = []
  /** Strikes that are in the journal. */
  readonly #told = new Set<number>()

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    const [secret] = (env.WEBHOOK_SECRETS ?? '').split(/\s+/)
    const { coupons, notifications } = this.#emulator
    coupons.add({ code: COUPON, type: 'percent', value: 10, cap: 5_000, description: '10 %' })
    if (secret) notifications.configure({ url: `${env.ORIGIN}/notifications`, secret, fetch: (...call) => this.#notify(...call) })
    // Time goes by. An object that idles would be evicted, too, and all agreements and payments with it.
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
      this.#journal.end(id, { status: response.status, outcome: this.#strikeOn(what) ?? null })
      return response
    } catch (error) {
      this.#journal.end(id, { status: 'no answer', outcome: this.#strikeOn(what) ?? nameOf(error) })
      return new Response(null, { status: 599, headers: { [CONNECTION_LOST]: 'true' } })
    }
  }

  /** Names this life of the emulator: with the next one all that was linked and paid is gone. */
  run(): string {
    return this.#run
  }

  begin(call: Begun): number {
    return this.#journal.begin(call)
  }

  end(id: number, ended: Ended): void {
    this.#journal.end(id, ended)
  }

  /** What has changed since a version of the journal. */
  seen(version: number): Omit<Inspection, 'rows'> {
    const { effects, clock } = this.#emulator
    return {
      run: this.#run,
      version: this.#journal.version,
      calls: this.#journal.since(version),
      effects: effects.slice(-MOST_EFFECTS),
      clock: clock.now(),
      armed: this.#armed,
    }
  }

  /** @returns what is wrong with it, in words; undefined: it is done */
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
        this.#told.clear()
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

  #count(sent: string): number {
    const count = (this.#attempts.get(sent) ?? 0) + 1
    this.#attempts.set(sent, count)
    return count
  }

  /** The fault that has just struck this operation, told once. */
  #strikeOn(what: string): string | undefined {
    const { injected } = this.#emulator.faults
    const number = injected.findIndex(({ operation }, index) => operation === what && !this.#told.has(index))
    const strike = injected[number]
    if (!strike) return undefined
    this.#told.add(number)
    const index = this.#armed.indexOf(strike.fault)
    if (index >= 0) this.#armed = this.#armed.toSpliced(index, 1)
    return strike.phase ? `${strike.fault} ${strike.phase}` : strike.fault
  }

  /** As Mercado Pago brings a notification: over the proxy's own address. */
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
