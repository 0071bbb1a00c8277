import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import { type Tarball, unpack } from '../package/pack.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url).href)
const NAME = 'mercadopago-wallet-connect'
/** What npm would put beside the package: its dependencies and theirs. */
const DEPENDENCIES = ['ofetch', 'destr', 'ufo', 'node-fetch-native', 'valibot']
const RUNNERS = ['node', 'bun', 'deno', 'workerd', 'page', 'worker']

/**
 * The packed file installed into a clean folder, as npm would without a registry, and the runners beside it: `<name>.mjs`
 * imports the package by its name, `<name>.bundle.mjs` has it inside as a bundler for Workers and browsers would.
 */
export async function install(tarball: Tarball, folder: string, damages: readonly Damage[] = []): Promise<void> {
  const own = await unpack(tarball, folder)
  for (const name of DEPENDENCIES)
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { [NAME]: '*' } }))
  damage(join(own, 'dist'), damages)
  const common = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'error', outExtension: { '.js': '.mjs' } } as const
  await bundle({
    ...common,
    entryPoints: RUNNERS.map((name) => join(root, 'test/support/runtimes', `${name}.ts`)),
    outdir: folder,
    packages: 'external',
    // By its name, and not by the paths of our tsconfig.
    tsconfigRaw: {},
  })
  await bundle({
    ...common,
    entryPoints: ['workerd', 'page', 'worker'].map((name) => ({ in: join(folder, `${name}.mjs`), out: `${name}.bundle` })),
    outdir: folder,
    conditions: ['workerd', 'worker', 'browser'],
  })
}

/** A mistake that somebody could make, as text of the built files. */
export interface Damage {
  from: string
  to: string
}

/** Each of them has to be found: else a case would be green because nothing was broken. */
function damage(dist: string, damages: readonly Damage[]): void {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.mjs'))
  for (const { from, to } of damages) {
    const hit = files.filter((file) => readFileSync(join(dist, file), 'utf8').includes(from))
    if (hit.length === 0) throw new Error(`nothing to break: ${from}`)
    for (const file of hit) writeFileSync(join(dist, file), readFileSync(join(dist, file), 'utf8').replaceAll(from, to))
  }
}
