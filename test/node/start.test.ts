import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

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
function start(env: Record<string, string>, path: string[] = []): Run {
  const PATH = [...path, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn('node', ['playground/start/start.ts'], {
    cwd: root,
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

/** Skips, and says why, where the machine cannot show what the test looks at. */
const needTools = (context: { skip: (condition: boolean, note: string) => void }): void =>
  context.skip(missing !== undefined, `${missing} is missing on this machine`)

/** Ends whatever a failed test has left. */
function cleanUp(run: Run | undefined): void {
  if (!run || run.process.exitCode !== null || run.process.signalCode !== null) return
  for (const { pid } of missing === 'ps' ? [] : descendants(run.process.pid)) process.kill(pid, 'SIGKILL')
  run.process.kill('SIGTERM')
}

describe('npm start', () => {
  let run: Run
  let transcript: string
  const originOf = (text: string): string => /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? ''

  beforeAll(async () => {
    run = start({ PORT: '0' })
    transcript = await transcriptOf(run)
  }, MAX_START_MS + 5_000)
  afterAll(() => cleanUp(run))

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
