import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, type Random } from '../../../src/emulator/world/random.ts'
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
import { type BackendResponse, createBackend, linkWallet, paymentOf } from './shop.ts'
import { startWorkerd } from './workerd.ts'

/** A payment that a shop wants made once. */
interface Intent {
  key: string
  reference: string
  body: string
  /** Payment ids that the proxy has answered with. */
  shown: Set<number>
  status?: string
  /** Number of its connections that were cut. */
  lost: number
  /** True if the first answer was a replay: the payment had been made, and its answer was lost. */
  isLateAnswer: boolean
}

export interface KillTestOptions {
  /** The seed of everything random in the test. The timing of three processes stays their own. */
  seed: number
  /** Keep the folder with the ledger's files, and print where it is. */
  isKept?: boolean
  /** The Worker as one module. */
  script: string
  kills: number
  payments: number
  inFlight: number
}

/** What the shop was told, compared with what happened in the emulator. */
export interface KillTestResult {
  /** Numbers of payments that were answered as paid, answered as rejected, and never answered. */
  paid: number
  rejected: number
  open: number
  charges: number
  /** References that were answered as paid and not charged. */
  missing: string[]
  doubled: string[]
  /** References that were charged and not answered as paid. */
  unwanted: string[]
  /** References that were answered with another id than the charge's, or with two. */
  misnamed: string[]
  /** Number of connections that the kills cut. */
  cut: number
  /** Number of faults of the upstream. */
  faults: number
  /** Number of payments whose first answer was lost, and which a repeat found. */
  lateAnswers: number
  /** Time from the last restart until every payment was answered. */
  recoveryMs: number
  /** Files of the ledger that have a secret in clear. */
  inClear: string[]
  /** Answers that are neither a payment nor a reason to repeat. */
  unexpected: string[]
}

const LATENCY_MS = 40
const PAUSE_MS = 200
const EARLY_MS = 100
const MAX_LIFE_MS = 5_000
const MAX_RECOVERY_MS = 60_000
/** Shares of the payments with a fault: an upstream that mostly works. */
const FAULT_RATES: FaultRate[] = [
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

/**
 * Kills the proxy again and again while a shop pays through it, with an upstream that has faults, and compares in the end what
 * was answered with what was charged.
 */
export async function killTest({
  seed,
  isKept = false,
  script,
  kills,
  payments,
  inFlight,
}: KillTestOptions): Promise<KillTestResult> {
  const random = createRandom({ seed })
  const roll = (): number => random.below(2 ** 32) / 2 ** 32
  const folder = mkdtempSync(join(tmpdir(), `wallet-connect-kill-${seed}-`))
  const emulator = await startEmulator({ latencyMs: LATENCY_MS, seed })
  const deploy = () => startWorkerd({ script, folder, upstreamPort: emulator.port })
  let proxy = await deploy()
  try {
    const rich = await linkWallet(proxy.port, emulator, 'buyer-rich')
    const poor = await linkWallet(proxy.port, emulator, 'buyer-poor')
    await emulator.setBalance(0, 'buyer-poor')
    await emulator.injectFaults(FAULT_RATES)

    const shop = openShop(inFlight, random)
    const each = Math.ceil(payments / kills)
    for (let life = 0; life < kills; life++) {
      shop.connect(proxy.port)
      for (let index = life * each; index < Math.min((life + 1) * each, payments); index++) {
        const reference = `order-${index}`
        shop.order(reference, paymentOf(index % 10 === 9 ? poor : rich, reference))
      }
      // Some lives end before the first answer, most of them in the middle of work.
      if (life % 4 > 0) await shop.waitForAnswers(roll() * each * 2.5, MAX_LIFE_MS)
      await sleep(roll() * EARLY_MS)
      shop.connect(undefined)
      await proxy.kill()
      proxy = await deploy()
    }
    const faults = await emulator.injectedFaults()
    await emulator.injectFaults([])
    const restartedAt = performance.now()
    shop.connect(proxy.port)
    await shop.close(MAX_RECOVERY_MS)
    const recoveryMs = performance.now() - restartedAt
    await shop.repeatAll()
    await proxy.kill()
    return {
      ...judge(shop.intents, await emulator.charges()),
      inClear: findInClear(join(folder, 'objects'), [...SECRET_WORDS, ...(await emulator.payerTokens())]),
      recoveryMs,
      faults,
      unexpected: shop.unexpected,
    }
  } finally {
    await proxy.kill()
    emulator.stop()
    if (isKept) process.stderr.write(`The ledger's files are in ${folder}\n`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

const SECRET_WORDS = [ACCESS_TOKEN, FORMER_ACCESS_TOKEN, WEBHOOK_SECRET, EVENTS_SECRET, SEALING_KEY, TICKET_KEY, CLIENT_KEYS.shop]

/** Searches the bytes on disk, which include what SQLite has deleted and not yet overwritten. */
function findInClear(folder: string, secrets: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  const texts = files.map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name), 'latin1') }))
  // Or to find no secret would prove nothing.
  if (!texts.some(({ bytes }) => bytes.includes('"approved"'))) throw new Error(`no answers can be read in ${folder}`)
  return texts.filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret))).map(({ name }) => name)
}

/** A shop that repeats each payment with the same key and body until it is answered. */
function openShop(inFlight: number, random: Random) {
  const pay = createBackend(inFlight)
  const intents: Intent[] = []
  const unexpected: string[] = []
  const queue: Intent[] = []
  let port: number | undefined
  let isOpen = true
  let answers = 0
  let known = 0

  async function attempt(intent: Intent, at: number): Promise<void> {
    const answer = await pay(at, intent.key, intent.body).catch(() => undefined)
    answers += answer ? 1 : 0
    if (answer?.status === 200 || answer?.status === 201) return note(intent, answer)
    if (!answer) intent.lost += 1
    else if (![409, 429, 503].includes(answer.status)) unexpected.push(`${answer.status} ${answer.text}`)
    setTimeout(() => queue.push(intent), answer ? PAUSE_MS : 0)
  }

  function note(intent: Intent, { status: httpStatus, text }: BackendResponse): void {
    const { id, status } = JSON.parse(text)
    if (intent.status === undefined) {
      known += 1
      intent.isLateAnswer = httpStatus === 200
    }
    intent.shown.add(id)
    intent.status = status
  }

  async function work(): Promise<void> {
    while (isOpen) {
      const intent = port === undefined ? undefined : queue.shift()
      if (intent && port !== undefined) await attempt(intent, port)
      else await sleep(1)
    }
  }
  const workers = Array.from({ length: inFlight }, work)

  return {
    intents,
    unexpected,
    connect(to: number | undefined): void {
      port = to
    },
    order(reference: string, body: string): void {
      const intent: Intent = { key: random.uuid(), reference, body, shown: new Set(), lost: 0, isLateAnswer: false }
      intents.push(intent)
      queue.push(intent)
    },
    /** Waits for a number of answers of any kind, but no longer than this, nor once all payments are answered. */
    async waitForAnswers(count: number, maxMs: number): Promise<void> {
      const enough = answers + count
      const end = performance.now() + maxMs
      while (performance.now() < end && answers < enough && known < intents.length) await sleep(1)
    },
    /** Waits until every payment is answered, but no longer than this. */
    async close(maxMs: number): Promise<void> {
      const end = performance.now() + maxMs
      while (performance.now() < end && known < intents.length) await sleep(10)
      isOpen = false
      await Promise.all(workers)
    },
    /** Repeats all payments that were answered, which must be answered the same again. */
    async repeatAll(): Promise<void> {
      const left = intents.filter(({ status }) => status !== undefined)
      const askOne = async (): Promise<void> => {
        for (let intent = left.shift(); intent; intent = left.shift()) {
          const answer = await pay(port ?? 0, intent.key, intent.body)
          if (answer.status === 200) note(intent, answer)
          else unexpected.push(`repeated: ${answer.status} ${answer.text}`)
        }
      }
      await Promise.all(Array.from({ length: inFlight }, askOne))
    },
  }
}

function judge(
  intents: readonly Intent[],
  charges: readonly Charge[],
): Omit<KillTestResult, 'recoveryMs' | 'faults' | 'unexpected' | 'inClear'> {
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
    lateAnswers: intents.filter(({ isLateAnswer }) => isLateAnswer).length,
    cut: intents.reduce((sum, { lost }) => sum + lost, 0),
  }
}
