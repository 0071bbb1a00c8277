import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { SECRETS } from '../secrets/secrets.ts'
import { compatibilityDate, compatibilityFlags } from './bundle.ts'

export interface Deployment {
  /** The Worker as one module. */
  script: string
  /** Where the Durable Objects keep their rows; a restart finds them there. */
  folder: string
  /** Of 127.0.0.1: what stands for every address that the Worker fetches. */
  upstreamPort: number
  shards?: number
  inspectorPort?: number
}

export interface WorkerdProcess {
  port: number
  pid: number
  /** As a power failure would. Resolves when it is gone. */
  kill(): Promise<void>
}

const { default: program } = createRequire(import.meta.url)('workerd') as { default: string }

/**
 * A Worker in the runtime of Cloudflare, which is one process, with nothing around it: the same binary and storage as under
 * Wrangler, and neither its router nor its interceptor, which would be measured, too.
 */
export async function startWorkerd(deployment: Deployment): Promise<WorkerdProcess> {
  const { folder, script, inspectorPort } = deployment
  mkdirSync(join(folder, 'objects'), { recursive: true })
  writeFileSync(join(folder, 'worker.js'), script)
  writeFileSync(join(folder, 'workerd.capnp'), settingsOf(deployment))
  const inspector = inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspectorPort}`]
  return launchWorkerd(join(folder, 'workerd.capnp'), inspector)
}

/** The program with these settings, which have one socket, `http`. */
export async function launchWorkerd(settings: string, args: readonly string[] = []): Promise<WorkerdProcess> {
  const child = spawn(program, ['serve', '--experimental', '--control-fd=3', ...args, settings], {
    stdio: ['ignore', 'ignore', process.env.WORKERD_STDERR ? 'inherit' : 'ignore', 'pipe'],
    detached: true,
  })
  const { pid = 0 } = child
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const gone = once(child, 'exit').then(() => void process.off('exit', endWithUs))
  return {
    port: await portOf(child),
    pid,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
      await gone
    },
  }
}

/** It says where it listens as soon as it does. */
async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { event, socket, port } = JSON.parse(line)
    if (event === 'listen' && socket === 'http') return port
  }
  throw new Error('workerd did not start: set WORKERD_STDERR to see why')
}

const text = (value: string): string => JSON.stringify(value)

function settingsOf({ folder, upstreamPort, shards = 4 }: Deployment): string {
  const variables = { ...SECRETS, LEDGER_SHARDS: String(shards), UNSIGNED_NOTIFICATIONS: 'hint' }
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    '(name = "LEDGER", durableObjectNamespace = "Ledger")',
    '(name = "INBOX", durableObjectNamespace = "Inbox")',
    '(name = "NOTIFICATIONS", queue = "queue")',
    '(name = "CLIENT_LIMIT", wrapped = (moduleName = "limit"))',
    ...['BUYER_LIMIT', 'ANONYMOUS_LIMIT', 'HINT_LIMIT'].map((name) => `(name = ${text(name)}, wrapped = (moduleName = "limit"))`),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "proxy", worker = .proxy),
    (name = "queue", worker = .queue),
    (name = "mercado-pago", external = (address = "127.0.0.1:${upstreamPort}", http = ())),
    (name = "objects", disk = (path = ${text(join(folder, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "proxy")],
  extensions = [(modules = [
    (name = "limit", internal = true, esModule = "export default () => ({ limit: async () => ({ success: true }) })"),
  ])],
);
const proxy :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(text).join(', ')}],
  durableObjectNamespaces = [
    (className = "Ledger", uniqueKey = "ledger", enableSql = true),
    (className = "Inbox", uniqueKey = "inbox", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "mercado-pago",
  bindings = [
    ${bindings.join(',\n    ')},
  ],
);
const queue :Workerd.Worker = (
  modules = [(name = "queue.js", esModule = "export default { fetch: () => new Response() }")],
  compatibilityDate = ${text(compatibilityDate)},
);
`
}
