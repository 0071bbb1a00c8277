import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { sha256 } from '../support/transcript/sha256.ts'
import { transcript } from '../support/transcript/transcript.ts'

const root = new URL('../..', import.meta.url).pathname

/** What a runner prints: its runtime, the hash, and the text. */
async function run(program: string, args: string[], env: Record<string, string> = {}) {
  const home = mkdtempSync(`${tmpdir()}/runtime-`)
  try {
    const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/${program}`, args, {
      cwd: root,
      maxBuffer: 64 * 1_048_576,
      // Nothing of the machine: neither its caches nor its settings. The shims of npm need PATH to find Node.
      env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, ...env } as unknown as NodeJS.ProcessEnv,
    })
    const [first = '', ...lines] = stdout.trimEnd().split('\n')
    const [name = '', , hash = ''] = first.split(' ')
    return { name, hash, lines }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** The first line that differs, on both sides; undefined if none does. */
function difference(ours: readonly string[], theirs: readonly string[]): object | undefined {
  const at = Array.from({ length: Math.max(ours.length, theirs.length) }).findIndex((_, index) => ours[index] !== theirs[index])
  return at < 0 ? undefined : { line: at + 1, after: ours.slice(Math.max(0, at - 3), at), node: ours[at], there: theirs[at] }
}

const deno = ['run', '--no-prompt', '--no-remote', '--no-npm', '--no-config', '--no-lock', '--node-modules-dir=none']

it.each([
  ['Deno', 'deno', [...deno, 'test/support/transcript/deno.ts'], { DENO_NO_UPDATE_CHECK: '1', DENO_NO_PACKAGE_JSON: '1' }],
  ['Bun', 'bun', ['--no-install', 'test/support/transcript/bun.ts'], {}],
  ['Bun elsewhere', 'bun', ['--no-install', 'test/support/transcript/bun.ts'], { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' }],
] as const)('%s tells the same story as Node', { timeout: 60_000 }, async (_, program, args, env) => {
  const [text, other] = await Promise.all([transcript(), run(program, [...args], env)])
  expect(difference(text.trimEnd().split('\n'), other.lines)).toBeUndefined()
  expect({ name: other.name.toLowerCase(), hash: other.hash }).toEqual({ name: program, hash: await sha256(text) })
})
