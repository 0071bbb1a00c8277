import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { build } from 'unbuild'
import { inject } from 'vitest'
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
 * The package, built and packed once for all files of a run: by the first that asks, while the others wait. A copy of the
 * sources is built, for `dist` of the clone may be in use. No registry is asked.
 */
export async function packOnce(): Promise<Tarball> {
  const folder = join(inject('runFolder'), 'package')
  const result = join(folder, 'tarball.json')
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    const made = await packInto(folder).catch((error: unknown) => ({ failed: String(error) }))
    writeFileSync(`${result}.part`, JSON.stringify(made))
    renameSync(`${result}.part`, result)
  }
  while (!existsSync(result)) await setTimeout(50)
  const made = JSON.parse(readFileSync(result, 'utf8')) as Tarball | { failed: string }
  if ('failed' in made) throw new Error(made.failed)
  return made
}

async function packInto(folder: string): Promise<Tarball> {
  const copy = `${folder}/copy`
  for (const name of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'src']) {
    cpSync(root + name, `${copy}/${name}`, { recursive: true })
  }
  symlinkSync(`${root}node_modules`, `${copy}/node_modules`)
  for (const each of config) await build(copy, false, each)
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
  const tarball = await packOnce()
  await unpack(tarball, folder)
  for (const name of ['ofetch', 'valibot', 'msw']) symlinkSync(`${root}node_modules/${name}`, `${folder}/node_modules/${name}`)
  return { folder, files: tarball.files, remove: () => rmSync(folder, { recursive: true }) }
}
