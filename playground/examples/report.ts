import type { Told } from './charge-orders.ts'

const WIDTH = 30
const MOST_SHOWN = 20

export function progressBar(done: number, total: number): string {
  const full = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${done}/${total}`
}

/** What a person has to know in the end. No payer token is in it. */
export function summary(entries: readonly Told[], total: number): string {
  const of = (status: Told['status']): Told[] => entries.filter((entry) => entry.status === status)
  const list = (some: readonly Told[]): string[] => [
    ...some.slice(0, MOST_SHOWN).map(({ order, amount, reason }) => `  ${order}  ${amount}  ${reason ?? ''}`),
    ...(some.length > MOST_SHOWN ? [`  and ${some.length - MOST_SHOWN} more, see the journal`] : []),
  ]
  const open = total - entries.length
  const earlier = of('paid').filter(({ isOld }) => isOld).length
  return [
    `paid      ${of('paid').length}${earlier > 0 ? `, ${earlier} of them in earlier runs` : ''}`,
    `rejected  ${of('rejected').length}`,
    ...list(of('rejected')),
    `unknown   ${of('unknown').length}${of('unknown').length > 0 ? ': run it again' : ''}`,
    ...list(of('unknown')),
    ...(open > 0 ? [`not begun ${open}: run it again`] : []),
  ].join('\n')
}
