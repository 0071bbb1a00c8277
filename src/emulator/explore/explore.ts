import { assemble, type Emulator } from '../create-emulator.ts'
import { FAULTS } from '../faults/faults.ts'
import { DAY_MS } from '../world/clock.ts'
import { isObject } from '../world/json.ts'
import { checkFields } from '../world/known-fields.ts'
import type { OperationName } from '../world/operations.ts'
import { createRandom } from '../world/random.ts'
import type { Done, Exploration, ExploreOptions, Finding, Scenario, ScheduledFault } from './exploration.ts'
import { conclude, describe } from './exploration-report.ts'
import { INVARIANTS, type ReportedOutcome, type Run } from './invariants.ts'

/** Runs at a time, each with an emulator of its own: they mostly wait for timers. */
const AT_ONCE = 256

/**
 * Runs a checkout once for every fault at every request that it makes, and tells which faults break an invariant:
 * money moved twice, the caller was told something wrong, money is left reserved, it never ends. Many runs go on at a
 * time, so a checkout must not keep what it knows outside of itself.
 *
 * @throws {Error} it fails without any fault, or says something that means nothing
 */
export async function exploreFaults(scenario: Scenario, options: ExploreOptions = {}): Promise<Exploration> {
  check(scenario, options)
  const { pairs = false, seed = 1, invariants = INVARIANTS, schedule } = options
  const run = (schedule: readonly ScheduledFault[]) => runOnce(scenario, schedule, options)
  const broken = (done: Run) => invariants.filter(({ holds }) => !holds(done))
  if (schedule) {
    const done = await run(schedule)
    return conclude([done], done, broken(done).length > 0 ? [describe(done, broken(done), options)] : [])
  }

  const calm = await run([])
  if (calm.error !== undefined) throw new Error('The scenario fails before any fault strikes', { cause: calm.error })
  if (calm.requests.length === 0) throw new Error('The scenario makes no request: it has to use the fetch that it is given')
  const singles = await runAll(
    strikesAt(calm, options).map((fault) => [fault]),
    run,
  )
  const all = [calm, ...singles]
  const most = typeof pairs === 'number' ? pairs : pairs ? 1_000 : 0
  if (most > 0) all.push(...(await runAll(choosePairs(singles, most, seed, options), run)))

  const findings = new Map<string, Finding>()
  for (const done of all.filter((each) => broken(each).length > 0)) {
    const worst = broken(done)
    // As much has to break as before.
    const shortest = await shrink(done, run, (each) => worst.every(({ holds }) => !holds(each)))
    findings.set(JSON.stringify(shortest.schedule), describe(shortest, broken(shortest), options))
  }
  return conclude(all, calm, [...findings.values()])
}

async function runOnce(scenario: Scenario, schedule: readonly ScheduledFault[], options: ExploreOptions): Promise<Done> {
  const { emulator: settings = {}, seed = 1, timeoutMs = 5_000 } = options
  const { emulator, agenda, faults } = assemble({ ...settings, seed })
  const requests: Done['requests'] = []
  const struck = new Set<ScheduledFault>()
  // Counted here: the scenario may reset the emulator, and clear its faults.
  faults.intercept(({ operation }) => {
    const number = requests.push({ number: requests.length + 1, operation })
    const scheduled = schedule.find(
      (each) => number >= each.request && number < each.request + timesOf(each) && fits(each, operation),
    )
    if (!scheduled) return undefined
    struck.add(scheduled)
    const { fault, phase } = scheduled
    return { fault, ...(phase && { phase }) }
  })

  let stopTimer = (): void => {}
  const timeIsUp = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs)
    stopTimer = () => clearTimeout(timer)
  })
  // Nobody moves the clock while a slow answer is awaited.
  const pacemaker = setInterval(() => agenda.endWait(), 10)
  const end = await Promise.race([ask(scenario, emulator), timeIsUp]).finally(() => {
    stopTimer()
    clearInterval(pacemaker)
  })
  // What is still on its way arrives.
  await emulator.clock.advance(DAY_MS)
  return {
    schedule,
    requests,
    missed: schedule.filter((each) => !struck.has(each)),
    ended: end !== undefined,
    reported: end?.told ?? { '*': 'unknown' },
    error: end?.error,
    effects: emulator.effects,
  }
}

async function ask(scenario: Scenario, emulator: Emulator): Promise<{ told: Record<string, ReportedOutcome>; error?: unknown }> {
  let told: unknown
  try {
    told = await scenario(emulator)
  } catch (thrown) {
    const error = thrown ?? new Error(`The scenario threw ${thrown}`)
    const isUnknown = typeof error === 'object' && 'outcome' in error && error.outcome === 'unknown'
    return { told: { '*': isUnknown ? 'unknown' : 'not_paid' }, error }
  }
  const each: unknown[] = isObject(told) ? Object.values(told) : [told]
  if (each.every((one) => TOLD.includes(one))) {
    return { told: isObject(told) ? (told as Record<string, ReportedOutcome>) : { '*': told as ReportedOutcome } }
  }
  throw new TypeError(
    `The scenario has to say ${TOLD.join(', ')}, or that of each external_reference; it said ${JSON.stringify(told)}`,
  )
}

const TOLD: readonly unknown[] = ['paid', 'not_paid', 'unknown'] satisfies ReportedOutcome[]

const OPTIONS = ['pairs', 'seed', 'invariants', 'faults', 'schedule', 'emulator', 'timeoutMs']

/** @throws {TypeError} an option that would change nothing, or not what was meant */
function check(scenario: Scenario, options: ExploreOptions): void {
  if (typeof scenario !== 'function') throw new TypeError('exploreFaults takes a function: the checkout')
  checkFields('exploreFaults', options, OPTIONS)
  const { pairs = 0, seed = 1, invariants = [], faults = [], schedule = [], emulator = {}, timeoutMs = 0 } = options
  if (typeof pairs !== 'boolean' && !(Number.isInteger(pairs) && pairs >= 0))
    throw new TypeError('pairs must be true or a number')
  if (!Number.isSafeInteger(seed)) throw new TypeError('seed must be a whole number')
  if ('seed' in emulator) throw new TypeError('seed belongs beside emulator, not into it')
  if (!(timeoutMs >= 0)) throw new TypeError('timeoutMs must be milliseconds')
  if (!Array.isArray(schedule)) throw new TypeError('schedule must be a list of { request, fault, phase? }')
  if (!Array.isArray(invariants) || invariants.some((each) => typeof each?.holds !== 'function')) {
    throw new TypeError('invariants must be a list of { name, description, holds }, such as INVARIANTS')
  }
  const names = [...faults, ...schedule.map(({ fault }) => fault)]
  const unknown = names.find((name) => !FAULTS.some((kind) => kind.name === name && 'run' in kind))
  if (unknown !== undefined) throw new TypeError(`There is no fault of requests ${unknown}`)
}

const kindOf = ({ fault }: ScheduledFault) => FAULTS.find(({ name }) => name === fault)
const timesOf = (scheduled: ScheduledFault): number => kindOf(scheduled)?.times ?? 1
const fits = (scheduled: ScheduledFault, operation: OperationName): boolean =>
  kindOf(scheduled)?.operations?.includes(operation) ?? true

/** Every fault that can strike a request of this run, after the faults that it has had. */
function strikesAt({ requests, schedule }: Done, { faults }: ExploreOptions): ScheduledFault[] {
  const last = Math.max(0, ...schedule.map(({ request }) => request))
  const kinds = FAULTS.filter((kind) => (faults ? faults.includes(kind.name) : 'run' in kind && !kind.isBreach))
  return requests
    .filter(({ number }) => number > last)
    .flatMap(({ number, operation }) =>
      kinds
        .filter(({ operations }) => operations?.includes(operation) ?? true)
        .flatMap(({ name, phases }): ScheduledFault[] =>
          phases.length > 0
            ? phases.map((phase) => ({ request: number, fault: name, phase }))
            : [{ request: number, fault: name }],
        ),
    )
}

/** A second fault after each first: as many pairs as are wanted, at random if there are more. */
function choosePairs(singles: readonly Done[], most: number, seed: number, options: ExploreOptions): ScheduledFault[][] {
  const pairsOf = (single: Done) => strikesAt(single, options).map((second) => [...single.schedule, second])
  // Counted first and made one by one: there may be millions.
  const sizes = singles.map((single) => strikesAt(single, options).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total <= most) return singles.flatMap(pairsOf)
  const random = createRandom({ seed })
  const chosen = new Set<number>()
  while (chosen.size < most) chosen.add(random.below(total))
  const pairs: ScheduledFault[][] = []
  let before = 0
  for (const [index, size] of sizes.entries()) {
    const single = singles[index]
    const inHere = [...chosen].filter((each) => each >= before && each < before + size)
    if (single && inHere.length > 0) pairs.push(...pairsOf(single).filter((_, at) => chosen.has(before + at)))
    before += size
  }
  return pairs
}

async function runAll(
  schedules: readonly (readonly ScheduledFault[])[],
  run: (schedule: readonly ScheduledFault[]) => Promise<Done>,
): Promise<Done[]> {
  const done: Done[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < schedules.length; index = next++) done[index] = await run(schedules[index] ?? [])
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, schedules.length) }, work))
  return done
}

/** The same without each fault that is not needed to break something. */
async function shrink(done: Done, run: (schedule: readonly ScheduledFault[]) => Promise<Done>, breaks: (done: Done) => boolean) {
  for (const schedule of shorterThan(done.schedule)) {
    const shorter = await run(schedule)
    if (breaks(shorter)) return shrink(shorter, run, breaks)
  }
  return done
}

/** Without one fault; then the request that it made necessary is not made either, so the later ones come one earlier. */
const shorterThan = (schedule: readonly ScheduledFault[]): ScheduledFault[][] =>
  schedule.flatMap((left) => {
    const rest = schedule.filter((each) => each !== left)
    return [rest, rest.map((each) => ({ ...each, request: each.request - (each.request > left.request ? 1 : 0) }))]
  })
