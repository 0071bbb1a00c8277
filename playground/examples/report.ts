import type { Result } from './charge-orders.ts'

const WIDTH = 30
const MAX_SHOWN = 20

export function progressBar(done: number, total: number): string {
  const full = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${done}/${total}`
}

/** The summary of a run for a person. It has no payer token in it. */
export function summary(entries: readonly Result[], total: number): string {
  const withStatus = (status: Result['status']): Result[] => entries.filter((entry) => entry.status === status)
  const list = (some: readonly Result[]): string[] => [
    ...some.slice(0, MAX_SHOWN).map(({ order, amount, reason }) => `  ${order}  ${amount}  ${reason ?? ''}`),
    ...(some.length > MAX_SHOWN ? [`  and ${some.length - MAX_SHOWN} more, see the journal`] : []),
  ]
  const open = total - entries.length
  const earlier = withStatus('paid').filter(({ isOld }) => isOld).length
  return [
    `paid      ${withStatus('paid').length}${earlier > 0 ? `, ${earlier} of them in earlier runs` : ''}`,
    `rejected  ${withStatus('rejected').length}`,
    ...list(withStatus('rejected')),
    `unknown   ${withStatus('unknown').length}${withStatus('unknown').length > 0 ? ': run it again' : ''}`,
    ...list(withStatus('unknown')),
    ...(open > 0 ? [`not started ${open}: run it again`] : []),
  ].join('\n')
}
