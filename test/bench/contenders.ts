import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contest, Cost } from './contest.ts'

/** A way to charge a wallet; `file` of `contenders/` has it. */
export interface Contender {
  name: string
  file: string
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../node_modules/${name}/package.json`), 'utf8')).version

const BARE = 'bare fetch'

/** In the order of the table's columns. */
export const contenders: readonly Contender[] = [
  { name: 'this client', file: 'wallet-connect' },
  ...['mercadopago', 'stripe', 'ky', 'ofetch'].map((name) => ({ name: `${name} ${versionOf(name)}`, file: name })),
  { name: BARE, file: 'bare-fetch' },
]

export const pathOf = ({ file }: Contender): string => join(import.meta.dirname, `contenders/${file}.ts`)

/** What one measurement found, by name. */
export type Measured = Record<string, number>

/** Medians of some rounds in which all take their turn, so that a slow moment hits all alike. */
export async function medians<Named extends { name: string }>(
  rounds: number,
  all: readonly Named[],
  measure: (one: Named) => Promise<number>,
): Promise<Measured> {
  const measured = new Map<Named, number[]>(all.map((one) => [one, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [one, values] of measured) values.push(await measure(one))
  }
  return Object.fromEntries([...measured].map(([{ name }, values]) => [name, median(values)]))
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** A cell for each contender: a multiple of bare fetch, whose own cell tells what that took. */
export function ratios(measured: Measured, unit: (value: number) => string): string[] {
  const base = measured[BARE] ?? 0
  return contenders.map(({ name }) => (name === BARE ? `1 (${unit(base)})` : ((measured[name] ?? 0) / base).toFixed(2)))
}

/** All contenders, each in its process; without an origin there is no network. */
export async function enter(origin = '', execArgv: string[] = []) {
  const entered = contenders.map(({ name, file }) => {
    const child = fork(join(import.meta.dirname, 'contender-process.ts'), [file, origin], { execArgv })
    child.on('exit', (code) => {
      if (code) throw new Error(`${name} ended with ${code}`)
    })
    return { name, child }
  })
  await Promise.all(entered.map(({ child }) => once(child, 'message')))
  return {
    measure: (contest: Contest): Promise<Measured> =>
      medians(contest.rounds, entered, async ({ child }) => (await ask(child, contest))[contest.cost]),
    leave: (): void => {
      for (const { child } of entered) child.kill()
    },
  }
}

async function ask(child: ChildProcess, contest: Contest): Promise<Cost> {
  const answered = once(child, 'message')
  child.send(contest)
  const [cost] = await answered
  return cost
}
