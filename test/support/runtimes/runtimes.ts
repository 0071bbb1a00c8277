import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { compatibilityDate } from '../proxy/bundle.ts'
import { launchWorkerd } from '../proxy/workerd.ts'
import type { Report } from './run.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url).href)
const MAX_MS = 60_000

/** Runs the suite of an installed folder in one runtime against the server at `origin`. */
export type Runtime = (folder: string, origin: string, end?: 'by itself' | 'killed') => Promise<Report>

/** A Node of this major version in PATH; undefined if there is none. */
export function findNode(major: number): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  return candidates.find((program) => {
    try {
      accessSync(program, constants.X_OK)
      return execFileSync(program, ['--version'], { encoding: 'utf8' }).startsWith(`v${major}.`)
    } catch {
      return false
    }
  })
}

const program = (name: string): string => join(root, 'node_modules/.bin', name)

/** A process that prints its report. It has to end by itself, unless the package is broken and left something open. */
const command =
  (file: string, ...args: string[]): Runtime =>
  async (folder, origin, end = 'by itself') => {
    const child = spawn(file, [...args, origin], {
      cwd: folder,
      // Nothing of the machine: neither its caches nor its settings. The shims of npm need PATH to find Node.
      env: {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        TMPDIR: folder,
        DENO_NO_UPDATE_CHECK: '1',
      } as unknown as NodeJS.ProcessEnv,
      detached: true,
    })
    const kill = () => child.pid && child.exitCode === null && child.signalCode === null && process.kill(-child.pid, 'SIGKILL')
    const timer = setTimeout(kill, MAX_MS)
    let printed = ''
    let complained = ''
    child.stderr.on('data', (chunk) => (complained += chunk))
    child.stdout.on('data', (chunk) => {
      printed += chunk
      if (end === 'killed' && printed.endsWith('\n')) kill()
    })
    const [exitCode, signal] = await once(child, 'close')
    clearTimeout(timer)
    const isOver = end === 'killed' || exitCode === 0
    if (!isOver || printed === '') throw new Error(`${file}: exit ${exitCode ?? signal}\n${printed}${complained}`)
    return JSON.parse(printed)
  }

export const node = (file: string): Runtime => command(file, 'node.mjs')
/** By their paths: both have a `.bin/node`, and which of them takes it depends on the order in which npm installed them. */
export const node24: Runtime = node(join(root, 'node_modules/node-24/bin/node'))
export const node26: Runtime = node(join(root, 'node_modules/node/bin/node'))
export const bun: Runtime = command(program('bun'), '--no-install', 'bun.mjs')
/** Nothing but the loopback: no files, no environment. */
export const deno: Runtime = command(
  program('deno'),
  ...['run', '--no-prompt', '--no-remote', '--cached-only', '--no-config', '--no-lock', '--node-modules-dir=manual'],
  ...['--allow-net=127.0.0.1', 'deno.mjs'],
)

/** Without anything of Node: of late, compatibility dates bring `process`, `Buffer` and `node:*` unless both flags say no. */
export const workerd: Runtime = async (folder, origin) => {
  const settings = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "suite", worker = .suite),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "suite")],
);
const suite :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "workerd.bundle.mjs")],
  compatibilityDate = ${JSON.stringify(compatibilityDate)},
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
);
`
  writeFileSync(join(folder, 'workerd.capnp'), settings)
  const { port, kill } = await launchWorkerd(join(folder, 'workerd.capnp'))
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/?origin=${origin}`, { signal: AbortSignal.timeout(MAX_MS) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`workerd: ${answer.status} ${text}`)
    return JSON.parse(text)
  } finally {
    await kill()
  }
}

export const page = (browser: Browser): Runtime =>
  inPage(browser, (origin) => `import('/page.bundle.mjs').then(({ report }) => report(${JSON.stringify(origin)}))`)

export const worker = (browser: Browser): Runtime =>
  inPage(
    browser,
    (origin) => `new Promise((resolve, reject) => {
      const worker = new Worker('/worker.bundle.mjs', { type: 'module' })
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(${JSON.stringify(origin)})
    })`,
  )

/** On a server of its own, so that the emulator is another origin. */
const inPage =
  (browser: Browser, script: (origin: string) => string): Runtime =>
  async (folder, origin) => {
    const server = createServer(({ url = '/' }, response) => {
      const isModule = /^\/\w+\.bundle\.mjs$/.test(url)
      response.setHeader('content-type', isModule ? 'text/javascript' : 'text/html')
      response.end(isModule ? readFileSync(join(folder, url)) : '<!doctype html><title>suite</title>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const context = await browser.newContext()
    try {
      const tab = await context.newPage()
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      return await tab.evaluate<Report>(script(origin))
    } finally {
      await context.close()
      server.close()
    }
  }
