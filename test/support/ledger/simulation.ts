import { isApproved, type PreparedRequest, prepare } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator, type Snapshot } from 'mercadopago-wallet-connect/emulator'
import { type AttemptResult, type Entry, REVIEW_AFTER_MS, type step } from '../../../playground/ledger/ledger.ts'
import { createLedgerDriver, type LedgerDependencies, type LedgerReply } from '../../../playground/ledger/ledger-driver.ts'
import { createUpstream } from '../../../playground/upstream/upstream.ts'
import { createRandom } from '../../../src/emulator/world/random.ts'
import { linkWallet } from '../client/wallet.ts'

const HOUR_MS = 3_600_000

/** What is tried in a life, and what is wrong with it. */
export interface Life {
  seed: number
  /** How likely each request is struck by a fault, from 0 to 1. */
  faultRate: number
  /** How likely the process dies at each step, from 0 to 1. */
  crashRate: number
  /** How often the caller asks. */
  asks: number
}

export interface Verdict {
  life: Life
  /** What is wrong; empty if nothing is. */
  broken: string[]
  /** Where the entry ended. */
  state: Entry['state'] | 'none'
  crashes: number
  /** Names of the faults that struck. */
  strikes: string[]
}

/** The parts of the design that a bug may be in. */
export interface Design {
  step: typeof step
  /** The dependencies with something wrong. */
  sabotage?: (dependencies: LedgerDependencies, world: SabotageContext) => LedgerDependencies
}

/** What a bug may reach for. */
export interface SabotageContext {
  emulator: Emulator
  prepared: PreparedRequest<'payments.create'>
  sendOther(prepared: PreparedRequest<'payments.create'>): Promise<AttemptResult>
  prepareAnew(): PreparedRequest<'payments.create'>
}

class Crash extends Error {}

/** A linked wallet, made once: each life begins there. */
export async function linkedWallet(): Promise<{ snapshot: Snapshot; token: string }> {
  const emulator = createEmulator()
  const { payer_token } = await linkWallet(emulator)
  return { snapshot: emulator.snapshot(), token: payer_token }
}

/** One payment from the first ask until nothing is open any more, with faults on the network and a process that dies. */
export async function live(
  life: Life,
  { snapshot, token }: Awaited<ReturnType<typeof linkedWallet>>,
  design: Design,
): Promise<Verdict> {
  // Its own, so that a life is its seed.
  const random = createRandom({ seed: life.seed })
  const roll = () => random.below(2 ** 32) / 2 ** 32
  const emulator = createEmulator()
  emulator.restore(snapshot)
  emulator.faults.injectRandomly({ rate: life.faultRate, seed: life.seed })
  // The proxy's own way to Mercado Pago, in less time.
  const quick = { timeoutMs: 10, deadlineMs: 60, maxRetries: 0 }
  const upstream = createUpstream(['TEST-1'], emulator.fetch, { read: quick, send: quick, settle: quick })
  const prepareAnew = () =>
    prepare('payments.create', {
      wallet_payment: { transaction_amount: 10, external_reference: 'order' },
      payer: { token },
    })
  const prepared = prepareAnew()

  let now = Date.UTC(2026, 0, 1)
  let disk: Entry | undefined
  let memory: Entry | undefined
  let generation = 0
  let crashes = 0
  let healed = false

  /** The process dies here, perhaps: what is not on disk is gone, and what it was doing means nothing any more. */
  const risk = (mine: number): void => {
    if (mine !== generation) throw new Crash('of a process that is gone')
    if (healed || roll() >= life.crashRate) return
    crashes += 1
    generation += 1
    if (roll() < 0.5) memory = disk
    disk = memory
    throw new Crash('now')
  }
  const dependenciesOf = (mine: number): LedgerDependencies => ({
    now: () => now,
    read: () => memory,
    write(_, entry) {
      risk(mine)
      memory = entry
    },
    async flushed() {
      risk(mine)
      disk = memory
    },
    async send() {
      risk(mine)
      const result = await upstream.send(prepared)
      risk(mine)
      return result
    },
    async settle() {
      risk(mine)
      const result = await upstream.settle(prepared)
      risk(mine)
      return result
    },
  })
  const process = () => {
    const dependencies = dependenciesOf(generation)
    return createLedgerDriver(
      design.sabotage?.(dependencies, { emulator, prepared, sendOther: upstream.send, prepareAnew }) ?? dependencies,
      design.step,
    )
  }

  const shown: LedgerReply[] = []
  const quietly = async (work: Promise<LedgerReply | undefined>): Promise<void> => {
    try {
      const told = await work
      if (told) shown.push(told)
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      restart()
    }
  }
  /** The next process finds what this one left, unless it dies of it too. */
  const restart = (): void => {
    try {
      process().restarted('name')
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
  /** One time for both: what travels arrives on the way. */
  const moveTo = async (at: number): Promise<void> => {
    await emulator.clock.advance(Math.max(0, at - now))
    now = Math.max(now, at)
  }
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms
    for (let due = memory?.dueAt ?? null; due !== null && due <= end; due = memory?.dueAt ?? null) {
      await moveTo(due)
      await quietly(
        process()
          .due('name')
          .then(() => undefined),
      )
      if (memory?.dueAt === due) await moveTo(now + 1)
    }
    await moveTo(end)
  }

  // The caller asks, some of it at once, and time passes.
  for (let asked = 0; asked < life.asks; asked++) {
    const both = [quietly(process().submit('name', 'same'))]
    if (roll() < 0.3) both.push(quietly(process().submit('name', 'same')))
    await Promise.all(both)
    await pass(roll() < 0.5 ? Math.floor(roll() * 5_000) : Math.floor(roll() * HOUR_MS))
  }
  // Everything heals; what is open is settled.
  healed = true
  const strikes = emulator.faults.injected.map(({ fault }) => fault)
  emulator.faults.clear()
  await pass(REVIEW_AFTER_MS + HOUR_MS)

  return { life, broken: judge(emulator, memory, shown), state: memory?.state ?? 'none', crashes, strikes }
}

/** The ledger equation: what happened, what the ledger says, and what the caller was shown are the same. */
function judge(emulator: Emulator, entry: Entry | undefined, shown: readonly LedgerReply[]): string[] {
  const charges = emulator.effects.filter(({ kind }) => kind === 'payment_charged')
  const answers = shown.flatMap((told) => (told.kind === 'reply' ? [told.answer] : []))
  const paid = answers.filter(({ status, body }) => status < 300 && isApproved(JSON.parse(body)))
  const ids = new Set(paid.map(({ body }) => JSON.parse(body).id))
  const isPaid = entry?.state === 'DONE' && entry.answer !== null && isApproved(JSON.parse(entry.answer.body))
  const isReplayed = (answer: unknown) => JSON.stringify(answer) === JSON.stringify(entry?.answer)
  const finals = shown.filter((told) => told.kind === 'reply' && told.replayed)
  return [
    ...(charges.length > 1 ? [`charged ${charges.length} times`] : []),
    ...(charges.length === 1 && entry?.state !== 'NEEDS_REVIEW' && !isPaid ? ['charged, and the ledger does not say so'] : []),
    ...(charges.length === 0 && isPaid ? ['the ledger says paid, and nothing was charged'] : []),
    ...(paid.length > 0 && charges.length === 0 ? ['shown as paid, and nothing was charged'] : []),
    ...(ids.size > 1 ? ['shown two payments'] : []),
    ...(finals.some((told) => told.kind === 'reply' && !isReplayed(told.answer))
      ? ['replayed something else than what is stored']
      : []),
    ...(entry && ['CLAIMED', 'SENT', 'UNKNOWN'].includes(entry.state) ? [`left ${entry.state}`] : []),
  ]
}

/** As many lives as are wanted; stops at the first that is broken. */
export async function liveMany(count: number, lifeOf: (seed: number) => Life, design: Design): Promise<Verdict[]> {
  const wallet = await linkedWallet()
  const verdicts: Verdict[] = []
  let next = 0
  let isBroken = false
  const worker = async (): Promise<void> => {
    for (let seed = next++; seed < count && !isBroken; seed = next++) {
      const verdict = await live(lifeOf(seed), wallet, design)
      verdicts.push(verdict)
      isBroken ||= verdict.broken.length > 0
    }
  }
  await Promise.all(Array.from({ length: 128 }, worker))
  const broken = verdicts.find((verdict) => verdict.broken.length > 0)
  return broken ? [await shrink(broken, wallet, design)] : verdicts
}

/** The same trouble with fewer asks, without crashes, with fewer faults, if it is there too. */
async function shrink(verdict: Verdict, wallet: Awaited<ReturnType<typeof linkedWallet>>, design: Design): Promise<Verdict> {
  const { life } = verdict
  const smaller: Life[] = [
    { ...life, asks: life.asks - 1 },
    { ...life, crashRate: 0 },
    { ...life, faultRate: 0 },
    { ...life, crashRate: life.crashRate / 2 },
    { ...life, faultRate: life.faultRate / 2 },
  ]
  for (const candidate of smaller) {
    const isSmaller = candidate.asks >= 1 && JSON.stringify(candidate) !== JSON.stringify(life) && candidate.faultRate !== 0.01
    if (!isSmaller || Math.max(candidate.crashRate, candidate.faultRate) < 0.01) continue
    const again = await live(candidate, wallet, design)
    if (again.broken.length > 0) return shrink(again, wallet, design)
  }
  return verdict
}
