/**
 * `npm run bench`: what a payment costs beside Mercado Pago's time, with this client and with others, in one run. Writes the
 * table into the README; with `-- --dry-run` it only prints it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EMPTY, measureColdStart } from './cold-start.ts'
import { contenders, enter, pathOf, ratios } from './contenders.ts'
import { measureOwnParts } from './own-parts.ts'
import { bundle, gzippedBytes } from './worker-bundle.ts'

const { values: options } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } }, allowPositionals: true })

const microseconds = (value: number): string => `${value.toFixed(0)} µs`
const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`

const alone = await enter()
const processor = await alone.measure({ cost: 'processor', rounds: 41, calls: 1_000, concurrency: 1 })
alone.leave()

/** The young generation is so large that nothing is collected between the two looks. */
const hoarding = await enter('', ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'])
const allocated = await hoarding.measure({ cost: 'allocated', rounds: 9, calls: 200, concurrency: 1 })
hoarding.leave()

const api = fork(join(import.meta.dirname, 'loopback-api.ts'))
const [port] = await once(api, 'message')
const onLoopback = await enter(`http://127.0.0.1:${port}`)
const elapsed: string[][] = []
for (const concurrency of [1, 16, 256]) {
  elapsed.push(ratios(await onLoopback.measure({ cost: 'elapsed', rounds: 15, calls: 1_024, concurrency }), microseconds))
}
onLoopback.leave()
api.kill()

const { up, paid } = await measureColdStart()
const sizes = await Promise.all(contenders.map(async (one) => gzippedBytes(await bundle(`export * from '${pathOf(one)}'`))))

const body = [
  ['processor time of a call', ...ratios(processor, microseconds)],
  ['memory allocated by a call', ...ratios(allocated, kilobytes)],
  [
    'time of a call over loopback; of 16; of 256 at once',
    ...contenders.map((_, i) => elapsed.map((cells) => cells[i]).join('; ')),
  ],
  [
    `cold start until an answer; until one with a payment, ÷ an empty Worker (${(up[EMPTY] ?? 0).toFixed(1)} ms)`,
    ...contenders.map(({ name }) => [up, paid].map((ms) => ((ms[name] ?? 0) / (ms[EMPTY] ?? 0)).toFixed(2)).join('; ')),
  ],
  ['bundle, gzipped', ...sizes.map(kilobytes)],
]
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const head = [line(['', ...contenders.map(({ name }) => name)]), line(['---', ...contenders.map(() => '--:')])]
const table = [...head, ...body.map(line)].join('\n')
console.log(`Node ${process.version}\n\n${table}\n`)
console.log((await measureOwnParts()).join('\n'))

if (!options['dry-run']) {
  const path = join(import.meta.dirname, '../../README.md')
  const readme = readFileSync(path, 'utf8')
  const place = /(<!-- npm run bench -->\n\n).*?(\n\n<!-- \/ -->)/s
  if (!place.test(readme)) throw new Error('README.md has no place for the table')
  writeFileSync(
    path,
    readme.replace(place, (_, start, end) => start + table + end),
  )
}
