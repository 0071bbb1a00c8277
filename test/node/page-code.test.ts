import { execFileSync, spawnSync } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as stream from 'node:stream'
import * as library from 'mercadopago-wallet-connect'
import { createEmulator, type Delivery, type EffectKind, type Emulator } from 'mercadopago-wallet-connect/emulator'
import * as notifications from 'mercadopago-wallet-connect/notifications'
import ts from 'typescript'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { permit } from '../../playground/access/policy.ts'
import { openSession } from '../../playground/access/sessions.ts'
import { readTicket } from '../../playground/access/tickets.ts'
import { runtimesOf, snippet } from '../../playground/page/code/snippets.ts'
import { RUNTIMES, type Runtime, STEPS, type Step } from '../../playground/page/code/steps.ts'
import { readKeyRing } from '../../playground/sealing/key-ring.ts'
import { linkWallet } from '../support/client/wallet.ts'
import { diagnose, readOptions } from '../support/package/compile.ts'

const root = new URL('../..', import.meta.url).pathname
const ACCESS_TOKEN = 'TEST-access'
const SECRET = 'a-secret-of-webhooks'
const CLIENT_KEY = 'wck_of_the_shop'
const KEY = '5b0c9f3e-1d2a-4c6b-8e7f-0a1b2c3d4e5f'

type TypeScriptRuntime = Exclude<Runtime, 'curl'>
const inTypeScript = RUNTIMES.filter((runtime): runtime is TypeScriptRuntime => runtime !== 'curl')
const all = STEPS.flatMap((step) => runtimesOf(step).map((runtime) => [step, runtime] as const))
const OF_A_PAGE: Step[] = ['link', 'return', 'coupon', 'pay', 'lostAnswer', 'reserve', 'unlink']

/** A shop in the middle of a checkout: what the step finds, and what is said to it. */
interface Stage {
  emulator: Emulator
  /** What the shop knows and what comes from outside, in the order in which a script takes them. */
  args: Record<string, string>
  agreement: string
  payerToken: string
}

const ORDER = { order: 'order-1', amount: '700.50' }

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
    const args = { buyer: 'buyer-1', asked: agreement_id, agreement: agreement_id, code }
    return { emulator, args, agreement: agreement_id, payerToken: '' }
  }
  const { agreement_id: agreement, payer_token: payerToken } = await linkWallet(emulator)
  const create = (capture: boolean) =>
    wallet.payments.create({ wallet_payment: { transaction_amount: '700.50' }, payer: { token: payerToken }, capture })
  const id = async (capture: boolean): Promise<string> => String((await create(capture)).id)
  const args: Record<Exclude<Step, 'link' | 'return'>, () => Promise<Record<string, string>>> = {
    coupon: async () => ({ coupon: 'WALLET10' }),
    session: async () => ({ buyer: 'buyer-1', ...ORDER }),
    pay: async () => ORDER,
    lostAnswer: async () => ORDER,
    reserve: async () => ORDER,
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
  /** The answer of a Worker. */
  status: number | undefined
  /** What the shop was given to keep, and how often the buyer had been charged by then. */
  kept: { what: Record<string, unknown>; charges: number }[]
  /** What a page keeps. */
  local: Map<string, string>
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

/** The backend of a shop, and the proxy before Mercado Pago: its own rules of tickets, but no ledger. */
const PROXY = 'https://proxy.example'
const ticketKeys = readKeyRing('TICKET_KEYS', `k1:${btoa('k'.repeat(32))}`)
const client = {
  id: 'shop',
  operations: Object.keys(library.operations) as library.OperationName[],
  origins: ['https://shop.example'],
  return_uris: ['https://shop.example/linked'],
} as unknown as Parameters<typeof openSession>[0]['client']
const session = (json: unknown) => openSession({ client }, json, { ticketKeys } as Parameters<typeof openSession>[2])

/** By method and path, what a ticket has to allow. */
const NEEDED: [RegExp, library.OperationName][] = [
  [/^POST .*\/agreements$/, 'agreements.create'],
  [/^POST .*\/payer_token$/, 'agreements.createPayerToken'],
  [/^GET .*\/agreements\/\w+$/, 'agreements.get'],
  [/^DELETE .*\/agreements\/\w+$/, 'agreements.cancel'],
  [/^POST .*\/discounts$/, 'discounts.create'],
  [/^POST .*\/advanced_payments$/, 'payments.create'],
]

async function proxy(emulator: Emulator, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const credential = request.headers.get('authorization')?.replace('Bearer ', '') ?? ''
  const body = await request.text()
  if (pathname === '/sessions') {
    expect(credential).toBe(CLIENT_KEY)
    const { status, body: answer } = await session(JSON.parse(body))
    return new Response(answer, { status })
  }
  const ticket = await readTicket(ticketKeys, credential, new Date())
  const operation = NEEDED.find(([pattern]) => pattern.test(`${request.method} ${pathname}`))?.[1]
  if (!ticket || !operation) throw new Error(`${request.method} ${pathname} is not for a page`)
  expect(ticket.operations).toContain(operation)
  permit({ client, ticket }, { operation, body } as library.PreparedRequest)
  const headers = new Headers(request.headers)
  headers.set('authorization', `Bearer ${ACCESS_TOKEN}`)
  const init = { method: request.method, headers, ...(body && { body }) }
  return emulator.fetch(`https://api.mercadopago.com${pathname}`, init)
}

type Keep = (what: Record<string, unknown>) => void

/** What a page asks of its shop. An order stays the same, and its first request is the one that counts. */
async function shop({ kept }: Result, keep: Keep, path: string, body: string): Promise<object> {
  const user = { external_user: { id: 'buyer-1' }, origin: 'https://shop.example' }
  const ticketFor = async (more: object) => JSON.parse((await session({ ...user, ...more })).body ?? '').ticket as string
  if (path === '/shop/wallet-ticket') {
    const operations = NEEDED.map(([, operation]) => operation).filter((operation) => operation !== 'payments.create')
    return { buyer: 'buyer-1', ticket: await ticketFor({ operations }) }
  }
  const of = (name: string): unknown => kept.find(({ what }) => name in what)?.what[name]
  const { order: external_reference, amount } = ORDER
  const { request, reserve } = JSON.parse(body)
  if (path === '/shop/orders') {
    if (reserve !== undefined) keep({ reserve })
    return { id: external_reference, amount, idempotency_key: KEY, request: of('request') }
  }
  expect(path).toBe(`/shop/orders/${external_reference}/ticket`)
  expect(request.idempotencyKey).toBe(KEY)
  keep({ request })
  const charge = { amount, external_reference, idempotency_key: KEY, capture: !of('reserve') }
  return { ticket: await ticketFor({ operations: ['payments.create'], charge }) }
}

/** Runs a snippet as its runtime would, with the emulator as Mercado Pago. */
async function run(step: Step, runtime: TypeScriptRuntime, stage: Stage, before?: Result): Promise<Result> {
  const { emulator, args, agreement, payerToken } = stage
  const { kept = [], local = new Map<string, string>() } = before ?? {}
  const result: Result = { shown: undefined, printed: [], status: undefined, kept, local, handle: undefined }
  const keep: Keep = (what) => void kept.push({ what, charges: chargesOf(emulator) })
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // As in a browser, an address may be a path.
    const request = new Request(input instanceof Request ? input : new URL(input, 'https://shop.example'), init)
    const { origin, pathname } = new URL(request.url)
    if (origin === PROXY) return proxy(emulator, request)
    if (runtime !== 'Browser') return emulator.fetch(request)
    expect([origin, request.method]).toEqual(['https://shop.example', 'POST'])
    return Response.json(await shop(result, keep, pathname, (await request.text()) || '{}'))
  }
  vi.stubGlobal('fetch', fetch)
  const environment = {
    MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
    PROXY_CLIENT_KEY: CLIENT_KEY,
    PAYER_TOKEN: payerToken,
    HOOK_SECRET: SECRET,
  }
  const serve = (handler: (request: Request) => Promise<Response>): void => {
    result.handle = async (delivery) => (await handler(requestOf(delivery))).status
  }
  const own = Object.values(args)
  const { agreement: returned = '', code = '', coupon = '', ...known } = args
  if (runtime === 'Browser' && !before) {
    if (args.asked) local.set('asked', args.asked)
    if (payerToken || args.agreement) local.set('wallet', JSON.stringify({ agreement: args.agreement, payer_token: payerToken }))
    if (args.request) keep({ request: JSON.parse(args.request) })
  }
  const isLogged = (request: Request): void => {
    if (request.headers.get('cookie') !== 'login=1') throw new Error('a stranger')
  }
  const globals = {
    modules: {
      'mercadopago-wallet-connect': library,
      'mercadopago-wallet-connect/notifications': notifications,
      './shop.ts': {
        keep: async (what: Record<string, unknown>) => keep(what),
        buyerOf: async (request: Request) => {
          isLogged(request)
          return { agreement, ...known, payer: { token: payerToken } }
        },
        staffOf: async (request: Request) => isLogged(request),
      },
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
    Deno: { env: { toObject: () => environment }, args: own, serve },
    Bun: {
      env: environment,
      argv: ['bun', 'shop.ts', ...own],
      serve: ({ fetch }: { fetch: Parameters<typeof serve>[0] }) => serve(fetch),
    },
    location: {
      search: `?${new URLSearchParams({ agreement: returned, code })}`,
      assign: (address: string) => void result.printed.push([address]),
    },
    history: { replaceState: (_: unknown, __: string, path: string) => void result.printed.push([path]) },
    localStorage: {
      getItem: (name: string) => local.get(name) ?? null,
      setItem: (name: string, text: string) => void local.set(name, text),
      removeItem: (name: string) => void local.delete(name),
    },
    document: { querySelector: () => ({ value: coupon }) },
    // Sooner or later the connection is there again.
    setTimeout: (done: () => void) => {
      emulator.faults.clear()
      done()
    },
  }
  const { outputText } = ts.transpileModule(snippet(step, runtime), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const script = outputText
    .replace(/^import (\{[^}]*\})\s+from '(?:npm:)?(.*)';.*$/gm, "const $1 = modules['$2']")
    .replace(/^export default /m, 'return ')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const worker = await new AsyncFunction(...Object.keys(globals), script)(...Object.values(globals))
  if (!worker) {
    result.shown = result.printed[0]?.[0]
    return result
  }

  const ask = (request: Request): Promise<Response> => worker.fetch(request, environment)
  if (step === 'notification') {
    serve(ask)
    return result
  }
  const asked = (headers: HeadersInit): Request =>
    step === 'return'
      ? new Request(`https://shop.example/linked?${new URLSearchParams({ agreement: returned, code })}`, { headers })
      : new Request('https://shop.example/', { method: 'POST', headers, body: JSON.stringify(args) })
  // Nobody else gets anything done.
  await expect(ask(asked({}))).rejects.toThrow('a stranger')
  const response = await ask(asked({ cookie: 'login=1' }))
  result.status = response.status
  const text = await response.text()
  result.shown = response.headers.get('content-type')?.includes('json') || step === 'session' ? JSON.parse(text) : text
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
    const credential = runtime === 'Browser' ? 'ticket' : step === 'session' ? 'PROXY_CLIENT_KEY' : 'MERCADOPAGO_ACCESS_TOKEN'
    expect(lines.join('\n')).toContain(credential)
    if (runtime === 'Browser') expect(lines.join('\n')).not.toMatch(/accessToken|ACCESS_TOKEN|CLIENT_KEY/)
  })

  it('is of a page where a page does it, and of no page where only a backend may', () => {
    expect(STEPS.filter((step) => runtimesOf(step)[0] === 'Browser').sort()).toEqual([...OF_A_PAGE].sort())
    for (const step of STEPS) expect(runtimesOf(step).filter((each) => each !== 'Browser')).toEqual(RUNTIMES.slice(1))
    expect(() => snippet('refund', 'Browser')).toThrow(RangeError)
  })

  it.each(inTypeScript)('compiles strictly for %s', { timeout: 60_000 }, (runtime) => {
    expect(compile(runtime)).toEqual([])
  })
})

/** What of the runtime the snippets use; the real types of Deno and Bun are not installed. */
const AMBIENT: Partial<Record<Runtime, string>> = {
  Deno: `declare namespace Deno {
    const args: string[]
    const env: { toObject(): Record<string, string> }
    function serve(handler: (request: Request) => Response | Promise<Response>): unknown
  }`,
  Bun: `declare namespace Bun {
    const argv: string[]
    const env: Record<string, string | undefined>
    function serve(options: { fetch: (request: Request) => Response | Promise<Response> }): unknown
  }`,
}
const TYPES: Partial<Record<Runtime, string>> = { Workers: '@cloudflare/workers-types', Node: 'node' }

/** What every snippet may take from the shop. */
const SHOP = `
interface Buyer { buyer: string; asked: string; agreement: string; order: string; amount: string; payer: { token: string } }
export declare function buyerOf(request: Request): Promise<Buyer>
export declare function staffOf(request: Request): Promise<void>
export declare function keep(what: object): Promise<void>`

/** What the compiler says of all snippets of a runtime. */
function compile(runtime: Runtime): string[] {
  const options = readOptions(root)
  const types = TYPES[runtime]
  options.types = types ? [types] : []
  if (runtime === 'Workers') options.lib = ['lib.es2023.d.ts']
  for (const prefix of ['', 'npm:']) {
    options.paths = {
      ...options.paths,
      [`${prefix}mercadopago-wallet-connect`]: [`${root}src/index.ts`],
      [`${prefix}mercadopago-wallet-connect/notifications`]: [`${root}src/notifications/index.ts`],
    }
  }
  const steps = STEPS.filter((step) => runtimesOf(step).includes(runtime))
  const files = new Map(steps.map((step) => [`${root}test/page-code-${step}.ts`, snippet(step, runtime)]))
  files.set(`${root}test/shop.ts`, runtime === 'Browser' ? 'export {}' : SHOP)
  files.set(`${root}test/page-code-ambient.d.ts`, AMBIENT[runtime] ?? '')
  return diagnose(files, options)
}

describe.each(inTypeScript)('the code for %s', (runtime) => {
  const isPage = runtime === 'Browser'
  // A page does none of this, and shows no code of it.
  const ofBackends = (isPage ? Object.assign(() => {}, { each: () => () => {} }) : it) as typeof it
  const play = async (step: Step, prepare: (stage: Stage) => void | Promise<void> = () => {}): Promise<Stage & Result> => {
    const stage = await stageOf(step)
    await prepare(stage)
    return { ...stage, ...(await run(step, runtime, stage)) }
  }
  const walletOf = ({ fetch }: Emulator) => library.createWalletConnect({ accessToken: ACCESS_TOKEN, fetch })

  ofBackends('session gets a ticket for exactly one charge, with the key of the order', async () => {
    const { shown, status } = await play('session')
    if (runtime === 'Workers') expect(status).toBe(201)
    const { ticket } = shown as { ticket: string }
    expect(await readTicket(ticketKeys, ticket, new Date())).toMatchObject({
      user: 'buyer-1',
      origin: 'https://shop.example',
      operations: ['payments.create', 'payments.get'],
      charge: { amount: '700.5', external_reference: 'order-1', idempotency_key: await keyOf('charge', 'order-1') },
    })
  })

  it('link asks for a permission, and says where to send the buyer', async () => {
    const { shown, kept, local, emulator } = await play('link')
    const [created] = effectsOf(emulator, 'agreement_created')
    const agreement_uri = expect.stringContaining('/wallet_agreement/')
    expect(shown).toEqual(isPage ? agreement_uri : { agreement_uri })
    const asked = isPage ? local.get('asked') : kept[0]?.what.asked
    expect(asked).toBe(created?.agreement_id)
  })

  it('return exchanges the code, and shows the payer token to nobody', async () => {
    const { shown, printed, kept, local, agreement, emulator } = await play('return')
    expect(effectsOf(emulator, 'payer_token_created')).toHaveLength(1)
    const stored = isPage ? JSON.parse(local.get('wallet') ?? '') : kept[0]?.what
    expect(stored).toMatchObject({ agreement })
    expect(shown).toBe(isPage ? '/' : 'Linked.')
    expect(JSON.stringify(printed)).not.toContain(stored.payer_token)
    const charge = { wallet_payment: { transaction_amount: 1 }, payer: { token: stored.payer_token } }
    expect(library.isApproved(await walletOf(emulator).payments.create(charge))).toBe(true)
    if (isPage) expect(local.has('asked')).toBe(false)
  })

  it.each(['', 'another'])('return takes no agreement that this buyer was not sent for, but for %j', async (asked) => {
    const stage = await stageOf('return')
    stage.args.asked = asked
    const returned = run('return', runtime, stage)
    if (runtime === 'Workers') expect(await returned).toMatchObject({ status: 403, kept: [] })
    else await expect(returned).rejects.toThrow('Not asked for')
    expect(effectsOf(stage.emulator, 'payer_token_created')).toEqual([])
  })

  it.each([
    ['WALLET10', 90, 'less, as promised'],
    ['LATER', 100, 'all of it where nothing is promised'],
  ])('coupon says how to pay %s: %d, %s', async (coupon, amount) => {
    const { shown, emulator, payerToken } = await play('coupon', (stage) => {
      stage.emulator.coupons.add({ code: 'LATER', type: 'fixed', value: 5, min_payment_amount: 1_000 })
      stage.args = { coupon }
    })
    expect(chargesOf(emulator)).toBe(0)
    const charge = { wallet_payment: shown as library.CreatePaymentInput['wallet_payment'], payer: { token: payerToken } }
    expect(library.isApproved(await walletOf(emulator).payments.create(charge))).toBe(true)
    expect(effectsOf(emulator, 'payment_charged')).toMatchObject([{ amount }])
  })

  it('pay charges once, also if it is run twice', async () => {
    const stage = await stageOf('pay')
    const first = await run('pay', runtime, stage)
    const second = await run('pay', runtime, stage, first)
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'approved', paid: true })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(stage.emulator, 'payment_charged')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
    // The shop had it before it left.
    if (isPage) expect(second.kept.find(({ what }) => 'request' in what)?.charges).toBe(0)
  })

  it('pay does not call a rejected payment paid', async () => {
    const { shown } = await play('pay', ({ emulator }) => emulator.buyer.setBalance(1))
    expect(shown).toMatchObject({ status: 'rejected', paid: false })
  })

  /** A page finds the request that the shop has kept. */
  const keepRequest = async (stage: Stage): Promise<void> => {
    if (!isPage) return
    const wallet_payment = { transaction_amount: '700.50', external_reference: 'order-1' }
    const payment = { wallet_payment, payer: { token: stage.payerToken } }
    stage.args = { ...stage.args, request: JSON.stringify(library.prepare('payments.create', payment, { idempotencyKey: KEY })) }
  }

  it('lostAnswer charges once and finds the payment, whatever is lost', { timeout: 30_000 }, async () => {
    for (const times of [0, 1, 3, 100]) {
      const { shown, status, kept, emulator } = await play('lostAnswer', async (stage) => {
        await keepRequest(stage)
        if (times > 0) stage.emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times })
      })
      const [charge, ...others] = effectsOf(emulator, 'payment_charged')
      expect(others).toEqual([])
      expect(shown).toMatchObject({ data: { id: charge?.payment_id, status: 'approved' } })
      if (runtime === 'Workers') expect(status).toBe(200)
      // It was kept before it left, and whoever reads it back learns the same.
      const { what, charges } = kept.find(({ what }) => 'prepared' in what || 'request' in what) ?? {}
      expect(charges).toBe(0)
      emulator.faults.clear()
      const prepared = JSON.parse(JSON.stringify(what?.prepared ?? what?.request))
      const again = await walletOf(emulator).reconcile(prepared)
      expect(again).toMatchObject({ outcome: 'done', data: { id: charge?.payment_id } })
      expect(chargesOf(emulator)).toBe(1)
    }
  })

  it('lostAnswer shows a refusal as one: no money moved', async () => {
    const { shown, status, emulator } = await play('lostAnswer', async (stage) => {
      await keepRequest(stage)
      stage.emulator.buyer.cancel(stage.agreement)
    })
    const refusal = { status: 401, apiCode: '401003' }
    expect(shown).toMatchObject(isPage ? refusal : { error: refusal })
    if (runtime === 'Workers') expect(status).toBe(502)
    expect(chargesOf(emulator)).toBe(0)
  })

  it('reserve holds the money once, also if it is run twice, and takes none', async () => {
    const stage = await stageOf('reserve')
    const first = await run('reserve', runtime, stage)
    const second = await run('reserve', runtime, stage, first)
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'authorized', ...(isPage && { paid: false }) })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(stage.emulator, 'payment_reserved')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
    expect(chargesOf(stage.emulator)).toBe(0)
  })

  ofBackends('every way to charge an order has one key: pay, then lostAnswer, charges once', async () => {
    const stage = await stageOf('pay')
    await run('pay', runtime, stage)
    expect((await run('lostAnswer', runtime, stage)).shown).toMatchObject({ data: { status: 'approved' } })
    expect(chargesOf(stage.emulator)).toBe(1)
  })

  ofBackends('capture takes what was reserved', async () => {
    const { shown, args, emulator } = await play('capture')
    expect(shown).toEqual({ id: args.id, status: 'approved', paid: true })
    expect(effectsOf(emulator, 'payment_captured')).toMatchObject([{ payment_id: Number(args.id), amount: 700.5 }])
  })

  ofBackends('cancel lets it go', async () => {
    const { shown, args, emulator } = await play('cancel')
    expect(shown).toEqual({ id: args.id, status: 'cancelled' })
    expect(effectsOf(emulator, 'payment_cancelled')).toHaveLength(1)
  })

  ofBackends.each([
    ['200.25', 200.25, 'partially_refunded'],
    ['all', 700.5, 'refunded'],
  ])('refund gives back %s, once, also if it is run twice', async (amount, refunded, status) => {
    const stage = await stageOf('refund')
    Object.assign(stage.args, { amount })
    const expected = { id: stage.args.id, status, refunded: [refunded] }
    expect((await run('refund', runtime, stage)).shown).toEqual(expected)
    expect((await run('refund', runtime, stage)).shown).toEqual(expected)
    expect(effectsOf(stage.emulator, 'payment_refunded')).toMatchObject([{ amount: refunded }])
  })

  ofBackends('refund gives back nothing if nobody says how much', async () => {
    const stage = await stageOf('refund')
    delete stage.args.amount
    await expect(run('refund', runtime, stage)).rejects.toThrow(library.InvalidInputError)
    expect(effectsOf(stage.emulator, 'payment_refunded')).toEqual([])
  })

  it('unlink ends the agreement', async () => {
    const { shown, agreement, emulator, local } = await play('unlink')
    expect(shown).toEqual({ agreement, status: 'cancelled' })
    expect(effectsOf(emulator, 'agreement_cancelled')).toHaveLength(1)
    expect(local.has('wallet')).toBe(false)
  })

  ofBackends('notification reads what a signed one points at, and takes no forged one', async () => {
    const { handle, printed, emulator } = await play('notification')
    const [delivery] = await emulator.notifications.drain()
    if (!delivery || !handle) throw new Error('nothing was delivered, or nobody listens')
    expect(await handle(delivery)).toBe(200)
    expect(printed).toEqual([[expect.stringContaining('wallet_connect'), 'confirmed_by_user']])
    expect(await handle({ ...delivery, url: delivery.url.replace(/data\.id=\w{4}/, 'data.id=0000') })).toBe(500)
    expect(printed.slice(1)).toEqual([[undefined, undefined]])
  })

  // A page is told by its shop. A return that says nothing was not asked for: that is another test.
  const told = isPage ? (['coupon', 'unlink', 'pay', 'reserve'] as const) : STEPS
  it.each(told.filter((step) => step !== 'notification' && step !== 'return'))(
    '%s says so if it is told nothing',
    async (step) => {
      const stage = await stageOf(step)
      const before = stage.emulator.effects.length
      const silent = run(step, runtime, { ...stage, args: {}, agreement: '', payerToken: '' })
      await expect(silent).rejects.toThrow(library.InvalidInputError)
      expect(stage.emulator.effects).toHaveLength(before)
    },
  )
})

const keyOf = (operation: string, reference: string): Promise<string> =>
  library.idempotencyKeyFrom({ account: 'my-shop', operation, reference, attempt: 1 })

interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

/** What `curl` is asked to send. The shell is real, so quotes, variables and here-documents mean what they mean. */
function curl(step: Step, variables: Record<string, string>, exitCode = 0): Sent[] {
  const stubs = `curl() { printf '%s\\0' "$@"; printf '\\001'; cat; printf '\\002'; return ${exitCode}; }
gpg() { cat; }
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
    } else if (word !== '--fail-with-body' && word !== '-f') {
      expect(word).toMatch(/^https:\/\/(api\.mercadopago\.com|proxy\.example)\//)
      expect(sent.url).toBe('')
      sent.url = word
    }
  }
  sent.method ||= sent.body === null ? 'GET' : 'POST'
  return sent
}

const send = ({ emulator }: Stage, { method, url, headers, body }: Sent): Promise<Response> =>
  url.startsWith(PROXY)
    ? proxy(emulator, new Request(url, { method, headers, body }))
    : emulator.fetch(url, { method, headers, body })

const variablesOf = ({ args, agreement, payerToken }: Stage): Record<string, string> => ({
  MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
  PROXY_CLIENT_KEY: CLIENT_KEY,
  SHOP: 'shop@shop.example',
  BUYER: 'buyer-1',
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
    session: [201],
    link: [200],
    return: [200],
    coupon: [200],
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

  it('session gets a ticket for exactly one charge, with the key that was kept', async () => {
    const stage = await stageOf('session')
    const [sent] = curl('session', variablesOf(stage))
    if (!sent) throw new Error('nothing was sent')
    const { ticket } = (await (await send(stage, sent)).json()) as { ticket: string }
    expect(await readTicket(ticketKeys, ticket, new Date())).toMatchObject({
      user: 'buyer-1',
      operations: ['payments.create', 'payments.get'],
      charge: { amount: '700.5', external_reference: 'order-1', idempotency_key: KEY },
    })
  })

  const toMercadoPago = (Object.keys(statuses) as Step[]).filter((step) => step !== 'session')
  it.each(toMercadoPago)('%s sends what the library sends', async (step) => {
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

  it('what moves money sends a key that was kept, and nothing without one', async () => {
    for (const step of ['pay', 'reserve', 'lostAnswer'] as const) {
      const { KEY: key, ...others } = variablesOf(await stageOf(step))
      expect(curl(step, { ...others, KEY: key ?? '' })[0]?.headers['x-idempotency-key'], step).toBe(KEY)
      expect(() => curl(step, others), step).toThrow()
      expect(() => curl(step, { ...others, KEY: '' }), step).toThrow()
    }
  })

  it('refund has one key for one refund: sent twice, it refunds once', async () => {
    const stage = await stageOf('refund')
    for (const _ of [1, 2]) for (const sent of curl('refund', variablesOf(stage))) await send(stage, sent)
    expect(effectsOf(stage.emulator, 'payment_refunded')).toMatchObject([{ amount: 200.25 }])
    expect(() => curl('refund', { ...variablesOf(stage), ID: '' })).toThrow()
  })

  it('return sends nothing for an agreement that this buyer was not sent for', async () => {
    expect(curl('return', { ...variablesOf(await stageOf('return')), ASKED: 'another' })).toEqual([])
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
