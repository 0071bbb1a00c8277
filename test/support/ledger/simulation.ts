import { isApproved, type PreparedRequest, prepare } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator, type Snapshot } from 'mercadopago-wallet-connect/emulator'
import { type AttemptResult, type Entry, REVIEW_AFTER_MS, type step } from '../../../playground/ledger/ledger.ts'
import { createLedgerDriver, type LedgerDependencies, type LedgerReply } from '../../../playground/ledger/ledger-driver.ts'
import { createUpstream } from '../../../playground/upstream/upstream.ts'
import { createRandom } from '../../../src/emulator/world/random.ts'
import { linkWallet } from '../client/wallet.ts'

const HOUR_MS = 3_600_000

/** The parameters of one simulated life of a write. */
export interface Life {
  seed: number
  /** How likely each request is given a fault, from 0 to 1. */
  faultRate: number
  /** The probability that the process dies at each step, from 0 to 1. */
  crashRate: number
  /** How often the caller sends the request. */
  requests: number
}

export interface Verdict {
  life: Life
  /** The rules that were broken; empty if none. */
  broken: string[]
  /** The state in which the entry ended. */
  state: Entry['state'] | 'none'
  crashes: number
  /** Names of the faults that were injected. */
  faults: string[]
}

/** The parts of the design that a bug may be in. */
export interface Design {
  step: typeof step
  /** Changes the dependencies to have a bug. */
  sabotage?: (dependencies: LedgerDependencies, world: SabotageContext) => LedgerDependencies
}

/** What a bug can use. */
export interface SabotageContext {
  emulator: Emulator
  prepared: PreparedRequest<'payments.create'>
  sendOther(prepared: PreparedRequest<'payments.create'>): Promise<AttemptResult>
  prepareAnew(): PreparedRequest<'payments.create'>
}

class Crash extends Error {}

/** A linked wallet, made once; each life starts with it. */
export async function linkedWallet(): Promise<{ snapshot: Snapshot; token: string }> {
  const emulator = createEmulator()
  const { payer_token } = await linkWallet(emulator)
  return { snapshot: emulator.snapshot(), token: payer_token }
}

/** Simulates one payment from the first request until nothing is open, with network faults and a process that dies. */
export async function simulate(
  life: Life,
  { snapshot, token }: Awaited<ReturnType<typeof linkedWallet>>,
  design: Design,
): Promise<Verdict> {
  // Its own random numbers, so that a life depends on its seed alone.
  const random = createRandom({ seed: life.seed })
  const roll = () => random.below(2 ** 32) / 2 ** 32
  const emulator = createEmulator()
  emulator.restore(snapshot)
  emulator.faults.injectRandomly({ rate: life.faultRate, seed: life.seed })
  // The proxy's own connection to Mercado Pago, with shorter limits.
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

  /** The process may die here: what is not on disk is lost, and its pending work has no further effect. */
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
      const reply = await work
      if (reply) shown.push(reply)
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      restart()
    }
  }
  /** Starts the next process, which may die of the restart, too. */
  const restart = (): void => {
    try {
      process().restarted('name')
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
  /** Advances both clocks: requests in flight arrive meanwhile. */
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

  // The caller sends the request, sometimes twice at once, and time passes.
  for (let sent = 0; sent < life.requests; sent++) {
    const both = [quietly(process().submit('name', 'same'))]
    if (roll() < 0.3) both.push(quietly(process().submit('name', 'same')))
    await Promise.all(both)
    await pass(roll() < 0.5 ? Math.floor(roll() * 5_000) : Math.floor(roll() * HOUR_MS))
  }
  // All faults end, and what is open is settled.
  healed = true
  const faults = emulator.faults.injected.map(({ fault }) => fault)
  emulator.faults.clear()
  await pass(REVIEW_AFTER_MS + HOUR_MS)

  return { life, broken: judge(emulator, memory, shown), state: memory?.state ?? 'none', crashes, faults }
}

/** Checks that what happened, what the ledger says and what the caller was answered are the same. */
function judge(emulator: Emulator, entry: Entry | undefined, shown: readonly LedgerReply[]): string[] {
  const charges = emulator.effects.filter(({ kind }) => kind === 'payment_charged')
  const answers = shown.flatMap((reply) => (reply.kind === 'reply' ? [reply.answer] : []))
  const paid = answers.filter(({ status, body }) => status < 300 && isApproved(JSON.parse(body)))
  const ids = new Set(paid.map(({ body }) => JSON.parse(body).id))
  const isPaid = entry?.state === 'DONE' && entry.answer !== null && isApproved(JSON.parse(entry.answer.body))
  const isReplayed = (answer: unknown) => JSON.stringify(answer) === JSON.stringify(entry?.answer)
  const finals = shown.filter((reply) => reply.kind === 'reply' && reply.replayed)
  return [
    ...(charges.length > 1 ? [`charged ${charges.length} times`] : []),
    ...(charges.length === 1 && entry?.state !== 'NEEDS_REVIEW' && !isPaid ? ['charged, and the ledger does not say so'] : []),
    ...(charges.length === 0 && isPaid ? ['the ledger says paid, and nothing was charged'] : []),
    ...(paid.length > 0 && charges.length === 0 ? ['shown as paid, and nothing was charged'] : []),
    ...(ids.size > 1 ? ['shown two payments'] : []),
    ...(finals.some((reply) => reply.kind === 'reply' && !isReplayed(reply.answer))
      ? ['replayed another answer than the stored one']
      : []),
    ...(entry && ['CLAIMED', 'SENT', 'UNKNOWN'].includes(entry.state) ? [`left ${entry.state}`] : []),
  ]
}

/** Simulates a number of lives, and stops at the first that breaks a rule. */
export async function simulateMany(count: number, lifeOf: (seed: number) => Life, design: Design): Promise<Verdict[]> {
  const wallet = await linkedWallet()
  const verdicts: Verdict[] = []
  let next = 0
  let isBroken = false
  const worker = async (): Promise<void> => {
    for (let seed = next++; seed < count && !isBroken; seed = next++) {
      const verdict = await simulate(lifeOf(seed), wallet, design)
      verdicts.push(verdict)
      isBroken ||= verdict.broken.length > 0
    }
  }
  await Promise.all(Array.from({ length: 128 }, worker))
  const broken = verdicts.find((verdict) => verdict.broken.length > 0)
  return broken ? [await shrink(broken, wallet, design)] : verdicts
}

/** Finds a smaller life that breaks a rule, too: with fewer requests, crashes or faults. */
async function shrink(verdict: Verdict, wallet: Awaited<ReturnType<typeof linkedWallet>>, design: Design): Promise<Verdict> {
  const { life } = verdict
  const smaller: Life[] = [
    { ...life, requests: life.requests - 1 },
    { ...life, crashRate: 0 },
    { ...life, faultRate: 0 },
    { ...life, crashRate: life.crashRate / 2 },
    { ...life, faultRate: life.faultRate / 2 },
  ]
  for (const candidate of smaller) {
    const isSmaller =
      candidate.requests >= 1 && JSON.stringify(candidate) !== JSON.stringify(life) && candidate.faultRate !== 0.01
    if (!isSmaller || Math.max(candidate.crashRate, candidate.faultRate) < 0.01) continue
    const again = await simulate(candidate, wallet, design)
    if (again.broken.length > 0) return shrink(again, wallet, design)
  }
  return verdict
}
