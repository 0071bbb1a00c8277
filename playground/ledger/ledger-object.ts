import { DurableObject } from 'cloudflare:workers'
import { log, nameOf } from '../log.ts'
import { type KeyRing, readKeyRing } from '../sealing/key-ring.ts'
import { sealPayerToken } from '../sealing/payer-token.ts'
import { open, seal } from '../sealing/seal.ts'
import { createBreakers } from '../upstream/breaker.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { type Alarm, createAlarm } from './alarm.ts'
import type { AttemptResult, Entry, LedgerState } from './ledger.ts'
import { createLedgerDriver, type LedgerDriver } from './ledger-driver.ts'
import { createLedgerStore, type LedgerStore, type OwnedResource, type Resource } from './ledger-store.ts'
import {
  describeRequest,
  type ListedOperation,
  type SealedContent,
  type WriteOutcome,
  type WriteRequest,
} from './write-request.ts'

/** A write while its caller waits for it. */
interface PendingWrite {
  request: WriteRequest
  sealed: Promise<string>
  entry: Entry | undefined
  /** True once there is a row. */
  isStored: boolean
  /** True if the row differs from the entry. */
  isChanged: boolean
}

/** The next alarm if this one fails, and how long ago an alarm must have been due to be taken for lost. */
const FALLBACK_ALARM_MS = 60_000
/** Entries that one alarm handles at once, and the pause before the next ones: a row that fails stays due. */
const BATCH_SIZE = 32
const PAUSE_MS = 250
/** How long the alarm waits for the entries that it has started on. */
const BATCH_WAIT_MS = 1_000

/**
 * One shard of the ledger. Rows are the truth: an object is evicted, restarted and moved at any time, and nothing that it
 * holds in memory matters. Only one runs at a time, except for moments in which storage already refuses the old one.
 */
export class Ledger extends DurableObject<Env> {
  readonly #store: LedgerStore
  readonly #driver: LedgerDriver
  readonly #breakers = createBreakers(Date.now)
  /** Writes whose callers wait. Their entries are read and changed here, and stored before anything is sent or answered. */
  readonly #pending = new Map<string, PendingWrite>()
  readonly #alarm: Alarm
  /** The parsed secret. */
  #keys: { secret: string; ring: KeyRing } | undefined

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#store = createLedgerStore(state.storage)
    this.#alarm = createAlarm(state.storage, FALLBACK_ALARM_MS)
    this.#driver = createLedgerDriver({
      now: Date.now,
      read: (name) => this.#read(name),
      write: (name, entry) => this.#write(name, entry),
      flushed: (name) => this.#flush(name),
      send: (name) => this.#attempt(name, 'send'),
      settle: (name) => this.#attempt(name, 'settle'),
    })
    void state.blockConcurrencyWhile(async () => {
      await this.#alarm.load()
      // A new object sends nothing yet: the process that sent these is gone.
      for (const name of this.#store.open()) {
        this.#driver.restarted(name)
        await this.#alarm.atLatest(this.#read(name)?.dueAt ?? null)
      }
    })
  }

  /** Does a write once: the first time it is sent, and every further time answered with what became of it. */
  async submit(request: WriteRequest): Promise<WriteOutcome> {
    const { name, client, operation, fingerprint, key, prepared, wallet } = request
    try {
      if (await this.#isMisplaced()) throw new RangeError('LEDGER_SHARDS was changed')
      // From here to the claim there is no wait: nobody else comes between.
      if (this.#read(name)) return await this.#driver.submit(name, fingerprint)
      const retryAfterMs = this.#breakers.forClient(client).openForMs()
      if (retryAfterMs !== undefined) return { kind: 'upstream_down', retryAfterMs }
      const sealed = this.#seal(name, { key, prepared, ...(wallet && { wallet }) })
      this.#pending.set(name, { request, sealed, entry: undefined, isStored: false, isChanged: false })
      return await this.#driver.submit(name, fingerprint)
    } catch (error) {
      log({ at: 'ledger', client, operation, outcome: 'failed', error: nameOf(error) })
      return { kind: 'ledger_unavailable' }
    } finally {
      if (this.#pending.get(name)?.request === request) this.#pending.delete(name)
    }
  }

  /** What became of a write that was submitted before; undefined: it is not known, and nothing is begun. */
  async recall(name: string, fingerprint: string): Promise<WriteOutcome | undefined> {
    if (await this.#isMisplaced()) return { kind: 'ledger_unavailable' }
    return this.#read(name) && this.#driver.submit(name, fingerprint)
  }

  /** The number of shards when this one was first written. */
  shardsAtFirst(now: string): string {
    return this.#store.shards(now)
  }

  /** Whose these resources are; those that this shard does not know are left out. */
  owners(resources: readonly Resource[]): OwnedResource[] {
    return this.#store.owners(resources)
  }

  /** Rows in these states, the oldest first. */
  async list(states: readonly LedgerState[], limit: number): Promise<ListedOperation[]> {
    return Promise.all(
      this.#store.list(states, limit).map(async ({ name, sealed, entry, client, operation }) => ({
        client,
        operation,
        state: entry.state,
        attempts: entry.attempt,
        idempotency_key: name,
        claimed_at: new Date(entry.claimedAt).toISOString(),
        next_try_at: entry.dueAt === null ? null : new Date(entry.dueAt).toISOString(),
        ...describeRequest(await this.#open(name, sealed)),
      })),
    )
  }

  /** Handles what is due. It is set again first, so that it comes whatever happens here. */
  override async alarm(): Promise<void> {
    await this.#alarm.set(Date.now() + FALLBACK_ALARM_MS)
    const batch = this.#store.due(Date.now(), BATCH_SIZE).map((name) => this.#handleDue(name))
    // One that hangs must not hold up the others: it is no longer due, and goes on by itself.
    await Promise.race([Promise.all(batch), scheduler.wait(BATCH_WAIT_MS)])
    const next = this.#store.nextDue()
    if (next === null) await this.#alarm.clear()
    else await this.#alarm.set(Math.max(next, Date.now() + PAUSE_MS))
  }

  async #handleDue(name: string): Promise<void> {
    const { client, operation } = this.#store.meta(name)
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
    const pending = this.#pending.get(name)
    return pending ? pending.entry : this.#store.read(name)
  }

  #write(name: string, entry: Entry | undefined): void {
    const pending = this.#pending.get(name)
    if (pending) Object.assign(pending, { entry, isChanged: true })
    else this.#store.write(name, entry)
  }

  /** Stores what has changed, in one transaction with its alarm. */
  async #flush(name: string): Promise<void> {
    const pending = this.#pending.get(name)
    if (pending?.isChanged) await this.#persist(name, pending)
    await Promise.all([this.#alarm.atLatest(this.#read(name)?.dueAt ?? null), this.ctx.storage.sync()])
  }

  async #persist(name: string, pending: PendingWrite): Promise<void> {
    const { request, entry, isStored } = pending
    try {
      if (entry && !isStored) this.#store.create(name, entry, { ...request, sealed: await pending.sealed })
      else if (isStored) this.#store.write(name, entry)
      Object.assign(pending, { isChanged: false, isStored: entry !== undefined })
    } catch (error) {
      // What is not on disk has not happened: no answer may be based on it.
      Object.assign(pending, { entry: isStored ? this.#store.read(name) : undefined, isChanged: false })
      throw error
    }
  }

  /** True if LEDGER_SHARDS was changed: keys would be looked up in the wrong shard. A new shard asks the first one. */
  async #isMisplaced(): Promise<boolean> {
    const now = this.env.LEDGER_SHARDS
    const known = this.#store.shards()
    if (known !== undefined) return known !== now
    const first = this.env.LEDGER.getByName('shard-0')
    const atFirst = first.id.equals(this.ctx.id) ? now : ((await first.shardsAtFirst(now)) as string)
    return this.#store.shards(atFirst) !== now
  }

  /** Sends in an invocation of its own, because an object has few connections for all its requests. */
  async #attempt(name: string, method: 'send' | 'settle'): Promise<AttemptResult> {
    try {
      const request = this.#pending.get(name)?.request
      const { prepared, wallet } = request ?? (await this.#open(name, this.#store.sealed(name))) ?? {}
      if (!prepared) throw new TypeError('the request was sealed with a key that is no longer in SEALING_KEYS')
      const result = await this.#upstream()[method](prepared)
      const isFault = result.kind === 'unknown' || (result.kind === 'no_effect' && result.answer.status !== 429)
      // To settle an old write says nothing about Mercado Pago's health now: old failures would keep the breaker open.
      if (method === 'send' && request) this.#breakers.forClient(request.client).report(isFault)
      if (result.kind !== 'done' || !wallet) return result
      return { ...result, answer: await sealPayerToken(this.#ring(), result.answer, wallet) }
    } catch (error) {
      log({ at: 'ledger', outcome: 'failed', error: nameOf(error) })
      return { kind: 'unknown' }
    }
  }

  #upstream(): Pick<Upstream, 'send' | 'settle'> {
    return this.ctx.exports.UpstreamEntrypoint as unknown as Upstream
  }

  #ring(): KeyRing {
    const { SEALING_KEYS } = this.env
    if (this.#keys?.secret !== SEALING_KEYS)
      this.#keys = { secret: SEALING_KEYS, ring: readKeyRing('SEALING_KEYS', SEALING_KEYS) }
    return this.#keys.ring
  }

  #seal(name: string, content: SealedContent): Promise<string> {
    return seal(this.#ring(), JSON.stringify(content), ['request', name])
  }

  async #open(name: string, sealed: string | null): Promise<SealedContent | undefined> {
    const text = sealed === null ? undefined : await open(this.#ring(), sealed, ['request', name])
    return text === undefined ? undefined : JSON.parse(text)
  }
}
