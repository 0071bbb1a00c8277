/**
 * `npm start`: the edge Worker in workerd with the emulator behind it, one whole payment through it, then it stays up.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'

const WISHED_PORT = Number(process.env.PORT ?? 8787)
const PATIENCE_MS = 60_000

const port = (await freePort(WISHED_PORT)) ?? (await freePort(0)) ?? 0
const origin = `http://127.0.0.1:${port}`
const clientKey = `demo-${randomBytes(16).toString('hex')}`
const isWindows = process.platform === 'win32'
const worker = startWorker()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => worker.kill('SIGINT'))
worker.on('exit', (code) => process.exit(code ?? 0))

try {
  // The walkthrough imports the package by its name, as a user would: that is the built one.
  execFileSync('unbuild', { stdio: 'pipe', shell: isWindows })
  const { walkthrough } = await import('./walkthrough.ts')
  await untilHealthy()
  await walkthrough({ origin, clientKey, print: (line) => console.log(line) })
} catch (error) {
  console.error(error)
  worker.kill('SIGINT')
  process.exitCode = 1
}

/** The port if nothing listens on it, some free one for 0. */
function freePort(wished: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(wished, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}

function startWorker(): ChildProcess {
  const vars = { ORIGIN: origin, CLIENT_KEY_SHA256: createHash('sha256').update(clientKey).digest('hex') }
  const options = ['--env', 'dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--log-level', 'error']
  const given = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  return spawn('wrangler', ['dev', 'playground/worker.dev.ts', ...options, '--show-interactive-dev-session=false', ...given], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: isWindows,
    env: {
      ...process.env,
      CI: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  })
}

async function untilHealthy(): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const response = await fetch(`${origin}/health`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The Worker did not answer on ${origin} within ${PATIENCE_MS / 1000} s`)
}
