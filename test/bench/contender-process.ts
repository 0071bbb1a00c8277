/**
 * One contender in a process of its own, as a program has one: what others did to the heap and the compiler does not
 * count, and nobody sees that the official SDK wants the global `fetch` replaced.
 *
 *     node contender-process.ts <file> [origin]     without an origin there is no network
 */

import type { CreateCaller } from './contenders/contender.ts'
import type { Contest, Cost } from './contest.ts'
import { instantFetch } from './instant-fetch.ts'

const [, , file, origin] = process.argv
const { createCaller } = (await import(`./contenders/${file}.ts`)) as { createCaller: CreateCaller }
const call = origin ? createCaller(fetch, origin) : createCaller(instantFetch, 'https://api.example')

async function repeat(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await call()
}

async function measure({ calls, concurrency }: Contest): Promise<Cost> {
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const usage = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, () => repeat(calls / concurrency)))
  const elapsed = (performance.now() - startedAt) * 1_000
  const { user, system } = process.cpuUsage(usage)
  const allocated = process.memoryUsage().heapUsed - heap
  return { processor: (user + system) / calls, elapsed: elapsed / calls, allocated: allocated / calls }
}

process.on('message', async (contest: Contest) => process.send?.(await measure(contest)))
process.send?.('ready')
