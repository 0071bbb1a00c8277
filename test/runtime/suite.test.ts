import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packOnce } from '../support/package/pack.ts'
import { launchChromium } from '../support/page/fixtures.ts'
import { cases, ONCE } from '../support/runtimes/cases.ts'
import { type Damage, install } from '../support/runtimes/install.ts'
import { type Report, UNHANDLED } from '../support/runtimes/run.ts'
import { bun, deno, findNode, node, node24, node26, page, type Runtime, worker, workerd } from '../support/runtimes/runtimes.ts'
import { type EmulatorServer, serveEmulators } from '../support/runtimes/server.ts'

/** Mistakes that somebody could make, and the cases that are there to see them. */
const MISTAKES: (Damage & { mistake: string; seenBy: string[]; where?: RegExp })[] = [
  {
    mistake: 'a new key for each attempt',
    from: 'headers: { ...prepared.headers,',
    to: 'headers: { ...prepared.headers, ...(prepared.idempotencyKey && { "x-idempotency-key": crypto.randomUUID() }),',
    seenBy: [
      'an answer that is lost is asked for again, with the same key and bytes',
      'a body that is cut is asked for again, with the same key and bytes',
      'an answer that stays lost is unknown, and is reconciled',
    ],
  },
  {
    mistake: 'no attempt has a time limit',
    from: 'withDeadline({ ms: timeoutMs, signal, clock, aborts }, async',
    to: 'withDeadline({ ms: 2147483647, signal, clock, aborts }, async',
    seenBy: [
      'a body that stalls ends by timeoutMs, and its connection with it',
      'a request without an answer ends by timeoutMs, and its connection with it',
    ],
  },
  {
    mistake: 'nobody listens to the signal',
    from: 'signal.addEventListener("abort", onAbort);',
    to: '',
    seenBy: [
      'an abort ends the wait for an answer, and its connection with it',
      'an abort ends a body, and its connection with it',
    ],
  },
  {
    mistake: 'redirects are followed',
    from: 'redirect: "manual",\n        // ofetch',
    to: 'redirect: "follow",\n        // ofetch',
    seenBy: ['no redirect is followed with the token'],
  },
  {
    mistake: 'every signature fits',
    from: 'return crypto.subtle.verify(',
    to: 'return true || (',
    seenBy: ['a forged notification is refused', 'a notification is verified'],
  },
  {
    mistake: 'reserved counts as paid',
    from: 'return every(payment, (status) => status === "approved");',
    to: 'return true;',
    seenBy: ['capture', 'cancel'],
  },
  {
    mistake: 'every refund is a full one',
    from: 'call("payments.refund", input,',
    to: 'call("payments.refund", {},',
    seenBy: ['refund'],
  },
  {
    mistake: 'the code of a refusal is not read',
    from: 'apiCode: codes.find(',
    to: 'apiCode: [].find(',
    seenBy: ['a refusal has its code'],
  },
  {
    mistake: 'another hash',
    from: 'crypto.subtle.digest("SHA-256"',
    to: 'crypto.subtle.digest("SHA-384"',
    seenBy: ['a key made of the order is the same everywhere'],
  },
  {
    mistake: 'everything is repeated',
    from: 'state: "repeat", never: "give_up"',
    to: 'state: "repeat", never: "repeat"',
    seenBy: [ONCE],
  },
  {
    mistake: 'the rest of a body that is too large is kept waiting',
    from: 'cancel();\n      return',
    to: 'return',
    seenBy: ['a body that is too large is let go, and its connection with it'],
  },
  {
    mistake: 'nothing is ever final',
    from: '=> CAPTURED.includes(status) || NEVER_CAPTURED.includes(status)',
    to: '=> false',
    seenBy: ['pay', 'cancel'],
  },
  {
    mistake: 'an agreement is read where there is none',
    from: 'method: "GET",\n    path: "/v2/wallet_connect/agreements/',
    to: 'method: "GET",\n    path: "/v2/wallet_connect/agreement/',
    seenBy: ['link and unlink'],
  },
  {
    mistake: 'a page may have the access token',
    from: 'accessToken && "document" in globalThis',
    to: 'false',
    seenBy: ['an access token is taken, but not in a page'],
    where: /^a page/,
  },
]

/** The cases that see a mistake in this runtime. */
const seenIn = (name: string): string[] => [
  ...new Set(MISTAKES.flatMap(({ seenBy, where = /./ }) => (where.test(name) ? seenBy : []))),
]

const root = mkdtempSync(join(tmpdir(), 'runtime-suite-'))
const good = join(root, 'good')
const broken = join(root, 'broken')
let server: EmulatorServer
let browser: Browser
/** Begun first and awaited last: they spend their time with waiting for what does not end. */
let reds: Map<string, Promise<Report>>

const node20 = findNode(20)
/**
 * Where a kept connection breaks before the answer, these send the request again, and nobody can tell them not to: Deno
 * (denoland/deno#35610) and Chromium anything, Bun what is not a POST (oven-sh/bun#28708). A key makes it harmless.
 */
const SENDS_AGAIN = [/^Deno/, /Chromium$/]
/** What it looks like: our three attempts, and of the last one two at the server, of which the second is refused. */
const SENT_AGAIN = 'Error: {"attempts":3,"heard":2,"isSame":true,"code":"refused"} instead of'
const isExcused = (runtime: string, { name, error }: Report['results'][number]): boolean =>
  name === ONCE && SENDS_AGAIN.some((each) => each.test(runtime)) && error?.startsWith(SENT_AGAIN) === true
const fails = (runtime: string, { results }: Report) => results.filter((result) => !result.ok && !isExcused(runtime, result))

const legs: [name: string, runtime: RegExp, leg: () => Runtime][] = [
  ...(node20 ? [['Node 20', /^Node v20\./, () => node(node20)] satisfies [string, RegExp, () => Runtime]] : []),
  ['Node 24', /^Node v24\./, () => node24],
  ['Node 26', /^Node v26\./, () => node26],
  ['Bun', /^Bun 1\./, () => bun],
  ['Deno, which may do nothing but --allow-net=127.0.0.1', /^Deno 2\./, () => deno],
  ['workerd, without nodejs_compat', /^Cloudflare-Workers without Node$/, () => workerd],
  ['a page of Chromium', /Chrome.* page$/, () => page(browser)],
  ['a worker of Chromium', /Chrome.* worker$/, () => worker(browser)],
]

describe('the packed package, installed, against a server on a real socket', () => {
  beforeAll(async () => {
    const [tarball, started, launched] = await Promise.all([packOnce(), serveEmulators(), launchChromium()])
    server = started
    browser = launched
    await Promise.all([install(tarball, good), install(tarball, broken, MISTAKES)])
    reds = new Map(legs.map(([name, , leg]) => [name, leg()(broken, server.origin, 'killed')]))
    // Who is not awaited yet must not end the process.
    for (const red of reds.values()) red.catch(() => {})
  }, 90_000)
  afterAll(async () => {
    await Promise.allSettled(reds?.values() ?? [])
    await browser?.close()
    server?.close()
    rmSync(root, { recursive: true, force: true })
  })

  if (!node20) it.skip('Node 20: there is none in PATH', () => {})

  it('has a mistake for every case', () => {
    expect(new Set(MISTAKES.flatMap(({ seenBy }) => seenBy))).toEqual(new Set(Object.keys(cases)))
  })

  it.each(legs)('all is well in %s', { timeout: 90_000 }, async (name, runtime, leg) => {
    const report = await leg()(good, server.origin)
    expect(fails(name, report)).toEqual([])
    expect(report.results.map((result) => result.name)).toEqual([...Object.keys(cases), UNHANDLED])
    expect(report.runtime).toMatch(runtime)
  })

  it.each(legs)('a broken build is seen in %s', { timeout: 90_000 }, async (name) => {
    const report = (await reds.get(name)) ?? { runtime: '', results: [] }
    const seen = fails(name, report).map((result) => result.name)
    expect(seen.sort()).toEqual(seenIn(name).sort())
    expect(report.results).toHaveLength(Object.keys(cases).length + 1)
  })
})
