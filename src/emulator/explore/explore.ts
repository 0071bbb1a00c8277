import { FAULTS } from '../faults/faults.ts'
import { checkFields } from '../world/known-fields.ts'
import type { CompletedRun, Exploration, ExploreOptions, Finding, Scenario, ScheduledFault } from './exploration.ts'
import { conclude, describe } from './exploration-report.ts'
import { INVARIANTS, type Invariant } from './invariants.ts'
import { runScenario } from './run-scenario.ts'
import { choosePairs, possibleFaults, shorterThan } from './schedules.ts'

/** How many runs go on at a time, each with its own emulator: they mostly wait for timers. */
const CONCURRENT_RUNS = 256

type RunSchedule = (schedule: readonly ScheduledFault[]) => Promise<CompletedRun>
type FindBroken = (run: CompletedRun) => Invariant[]

/**
 * Runs a checkout once for every fault at every request that it makes, and finds the faults that break an invariant:
 * money moved twice, the reported outcome is wrong, money is left reserved, the checkout never ends. Many runs go
 * on at the same time, so a checkout must not share state between its runs.
 *
 * @throws {Error} the checkout fails without any fault, or returns something that is no outcome
 */
export async function exploreFaults(scenario: Scenario, options: ExploreOptions = {}): Promise<Exploration> {
  check(scenario, options)
  const { pairs = false, invariants = INVARIANTS, schedule } = options
  const run: RunSchedule = (schedule) => runScenario(scenario, schedule, options)
  const findBroken: FindBroken = (run) => invariants.filter(({ holds }) => !holds(run))
  if (schedule) {
    const replayed = await run(schedule)
    const broken = findBroken(replayed)
    return conclude([replayed], replayed, broken.length > 0 ? [describe(replayed, broken, options)] : [])
  }

  const calm = await run([])
  if (calm.error !== undefined) throw new Error('The scenario fails without any fault', { cause: calm.error })
  if (calm.requests.length === 0) throw new Error("The scenario makes no request: it has to use the emulator's fetch")
  const singleFaults = possibleFaults(calm, options).map((fault) => [fault])
  const singles = await runAll(singleFaults, run)
  const limit = typeof pairs === 'number' ? pairs : pairs ? 1_000 : 0
  const doubles = limit > 0 ? await runAll(choosePairs(singles, limit, options), run) : []
  const all = [calm, ...singles, ...doubles]
  return conclude(all, calm, await findingsOf(all, run, findBroken, options))
}

/** A finding for each run that broke an invariant, at its shortest, and each only once. */
async function findingsOf(
  runs: readonly CompletedRun[],
  run: RunSchedule,
  findBroken: FindBroken,
  options: ExploreOptions,
): Promise<Finding[]> {
  const findings = new Map<string, Finding>()
  for (const each of runs) {
    const broken = findBroken(each)
    if (broken.length === 0) continue
    // A shorter schedule has to break at least as much.
    const shortest = await shrink(each, run, (shorter) => broken.every(({ holds }) => !holds(shorter)))
    findings.set(JSON.stringify(shortest.schedule), describe(shortest, findBroken(shortest), options))
  }
  return [...findings.values()]
}

async function runAll(schedules: readonly (readonly ScheduledFault[])[], run: RunSchedule): Promise<CompletedRun[]> {
  const runs: CompletedRun[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < schedules.length; index = next++) runs[index] = await run(schedules[index] ?? [])
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_RUNS, schedules.length) }, work))
  return runs
}

/** The same run without the faults that are not needed to break something. */
async function shrink(completed: CompletedRun, run: RunSchedule, breaks: (run: CompletedRun) => boolean): Promise<CompletedRun> {
  for (const schedule of shorterThan(completed.schedule)) {
    const shorter = await run(schedule)
    if (breaks(shorter)) return shrink(shorter, run, breaks)
  }
  return completed
}

const OPTIONS = ['pairs', 'seed', 'invariants', 'faults', 'schedule', 'emulator', 'timeoutMs']

/** @throws {TypeError} an option is misspelt or has a value that cannot be used */
function check(scenario: Scenario, options: ExploreOptions): void {
  if (typeof scenario !== 'function') throw new TypeError('exploreFaults takes a function: the checkout')
  checkFields('exploreFaults', options, OPTIONS)
  const { pairs = 0, seed = 1, invariants = [], faults = [], schedule = [], emulator = {}, timeoutMs = 0 } = options
  if (typeof pairs !== 'boolean' && !(Number.isInteger(pairs) && pairs >= 0))
    throw new TypeError('pairs must be true or a number')
  if (!Number.isSafeInteger(seed)) throw new TypeError('seed must be a whole number')
  if ('seed' in emulator) throw new TypeError('seed is an option of exploreFaults, not of emulator')
  if (!(timeoutMs >= 0)) throw new TypeError('timeoutMs must be milliseconds')
  if (!Array.isArray(schedule)) throw new TypeError('schedule must be a list of { request, fault, phase? }')
  if (!Array.isArray(invariants) || invariants.some((each) => typeof each?.holds !== 'function')) {
    throw new TypeError('invariants must be a list of { name, description, holds }, such as INVARIANTS')
  }
  const names = [...faults, ...schedule.map(({ fault }) => fault)]
  const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name && 'run' in fault))
  if (unknown !== undefined) throw new TypeError(`There is no request fault ${unknown}`)
}
