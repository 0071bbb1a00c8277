import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = new URL('..', import.meta.url).pathname

/** A clean folder in which the package is installed as npm would pack it. */
export interface Packed {
  folder: string
  /** What npm put into the tarball. */
  files: readonly string[]
  remove(): void
}

/**
 * Builds a copy of the sources (`dist` of the clone may be in use), packs it, and puts the tarball's content where an
 * install would; what it depends on is linked. No registry is asked.
 */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(`${tmpdir()}/packed-`)
  const copy = `${folder}/copy`
  mkdirSync(`${folder}/node_modules/mercadopago-wallet-connect`, { recursive: true })
  for (const name of ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', 'build.config.ts', 'src']) {
    cpSync(root + name, `${copy}/${name}`, { recursive: true })
  }
  symlinkSync(`${root}node_modules`, `${copy}/node_modules`)
  await run(process.execPath, [`${root}node_modules/unbuild/dist/cli.mjs`], { cwd: copy })
  const flags = ['--json', '--ignore-scripts', '--offline', '--cache', `${folder}/cache`, '--pack-destination', folder]
  const { stdout } = await run('npm', ['pack', ...flags], { cwd: copy })
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  const into = `${folder}/node_modules/mercadopago-wallet-connect`
  await run('tar', ['-xzf', `${folder}/${filename}`, '--strip-components=1', '-C', into])
  for (const name of ['ofetch', 'valibot', 'msw']) symlinkSync(`${root}node_modules/${name}`, `${folder}/node_modules/${name}`)
  return { folder, files: files.map(({ path }) => path), remove: () => rmSync(folder, { recursive: true }) }
}
