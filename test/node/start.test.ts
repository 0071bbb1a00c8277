import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretsOf } from '../support/page/record-traffic.ts'
import { findSecrets } from '../support/secrets/find-secrets.ts'

const root = fileURLToPath(new URL('../..', import.meta.url).href)
const MAX_START_MS = 90_000
const MAX_STOP_MS = 10_000
/** The last line of the printed `curl`. */
const END_OF_TRANSCRIPT = /^ +}'$/m

interface Run {
  process: ChildProcess
  /** All that it has printed so far. */
  output: () => string
  /** Resolves to the exit code. */
  exited: Promise<number | null>
  /** Resolves when nobody can print any more, its children included. */
  closed: Promise<unknown>
}

/** What `npm start` runs, with the tools of this package first on the path. */
function start(env: Record<string, string>, path: string[] = [], cwd = root): Run {
  const PATH = [...path, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn('node', ['playground/start/start.ts'], {
    cwd,
    env: { ...process.env, ...env, PATH, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal gives it one.
    detached: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk))
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const closed = new Promise((resolve) => child.on('close', resolve))
  return { process: child, output: () => printed, exited, closed }
}

async function until(condition: () => boolean, mostMs: number, what: () => string): Promise<void> {
  for (const end = Date.now() + mostMs; !condition(); ) {
    if (Date.now() > end) throw new Error(what())
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits for the whole transcript, and ends early with what was printed instead. */
async function transcriptOf({ process, output }: Run): Promise<string> {
  const isOver = (): boolean => END_OF_TRANSCRIPT.test(output()) || process.exitCode !== null
  await until(isOver, MAX_START_MS, () => `no transcript, but:\n${output()}`)
  if (process.exitCode !== null) throw new Error(`ended with ${process.exitCode}:\n${output()}`)
  return output()
}

interface Process {
  pid: number
  parent: number
  state: string
  command: string
}

function processes(): Process[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    // A zombie has ended; whose child it is has not looked yet.
    return pid === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), state, command }]
  })
}

function descendants(pid: number | undefined, all = processes()): Process[] {
  const children = all.filter(({ parent }) => parent === pid)
  return children.flatMap((child) => [child, ...descendants(child.pid, all)])
}

/** The command lines of all that a run starts, as long as it is watched. */
function watchCommands(run: Run): { seen: ReadonlySet<string>; stop: () => void } {
  const seen = new Set<string>()
  const watch = setInterval(() => {
    for (const { command } of missing ? [] : descendants(run.process.pid)) seen.add(command)
  }, 100)
  return { seen, stop: () => clearInterval(watch) }
}

/** What is secret in the environment of a Worker, cut up: nobody has to see all of it. */
const secretWordsOf = (origin: string): string[] =>
  Object.values(secretsOf(origin)).flatMap((value) => value.match(/[\w+/=-]{16,}/g) ?? [])

/** Those of `some` that still run. */
const survivors = (some: readonly Process[]): Process[] => {
  if (some.length === 0) return []
  const running = new Map(processes().map(({ pid, command }) => [pid, command]))
  return some.filter(({ pid, command }) => running.get(pid) === command)
}

/** Its exit code, once it and its whole family are gone; fails, and ends them, if one of them stays. */
async function endOf(run: Run, family: () => readonly Process[] = () => []): Promise<number | null> {
  const code = await run.exited
  const left = (): Process[] => survivors(family())
  const report = (): string => `still running: ${left().map(({ command }) => command.slice(0, 120))}`
  try {
    await until(() => left().length === 0, MAX_STOP_MS, report)
  } finally {
    for (const { pid } of left()) process.kill(pid, 'SIGKILL')
  }
  await run.closed
  return code
}

const isThere = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined
const missing = process.platform === 'win32' ? 'signals' : ['curl', 'ps', 'sh'].find((tool) => !isThere(tool))

interface Skippable {
  skip: (condition: boolean, note: string) => void
}

/** Skips, and says why, where the machine cannot show what the test looks at. */
const needTools = (context: Skippable): void => context.skip(missing !== undefined, `${missing} is missing on this machine`)

/** The same for the environment of other processes. */
function needProc(context: Skippable): void {
  needTools(context)
  context.skip(process.platform !== 'linux', 'only Linux shows the environment of a process')
}

/** Ends whatever a failed test has left. */
function cleanUp(run: Run | undefined): void {
  if (!run || run.process.exitCode !== null || run.process.signalCode !== null) return
  for (const { pid } of missing === 'ps' ? [] : descendants(run.process.pid)) process.kill(pid, 'SIGKILL')
  run.process.kill('SIGTERM')
}

describe('npm start', () => {
  let run: Run
  let transcript: string
  let commands: ReturnType<typeof watchCommands>
  const originOf = (text: string): string => /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? ''

  beforeAll(async () => {
    run = start({ PORT: '0' })
    commands = watchCommands(run)
    transcript = await transcriptOf(run)
    commands.stop()
  }, MAX_START_MS + 5_000)
  afterAll(() => {
    commands?.stop()
    cleanUp(run)
  })

  it.each([
    ['the agreement', /^ +agreement created +[0-9a-f]{32}$/m],
    ['where the buyer approves', /^ +buyer opens +http:\/\/127\.0\.0\.1:\d+\/v1\/wallet_agreement\/[0-9a-f]{32}$/m],
    ['that the buyer approved', /^ +buyer approves +confirmed_by_user/m],
    ['the payer token, cut short', /^ +code exchanged +payer token \S{6}…$/m],
    ['the reservation', /^ +payment reserved +\d+ +ARS 700\.50 +authorized$/m],
    ['the capture', /^ +captured +\d+ +ARS 700\.50 +approved$/m],
    ['the partial refund', /^ +partly refunded +\d+ +ARS 700\.50 +partially_refunded +refund \d+ of ARS 200\.25$/m],
    ['the payment without funds', /^ +second payment +\d+ +ARS 250000\.00 +rejected +insufficient_money$/m],
    ['the paid one', /^ +third payment +\d+ +ARS 125\.98 +approved +paid$/m],
  ])('prints %s', (_, line) => {
    expect(transcript).toMatch(line)
  })

  it('prints the same payment from its reservation to its refund, and new ones after', () => {
    const ids = ['payment reserved', 'captured', 'partly refunded', 'second payment', 'third payment'].map(
      (step) => new RegExp(`^ +${step} +(\\d+)`, 'm').exec(transcript)?.[1],
    )
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(new Set(ids).size).toBe(3)
  })

  it('stays up, and answers GET /health with 200', async () => {
    const response = await fetch(`${originOf(transcript)}/health`)
    expect(response.status).toBe(200)
  })

  it('shows no secret in the command line of any process', (context) => {
    needProc(context)
    const words = secretWordsOf(originOf(transcript))
    const [, printed = ''] = /Authorization: Bearer (\S+)'/.exec(transcript) ?? []
    expect(words).toContain(printed)
    expect([...commands.seen].filter((command) => command.includes('wrangler'))).not.toEqual([])
    expect(findSecrets([...commands.seen].join('\n'), [...words, 'TEST-emulator'])).toEqual([])
  })

  it('prints the guide’s curl: pasted 201, again 200 and the same id, without the key 400', (context) => {
    needTools(context)
    const command = transcript.slice(transcript.lastIndexOf('curl -X POST')).trim()
    expect(command).toContain(`'${originOf(transcript)}/v1/advanced_payments'`)
    const paste = (line: string): { status: number; body: Record<string, unknown> } => {
      const silent = line.replace(/^curl /, "curl -sS -w '\\n%{http_code}' ")
      const output = execFileSync('sh', ['-c', silent], { encoding: 'utf8' })
      const end = output.lastIndexOf('\n')
      return { status: Number(output.slice(end)), body: JSON.parse(output.slice(0, end)) }
    }

    const first = paste(command)
    expect(first).toMatchObject({ status: 201, body: { id: expect.any(Number), status: 'approved' } })
    expect(paste(command)).toEqual({ status: 200, body: first.body })

    const withoutKey = command.replace(/^.*X-Idempotency-Key.*\n/m, '')
    expect(withoutKey).not.toBe(command)
    expect(paste(withoutKey)).toMatchObject({ status: 400, body: { error: 'empty_required_header' } })
  })

  it('still knows its payments after a while in which nobody asked', async () => {
    const [, id] = /third payment +(\d+)/.exec(transcript) ?? []
    const [, key] = /Authorization: Bearer (\S+)'/.exec(transcript) ?? []
    await new Promise((resolve) => setTimeout(resolve, 12_000))
    const response = await fetch(`${originOf(transcript)}/v1/advanced_payments/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(await response.json()).toMatchObject({ id: Number(id), status: 'approved' })
  }, 30_000)

  it('takes another port and says so when its port is busy, and ends with Ctrl+C', async (context) => {
    needTools(context)
    const busy = new URL(originOf(transcript)).port
    const second = start({ PORT: busy })
    try {
      const printed = await transcriptOf(second)
      const { port } = new URL(originOf(printed))
      expect(port).not.toBe(busy)
      expect(printed).toContain(`Port ${busy} is not free; using ${port} instead.`)
      const family = descendants(second.process.pid)
      // A terminal signals the whole group.
      process.kill(-(second.process.pid ?? Number.NaN), 'SIGINT')
      expect(await endOf(second, () => family)).toBe(0)
      expect((await fetch(`${originOf(transcript)}/health`)).status).toBe(200)
    } finally {
      cleanUp(second)
    }
  }, 120_000)

  it('ends on SIGINT with its workerd, quietly and with code 0', async (context) => {
    needTools(context)
    const family = descendants(run.process.pid)
    expect(family.map(({ command }) => command).filter((command) => /workerd\S* serve/.test(command))).not.toEqual([])
    const before = run.output()
    run.process.kill('SIGINT')
    expect(await endOf(run, () => family)).toBe(0)
    expect(run.output()).toBe(before)
  }, 30_000)
})

describe('npm start with an access token in .dev.vars', () => {
  const TOKEN = 'APP_USR-made-up-and-never-sent'
  const SHOP = 'https://shop.example'
  /** A copy of the project, so that a developer's own `.dev.vars` and ledger are neither used nor touched. */
  let folder: string
  let kept: string
  let run: Run
  let commands: ReturnType<typeof watchCommands>
  let origin: string

  async function startReal(): Promise<void> {
    run = start({ PORT: '0' }, [], folder)
    commands = watchCommands(run)
    const said = (): RegExpExecArray | null => /Mercado Pago itself is behind (http:\S+),/.exec(run.output())
    await until(() => said() !== null || run.process.exitCode !== null, MAX_START_MS, run.output)
    commands.stop()
    origin = said()?.[1] ?? ''
    expect(origin, run.output()).not.toBe('')
  }

  const clientKey = (): string => JSON.parse(readFileSync(kept, 'utf8')).CLIENT_KEY

  async function post(path: string, bearer: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers = {
      authorization: `Bearer ${bearer}`,
      origin: SHOP,
      'content-type': 'application/json',
      'x-idempotency-key': 'order-1',
    }
    const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const openSession = (page: string): ReturnType<typeof post> =>
    post('/sessions', clientKey(), {
      external_user: { id: 'buyer-1' },
      origin: page,
      operations: ['payments.create'],
      charge: { amount: '700.50', external_reference: 'order-1' },
    })

  /** A payment that the proxy refuses by itself, after it has read the ticket: nothing is sent to Mercado Pago. */
  const chargeTooMuch = (ticket: string): ReturnType<typeof post> =>
    post('/v1/advanced_payments', ticket, {
      wallet_payment: { transaction_amount: 701, description: 'Mate', external_reference: 'order-1' },
      payer: { token: 'none', type_token: 'wallet-token' },
    })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'start-real-'))
    kept = join(folder, '.wrangler', 'secrets.json')
    for (const name of ['playground', 'src', 'wrangler.toml', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, name), join(folder, name), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    writeFileSync(join(folder, '.dev.vars'), `MERCADOPAGO_ACCESS_TOKEN="${TOKEN}"\nLEDGER_SHARDS=2\n`)
    await startReal()
  }, MAX_START_MS + 5_000)
  afterAll(async () => {
    commands?.stop()
    cleanUp(run)
    await run?.closed
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  it('says where the client key is, and does not print it', () => {
    expect(run.output()).toContain('Your client key is CLIENT_KEY in .wrangler/secrets.json.')
    expect(findSecrets(run.output(), [clientKey(), TOKEN])).toEqual([])
  })

  it('keeps its secrets in a file that only the owner can open', (context) => {
    context.skip(process.platform === 'win32', 'Windows has no such modes')
    expect(statSync(kept).mode & 0o777).toBe(0o600)
    expect(readFileSync(kept, 'utf8')).not.toContain(TOKEN)
  })

  it('gives the Worker the values of .dev.vars, and the kept secrets for what is not there', (context) => {
    needProc(context)
    const { TICKET_KEYS, SEALING_KEYS, WEBHOOK_SECRETS } = JSON.parse(readFileSync(kept, 'utf8'))
    const given = { MERCADOPAGO_ACCESS_TOKEN: TOKEN, LEDGER_SHARDS: '2', TICKET_KEYS, SEALING_KEYS, WEBHOOK_SECRETS }
    expect(secretsOf(origin)).toEqual({ ...given, CLIENTS: expect.stringContaining(origin) })
  })

  it('shows no secret in the command line of any process', (context) => {
    needProc(context)
    const words = [...secretWordsOf(origin), clientKey()]
    expect(words).toContain(TOKEN)
    expect([...commands.seen].filter((command) => command.includes('wrangler'))).not.toEqual([])
    expect(findSecrets([...commands.seen].join('\n'), words)).toEqual([])
  })

  it('takes the client key and the tickets of the run before, and makes tickets for its own address', async () => {
    const before = { origin, secrets: readFileSync(kept, 'utf8') }
    const session = await openSession(SHOP)
    expect(session.status).toBe(201)
    const ticket = String(session.body.ticket)
    process.kill(run.process.pid ?? Number.NaN, 'SIGINT')
    expect(await endOf(run)).toBe(0)

    await startReal()
    expect(readFileSync(kept, 'utf8')).toBe(before.secrets)
    expect(await chargeTooMuch(ticket)).toMatchObject({
      status: 403,
      body: { message: 'wallet_payment.transaction_amount is not the amount of the ticket' },
    })
    expect(await chargeTooMuch(`${ticket.slice(0, -8)}AAAAAAAA`)).toMatchObject({ status: 401 })
    expect(await openSession(origin)).toMatchObject({ status: 201 })
    if (origin !== before.origin) expect(await openSession(before.origin)).toMatchObject({ status: 400 })
  }, 120_000)

  it('does not start with kept secrets that others can open, and does not touch them', async (context) => {
    context.skip(process.platform === 'win32', 'Windows has no such modes')
    const secrets = readFileSync(kept, 'utf8')
    chmodSync(kept, 0o640)
    const refused = start({ PORT: '0' }, [], folder)
    try {
      expect(await endOf(refused)).toBe(1)
    } finally {
      cleanUp(refused)
    }
    expect(refused.output().trim()).toBe(
      'Other users of this machine can open .wrangler/secrets.json, which holds secrets: run `chmod 600 .wrangler/secrets.json`.',
    )
    expect(readFileSync(kept, 'utf8')).toBe(secrets)
  }, 30_000)
})

describe('npm start that cannot', () => {
  it.for([0, 1_500])(
    'build prints what the build said, and leaves no process behind (failing after %i ms)',
    { timeout: 30_000 },
    async (ms, context) => {
      needTools(context)
      const folder = mkdtempSync(join(tmpdir(), 'start-'))
      const fake = join(folder, 'vite')
      writeFileSync(
        fake,
        `#!/bin/sh\nsleep ${ms / 1_000}\necho 'the reason on stdout'\necho 'the reason on stderr' >&2\nexit 3\n`,
      )
      chmodSync(fake, 0o755)
      const family = new Map<number, Process>()
      const run = start({ PORT: '0' }, [folder])
      const watch = setInterval(() => {
        for (const one of descendants(run.process.pid)) family.set(one.pid, one)
      }, 50)
      try {
        expect(await endOf(run, () => [...family.values()])).toBe(1)
        expect(run.output().trim()).toBe('The build failed:\nthe reason on stdout\nthe reason on stderr')
      } finally {
        clearInterval(watch)
        cleanUp(run)
        rmSync(folder, { recursive: true })
      }
    },
  )

  it.each(['abc', '-1', '65536', '80.5'])('take the port %s says which it takes', async (PORT) => {
    const run = start({ PORT })
    expect(await endOf(run)).toBe(1)
    expect(run.output().trim()).toBe(`PORT must be a number from 0 (any free port) to 65535, not "${PORT}".`)
  })
})
