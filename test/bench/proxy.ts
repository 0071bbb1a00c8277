/**
 * `npm run bench -- proxy`: payments per second through the edge Worker in workerd, what it adds to the time of a payment, and
 * whether its memory stays where it is, beside a Worker that only passes requests on. Load, proxy and emulator share this machine.
 *
 *     --seconds 4     of each round at saturation
 *     --rounds 3
 *     --minutes 1     of the open loop, for each of the two
 *     --rate 150      payments per second in the open loop
 *     --storage /tmp  where the ledger keeps its rows
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bundle, gzippedSize } from '../support/proxy/bundle.ts'
import { startEmulator } from '../support/proxy/emulator.ts'
import { PASS_THROUGH } from '../support/proxy/pass-through.ts'
import { createBackend, linkWallet, paymentOf } from '../support/proxy/shop.ts'
import { startWorkerd, type WorkerdProcess } from '../support/proxy/workerd.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '1' },
    rate: { type: 'string', default: '150' },
    storage: { type: 'string', default: tmpdir() },
  },
})
const ROUND_MS = Number(values.seconds) * 1_000
const ROUNDS = Number(values.rounds)
const OPEN_LOOP_MS = Number(values.minutes) * 60_000
const RATE = Number(values.rate)
const CONNECTIONS = 64
const WARM_UP_MS = 3_000
const SLICE_MS = 10_000
/** What the standard Linux kernel counts processor time in. */
const TICK_MS = 10
const SHARDS = [1, 4, 16]
const LIMIT_BYTES = 120_000

interface Contender {
  name: string
  worker: WorkerdProcess
  payer_token: string
}

/** What came of some payments. */
interface Tally {
  paid: number
  failed: number
  elapsedMs: number
  /** Of each process, milliseconds of a processor for each payment. */
  workerMs: number
  emulatorMs: number
  latenciesMs: number[]
}

const folder = mkdtempSync(join(values.storage, 'wallet-connect-bench-'))
const emulator = await startEmulator()
const ask = createBackend(CONNECTIONS)
/** What came instead of payments, and how often. */
const failures = new Map<number | string, number>()
let references = 0

async function enter(name: string, script: string, shards?: number): Promise<Contender> {
  const worker = await startWorkerd({
    script,
    folder: join(folder, name),
    upstreamPort: emulator.port,
    ...(shards && { shards }),
  })
  return { name, worker, payer_token: await linkWallet(worker.port, emulator, `buyer of ${name}`) }
}

function processorMs(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) * TICK_MS
}

/** Milliseconds that all processors worked so far, for whomever. */
function busyMs(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = first.split(/ +/).slice(1).map(Number)
  return (user + nice + system + interrupts + softInterrupts) * TICK_MS
}

/** Tells how much of the machine others took meanwhile: more than a few percent, and the numbers say more about them. */
async function undisturbed(measure: () => Promise<void>, contenders: readonly Contender[]): Promise<void> {
  const pids = [process.pid, emulator.pid, ...contenders.map(({ worker }) => worker.pid)]
  const othersMs = (): number => pids.reduce((rest, pid) => rest - processorMs(pid), busyMs())
  const before = [othersMs(), performance.now()] as const
  await measure()
  const share = (othersMs() - before[0]) / (performance.now() - before[1]) / cpus().length
  console.log(`  Other processes took ${Math.round(share * 100)} % of the machine meanwhile.`)
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024

/** Counts while `load` asks for payments. */
async function tally({ worker, payer_token }: Contender, load: (pay: () => Promise<void>) => Promise<void>): Promise<Tally> {
  const latenciesMs: number[] = []
  const before = [processorMs(worker.pid), processorMs(emulator.pid)] as const
  let failed = 0
  const startedAt = performance.now()
  await load(async () => {
    const body = paymentOf(payer_token, `order-${++references}`)
    const askedAt = performance.now()
    const answer = await ask(worker.port, crypto.randomUUID(), body).catch((error: Error) => ({ status: error.message }))
    if (answer.status === 201) return void latenciesMs.push(performance.now() - askedAt)
    failed += 1
    failures.set(answer.status, (failures.get(answer.status) ?? 0) + 1)
  })
  const paid = latenciesMs.length
  return {
    paid,
    failed,
    elapsedMs: performance.now() - startedAt,
    workerMs: (processorMs(worker.pid) - before[0]) / paid,
    emulatorMs: (processorMs(emulator.pid) - before[1]) / paid,
    latenciesMs: latenciesMs.sort((a, b) => a - b),
  }
}

/** As fast as it goes over so many connections. */
const saturate = (contender: Contender, forMs: number): Promise<Tally> =>
  tally(contender, async (pay) => {
    const end = performance.now() + forMs
    const connect = async (): Promise<void> => {
      while (performance.now() < end) await pay()
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, connect))
  })

/** At a fixed rate, whether or not the answers keep up. */
const flow = (contender: Contender, forMs: number): Promise<Tally> =>
  tally(contender, async (pay) => {
    const startedAt = performance.now()
    const all: Promise<void>[] = []
    for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedAt) {
      while (all.length < (elapsedMs * RATE) / 1_000) all.push(pay())
      await sleep(1)
    }
    await Promise.all(all)
  })

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0
const quantile = (sorted: number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0
const perSecond = ({ paid, elapsedMs }: Tally): number => (paid / elapsedMs) * 1_000
const left = (value: number, width = 7, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).padStart(width)

async function compareAtSaturation(bare: Contender, contenders: readonly Contender[]): Promise<void> {
  const tallies = new Map<Contender, Tally[]>(contenders.map((contender) => [contender, []]))
  for (const contender of contenders) await saturate(contender, WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [contender, of] of tallies) of.push(await saturate(contender, ROUND_MS))
  }
  const bareRate = median((tallies.get(bare) ?? []).map(perSecond))
  console.log(`\nAt saturation, ${CONNECTIONS} connections, ${ROUNDS} rounds of ${ROUND_MS / 1_000} s, medians`)
  console.log('                      payments/s   of bare     p50 ms     p99 ms   ms of CPU: worker  emulator   failed')
  for (const [{ name }, of] of tallies) {
    const rate = median(of.map(perSecond))
    const at = (share: number): number => median(of.map(({ latenciesMs }) => quantile(latenciesMs, share)))
    const failed = of.reduce((sum, tally) => sum + tally.failed, 0)
    const [workerMs, emulatorMs] = [median(of.map(({ workerMs }) => workerMs)), median(of.map(({ emulatorMs }) => emulatorMs))]
    console.log(
      `  ${name.padEnd(18)} ${left(rate, 11)} ${left((rate / bareRate) * 100, 8)} % ${left(at(0.5), 10, 1)} ${left(at(0.99), 10, 1)}` +
        ` ${left(workerMs, 19, 2)} ${left(emulatorMs, 9, 2)} ${left(failed, 8)}`,
    )
  }
}

async function compareInOpenLoop(bare: Contender, proxy: Contender): Promise<void> {
  console.log(`\nOpen loop, ${RATE} payments/s, ${OPEN_LOOP_MS / 1_000} s each in slices of ${SLICE_MS / 1_000} s`)
  const latencies = new Map<Contender, number[]>([
    [bare, []],
    [proxy, []],
  ])
  const memory: number[] = []
  let failed = 0
  for (let elapsedMs = 0; elapsedMs < OPEN_LOOP_MS; elapsedMs += SLICE_MS) {
    for (const [contender, all] of latencies) {
      const slice = await flow(contender, Math.min(SLICE_MS, OPEN_LOOP_MS - elapsedMs))
      for (const latencyMs of slice.latenciesMs) all.push(latencyMs)
      failed += slice.failed
    }
    memory.push(residentMb(proxy.worker.pid))
  }
  const [bareMs = [], proxyMs = []] = [...latencies.values()].map((all) => all.sort((a, b) => a - b))
  console.log('                          p50 ms     p99 ms   p99.9 ms     payments   failed')
  const show = (name: string, of: (share: number) => number, ...rest: string[]) =>
    console.log(`  ${name.padEnd(18)} ${[0.5, 0.99, 0.999].map((share) => left(of(share), 10, 1)).join(' ')} ${rest.join(' ')}`)
  show(bare.name, (share) => quantile(bareMs, share), left(bareMs.length, 12))
  show(proxy.name, (share) => quantile(proxyMs, share), left(proxyMs.length, 12), left(failed, 8))
  show('added', (share) => quantile(proxyMs, share) - quantile(bareMs, share))
  console.log(`  memory of workerd, MB: ${memory.map((each) => each.toFixed(0)).join(' ')}`)
}

try {
  const [script, bytes] = [await bundle(), await gzippedSize()]
  console.log(`The edge Worker in workerd, ${cpus().length} processors, Node ${process.version}, storage in ${values.storage}`)
  console.log(`\nThe Worker, minified and gzipped: ${left(bytes / 1_000, 0, 1)} kB (limit ${LIMIT_BYTES / 1_000} kB)`)
  if (bytes > LIMIT_BYTES) process.exitCode = 1

  const bare = await enter('bare pass-through', PASS_THROUGH)
  const proxies: Contender[] = []
  for (const shards of SHARDS) proxies.push(await enter(`proxy, ${shards} shards`, script, shards))
  const all = [bare, ...proxies]
  await undisturbed(() => compareAtSaturation(bare, all), all)
  const [, proxy = bare] = proxies
  if (OPEN_LOOP_MS > 0) await undisturbed(() => compareInOpenLoop(bare, proxy), all)
  if (failures.size > 0) console.log('\nInstead of payments:', Object.fromEntries(failures))
  for (const { worker } of all) await worker.kill()
} finally {
  emulator.stop()
  rmSync(folder, { recursive: true, force: true })
}
