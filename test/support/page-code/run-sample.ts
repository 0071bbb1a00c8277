/** Runs a sample in TypeScript as its runtime would, with the emulator as Mercado Pago. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as stream from 'node:stream'
import * as library from 'mercadopago-wallet-connect'
import type { Delivery } from 'mercadopago-wallet-connect/emulator'
import * as notifications from 'mercadopago-wallet-connect/notifications'
import ts from 'typescript'
import { expect } from 'vitest'
import { samplesOf } from '../../../playground/page/code/samples.ts'
import type { Runtime, Step } from '../../../playground/page/code/steps.ts'
import { createClient } from '../../../src/client/create-wallet-connect.ts'
import { type Clock, systemClock } from '../../../src/request/clock.ts'
import { type Checkout, WEBHOOK_SECRET } from './checkout.ts'
import { ACCESS_TOKEN, CLIENT_KEY, keep, PROXY, proxy, shop } from './proxy.ts'

export interface Result {
  /** What was shown: printed, or answered as JSON or text. */
  shown: unknown
  printed: unknown[][]
  /** The status with which a Worker answered. */
  status: number | undefined
  /** Delivers a notification to what the sample serves, and gives the status of the answer. */
  handle: ((delivery: Delivery) => Promise<number>) | undefined
}

type Handler = (request: Request) => Promise<Response>

export const codeOf = (step: Step, runtime: Runtime): string | undefined =>
  samplesOf(step).find((sample) => sample.runtime === runtime)?.code

/** Delivers by a real socket. */
async function post(listener: RequestListener, { url, headers, body }: Delivery): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, resolve))
  try {
    const { pathname, search } = new URL(url)
    const { port } = server.address() as AddressInfo
    return (await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method: 'POST', headers, body })).status
  } finally {
    server.close()
  }
}

/** The `fetch` of a runtime. A page reaches its own shop and the proxy alone. */
const fetchOf =
  (runtime: Runtime, checkout: Checkout): typeof fetch =>
  async (input, init) => {
    // As in a browser, an address may be a path.
    const request = new Request(input instanceof Request ? input : new URL(input, 'https://shop.example'), init)
    const { origin, pathname } = new URL(request.url)
    if (origin === PROXY) return proxy(checkout, request)
    if (runtime !== 'Browser') return checkout.emulator.fetch(request)
    expect([origin, request.method]).toEqual(['https://shop.example', 'POST'])
    return Response.json(await shop(checkout, pathname, await request.text()))
  }

const variablesOf = ({ payerToken }: Checkout): Record<string, string> => ({
  MERCADOPAGO_ACCESS_TOKEN: ACCESS_TOKEN,
  PROXY_CLIENT_KEY: CLIENT_KEY,
  PAYER_TOKEN: payerToken,
  HOOK_SECRET: WEBHOOK_SECRET,
})

function requireLogin(request: Request): void {
  if (request.headers.get('cookie') !== 'login=1') throw new Error('a stranger')
}

/** Real time, since the proxy takes some; only the waits between attempts take none. */
const IMPATIENT: Clock = { ...systemClock, random: () => 0 }

/** What the sample can import. */
function modulesOf(runtime: Runtime, checkout: Checkout, result: Result): Record<string, object> {
  const { args, agreement, payerToken } = checkout
  const prefix = runtime === 'Deno' ? 'npm:' : ''
  const createWalletConnect = (options: library.WalletConnectOptions) =>
    createClient({ ...options, fetch: fetchOf(runtime, checkout) }, IMPATIENT)
  return {
    [`${prefix}mercadopago-wallet-connect`]: { ...library, createWalletConnect },
    [`${prefix}mercadopago-wallet-connect/notifications`]: notifications,
    './shop.ts': {
      keep: async (what: Record<string, unknown>) => keep(checkout, what),
      buyerOf: async (request: Request) => {
        requireLogin(request)
        return { ...args, agreement, payer: { token: payerToken } }
      },
      staffOf: async (request: Request) => requireLogin(request),
    },
    'node:stream': stream,
    'node:http': {
      createServer: (listener: RequestListener) => ({
        listen: () => {
          result.handle = (delivery) => post(listener, delivery)
        },
      }),
    },
  }
}

/** What is global in this runtime; what is global in another one is undefined. */
function globalsOf(runtime: Runtime, { emulator, args, local }: Checkout, env: object, result: Result): Record<string, unknown> {
  const own = Object.values(args)
  const print = (...values: unknown[]) => void result.printed.push(values)
  const serve = (handler: Handler): void => {
    result.handle = async ({ url, headers, body }) => (await handler(new Request(url, { method: 'POST', headers, body }))).status
  }
  const all: Partial<Record<Runtime, object>> = {
    Node: { process: { env, argv: ['node', 'shop.ts', ...own] } },
    Deno: { Deno: { env: { toObject: () => env }, args: own, serve } },
    Bun: { Bun: { env, argv: ['bun', 'shop.ts', ...own], serve: ({ fetch }: { fetch: Handler }) => serve(fetch) } },
    Browser: {
      location: {
        search: `?${new URLSearchParams({ agreement: args.agreement ?? '', code: args.code ?? '' })}`,
        assign: print,
      },
      history: { replaceState: (_: unknown, __: string, path: string) => print(path) },
      localStorage: {
        getItem: (name: string) => local.get(name) ?? null,
        setItem: (name: string, text: string) => void local.set(name, text),
        removeItem: (name: string) => void local.delete(name),
      },
      document: { querySelector: () => ({ value: args.coupon ?? '' }) },
      // Sooner or later the connection is there again.
      setTimeout: (done: () => void) => {
        emulator.faults.clear()
        done()
      },
    },
  }
  const nowhere = Object.fromEntries(
    Object.values(all).flatMap((globals) => Object.keys(globals).map((name) => [name, undefined])),
  )
  return { ...nowhere, console: { log: print }, ...all[runtime] }
}

/** Asks a Worker for its step, as a stranger first: nobody else gets anything done. */
async function askWorker(step: Step, { args }: Checkout, handler: Handler): Promise<Pick<Result, 'shown' | 'status'>> {
  const { agreement = '', code = '' } = args
  const request = (headers: HeadersInit): Request =>
    step === 'return'
      ? new Request(`https://shop.example/linked?${new URLSearchParams({ agreement, code })}`, { headers })
      : new Request('https://shop.example/', { method: 'POST', headers, body: JSON.stringify(args) })
  await expect(handler(request({}))).rejects.toThrow('a stranger')
  const response = await handler(request({ cookie: 'login=1' }))
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') || step === 'session'
  return { shown: isJson ? JSON.parse(text) : text, status: response.status }
}

export async function runSample(step: Step, runtime: Runtime, checkout: Checkout): Promise<Result> {
  const result: Result = { shown: undefined, printed: [], status: undefined, handle: undefined }
  const env = variablesOf(checkout)
  const scope = {
    modules: modulesOf(runtime, checkout, result),
    fetch: fetchOf(runtime, checkout),
    ...globalsOf(runtime, checkout, env, result),
  }
  const { outputText } = ts.transpileModule(codeOf(step, runtime) ?? '', {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const script = outputText
    .replace(/^import (\{[^}]*\})\s+from '(.*)';.*$/gm, "const $1 = modules['$2']")
    .replace(/^export default /m, 'return ')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const worker = await new AsyncFunction(...Object.keys(scope), script)(...Object.values(scope))
  if (!worker) return { ...result, shown: result.printed[0]?.[0] }
  const handler: Handler = (request) => worker.fetch(request, env)
  if (step !== 'notification') return { ...result, ...(await askWorker(step, checkout, handler)) }
  const handle = async ({ url, headers, body }: Delivery) =>
    (await handler(new Request(url, { method: 'POST', headers, body }))).status
  return { ...result, handle }
}
