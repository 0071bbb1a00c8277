import { assemble, type Emulator } from '../create-emulator.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { DAY_MS } from '../world/clock.ts'
import { isObject } from '../world/json.ts'
import type { CompletedRun, ExploreOptions, Scenario, ScheduledFault } from './exploration.ts'
import type { ReportedOutcome } from './invariants.ts'
import { isDue } from './schedules.ts'

/** Runs the scenario once on a new emulator, with the faults of the schedule. */
export async function runScenario(
  scenario: Scenario,
  schedule: readonly ScheduledFault[],
  { emulator: settings = {}, seed = 1, timeoutMs = 5_000 }: ExploreOptions,
): Promise<CompletedRun> {
  const { emulator, scheduler, faults } = assemble({ ...settings, seed })
  const { requests, happened } = follow(schedule, faults)
  // Nobody else moves the clock while the scenario waits for a slow response.
  const pacemaker = setInterval(() => scheduler.endFirstWait(), 10)
  const end = await within(timeoutMs, ask(scenario, emulator)).finally(() => clearInterval(pacemaker))
  // What is still on its way arrives.
  await emulator.clock.advance(DAY_MS)
  return {
    schedule,
    requests,
    missed: schedule.filter((each) => !happened.has(each)),
    ended: end !== undefined,
    reported: end?.reported ?? { '*': 'unknown' },
    error: end?.error,
    effects: emulator.effects,
  }
}

/** Injects the scheduled faults, and keeps a list of the requests and of the faults that happened. */
function follow(
  schedule: readonly ScheduledFault[],
  faults: FaultPlan,
): { requests: CompletedRun['requests']; happened: Set<ScheduledFault> } {
  const requests: CompletedRun['requests'] = []
  const happened = new Set<ScheduledFault>()
  // Requests are counted here: the scenario may reset the emulator, and clear its faults.
  faults.intercept(({ operation }) => {
    const number = requests.push({ number: requests.length + 1, operation })
    const scheduled = schedule.find((each) => isDue(each, number, operation))
    if (!scheduled) return undefined
    happened.add(scheduled)
    const { fault, phase } = scheduled
    return { fault, ...(phase && { phase }) }
  })
  return { requests, happened }
}

/** The value; undefined if it takes longer than that, in real time. */
async function within<Value>(timeoutMs: number, work: Promise<Value>): Promise<Value | undefined> {
  let stopTimer = (): void => {}
  const timeIsUp = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs)
    stopTimer = () => clearTimeout(timer)
  })
  return Promise.race([work, timeIsUp]).finally(stopTimer)
}

const OUTCOMES: readonly unknown[] = ['paid', 'not_paid', 'unknown'] satisfies ReportedOutcome[]

/** The outcome that the scenario reports for each order; under `*`, for all of them. */
async function ask(
  scenario: Scenario,
  emulator: Emulator,
): Promise<{ reported: Record<string, ReportedOutcome>; error?: unknown }> {
  let reported: unknown
  try {
    reported = await scenario(emulator)
  } catch (thrown) {
    const error = thrown ?? new Error(`The scenario threw ${thrown}`)
    const isUnknown = typeof error === 'object' && 'outcome' in error && error.outcome === 'unknown'
    return { reported: { '*': isUnknown ? 'unknown' : 'not_paid' }, error }
  }
  const all: Record<string, unknown> = isObject(reported) ? reported : { '*': reported }
  if (Object.values(all).every((each) => OUTCOMES.includes(each))) {
    return { reported: all as Record<string, ReportedOutcome> }
  }
  throw new TypeError(
    `The scenario must return ${OUTCOMES.join(', ')}, or an object with one of these for each external_reference; it returned ${JSON.stringify(reported)}`,
  )
}
