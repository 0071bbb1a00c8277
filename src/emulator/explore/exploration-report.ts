import type { Done, Exploration, ExploreOptions, Finding } from './exploration.ts'
import type { Invariant } from './invariants.ts'

/** A finding in words. */
export function describe(
  { schedule, requests, reported, error, effects }: Done,
  broken: readonly Invariant[],
  { seed = 1, emulator, invariants, timeoutMs }: ExploreOptions,
): Finding {
  const strikes = schedule.map(({ request, fault, phase }) => {
    const operation = requests.find(({ number }) => number === request)?.operation
    return `${fault}${phase ? ` ${phase} the effect` : ''} at request ${request} (${operation})`
  })
  // What else the run depends on cannot be printed.
  const isPlain = emulator === undefined && invariants === undefined && timeoutMs === undefined
  const what = strikes.length > 0 ? strikes.join(', then ') : 'without any fault'
  return {
    schedule,
    broken: broken.map(({ name }) => name),
    message: `${what}: broken is "${broken.map(({ description }) => description).join('" and "')}"`,
    reported,
    error,
    effects,
    replay: `await exploreFaults(scenario, { ${isPlain ? `seed: ${seed}` : '...options'}, schedule: ${JSON.stringify(schedule)} })`,
  }
}

/** All runs together. */
export function conclude(all: readonly Done[], { requests }: Done, findings: readonly Finding[]): Exploration {
  const unknown = all.filter(({ reported }) => Object.values(reported).includes('unknown')).length
  const missed = all.flatMap((done) => done.missed)
  const summary = `${all.length} schedules over ${requests.length} requests: ${findings.length} break something, ${unknown} end without knowing`
  const misses = missed.length > 0 ? [`${missed.length} faults found nothing to strike`] : []
  return {
    schedules: all.length,
    requests,
    findings,
    unknown,
    missed,
    report: [summary, ...misses, ...paragraphs(findings)].join('\n'),
  }
}

/** What breaks in the same way together, with one call that shows it. */
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
