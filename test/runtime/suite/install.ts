import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build as bundle } from 'esbuild'
import { type BuildContext, build } from 'unbuild'
import config from '../../../build.config.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url).href)
const NAME = 'mercadopago-wallet-connect'
/** What npm would put beside the package: its dependencies and theirs. */
const DEPENDENCIES = ['ofetch', 'destr', 'ufo', 'node-fetch-native', 'valibot']
const RUNNERS = ['node', 'bun', 'deno', 'workerd', 'page', 'worker']

/** What npm would publish, built and packed in `folder`: the file. */
export async function pack(folder: string): Promise<string> {
  const stage = join(folder, 'stage')
  for (const path of ['src', 'package.json', 'README.md', 'LICENSE'])
    cpSync(join(root, path), join(stage, path), { recursive: true })
  // Without types, which nobody runs and which take most of the time. That they are missing is all that it warns of here.
  const hooks = { 'build:done': ({ warnings }: BuildContext) => warnings.clear() }
  for (const each of config) await build(stage, false, { ...each, declaration: false, hooks })
  const { stdout } = await run('npm', ['pack', '--json', '--offline', '--ignore-scripts'], {
    cwd: stage,
    env: { ...process.env, npm_config_loglevel: 'error', npm_config_update_notifier: 'false' },
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return join(stage, filename)
}

/**
 * The packed file installed into a clean folder, as npm would without a registry, and the runners beside it: `<name>.mjs`
 * imports the package by its name, `<name>.bundle.mjs` has it inside as a bundler for Workers and browsers would.
 */
export async function install(tarball: string, folder: string, damages: readonly Damage[] = []): Promise<void> {
  const packages = join(folder, 'node_modules')
  const own = join(packages, NAME)
  mkdirSync(own, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'])
  for (const name of DEPENDENCIES) cpSync(join(root, 'node_modules', name), join(packages, name), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { [NAME]: '*' } }))
  damage(join(own, 'dist'), damages)
  const common = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'error', outExtension: { '.js': '.mjs' } } as const
  await bundle({
    ...common,
    entryPoints: RUNNERS.map((name) => join(root, 'test/runtime/suite', `${name}.ts`)),
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
