import { DurableObject } from 'cloudflare:workers'
import type { OperationName, PreparedRequest } from 'mercadopago-wallet-connect'
import { log, nameOf } from '../log.ts'
import { type KeyRing, readKeyRing } from '../sealing/key-ring.ts'
import { sealPayerToken, type Wallet } from '../sealing/payer-token.ts'
import { open, seal } from '../sealing/seal.ts'
import { createBreakers } from '../upstream/breaker.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { AttemptResult, Entry, LedgerState } from './ledger.ts'
import { createLedger, type Ledger as Driver, type LedgerReply } from './ledger-driver.ts'
import { createLedgerStore, type LedgerStore, type OwnedResource, type Resource, type WriteMeta } from './ledger-store.ts'

/** What is sealed in a row: the request, and whose wallet it is about. */
interface Order {
  /** The caller's own key. */
  key: string
  prepared: PreparedRequest
  /** Of `agreements.createPayerToken`: to whom the payer token will be sealed. */
  wallet?: Wallet
}

/** What a caller wants done once. */
export interface WriteRequest extends WriteMeta, Order {
  /** Digest of client, operation and the caller's key. */
  name: string
  fingerprint: string
}

/** A wish while somebody waits for it. */
interface UnderWay {
  asked: WriteRequest
  sealed: Promise<string>
  entry: Entry | undefined
  /** Is there a row? */
  isStored: boolean
  /** Does the row say something else than the entry? */
  isChanged: boolean
}

/** Besides what the state machine tells: nothing was begun, or the rows could not be read or written. */
export type Outcome = LedgerReply | { kind: 'down'; retryAfterMs: number } | { kind: 'unwritable' }

/** A row as an operator sees it. */
export interface Listed {
  client: string
  operation: OperationName
  state: LedgerState
  attempts: number
  /** The caller's key; null once the request is forgotten. */
  key: string | null
  /** The key that Mercado Pago knows. */
  idempotency_key: string
  claimed_at: string
  next_try_at: string | null
  path: string | null
  external_reference: string | null
  amount: number | null
}

/** How long the alarm may be away before it comes again by itself. */
const REARM_MS = 60_000
/** Entries that one alarm settles at once, and the pause before it does the next ones: a row that fails stays due. */
const AT_ONCE = 32
const PAUSE_MS = 250
/** How long the alarm waits for those that it has begun to settle. */
const PATIENCE_MS = 1_000

/**
 * One part of the ledger. Rows are the truth: an object is evicted, restarted and moved at any time, and nothing that it
 * keeps in memory matters. Only one lives at a time, except for moments in which storage already refuses the old one.
 */
export class Ledger extends DurableObject<Env> {
  readonly #store: LedgerStore
  readonly #driver: Driver
  readonly #breakers = createBreakers(Date.now)
  /** What is being asked for. While a row is here it is read and changed here, and stored before anything is done or told. */
  readonly #underWay = new Map<string, UnderWay>()
  #alarmAt: number | null = null
  /** What was read of the secret. */
  #keys: { secret: string; ring: KeyRing } | undefined

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#store = createLedgerStore(state.storage)
    this.#driver = createLedger({
      now: Date.now,
      read: (name) => this.#read(name),
      write: (name, entry) => this.#write(name, entry),
      flushed: (name) => this.#flush(name),
      send: (name) => this.#attempt(name, 'send'),
      settle: (name) => this.#attempt(name, 'settle'),
    })
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = await state.storage.getAlarm()
      // Nothing is under way in a new object: whoever sent these is gone.
      for (const name of this.#store.open()) {
        this.#driver.restarted(name)
        await this.#wakeFor(this.#read(name))
      }
    })
  }

  /** Does what is asked once, or says what became of it. */
  async ask(asked: WriteRequest): Promise<Outcome> {
    const { name, client, operation, fingerprint, key, prepared, wallet } = asked
    try {
      if (await this.#isMisplaced()) throw new RangeError('LEDGER_SHARDS was changed')
      // From here to the claim there is no wait: nobody else comes between.
      if (this.#read(name)) return await this.#driver.ask(name, fingerprint)
      const retryAfterMs = this.#breakers.of(client).closedForMs()
      if (retryAfterMs !== undefined) return { kind: 'down', retryAfterMs }
      const sealed = this.#seal(name, { key, prepared, ...(wallet && { wallet }) })
      this.#underWay.set(name, { asked, sealed, entry: undefined, isStored: false, isChanged: false })
      return await this.#driver.ask(name, fingerprint)
    } catch (error) {
      log({ at: 'ledger', client, operation, outcome: 'failed', error: nameOf(error) })
      return { kind: 'unwritable' }
    } finally {
      if (this.#underWay.get(name)?.asked === asked) this.#underWay.delete(name)
    }
  }

  /** What became of a wish that was made before; undefined: nothing is known of it, and nothing is begun. */
  async recall(name: string, fingerprint: string): Promise<Outcome | undefined> {
    if (await this.#isMisplaced()) return { kind: 'unwritable' }
    return this.#read(name) && this.#driver.ask(name, fingerprint)
  }

  /** With how many others this part was first written. */
  shardsAtFirst(now: string): string {
    return this.#store.shards(now)
  }

  /** Whose these resources are; those that this object knows nothing of are left out. */
  owners(resources: readonly Resource[]): OwnedResource[] {
    return this.#store.owners(resources)
  }

  /** Rows in these states, the oldest first. */
  async list(states: readonly LedgerState[], limit: number): Promise<Listed[]> {
    return Promise.all(
      this.#store.list(states, limit).map(async ({ name, sealed, entry, client, operation }) => ({
        client,
        operation,
        state: entry.state,
        attempts: entry.attempt,
        idempotency_key: name,
        claimed_at: new Date(entry.claimedAt).toISOString(),
        next_try_at: entry.dueAt === null ? null : new Date(entry.dueAt).toISOString(),
        ...describe(await this.#open(name, sealed)),
      })),
    )
  }

  /** Settles what is due. It comes again by itself, whatever happens here. */
  override async alarm(): Promise<void> {
    await this.#wake(Date.now() + REARM_MS)
    const settling = this.#store.due(Date.now(), AT_ONCE).map((name) => this.#settle(name))
    // One that hangs must not hold up the others: it is no longer due, and goes on by itself.
    await Promise.race([Promise.all(settling), scheduler.wait(PATIENCE_MS)])
    const next = this.#store.nextDue()
    if (next !== null) return this.#wake(Math.max(next, Date.now() + PAUSE_MS))
    this.#alarmAt = null
    await this.ctx.storage.deleteAlarm()
  }

  async #settle(name: string): Promise<void> {
    const { client, operation } = this.#store.wish(name)
    const before = this.#store.read(name)
    try {
      await this.#driver.due(name)
    } catch (error) {
      log({ at: 'ledger', client, operation, outcome: 'failed', error: nameOf(error) })
    }
    const after = this.#store.read(name)
    if (before?.state === after?.state) return
    log({ at: 'ledger', client, operation, outcome: `${before?.state} to ${after?.state}`, attempt: after?.attempt })
  }

  #read(name: string): Entry | undefined {
    const underWay = this.#underWay.get(name)
    return underWay ? underWay.entry : this.#store.read(name)
  }

  #write(name: string, entry: Entry | undefined): void {
    const underWay = this.#underWay.get(name)
    if (underWay) Object.assign(underWay, { entry, isChanged: true })
    else this.#store.write(name, entry)
  }

  /** Stores what has changed, in one transaction with its alarm. */
  async #flush(name: string): Promise<void> {
    const underWay = this.#underWay.get(name)
    if (underWay?.isChanged) await this.#keep(name, underWay)
    await Promise.all([this.#wakeFor(this.#read(name)), this.ctx.storage.sync()])
  }

  async #keep(name: string, underWay: UnderWay): Promise<void> {
    const { asked, entry, isStored } = underWay
    try {
      if (entry && !isStored) this.#store.create(name, entry, { ...asked, sealed: await underWay.sealed })
      else if (isStored) this.#store.write(name, entry)
      Object.assign(underWay, { isChanged: false, isStored: entry !== undefined })
    } catch (error) {
      // What is not on disk is not so: nobody may be told of it.
      Object.assign(underWay, { entry: isStored ? this.#store.read(name) : undefined, isChanged: false })
      throw error
    }
  }

  async #wakeFor(entry: Entry | undefined): Promise<void> {
    const dueAt = entry?.dueAt ?? null
    // An alarm that should have come long ago will not come any more.
    const isSet = this.#alarmAt !== null && this.#alarmAt > Date.now() - REARM_MS
    if (dueAt !== null && (!isSet || dueAt < (this.#alarmAt ?? 0))) await this.#wake(dueAt)
  }

  async #wake(at: number): Promise<void> {
    this.#alarmAt = at
    try {
      await this.ctx.storage.setAlarm(at)
    } catch (error) {
      this.#alarmAt = null
      throw error
    }
  }

  /** A part that is new asks the first one: with another number of parts, a key would be looked for in a wrong place. */
  async #isMisplaced(): Promise<boolean> {
    const now = this.env.LEDGER_SHARDS
    const known = this.#store.shards()
    if (known !== undefined) return known !== now
    const first = this.env.LEDGER.getByName('shard-0')
    const atFirst = first.id.equals(this.ctx.id) ? now : ((await first.shardsAtFirst(now)) as string)
    return this.#store.shards(atFirst) !== now
  }

  /** In an invocation of its own: an object has few connections for all that go through it. */
  async #attempt(name: string, how: 'send' | 'settle'): Promise<AttemptResult> {
    try {
      const asked = this.#underWay.get(name)?.asked
      const { prepared, wallet } = asked ?? (await this.#open(name, this.#store.sealed(name))) ?? {}
      if (!prepared) throw new TypeError('sealed with a key that is gone from SEALING_KEYS')
      const ending = await this.#upstream()[how](prepared)
      const isFault = ending.kind === 'unknown' || (ending.kind === 'nothing' && ending.answer.status !== 429)
      // What is settled later says nothing of how Mercado Pago is now: old trouble would keep the breaker shut.
      if (how === 'send' && asked) this.#breakers.of(asked.client).report(isFault)
      if (ending.kind !== 'done' || !wallet) return ending
      return { ...ending, answer: await sealPayerToken(this.#ring(), ending.answer, wallet) }
    } catch (error) {
      log({ at: 'ledger', outcome: 'failed', error: nameOf(error) })
      return { kind: 'unknown' }
    }
  }

  #upstream(): Pick<Upstream, 'send' | 'settle'> {
    return this.ctx.exports.Upstream as unknown as Upstream
  }

  #ring(): KeyRing {
    const { SEALING_KEYS } = this.env
    if (this.#keys?.secret !== SEALING_KEYS)
      this.#keys = { secret: SEALING_KEYS, ring: readKeyRing('SEALING_KEYS', SEALING_KEYS) }
    return this.#keys.ring
  }

  #seal(name: string, order: Order): Promise<string> {
    return seal(this.#ring(), JSON.stringify(order), ['request', name])
  }

  async #open(name: string, sealed: string | null): Promise<Order | undefined> {
    const text = sealed === null ? undefined : await open(this.#ring(), sealed, ['request', name])
    return text === undefined ? undefined : JSON.parse(text)
  }
}

/** What helps to find it in Mercado Pago. */
function describe(order: Order | undefined): Pick<Listed, 'key' | 'path' | 'external_reference' | 'amount'> {
  const { path = null, body } = order?.prepared ?? {}
  const { wallet_payment, amount } = JSON.parse(body ?? '{}')
  return {
    key: order?.key ?? null,
    path,
    external_reference: wallet_payment?.external_reference ?? null,
    amount: wallet_payment?.transaction_amount ?? amount ?? null,
  }
}
