import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../..', import.meta.url).href)
const settings = readFileSync(join(root, 'wrangler.toml'), 'utf8')

export const PRODUCTION = 'playground/worker.ts'

/** What a deployment would have of it. */
export const compatibilityDate = /^compatibility_date = "(.+)"$/m.exec(settings)?.[1] ?? ''
export const compatibilityFlags = [...(/^compatibility_flags = \[(.*)\]$/m.exec(settings)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
  ([, flag = '']) => flag,
)

/** The lines of `[alias]`. */
function aliases(): Record<string, string> {
  const section = /^\[alias\]\n((?:".+\n)+)/m.exec(settings)?.[1] ?? ''
  const lines = section.matchAll(/^"(.+)" = "(.+)"$/gm)
  return Object.fromEntries([...lines].map(([, name = '', path = '']) => [name, join(root, path)]))
}

/** The Worker as one module of JavaScript. */
export async function bundle(entry = PRODUCTION, { minify = false } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    alias: aliases(),
    logLevel: 'error',
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${entry}`)
  return file.text
}

/** Bytes that a deployment uploads. */
export const gzippedSize = async (entry = PRODUCTION): Promise<number> => gzipSync(await bundle(entry, { minify: true })).length
