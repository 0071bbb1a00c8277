/**
 * `npm start`: runs the edge Worker in workerd with the emulator behind it, makes one whole payment through it, and stays up.
 * `npm run dev` (`--watch`): the same, and both the Worker and the page follow changes of their files.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { makeSecrets } from './secrets.ts'

const DEFAULT_PORT = 8787
const MAX_START_MS = 60_000
const MAX_STOP_MS = 3_000
const isWindows = process.platform === 'win32'

const port = await choosePort(process.env.PORT || String(DEFAULT_PORT))
const origin = `http://127.0.0.1:${port}`
const clientKey = `demo-${randomBytes(16).toString('hex')}`
const eventsSecret = `whsec_${randomBytes(32).toString('base64')}`
/** The variables in `.dev.vars`, which take precedence. With an access token there, Mercado Pago itself is behind the Worker. */
const ownVariables = existsSync('.dev.vars')
  ? [...readFileSync('.dev.vars', 'utf8').matchAll(/^\s*(\w+)\s*=\s*\S/gm)].map(([, name]) => name)
  : []
const isReal = ownVariables.includes('MERCADOPAGO_ACCESS_TOKEN')
/** The emulator forgets everything when it stops, so the ledger does, too. The ledger of real payments is kept. */
const state = isReal ? '.wrangler/state' : mkdtempSync(join(tmpdir(), 'wallet-connect-'))
/** The page as built for this run, in a folder that no other run changes. */
const page = mkdtempSync(join(tmpdir(), 'wallet-connect-page-'))
const PAGE_BUILD = ['build', '--config', 'playground/page/vite.config.ts', '--outDir', page, '--logLevel', 'warn']
const stopping = new AbortController()
let worker: ChildProcess | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))
process.on('exit', () => {
  worker?.kill('SIGKILL')
  for (const folder of isReal ? [page] : [page, state]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
// A signal to npm stops at its shell, so this process stops when npm is gone.
const parent = process.ppid
setInterval(() => process.ppid === parent || stop(0), 500).unref()

try {
  // The Worker serves the page, so it has to be built first.
  await build('vite', ...PAGE_BUILD)
  if (process.argv.includes('--watch')) void build('vite', ...PAGE_BUILD, '--watch').catch(() => {})
  worker = startWorker()
  const { walkthrough } = await loadWalkthrough()
  await untilHealthy()
  if (isReal) {
    console.log(`Mercado Pago itself is behind ${origin}, with the access token of .dev.vars. Nothing was sent to it.`)
    if (!ownVariables.includes('CLIENTS')) console.log(`The client key of this run: ${clientKey}`)
  } else await walkthrough({ origin, clientKey, print: (line) => console.log(line) })
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

function startWorker(): ChildProcess {
  const shop = 'https://shop.example'
  const client = {
    id: 'demo',
    key: clientKey,
    origins: [origin, shop],
    // With Mercado Pago itself there is no demo to return to.
    return_uris: [`${shop}/linked`, ...(isReal ? [] : [`${origin}/`])],
    ...(!isReal && { events: { url: `${origin}/shop/events`, secrets: [eventsSecret] } }),
    operator: true,
  }
  const secrets = {
    ...makeSecrets(client),
    MERCADOPAGO_ACCESS_TOKEN: 'TEST-emulator',
    WEBHOOK_SECRETS: randomBytes(32).toString('hex'),
    DEMO_CLIENT_KEY: clientKey,
    DEMO_EVENTS_SECRET: eventsSecret,
  }
  const vars = { ORIGIN: origin, ...secrets }
  const options = ['--env', 'dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--log-level', 'error']
  const given = Object.entries(vars)
    .filter(([name]) => !ownVariables.includes(name))
    .flatMap(([name, value]) => ['--var', `${name}:${value}`])
  const child = spawn(
    'wrangler',
    [
      'dev',
      'playground/worker.dev.ts',
      ...options,
      '--persist-to',
      state,
      '--assets',
      page,
      '--show-interactive-dev-session=false',
      ...given,
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: isWindows,
      env: {
        ...process.env,
        CI: '1',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        // It would let pages on other ports of this machine read and write the ledger.
        X_LOCAL_EXPLORER: 'false',
      },
    },
  )
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
