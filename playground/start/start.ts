/**
 * `npm start`: runs the edge Worker in workerd with the emulator behind it, makes one whole payment through it, and stays up.
 * `npm run dev` (`--watch`): the same, and both the Worker and the page follow changes of their files.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { keepRunSecrets, makeRunSecrets } from './run-secrets.ts'
import {
  environmentWith,
  isRealToken,
  readVariables,
  type Variables,
  variablesForEmulator,
  variablesForMercadoPago,
} from './variables.ts'

const DEFAULT_PORT = 8787
const MAX_START_MS = 60_000
const MAX_STOP_MS = 3_000
const isWindows = process.platform === 'win32'

const port = await choosePort(process.env.PORT || String(DEFAULT_PORT))
const origin = `http://127.0.0.1:${port}`
/** The variables in `.dev.vars`, which take precedence. With an access token there, Mercado Pago itself is behind the Worker. */
const own = readVariables('.dev.vars')
const isReal = isRealToken(own)
/** What this run alone needs, and removes when it ends. */
const folder = mkdtempSync(join(tmpdir(), 'wallet-connect-'))
/** The emulator forgets everything when it stops, so the ledger does, too. The ledger of real payments is kept. */
const state = isReal ? '.wrangler/state' : join(folder, 'state')
/** The secrets that belong to the kept ledger, as far as `.dev.vars` leaves them out. */
const KEPT_SECRETS = '.wrangler/secrets.json'
const isKeeping = isReal && !['CLIENTS', 'TICKET_KEYS', 'SEALING_KEYS', 'WEBHOOK_SECRETS'].every((name) => own[name])
const page = join(folder, 'page')
const PAGE_BUILD = ['build', '--config', 'playground/page/vite.config.ts', '--outDir', page, '--logLevel', 'warn']
const stopping = new AbortController()
let worker: ChildProcess | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))
process.on('exit', () => {
  worker?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
// A signal to npm stops at its shell, so this process stops when npm is gone.
const parent = process.ppid
setInterval(() => process.ppid === parent || stop(0), 500).unref()

try {
  const secrets = isKeeping ? keepRunSecrets(KEPT_SECRETS, state) : makeRunSecrets()
  const made = isReal ? variablesForMercadoPago(origin, secrets) : variablesForEmulator(origin, secrets)
  // The Worker serves the page, so it has to be built first.
  await build('vite', ...PAGE_BUILD)
  if (process.argv.includes('--watch')) void build('vite', ...PAGE_BUILD, '--watch').catch(() => {})
  worker = startWorker({ ...made, ...own })
  const { walkthrough } = await loadWalkthrough()
  await untilHealthy()
  if (isReal) {
    console.log(`Mercado Pago itself is behind ${origin}, with the access token of .dev.vars. It gets only what you send, and`)
    console.log(`what settles the payments of earlier runs, in ${state}, whose outcome is not known yet.`)
    if (!own.CLIENTS) console.log(`Your client key is CLIENT_KEY in ${KEPT_SECRETS}.`)
    if (isKeeping) console.log(`Keep ${KEPT_SECRETS} as long as ${state}, whose payments cannot be settled without its keys.`)
  } else await walkthrough({ origin, clientKey: secrets.CLIENT_KEY, print: (line) => console.log(line) })
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error)
    stop(1)
  }
}

function stop(exitCode: number): void {
  process.exitCode = exitCode
  stopping.abort()
  if (!worker) process.exit()
  worker.kill('SIGINT')
  setTimeout(() => process.exit(), MAX_STOP_MS).unref()
}

async function choosePort(text: string): Promise<number> {
  const wanted = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(wanted <= 65_535)) {
    console.error(`PORT must be a number from 0 (any free port) to 65535, not ${JSON.stringify(text)}.`)
    process.exit(1)
  }
  const port = await freePort(wanted)
  if (port !== undefined) return port
  const other = await freePort(0)
  if (other === undefined) throw new Error('There is no free port on 127.0.0.1')
  console.log(`Port ${wanted} is not free; using ${other} instead.`)
  return other
}

/** The port if nothing listens on it, or any free port for 0. */
function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}

function build(program: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { shell: isWindows, signal: stopping.signal }, (error, stdout, stderr) => {
      if (error) reject(new Error(`The build failed:\n${stdout}${stderr || error.message}`))
      else resolve()
    })
  })
}

/** It imports the package by its name, as a user would; here the name means the sources, so nothing has to be built. */
async function loadWalkthrough(): Promise<typeof import('./walkthrough.ts')> {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url).href)
  const alias = { 'mercadopago-wallet-connect': path('../../src/index.ts') }
  const options = { configFile: false, resolve: { alias }, logLevel: 'error' } as const
  return (await runnerImport<typeof import('./walkthrough.ts')>(path('./walkthrough.ts'), options)).module
}

/** The variables go through the environment: a command line can be read by every user of the machine. */
function startWorker(variables: Variables): ChildProcess {
  // Given a file, wrangler reads neither `.dev.vars`, whose values are among these, nor `.env`.
  const noVariables = join(folder, 'none.env')
  writeFileSync(noVariables, '')
  const options = ['--env', 'dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--log-level', 'error']
  const folders = ['--persist-to', state, '--assets', page, '--env-file', noVariables]
  const child = spawn(
    'wrangler',
    ['dev', 'playground/worker.dev.ts', ...options, ...folders, '--show-interactive-dev-session=false'],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      shell: isWindows,
      env: {
        ...environmentWith(variables),
        CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
        CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
        CI: '1',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        // It would let pages on other ports of this machine read and write the ledger.
        X_LOCAL_EXPLORER: 'false',
      },
    },
  )
  // What is said while it stops is of no use, such as the crash of a bundler that lost its parent.
  child.stderr?.on('data', (text) => stopping.signal.aborted || process.stderr.write(text))
  child.on('error', ({ message }) => {
    console.error(`wrangler could not be started (${message}): use \`npm start\`, which installs and finds it.`)
    process.exit(1)
  })
  child.on('exit', (code) => {
    if (stopping.signal.aborted) process.exit()
    console.error(`The Worker stopped unexpectedly${code === null ? '' : ` with code ${code}`}.`)
    process.exit(1)
  })
  return child
}

async function untilHealthy(): Promise<void> {
  for (const end = Date.now() + MAX_START_MS; Date.now() < end; ) {
    const response = await fetch(`${origin}/health`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The Worker did not answer on ${origin} within ${MAX_START_MS / 1000} s`)
}
