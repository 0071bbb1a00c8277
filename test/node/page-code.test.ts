import { execFileSync, spawnSync } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as stream from 'node:stream'
import * as library from 'mercadopago-wallet-connect'
import { createEmulator, type Delivery, type EffectKind, type Emulator } from 'mercadopago-wallet-connect/emulator'
import * as notifications from 'mercadopago-wallet-connect/notifications'
import ts from 'typescript'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RUNTIMES, type Runtime, STEPS, type Step, snippet } from '../../playground/page/code/snippets.ts'
import { linkWallet } from '../wallet.ts'

const root = new URL('../..', import.meta.url).pathname
const ACCESS_TOKEN = 'TEST-access'
const SECRET = 'a-secret-of-webhooks'
const KEY = '5b0c9f3e-1d2a-4c6b-8e7f-0a1b2c3d4e5f'

type TypeScriptRuntime = Exclude<Runtime, 'curl'>
const inTypeScript = RUNTIMES.filter((runtime): runtime is TypeScriptRuntime => runtime !== 'curl')
const all = STEPS.flatMap((step) => RUNTIMES.map((runtime) => [step, runtime] as const))

/** A shop in the middle of a checkout: what the step finds, and what is said to it. */
interface Stage {
  emulator: Emulator
  /** In the order in which a script takes them. */
  args: Record<string, string>
  agreement: string
  payerToken: string
}

async function stageOf(step: Step): Promise<Stage> {
  const emulator = createEmulator({ seed: 7 })
  emulator.notifications.configure({ url: 'https://shop.example/hooks', secret: SECRET })
  if (step === 'link') return { emulator, args: { buyer: 'buyer-1' }, agreement: '', payerToken: '' }
  const wallet = library.createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: emulator.fetch })
  if (step === 'return') {
    const { agreement_id } = await wallet.agreements.create({
      return_uri: 'https://shop.example/linked',
      external_flow_id: 'link-buyer-1',
      external_user: { id: 'buyer-1' },
    })
    const { code } = emulator.buyer.approve(agreement_id)
    return { emulator, args: { agreement: agreement_id, code }, agreement: agreement_id, payerToken: '' }
  }
  const { agreement_id: agreement, payer_token: payerToken } = await linkWallet(emulator)
  const create = (capture: boolean) =>
    wallet.payments.create({ wallet_payment: { transaction_amount: '700.50' }, payer: { token: payerToken }, capture })
  const id = async (capture: boolean): Promise<string> => String((await create(capture)).id)
  const args: Record<Exclude<Step, 'link' | 'return'>, () => Promise<Record<string, string>>> = {
    coupon: async () => ({ coupon: 'WALLET10' }),
    pay: async () => ({ order: 'order-1' }),
    lostAnswer: async () => ({ order: 'order-1' }),
    reserve: async () => ({ order: 'order-1' }),
    capture: async () => ({ id: await id(false) }),
    cancel: async () => ({ id: await id(false) }),
    refund: async () => ({ id: await id(true), amount: '200.25' }),
    unlink: async () => ({ agreement }),
    notification: async () => ({}),
  }
  emulator.coupons.add({ code: 'WALLET10', type: 'percent', value: 10, cap: 50 })
  return { emulator, args: await args[step](), agreement, payerToken }
}

interface Result {
  /** What was shown: printed, or answered as JSON or text. */
  shown: unknown
  printed: unknown[][]
  /** What was stored, by its id, and how often the buyer had been charged by then. */
  stored: Map<string, { text: string; charges: number }>
  /** What takes notifications. */
  handle: ((delivery: Delivery) => Promise<number>) | undefined
}

const effectsOf = ({ effects }: Emulator, kind: EffectKind) => effects.filter((effect) => effect.kind === kind)
const chargesOf = (emulator: Emulator): number => effectsOf(emulator, 'payment_charged').length

const requestOf = ({ url, headers, body }: Delivery): Request => new Request(url, { method: 'POST', headers, body })
const realFetch = globalThis.fetch

/** Delivers by a real socket. */
async function post(listener: RequestListener, { url, headers, body }: Delivery): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, resolve))
  try {
    const { pathname, search } = new URL(url)
    const { port } = server.address() as AddressInfo
    return (await realFetch(`http://127.0.0.1:${port}${pathname}${search}`, { method: 'POST', headers, body })).status
  } finally {
    server.close()
  }
}

/** Runs a snippet as its runtime would, with the emulator as Mercado Pago. */
async function run(step: Step, runtime: TypeScriptRuntime, stage: Stage): Promise<Result> {
  const { emulator, args, agreement, payerToken } = stage
  vi.stubGlobal('fetch', emulator.fetch)
  const result: Result = { shown: undefined, printed: [], stored: new Map(), handle: undefined }
  const environment = { MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN, PAYER_TOKEN: payerToken, HOOK_SECRET: SECRET }
  const store = async (name: string, text: string): Promise<void> => {
    result.stored.set(name.replace(/\.json$/, ''), { text, charges: chargesOf(emulator) })
  }
  const serve = (handler: (request: Request) => Promise<Response>): void => {
    result.handle = async (delivery) => (await handler(requestOf(delivery))).status
  }
  const own = Object.values(args)
  const globals = {
    modules: {
      'mercadopago-wallet-connect': library,
      'mercadopago-wallet-connect/notifications': notifications,
      'node:fs/promises': { writeFile: store },
      'node:stream': stream,
      'node:http': {
        createServer: (listener: RequestListener) => ({
          listen: () => {
            result.handle = (delivery) => post(listener, delivery)
          },
        }),
      },
    },
    console: { log: (...values: unknown[]) => void result.printed.push(values) },
    process: { env: environment, argv: ['node', 'shop.ts', ...own] },
    Deno: { env: new Map(Object.entries(environment)), args: own, writeTextFile: store, serve },
    Bun: {
      env: environment,
      argv: ['bun', 'shop.ts', ...own],
      write: store,
      serve: ({ fetch }: { fetch: Parameters<typeof serve>[0] }) => serve(fetch),
    },
  }
  const { outputText } = ts.transpileModule(snippet(step, runtime), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const code = outputText
    .replace(/^import (\{[^}]*\})\s+from '(?:npm:)?(.*)';$/gm, "const $1 = modules['$2']")
    .replace(/^export default /m, 'return ')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const worker = await new AsyncFunction(...Object.keys(globals), code)(...Object.values(globals))
  if (!worker) {
    result.shown = result.printed[0]?.[0]
    return result
  }

  const kept = new Map([[agreement, payerToken]])
  const env = { ...environment, STORE: { get: async (key: string) => kept.get(key) ?? null, put: store } }
  const ask = (request: Request): Promise<Response> => worker.fetch(request, env)
  if (step === 'notification') {
    serve(ask)
    return result
  }
  const isVisit = step === 'return'
  const response = await ask(
    isVisit
      ? new Request(`https://shop.example/linked?${new URLSearchParams(args)}`)
      : new Request('https://shop.example/', { method: 'POST', body: JSON.stringify({ agreement, ...args }) }),
  )
  result.shown = isVisit ? await response.text() : await response.json()
  return result
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('snippet', () => {
  it.each(all)('of %s for %s has at most fifteen lines that fit, and no secret in clear', (step, runtime) => {
    const lines = snippet(step, runtime).split('\n')
    expect(lines.length).toBeLessThanOrEqual(15)
    expect(lines.filter((line) => line.length > 90 || line !== line.trimEnd())).toEqual([])
    expect(lines.join('\n')).not.toMatch(/APP_USR|TEST-|[0-9a-f]{16}/)
    expect(lines.join('\n')).toContain('MERCADOPAGO_ACCESS_TOKEN')
  })

  it.each(inTypeScript)('compiles strictly for %s', { timeout: 60_000 }, (runtime) => {
    expect(diagnose(runtime)).toEqual([])
  })
})

/** What of the runtime the snippets use; the real types of Deno and Bun are not installed. */
const AMBIENT: Partial<Record<Runtime, string>> = {
  Deno: `declare namespace Deno {
    const args: string[]
    const env: { get(name: string): string | undefined }
    function serve(handler: (request: Request) => Response | Promise<Response>): unknown
    function writeTextFile(path: string, data: string): Promise<void>
  }`,
  Bun: `declare namespace Bun {
    const argv: string[]
    const env: Record<string, string | undefined>
    function serve(options: { fetch: (request: Request) => Response | Promise<Response> }): unknown
    function write(path: string, data: string): Promise<number>
  }`,
}
const TYPES: Partial<Record<Runtime, string>> = { Workers: '@cloudflare/workers-types', Node: 'node' }

/** What the compiler says of all snippets of a runtime. */
function diagnose(runtime: Runtime): string[] {
  const base = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config
  const { options } = ts.parseJsonConfigFileContent(base, ts.sys, root)
  const types = TYPES[runtime]
  options.types = types ? [types] : []
  if (runtime === 'Workers') options.lib = ['lib.es2023.d.ts']
  for (const prefix of ['', 'npm:']) {
    options.paths = {
      ...options.paths,
      [`${prefix}mercadopago-wallet-connect`]: [`${root}src/index.ts`],
      [`${prefix}mercadopago-wallet-connect/notifications`]: [`${root}src/notifications.ts`],
    }
  }
  const files = new Map(STEPS.map((step) => [`${root}test/page-code-${step}.ts`, snippet(step, runtime)]))
  files.set(`${root}test/page-code-ambient.d.ts`, AMBIENT[runtime] ?? '')
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, target) => {
    const code = files.get(name)
    return code === undefined ? getSourceFile(name, target) : ts.createSourceFile(name, code, target)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`)
}

describe.each(inTypeScript)('the code for %s', (runtime) => {
  const play = async (step: Step, prepare: (stage: Stage) => void = () => {}): Promise<Stage & Result> => {
    const stage = await stageOf(step)
    prepare(stage)
    return { ...stage, ...(await run(step, runtime, stage)) }
  }

  it('link asks for a permission, and says where to send the buyer', async () => {
    const { shown, emulator } = await play('link')
    const [created] = effectsOf(emulator, 'agreement_created')
    expect(shown).toEqual({ agreement_id: created?.agreement_id, agreement_uri: expect.stringContaining('/wallet_agreement/') })
  })

  it('return exchanges the code, and shows the payer token to no browser', async () => {
    const { shown, stored, agreement, emulator } = await play('return')
    expect(effectsOf(emulator, 'payer_token_created')).toHaveLength(1)
    const payer_token = runtime === 'Workers' ? stored.get(agreement)?.text : String(shown)
    if (runtime === 'Workers') expect(shown).toBe('Linked.')
    const wallet = library.createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: emulator.fetch })
    const charge = { wallet_payment: { transaction_amount: 1 }, payer: { token: payer_token ?? '' } }
    expect(library.isApproved(await wallet.payments.create(charge))).toBe(true)
  })

  it('coupon pays less, as promised', async () => {
    const { shown, emulator } = await play('coupon')
    expect(shown).toEqual({ id: expect.any(Number), paid: true })
    expect(effectsOf(emulator, 'payment_charged')).toMatchObject([{ amount: 90 }])
  })

  it('coupon pays all of it where nothing is promised', async () => {
    const { shown, emulator } = await play('coupon', (stage) => {
      stage.emulator.coupons.add({ code: 'LATER', type: 'fixed', value: 5, min_payment_amount: 1_000 })
      stage.args = { coupon: 'LATER' }
    })
    expect(shown).toMatchObject({ paid: true })
    expect(effectsOf(emulator, 'payment_charged')).toMatchObject([{ amount: 100 }])
  })

  it('pay charges once, also if it is run twice', async () => {
    const stage = await stageOf('pay')
    const [first, second] = [await run('pay', runtime, stage), await run('pay', runtime, stage)]
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'approved', paid: true })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(stage.emulator, 'payment_charged')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
  })

  it('pay does not call a rejected payment paid', async () => {
    const { shown } = await play('pay', ({ emulator }) => emulator.buyer.setBalance(1))
    expect(shown).toMatchObject({ status: 'rejected', paid: false })
  })

  it('lostAnswer charges once and finds the payment, whatever is lost', { timeout: 30_000 }, async () => {
    for (const times of [0, 1, 3, 100]) {
      const { shown, stored, emulator } = await play('lostAnswer', (stage) => {
        if (times > 0) stage.emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times })
      })
      const [charge, ...others] = effectsOf(emulator, 'payment_charged')
      expect(others).toEqual([])
      expect(shown).toMatchObject({ data: { id: charge?.payment_id, status: 'approved' } })
      // It was on disk before it left, and whoever reads it back learns the same.
      const { text = '', charges } = stored.get('order-1') ?? {}
      expect(charges).toBe(0)
      emulator.faults.clear()
      const wallet = library.createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: emulator.fetch })
      expect(await wallet.reconcile(JSON.parse(text))).toMatchObject({ outcome: 'done', data: { id: charge?.payment_id } })
      expect(chargesOf(emulator)).toBe(1)
    }
  })

  it('lostAnswer shows a refusal as one: no money moved', async () => {
    const { shown, emulator } = await play('lostAnswer', ({ emulator, agreement }) => emulator.buyer.cancel(agreement))
    expect(shown).toMatchObject({ status: 401, apiCode: '401003' })
    expect(chargesOf(emulator)).toBe(0)
  })

  it('reserve holds the money once, also if it is run twice, and takes none', async () => {
    const stage = await stageOf('reserve')
    const [first, second] = [await run('reserve', runtime, stage), await run('reserve', runtime, stage)]
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'authorized' })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(stage.emulator, 'payment_reserved')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
    expect(chargesOf(stage.emulator)).toBe(0)
  })

  it('capture takes what was reserved', async () => {
    const { shown, args, emulator } = await play('capture')
    expect(shown).toEqual({ id: args.id, status: 'approved', paid: true })
    expect(effectsOf(emulator, 'payment_captured')).toMatchObject([{ payment_id: Number(args.id), amount: 700.5 }])
  })

  it('cancel lets it go', async () => {
    const { shown, args, emulator } = await play('cancel')
    expect(shown).toEqual({ id: args.id, status: 'cancelled' })
    expect(effectsOf(emulator, 'payment_cancelled')).toHaveLength(1)
  })

  it.each([
    ['200.25', 200.25, 'partially_refunded'],
    ['all', 700.5, 'refunded'],
  ])('refund gives back %s', async (amount, refunded, status) => {
    const { shown, args, emulator } = await play('refund', (stage) => Object.assign(stage.args, { amount }))
    expect(shown).toEqual({ id: args.id, status, refunded: [refunded] })
    expect(effectsOf(emulator, 'payment_refunded')).toMatchObject([{ amount: refunded }])
  })

  it('refund gives back nothing if nobody says how much', async () => {
    const stage = await stageOf('refund')
    delete stage.args.amount
    await expect(run('refund', runtime, stage)).rejects.toThrow(library.InvalidInputError)
    expect(effectsOf(stage.emulator, 'payment_refunded')).toEqual([])
  })

  it('unlink ends the agreement', async () => {
    const { shown, agreement, emulator } = await play('unlink')
    expect(shown).toEqual({ agreement, status: 'cancelled' })
    expect(effectsOf(emulator, 'agreement_cancelled')).toHaveLength(1)
  })

  it('notification reads what a signed one points at, and takes no forged one', async () => {
    const { handle, printed, emulator } = await play('notification')
    const [delivery] = await emulator.notifications.drain()
    if (!delivery || !handle) throw new Error('nothing was delivered, or nobody listens')
    expect(await handle(delivery)).toBe(200)
    expect(printed).toEqual([[expect.stringContaining('wallet_connect'), 'confirmed_by_user']])
    expect(await handle({ ...delivery, url: delivery.url.replace(/data\.id=\w{4}/, 'data.id=0000') })).toBe(500)
    expect(printed.slice(1)).toEqual([[undefined, undefined]])
  })

  it.each(STEPS.filter((step) => step !== 'notification'))('%s says so if it is told nothing', async (step) => {
    const stage = await stageOf(step)
    await expect(run(step, runtime, { ...stage, args: {}, agreement: '', payerToken: '' })).rejects.toThrow(
      library.InvalidInputError,
    )
  })
})

interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

/** What `curl` is asked to send. The shell is real, so quotes, variables and here-documents mean what they mean. */
function curl(step: Step, variables: Record<string, string>, exitCode = 0): Sent[] {
  const stubs = `curl() { printf '%s\\0' "$@"; printf '\\001'; cat; printf '\\002'; return ${exitCode}; }
uuidgen() { echo ${KEY}; }
`
  const output = execFileSync('sh', ['-uc', `${stubs}${snippet(step, 'curl')}\n:`], {
    env: { PATH: process.env.PATH ?? '', ...variables } as unknown as NodeJS.ProcessEnv,
    encoding: 'utf8',
    input: '',
  })
  return output.split('\x02').slice(0, -1).map(requestOfCurl)
}

function requestOfCurl(call: string): Sent {
  const [words = '', input = ''] = call.split('\x01')
  const sent: Sent = { method: '', url: '', headers: {}, body: null }
  const [...rest] = words.split('\0').slice(0, -1)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-X') sent.method = rest.shift() ?? ''
    else if (word === '-d') sent.body = (rest.shift() ?? '').replace(/^@-$/, input.replaceAll('\n', ''))
    else if (word === '-H') {
      const [, name = '', value = ''] = /^([\w-]+): (.+)$/.exec(rest.shift() ?? '') ?? []
      sent.headers[name.toLowerCase()] = value
    } else if (word !== '--fail-with-body') {
      expect(word).toMatch(/^https:\/\/api\.mercadopago\.com\//)
      expect(sent.url).toBe('')
      sent.url = word
    }
  }
  sent.method ||= sent.body === null ? 'GET' : 'POST'
  return sent
}

const send = ({ emulator }: Stage, { method, url, headers, body }: Sent): Promise<Response> =>
  emulator.fetch(url, { method, headers, body })

const variablesOf = ({ args, agreement, payerToken }: Stage): Record<string, string> => ({
  MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
  AGREEMENT: agreement,
  PAYER_TOKEN: payerToken,
  DATA_ID: agreement,
  KEY,
  ...Object.fromEntries(Object.entries(args).map(([name, value]) => [name.toUpperCase(), value])),
})

/** Amounts may be sent as numbers or as decimal text. */
const bodyOf = (body: string | null | undefined): unknown =>
  JSON.parse(body || 'null', (name, value) => (/amount$/.test(name) && typeof value === 'string' ? Number(value) : value))

const hasShell = spawnSync('sh', ['-c', ':']).error === undefined

describe.skipIf(!hasShell)('the code for curl', () => {
  const statuses: Record<Exclude<Step, 'notification' | 'lostAnswer'>, number[]> = {
    link: [200],
    return: [200],
    coupon: [200, 201],
    pay: [201],
    reserve: [201],
    capture: [200],
    cancel: [200],
    refund: [200],
    unlink: [200],
  }

  it.each(Object.entries(statuses) as [Step, number[]][])('%s is answered with %j', async (step, expected) => {
    const stage = await stageOf(step)
    const answers = []
    for (const sent of curl(step, variablesOf(stage))) answers.push((await send(stage, sent)).status)
    expect(answers).toEqual(expected)
  })

  it.each(Object.keys(statuses) as Step[])('%s sends what the library sends', async (step) => {
    const stage = await stageOf(step)
    const seen: Sent[] = []
    const { fetch } = stage.emulator
    stage.emulator.fetch = async (input, init) => {
      const request = new Request(input, init)
      const { method, url, headers } = request
      seen.push({ method, url, headers: Object.fromEntries(headers), body: await request.clone().text() })
      return fetch(request)
    }
    await run(step, 'Node', stage)
    const ours = curl(step, variablesOf(await stageOf(step)))
    const essence = ({ method, url, headers, body }: Sent) => ({
      method,
      url,
      body: bodyOf(body),
      authorization: headers.authorization,
      payerToken: headers['x-payer-token'],
      type: headers['content-type'],
    })
    // The library may read afterwards.
    expect(ours.map(essence)).toEqual(seen.slice(0, ours.length).map(essence))
  })

  it('what moves money sends a key', async () => {
    for (const step of ['coupon', 'pay', 'reserve', 'refund'] as const) {
      const sent = curl(step, variablesOf(await stageOf(step)))
      expect(sent.at(-1)?.headers['x-idempotency-key'], step).toBe(KEY)
    }
  })

  it('lostAnswer sends the same key and bytes again, then looks the order up: one charge, found', async () => {
    const stage = await stageOf('lostAnswer')
    expect(curl('lostAnswer', variablesOf(stage))).toHaveLength(1)
    const [first, second, search, ...others] = curl('lostAnswer', variablesOf(stage), 56)
    expect(others).toEqual([])
    if (!first || !second || !search) throw new Error('three requests were expected')
    expect(second).toEqual(first)
    expect(first.headers['x-idempotency-key']).toBe(KEY)
    stage.emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create' })
    await expect(send(stage, first)).rejects.toThrow()
    expect((await send(stage, second)).status).toBe(200)
    const [charge, ...more] = effectsOf(stage.emulator, 'payment_charged')
    expect(more).toEqual([])
    const answer = await send(stage, search)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ results: [{ id: charge?.payment_id }] })
  })

  it('notification fetches what one points at', async () => {
    const stage = await stageOf('notification')
    const [agreement] = curl('notification', variablesOf(stage))
    if (!agreement) throw new Error('nothing was sent')
    expect(await (await send(stage, agreement)).json()).toMatchObject({ id: stage.agreement, status: 'confirmed_by_user' })

    const wallet = library.createWalletConnect({ accessToken: ACCESS_TOKEN, fetch: stage.emulator.fetch })
    const charge = { wallet_payment: { transaction_amount: 5 }, payer: { token: stage.payerToken } }
    const { id, payments } = await wallet.payments.create(charge)
    const DATA_ID = String(payments?.[0]?.id)
    const [, payment] = curl('notification', { ...variablesOf(stage), DATA_ID })
    if (!payment) throw new Error('nothing was searched')
    expect(await (await send(stage, payment)).json()).toMatchObject({ results: [{ id }] })
  })
})
