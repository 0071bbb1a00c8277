import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { type BuildContext, build } from 'unbuild'
import config from '../../../build.config.ts'

const run = promisify(execFile)
const root = new URL('../../..', import.meta.url).pathname
const NAME = 'mercadopago-wallet-connect'

/** What npm would publish. */
export interface Tarball {
  path: string
  files: readonly string[]
}

/**
 * Builds and packs a copy of the sources in `folder` (`dist` of the clone may be in use). Without `declaration` there are
 * no types, which take most of the time; that they are missing is all that the build warns of then. No registry is asked.
 */
export async function packInto(folder: string, { declaration = true } = {}): Promise<Tarball> {
  const copy = `${folder}/copy`
  for (const name of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'src']) {
    cpSync(root + name, `${copy}/${name}`, { recursive: true })
  }
  symlinkSync(`${root}node_modules`, `${copy}/node_modules`)
  for (const each of config) {
    const forgive = { 'build:done': ({ warnings }: BuildContext) => warnings.clear() }
    const without = { ...each, declaration, hooks: { ...each.hooks, ...forgive } }
    await build(copy, false, declaration ? each : without)
  }
  const flags = ['--json', '--ignore-scripts', '--offline', '--cache', `${folder}/cache`, '--pack-destination', folder]
  const { stdout } = await run('npm', ['pack', ...flags], { cwd: copy })
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  return { path: `${folder}/${filename}`, files: files.map(({ path }) => path) }
}

/** Puts the content of the tarball where an install into `folder` would, and says where. */
export async function unpack({ path }: Tarball, folder: string): Promise<string> {
  const own = `${folder}/node_modules/${NAME}`
  mkdirSync(own, { recursive: true })
  await run('tar', ['-xzf', path, '--strip-components=1', '-C', own])
  return own
}

/** A clean folder in which the package is installed as npm would pack it. */
export interface Packed {
  folder: string
  /** What npm put into the tarball. */
  files: readonly string[]
  remove(): void
}

/** Installs the package into a folder of its own; what it depends on is linked. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(`${tmpdir()}/packed-`)
  const tarball = await packInto(folder)
  await unpack(tarball, folder)
  for (const name of ['ofetch', 'valibot', 'msw']) symlinkSync(`${root}node_modules/${name}`, `${folder}/node_modules/${name}`)
  return { folder, files: tarball.files, remove: () => rmSync(folder, { recursive: true }) }
}
