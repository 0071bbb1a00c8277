import { FAULTS } from '../faults/faults.ts'
import type { OperationName } from '../world/operations.ts'
import { createRandom } from '../world/random.ts'
import type { CompletedRun, ExploreOptions, ScheduledFault } from './exploration.ts'

const faultOf = ({ fault }: ScheduledFault) => FAULTS.find(({ name }) => name === fault)

/** Whether a scheduled fault happens to this request: its own, and for a burst the ones that follow. */
export function isDue(scheduled: ScheduledFault, number: number, operation: OperationName): boolean {
  const { times = 1, operations } = faultOf(scheduled) ?? {}
  const isInTime = number >= scheduled.request && number < scheduled.request + times
  return isInTime && (operations?.includes(operation) ?? true)
}

/** Every single fault that could happen in this run, after the ones that did. */
export function possibleFaults({ requests, schedule }: CompletedRun, { faults }: ExploreOptions): ScheduledFault[] {
  const last = Math.max(0, ...schedule.map(({ request }) => request))
  const chosen = FAULTS.filter((fault) => (faults ? faults.includes(fault.name) : 'run' in fault && !fault.isBreach))
  return requests
    .filter(({ number }) => number > last)
    .flatMap(({ number, operation }) =>
      chosen
        .filter(({ operations }) => operations?.includes(operation) ?? true)
        .flatMap(({ name, phases }): ScheduledFault[] =>
          phases.length > 0
            ? phases.map((phase) => ({ request: number, fault: name, phase }))
            : [{ request: number, fault: name }],
        ),
    )
}

/** Pairs of faults, the second one after the first: `limit` of them at random, or all if there are no more. */
export function choosePairs(singles: readonly CompletedRun[], limit: number, options: ExploreOptions): ScheduledFault[][] {
  const pairsOf = (single: CompletedRun) => possibleFaults(single, options).map((second) => [...single.schedule, second])
  // Counted first, and only the chosen ones are built: there may be millions.
  const sizes = singles.map((single) => possibleFaults(single, options).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total <= limit) return singles.flatMap(pairsOf)
  const random = createRandom({ seed: options.seed ?? 1 })
  const chosen = new Set<number>()
  while (chosen.size < limit) chosen.add(random.below(total))
  const pairs: ScheduledFault[][] = []
  let offset = 0
  for (const [index, size] of sizes.entries()) {
    const single = singles[index]
    const start = offset
    const isAnyHere = [...chosen].some((each) => each >= start && each < start + size)
    if (single && isAnyHere) pairs.push(...pairsOf(single).filter((_, at) => chosen.has(start + at)))
    offset += size
  }
  return pairs
}

/**
 * The schedule without each one of its faults. Without a fault the repeat that it caused is not sent either, so each
 * comes in two versions: the later faults at the same requests, and one request earlier.
 */
export const shorterThan = (schedule: readonly ScheduledFault[]): ScheduledFault[][] =>
  schedule.flatMap((removed) => {
    const rest = schedule.filter((each) => each !== removed)
    return [rest, rest.map((each) => ({ ...each, request: each.request - (each.request > removed.request ? 1 : 0) }))]
  })
