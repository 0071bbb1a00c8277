import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ACCESS_TOKEN,
  CLIENT_KEYS,
  EVENTS_SECRET,
  FORMER_ACCESS_TOKEN,
  SEALING_KEY,
  TICKET_KEY,
  WEBHOOK_SECRET,
} from '../secrets/secrets.ts'
import { startEmulator } from './emulator.ts'
import type { Charge, FaultRate } from './emulator-process.ts'
import { createBackend, linkWallet, paymentOf, type Received } from './shop.ts'
import { startWorkerd } from './workerd.ts'

/** One payment that a shop wants to be made once. */
interface Intent {
  key: string
  reference: string
  body: string
  /** Ids that the proxy ever showed for it. */
  shown: Set<number>
  status?: string
  /** Connections that broke under it. */
  lost: number
  /** The first answer was a replay: it had been made, and the shop not told. */
  untold: boolean
}

export interface KillTest {
  /** The Worker as one module. */
  script: string
  kills: number
  payments: number
  inFlight: number
}

/** What the shop believes, beside what the emulator knows. */
export interface Outcome {
  /** Ended paid, ended rejected, never ended. */
  paid: number
  rejected: number
  open: number
  charges: number
  /** References that are shown as paid and are not. */
  missing: string[]
  doubled: string[]
  /** Charged, and not shown as paid. */
  unwanted: string[]
  /** Shown with an id that is not the charge's, or with two. */
  misnamed: string[]
  /** Connections that the kills broke, and faults that the upstream had. */
  cut: number
  strikes: number
  /** Payments that were made, and nobody told, until they were asked for again. */
  untold: number
  /** From the last restart to the last payment that ended. */
  settledMs: number
  /** Files of the ledger in which a secret stands in clear. */
  inClear: string[]
  /** Answers that are neither a payment nor "ask again". */
  strange: string[]
}

const LATENCY_MS = 40
const PAUSE_MS = 200
const EARLY_MS = 100
const MOST_LIFE_MS = 5_000
const MOST_SETTLING_MS = 60_000
/** Of the payments; one by one an upstream that is mostly well. */
const DISTURBANCES: FaultRate[] = [
  { fault: 'reset', phase: 'after', rate: 0.02 },
  { fault: 'reset', phase: 'before', rate: 0.01 },
  { fault: 'internal_error', phase: 'after', rate: 0.01 },
  { fault: 'bad_gateway', phase: 'before', rate: 0.01 },
  { fault: 'body_cut_by_chunk', rate: 0.01 },
  { fault: 'html_success', phase: 'after', rate: 0.01 },
  { fault: 'in_progress', phase: 'before', rate: 0.01 },
  { fault: 'rate_limited', phase: 'before', rate: 0.01 },
  { fault: 'request_duplicated', rate: 0.01 },
  { fault: 'slow_headers', rate: 0.01, delayMs: 300 },
  { fault: 'late_arrival', rate: 0.01, delayMs: 3_000 },
  { fault: 'hang', phase: 'after', rate: 0.001 },
]

/** Kills the proxy again and again while a shop pays through it, with an upstream that has faults, and judges in the end. */
export async function killTest({ script, kills, payments, inFlight }: KillTest): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'wallet-connect-siege-'))
  const emulator = await startEmulator({ latencyMs: LATENCY_MS })
  const deploy = () => startWorkerd({ script, folder, upstreamPort: emulator.port })
  let proxy = await deploy()
  try {
    const rich = await linkWallet(proxy.port, emulator, 'buyer-rich')
    const poor = await linkWallet(proxy.port, emulator, 'buyer-poor')
    await emulator.setBalance(0, 'buyer-poor')
    await emulator.disturb(DISTURBANCES)

    const shop = openShop(inFlight)
    const each = Math.ceil(payments / kills)
    for (let life = 0; life < kills; life++) {
      shop.connect(proxy.port)
      for (let index = life * each; index < Math.min((life + 1) * each, payments); index++) {
        const reference = `order-${index}`
        shop.want(reference, paymentOf(index % 10 === 9 ? poor : rich, reference))
      }
      // Some die before they have answered anything, most of them at work.
      if (life % 4 > 0) await shop.hears(Math.random() * each * 2.5, MOST_LIFE_MS)
      await sleep(Math.random() * EARLY_MS)
      shop.connect(undefined)
      await proxy.kill()
      proxy = await deploy()
    }
    const strikes = await emulator.strikes()
    await emulator.disturb([])
    const restartedAt = performance.now()
    shop.connect(proxy.port)
    await shop.close(MOST_SETTLING_MS)
    const settledMs = performance.now() - restartedAt
    await shop.askAgain()
    await proxy.kill()
    return {
      ...judge(shop.intents, await emulator.charges()),
      inClear: findInClear(join(folder, 'objects'), [...SECRET_WORDS, ...(await emulator.payerTokens())]),
      settledMs,
      strikes,
      strange: shop.strange,
    }
  } finally {
    await proxy.kill()
    emulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const SECRET_WORDS = [ACCESS_TOKEN, FORMER_ACCESS_TOKEN, WEBHOOK_SECRET, EVENTS_SECRET, SEALING_KEY, TICKET_KEY, CLIENT_KEYS.shop]

/** The bytes as they are on disk, what SQLite has deleted and not yet overwritten among them. */
function findInClear(folder: string, secrets: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  const texts = files.map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name), 'latin1') }))
  // Else it would be no wonder that no secret is found.
  if (!texts.some(({ bytes }) => bytes.includes('"approved"'))) throw new Error(`no answers can be read in ${folder}`)
  return texts.filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret))).map(({ name }) => name)
}

/** A shop that asks with the same key and body until it knows. */
function openShop(inFlight: number) {
  const ask = createBackend(inFlight)
  const intents: Intent[] = []
  const strange: string[] = []
  const queue: Intent[] = []
  let port: number | undefined
  let isOpen = true
  let heard = 0
  let knows = 0

  async function pursue(intent: Intent, at: number): Promise<void> {
    const answer = await ask(at, intent.key, intent.body).catch(() => undefined)
    heard += answer ? 1 : 0
    if (answer?.status === 200 || answer?.status === 201) return note(intent, answer)
    if (!answer) intent.lost += 1
    else if (![409, 429, 503].includes(answer.status)) strange.push(`${answer.status} ${answer.text}`)
    setTimeout(() => queue.push(intent), answer ? PAUSE_MS : 0)
  }

  function note(intent: Intent, { status: httpStatus, text }: Received): void {
    const { id, status } = JSON.parse(text)
    if (intent.status === undefined) {
      knows += 1
      intent.untold = httpStatus === 200
    }
    intent.shown.add(id)
    intent.status = status
  }

  async function work(): Promise<void> {
    while (isOpen) {
      const intent = port === undefined ? undefined : queue.shift()
      if (intent && port !== undefined) await pursue(intent, port)
      else await sleep(1)
    }
  }
  const workers = Array.from({ length: inFlight }, work)

  return {
    intents,
    strange,
    connect(to: number | undefined): void {
      port = to
    },
    want(reference: string, body: string): void {
      const intent: Intent = { key: crypto.randomUUID(), reference, body, shown: new Set(), lost: 0, untold: false }
      intents.push(intent)
      queue.push(intent)
    },
    /** Waits for so many answers of any kind, or so long, or until there is nothing to ask. */
    async hears(answers: number, mostMs: number): Promise<void> {
      const enough = heard + answers
      const end = performance.now() + mostMs
      while (performance.now() < end && heard < enough && knows < intents.length) await sleep(1)
    },
    /** Waits until all is known, or so long. */
    async close(mostMs: number): Promise<void> {
      const end = performance.now() + mostMs
      while (performance.now() < end && knows < intents.length) await sleep(10)
      isOpen = false
      await Promise.all(workers)
    },
    /** What was answered once has to be answered the same again. */
    async askAgain(): Promise<void> {
      const left = intents.filter(({ status }) => status !== undefined)
      const askOne = async (): Promise<void> => {
        for (let intent = left.shift(); intent; intent = left.shift()) {
          const answer = await ask(port ?? 0, intent.key, intent.body)
          if (answer.status === 200) note(intent, answer)
          else strange.push(`again: ${answer.status} ${answer.text}`)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, askOne))
    },
  }
}

function judge(
  intents: readonly Intent[],
  charges: readonly Charge[],
): Omit<Outcome, 'settledMs' | 'strikes' | 'strange' | 'inClear'> {
  const idsOf = new Map<string, number[]>()
  for (const { reference, id } of charges) idsOf.set(reference, [...(idsOf.get(reference) ?? []), id])
  const isPaid = ({ status }: Intent): boolean => status === 'approved'
  const paid = new Map(intents.filter(isPaid).map((intent) => [intent.reference, intent]))
  const isMisnamed = ({ reference, shown }: Intent): boolean =>
    shown.size > 1 || (idsOf.get(reference)?.some((id) => !shown.has(id)) ?? false)
  return {
    paid: paid.size,
    rejected: intents.filter(({ status }) => status === 'rejected').length,
    open: intents.filter(({ status }) => status === undefined).length,
    charges: charges.length,
    missing: [...paid.keys()].filter((reference) => !idsOf.has(reference)),
    doubled: [...idsOf].filter(([, ids]) => ids.length > 1).map(([reference]) => reference),
    unwanted: [...idsOf.keys()].filter((reference) => !paid.has(reference)),
    misnamed: intents.filter(isMisnamed).map(({ reference }) => reference),
    untold: intents.filter(({ untold }) => untold).length,
    cut: intents.reduce((sum, { lost }) => sum + lost, 0),
  }
}
