import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import type { Effect } from 'mercadopago-wallet-connect/emulator'
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright'
import type { Inspection } from '../../../playground/demo/wire.ts'
import { CHROMIUM, CHROMIUM_FLAGS, unpackChromium } from './chromium.ts'

const root = new URL('../../..', import.meta.url).pathname
const MAX_START_MS = 90_000

/** `npm start` and a Chromium. */
export interface Demo {
  /** Where the demo is. */
  origin: string
  browser: Browser
  /** What the Worker has printed so far. */
  output(): string
  close(): Promise<void>
}

export async function openDemo(): Promise<Demo> {
  const PATH = [`${root}node_modules/.bin`, process.env.PATH].join(delimiter)
  const worker = spawn('node', ['playground/start/start.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', PATH, NO_COLOR: '1' },
  })
  let printed = ''
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const [origin, browser] = await Promise.all([originIn(worker, () => printed), launchChromium()])
  return {
    origin,
    browser,
    output: () => printed,
    async close() {
      await browser.close()
      const exited = new Promise((resolve) => worker.on('exit', resolve))
      worker.kill('SIGINT')
      await exited
    },
  }
}

export async function launchChromium(): Promise<Browser> {
  await unpackChromium()
  return playwright.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS })
}

async function originIn(worker: ChildProcess, printed: () => string): Promise<string> {
  for (const end = Date.now() + MAX_START_MS; Date.now() < end && worker.exitCode === null; ) {
    const [, origin] = /listens on (\S+) and stays up/.exec(printed()) ?? []
    if (origin) return origin
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`npm start did not come up:\n${printed()}`)
}

/** A buyer with a browser of their own, and the shop open in it. */
export interface Buyer {
  context: BrowserContext
  page: Page
  /** What the emulator knows of this buyer's agreements and money. */
  effects(): Promise<Effect[]>
  /** Kinds of what happened to money, in order. */
  money(): Promise<string[]>
}

export async function enter({ origin, browser }: Demo, options: BrowserContextOptions = {}): Promise<Buyer> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(15_000)
  const agreements = new Set<string>()
  context.on('request', (request) => {
    const [, agreement] = /\/v1\/wallet_agreement\/(\w+)$/.exec(request.url()) ?? []
    if (agreement) agreements.add(agreement)
  })
  const page = await context.newPage()
  await page.goto(origin)
  const effects = async (): Promise<Effect[]> => {
    const { effects: all } = (await (await context.request.get(`${origin}/inspector?since=0`)).json()) as Inspection
    return all.filter(({ agreement_id }) => agreements.has(agreement_id))
  }
  return {
    context,
    page,
    effects,
    money: async () => (await effects()).map(({ kind }) => kind).filter((kind) => kind.startsWith('payment_')),
  }
}

/** Links the wallet: to Mercado Pago and back. */
export async function linkWallet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pay with Mercado Pago' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Your Mercado Pago wallet is linked.').waitFor()
}

export const payButton = (page: Page) => page.getByRole('button', { name: /^(Pay|Reserve) ARS/ })
/** What the purchase has come to. */
export const receipt = (page: Page) => page.locator('.receipt')
