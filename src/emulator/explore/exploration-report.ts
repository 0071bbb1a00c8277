import type { CompletedRun, Exploration, ExploreOptions, Finding } from './exploration.ts'
import type { Invariant } from './invariants.ts'

/** A run that broke invariants, as a finding. */
export function describe(
  { schedule, requests, reported, error, effects }: CompletedRun,
  broken: readonly Invariant[],
  { seed = 1, emulator, invariants, timeoutMs }: ExploreOptions,
): Finding {
  const faults = schedule.map(({ request, fault, phase }) => {
    const operation = requests.find(({ number }) => number === request)?.operation
    return `${fault}${phase ? ` ${phase} the effect` : ''} at request ${request} (${operation})`
  })
  // The other options cannot be printed as code.
  const isPlain = emulator === undefined && invariants === undefined && timeoutMs === undefined
  const cause = faults.length > 0 ? faults.join(', then ') : 'without any fault'
  return {
    schedule,
    broken: broken.map(({ name }) => name),
    message: `${cause}: this does not hold: "${broken.map(({ description }) => description).join('" and "')}"`,
    reported,
    error,
    effects,
    replay: `await exploreFaults(scenario, { ${isPlain ? `seed: ${seed}` : '...options'}, schedule: ${JSON.stringify(schedule)} })`,
  }
}

/** The result of all runs together. */
export function conclude(runs: readonly CompletedRun[], { requests }: CompletedRun, findings: readonly Finding[]): Exploration {
  const unknown = runs.filter(({ reported }) => Object.values(reported).includes('unknown')).length
  const missed = runs.flatMap((run) => run.missed)
  const summary = `${runs.length} schedules over ${requests.length} requests: ${findings.length} break something, ${unknown} end with an unknown outcome`
  const misses = missed.length > 0 ? [`${missed.length} scheduled fault(s) did not happen: no request fitted`] : []
  return {
    schedules: runs.length,
    requests,
    findings,
    unknown,
    missed,
    report: [summary, ...misses, ...paragraphs(findings)].join('\n'),
  }
}

/** A paragraph for all findings that break the same at the same request, with one call that shows it. */
function paragraphs(findings: readonly Finding[]): string[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const where = finding.schedule.map(({ request }) => request).join(' and ')
    const name = `${where ? `request ${where}` : 'no fault'}: ${finding.broken.join(', ')}`
    groups.set(name, [...(groups.get(name) ?? []), finding])
  }
  return [...groups].flatMap(([name, group]) => [
    '',
    `${name}, ${group.length} time(s)`,
    `  ${group.map(({ schedule }) => schedule.map(({ fault, phase }) => (phase ? `${fault} ${phase}` : fault)).join(' + ')).join(', ')}`,
    `  ${group[0]?.message}`,
    `  ${group[0]?.replay}`,
  ])
}
