import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createListener } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { build } from 'esbuild'
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sellerOf } from '../../playground/examples/batch-seller.ts'
import { chargeOrders, type Result } from '../../playground/examples/charge-orders.ts'
import { EXAMPLES } from '../../playground/examples/example.ts'
import { readOrders } from '../../playground/examples/orders.ts'
import { launchChromium } from '../support/page/fixtures.ts'

const root = new URL('../..', import.meta.url).pathname
const readme = readFileSync(`${root}README.md`, 'utf8')

// Each waits for a program, and shares the processors with other tests.
vi.setConfig({ testTimeout: 60_000 })

/**
 * A clone with a build of its own: other tests make `dist` anew meanwhile. What leads back to the sources of an import by
 * name (`paths`) leads to these here.
 */
const clone = mkdtempSync(join(tmpdir(), 'examples-'))
beforeAll(async () => {
  for (const path of ['package.json', 'tsconfig.json', 'src', 'playground/examples']) {
    cpSync(root + path, join(clone, path), { recursive: true, filter: (from) => !/\.jsonl$|\.wrangler/.test(from) })
  }
  symlinkSync(`${root}node_modules`, join(clone, 'node_modules'))
  const entryPoints = { index: `${root}src/index.ts`, 'emulator/index': `${root}src/emulator/index.ts` }
  const outdir = join(clone, 'dist')
  await build({ entryPoints, outdir, outExtension: { '.js': '.mjs' }, bundle: true, format: 'esm', packages: 'external' })
})
afterAll(() => rmSync(clone, { recursive: true, force: true, maxRetries: 5 }))

interface Run {
  child: ChildProcess
  output: () => string
  /** Resolves to the exit code once nobody can print any more. */
  ended: Promise<number | null>
  /** As a terminal does it: to the whole group. */
  signal: (name: NodeJS.Signals) => void
}

/** What `npm run example -- <script>` runs, but for the build, which is there. */
function run(script: string, args: readonly string[] = [], env: Record<string, string> = {}, cwd = clone): Run {
  expect(readme.includes(`npm run example -- ${script}`), `${script} in the README`).toBe(true)
  const [program = '', ...given] = EXAMPLES[script] ?? []
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(program, [...given, ...args], {
    cwd,
    detached: true,
    env: { ...process.env, PATH, NO_COLOR: '1', FORCE_COLOR: '0', DENO_NO_UPDATE_CHECK: '1', ...env },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? Number.NaN), name)
    } catch {
      // It is over already.
    }
  }
  return { child, output: () => printed, ended, signal }
}

async function until(condition: () => boolean | Promise<boolean>, { output }: Run): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`it only printed:\n${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function freePort(): Promise<string> {
  const listener = createListener()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return String(port)
}

/** Mercado Pago, as far as the examples can tell. */
interface MercadoPago {
  emulator: Emulator
  env: Record<string, string>
  /** Requests so far, and the access tokens that they had. */
  requests: () => number
  tokens: Set<string>
  /** Orders in the order in which they were charged. */
  charged: () => string[]
  onRequest: () => void
  close: () => void
}

async function openMercadoPago(): Promise<MercadoPago> {
  const beforeEffect = () => new Promise<void>((resolve) => setTimeout(resolve, 10))
  const emulator = createEmulator({ balance: 100_000, beforeEffect })
  let requests = 0
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requests += 1
    self.tokens.add(String(request.headers.authorization))
    self.onRequest()
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const { method = 'GET', url = '' } = request
    const body = Buffer.concat(chunks).toString()
    const init = { method, headers: request.headers as Record<string, string>, signal: gone.signal, ...(body && { body }) }
    const answer = await emulator.fetch(`https://api.mercadopago.com${url}`, init)
    const text = await answer.text()
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
  }
  const server: Server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const self: MercadoPago = {
    emulator,
    env: { MERCADOPAGO_ACCESS_TOKEN: 'APP_USR-of-the-test', MERCADOPAGO_BASE_URL: `http://127.0.0.1:${port}` },
    requests: () => requests,
    tokens: new Set(),
    charged: () =>
      emulator.effects
        .filter(({ kind }) => kind === 'payment_charged')
        .map(({ external_reference }) => String(external_reference)),
    onRequest: () => {},
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return self
}

const LINKED_AND_PAID = [
  expect.stringMatching(/^The buyer approves at https:\S+\/v1\/wallet_agreement\/[0-9a-f]{32}$/),
  'linked',
  expect.stringMatching(/^payment \d+ of 10\.00: approved$/),
  'refunded',
  'unlinked',
]

describe.each(['node', 'deno', 'bun'])('npm run example -- %s', (script) => {
  it('links, pays, refunds and unlinks in the emulator', async () => {
    const example = run(script)
    expect(await example.ended, example.output()).toBe(0)
    expect(example.output().trim().split('\n')).toEqual(LINKED_AND_PAID)
  })

  const wantsTerminal = script === 'deno'
  const why = wantsTerminal ? " (skipped: Deno's prompt wants a terminal)" : ''
  it.skipIf(wantsTerminal)(`asks for the code with an access token, and charges there${why}`, async () => {
    const seller = await openMercadoPago()
    try {
      const example = run(script, [], seller.env)
      await until(() => /wallet_agreement\/\w+\n[\s\S]*code/.test(example.output()), example)
      const [, agreement = ''] = /wallet_agreement\/(\w+)/.exec(example.output()) ?? []
      example.child.stdin?.end(`${seller.emulator.buyer.approve(agreement).code}\n`)
      expect(await example.ended, example.output()).toBe(0)
      expect(example.output()).toMatch(/payment \d+ of 10\.00: approved\nrefunded\nunlinked/)
      expect(seller.charged()).toHaveLength(1)
      expect([...seller.tokens]).toEqual(['Bearer APP_USR-of-the-test'])
    } finally {
      seller.close()
    }
  })
})

describe('npm run example -- worker', () => {
  it('sends the buyer to approve, and charges once who comes back', async () => {
    const port = await freePort()
    const example = run('worker', ['--port', port, '--inspector-port', '0'], {}, root)
    const ask = (url: string, init?: RequestInit) => fetch(url, { redirect: 'manual', ...init })
    try {
      await until(() => example.output().includes('Ready on'), example)
      const start = await ask(`http://127.0.0.1:${port}/`)
      const cookie = start.headers.get('set-cookie')?.split(';')[0] ?? ''
      const page = start.headers.get('location') ?? ''
      expect(await (await ask(page)).text()).toContain('Link your wallet?')
      const approval = await ask(page, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }) })
      const back = approval.headers.get('location') ?? ''
      expect((await ask(back)).status).toBe(403)
      const paid = await ask(back, { headers: { cookie } })
      expect(await paid.json()).toEqual({ id: expect.any(Number), status: 'approved', paid: true })
      // The code is used up.
      expect((await ask(back, { headers: { cookie } })).status).toBe(502)
    } finally {
      example.signal('SIGINT')
      await example.ended
    }
  })

  it('charges there with an access token', async () => {
    const seller = await openMercadoPago()
    const port = await freePort()
    const example = run('worker', ['--port', port, '--inspector-port', '0'], seller.env, root)
    try {
      await until(() => example.output().includes('Ready on'), example)
      const start = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })
      const cookie = start.headers.get('set-cookie')?.split(';')[0] ?? ''
      const agreement = cookie.split('=')[1] ?? ''
      const { code } = seller.emulator.buyer.approve(agreement)
      const paid = await fetch(`http://127.0.0.1:${port}/linked?agreement=${agreement}&code=${code}`, { headers: { cookie } })
      expect(await paid.json()).toMatchObject({ status: 'approved', paid: true })
      expect(seller.charged()).toEqual([`order-${agreement}`])
      expect([...seller.tokens]).toEqual(['Bearer APP_USR-of-the-test'])
      expect(example.output()).not.toContain('of-the-test')
    } finally {
      example.signal('SIGINT')
      await example.ended
      seller.close()
    }
  })
})

describe('npm run example -- browser', () => {
  it('links and pays in a page', async () => {
    const example = run('browser', ['--port', await freePort()], {}, root)
    const browser = await launchChromium()
    try {
      await until(() => example.output().includes('Local:'), example)
      const page = await browser.newPage()
      await page.goto(/http:\S+/.exec(example.output())?.[0] ?? '')
      await page.getByRole('button').click()
      await page.getByText('unlinked').waitFor()
      expect((await page.locator('pre').innerText()).trim().split('\n')).toEqual(LINKED_AND_PAID)
    } finally {
      await browser.close()
      example.signal('SIGKILL')
      await example.ended
    }
  })

  it('keeps the access token from the page, and others from Mercado Pago', async () => {
    const seller = await openMercadoPago()
    const example = run('browser', ['--port', await freePort()], seller.env, root)
    try {
      await until(() => example.output().includes('Local:'), example)
      const origin = /http:\S+(?=\/)/.exec(example.output())?.[0] ?? ''
      const served = await Promise.all(
        ['/', '/main.ts', '/@vite/client', '/@vite/env'].map(async (path) => (await fetch(origin + path)).text()),
      )
      expect(served.join()).not.toContain('of-the-test')
      const [, ticket = ''] = /TICKET"?: "([^"]+)"/.exec(served.join()) ?? []
      const search = (bearer: string) =>
        fetch(`${origin}/v1/advanced_payments/search`, { headers: { authorization: `Bearer ${bearer}` } })
      expect((await search('guessed')).status).toBe(401)
      expect(seller.requests()).toBe(0)
      expect((await search(ticket)).status).toBe(200)
      expect([...seller.tokens]).toEqual(['Bearer APP_USR-of-the-test'])
    } finally {
      example.signal('SIGKILL')
      await example.ended
      seller.close()
    }
  })
})

/** Orders of which a journal says what became of them; it also has a line for each that was begun. */
const settledIn = (journal: string): number => readFileSync(journal, 'utf8').match(/"payment_id"/g)?.length ?? 0

// They mostly wait.
describe.concurrent.each(['orders:deno', 'orders:bun'])('npm run example -- %s', (script) => {
  const folder = mkdtempSync(join(tmpdir(), 'orders-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('charges the sample in the emulator, and the second time nothing', async () => {
    const sample = file('sample.csv', readFileSync(`${root}playground/examples/orders.csv`, 'utf8'))
    for (const earlier of ['', ', 39 of them in earlier runs']) {
      const example = run(script, [sample])
      expect(await example.ended, example.output()).toBe(0)
      expect(example.output()).toContain(
        `[##############################] 40/40\npaid      39${earlier}\nrejected  1\n  order-17  250000.00  insufficient_money\nunknown   0\n`,
      )
      expect(example.output()).not.toContain('payer-token')
    }
    expect(settledIn(`${sample}.emulator.jsonl`)).toBe(40)
  })

  it('charges every order once, whenever it is killed and whatever is lost', async () => {
    const seller = await openMercadoPago()
    const { emulator } = seller
    try {
      const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch })
      const tokens: string[] = []
      for (const id of ['ana', 'bruno', 'carla']) {
        const input = { return_uri: 'https://shop.example/linked', external_flow_id: id, external_user: { id } }
        const { agreement_id } = await wallet.agreements.create(input)
        const { code } = emulator.buyer.approve(agreement_id)
        tokens.push((await wallet.agreements.createPayerToken(agreement_id, { code })).payer_token)
      }
      const orders = Array.from({ length: 200 }, (_, index) => `order-${index + 1}`)
      const rows = orders.map((order, index) => `${order},${tokens[index % 3]},${index + 1}.${10 + (index % 90)}`)
      const path = file('many.csv', ['order,payer_token,amount', ...rows, ''].join('\n'))
      const journal = `${path}.my-shop.jsonl`
      emulator.faults.injectRandomly({ rate: 0.15, seed: 7, faults: ['reset', 'in_progress', 'internal_error'] })

      let printed = ''
      const go = async (killAt = Number.POSITIVE_INFINITY): Promise<number | null> => {
        const example = run(script, [path], seller.env)
        seller.onRequest = () => seller.charged().length >= killAt && example.signal('SIGKILL')
        const code = await example.ended
        printed += example.output()
        return code
      }
      for (const killAt of [30, 80, 140]) {
        expect(await go(killAt)).not.toBe(0)
        expect(seller.charged().length).toBeLessThan(200)
      }
      // As a crash leaves it that comes while a line is written.
      writeFileSync(journal, readFileSync(journal, 'utf8').slice(0, -25))
      for (let runs = 0; (await go()) !== 0; runs++) expect(runs, printed).toBeLessThan(5)
      expect(seller.charged().toSorted()).toEqual(orders.toSorted())
      expect(emulator.faults.injected.length).toBeGreaterThan(20)
      expect(printed).toMatch(/200\/200\npaid {6}200, \d+ of them in earlier runs\nrejected {2}0\nunknown {3}0\n/)

      const before = seller.requests()
      expect(await go()).toBe(0)
      expect(seller.requests()).toBe(before)
      // Also without the journal: the keys are the same.
      rmSync(journal)
      for (let runs = 0; (await go()) !== 0; runs++) expect(runs, printed).toBeLessThan(5)
      expect(seller.charged()).toHaveLength(200)
      for (const token of tokens) expect(printed + readFileSync(journal, 'utf8')).not.toContain(token)
    } finally {
      seller.close()
    }
  })

  it('ends well with Ctrl+C, and goes on from there', async () => {
    const sample = file('stopped.csv', readFileSync(`${root}playground/examples/orders.csv`, 'utf8'))
    const journal = `${sample}.emulator.jsonl`
    writeFileSync(journal, '')
    const example = run(script, [sample])
    await until(() => settledIn(journal) > 0, example)
    example.signal('SIGINT')
    // What npm puts in front of Deno may die of the signal itself, before it can pass the code on.
    expect([130, null]).toContain(await example.ended)
    const [, open] = /not started (\d+): run it again/.exec(example.output()) ?? []
    expect(open, example.output()).toBeDefined()
    expect(settledIn(journal)).toBe(40 - Number(open))
    const next = run(script, [sample])
    expect(await next.ended, next.output()).toBe(0)
    expect(settledIn(journal)).toBe(40)
  })

  it('names line and field of what is wrong, and charges nothing', async () => {
    const seller = await openMercadoPago()
    const refusal = async (text: string | Buffer): Promise<string> => {
      const example = run(script, [file('wrong.csv', text)], seller.env)
      expect(await example.ended).toBe(2)
      expect(example.output()).not.toContain('secret')
      return example.output().trim()
    }
    const header = 'order,payer_token,amount'
    const nothing = 'Nothing was charged by this run.\n'
    try {
      expect(await refusal('order;payer_token;amount\n')).toBe(`${nothing}line 1: must be ${header}, with commas`)
      expect(await refusal(`${header}\na,secret-1,10\nb,,5\nc,secret-2\na,secret-1,10\n"d,secret,4\n,secret,4\n`)).toBe(
        `${nothing}line 3, payer_token: is empty\nline 4: has 2 fields, not 3\nline 5, order: is already in line 2\nline 6: has an unmatched quotation mark\nline 7, order: is empty`,
      )
      const plain = 'must be an amount in major units, such as 700.5 or "700.50", without sign, exponent or thousands separator'
      expect(await refusal(`${header}\r\na,secret-1,10\r\nb,secret-2,"1.234,50"\r\nc,3.00,secret-3\r\nd,secret-4,0.001`)).toBe(
        `${nothing}line 3, amount: ${plain}\nline 4, amount: ${plain}\nline 5, amount: must have at most 2 decimals`,
      )
      const latin1 = Buffer.from(`${header}\na,secret-1,10\nma\u00e7\u00e3,secret-2,10\n`, 'latin1')
      expect(await refusal(latin1)).toBe(`${nothing}line 3: is not UTF-8: save the file as UTF-8`)
      expect(seller.requests()).toBe(0)
    } finally {
      seller.close()
    }
  })
})

describe('readOrders', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const header = 'order,payer_token,amount\n'

  it('takes off a byte order mark', () => {
    const [order] = readOrders(bytes(`\uFEFF${header}a,t,10`))
    expect(order).toEqual({ line: 2, order: 'a', payer_token: 't', amount: '10' })
    expect(readOrders(`\uFEFF${header}a,t,10`)).toEqual([order])
  })

  it('takes two spellings of one name for one order', () => {
    const file = bytes(`${header}ma\u00e7a,t,10\nmac\u0327a,t,10`)
    expect(() => readOrders(file)).toThrow('line 3, order: is already in line 2')
  })

  it('refuses a text that was decoded with losses', () => {
    expect(() => readOrders(`${header}ma\uFFFDa,t,10`)).toThrow('line 2: is not UTF-8')
  })
})

describe('sellerOf', () => {
  it('keeps apart what a test token and the real one have paid', async () => {
    const real = await sellerOf({ MERCADOPAGO_ACCESS_TOKEN: 'APP_USR-1', MERCADOPAGO_ACCOUNT: 'shop' }, [])
    const test = await sellerOf({ MERCADOPAGO_ACCESS_TOKEN: 'TEST-1', MERCADOPAGO_ACCOUNT: 'shop' }, [])
    expect([real.account, test.account]).toEqual(['shop', 'test-shop'])
    expect([real.journalSuffix, test.journalSuffix]).toEqual(['.shop.jsonl', '.test-shop.jsonl'])
  })
})

describe('chargeOrders', () => {
  const orders = [{ line: 2, order: 'order-1', payer_token: '', amount: '10.50' }]

  async function open(options: EmulatorOptions = {}) {
    const emulator = createEmulator(options)
    const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch })
    const input = { return_uri: 'https://shop.example/linked', external_flow_id: 'flow', external_user: { id: 'ana' } }
    const { agreement_id } = await wallet.agreements.create(input)
    const { code } = emulator.buyer.approve(agreement_id)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const append = async (text: string): Promise<void> => {
      journal.text += text
    }
    const journal = { text: '', append }
    const run = async (changes: object = {}): Promise<Result[]> => {
      const theirs = orders.map((order) => ({ ...order, payer_token, ...changes }))
      const entries: Result[] = []
      for await (const entry of chargeOrders({ orders: theirs, wallet, account: 'my-shop', journal })) entries.push(entry)
      return entries
    }
    const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged').length
    return {
      wallet,
      emulator,
      agreement_id,
      journal,
      run,
      charges,
    }
  }

  it('finds what a crash has left, although the wallet is unlinked meanwhile', async () => {
    const { emulator, agreement_id, journal, run, charges } = await open()
    await run()
    journal.text = ''
    emulator.buyer.cancel(agreement_id)
    expect(await run()).toMatchObject([{ order: 'order-1', status: 'paid' }])
    expect(charges()).toBe(1)
  })

  it('says why it was refused, and asks again in the next run', async () => {
    const { emulator, agreement_id, run } = await open()
    emulator.buyer.cancel(agreement_id)
    const refused = [{ order: 'order-1', amount: '10.50', status: 'rejected', reason: 'refused 401 401003', isOld: false }]
    expect(await run()).toEqual(refused)
    const before = emulator.effects.length
    expect(await run()).toEqual(refused)
    expect(emulator.effects).toHaveLength(before)
  })

  it('charges nothing twice when its key is forgotten', async () => {
    const { emulator, journal, run, charges } = await open({ keyRetentionMs: 86_400_000 })
    await run()
    // As a kill leaves it that comes between the charge and its line.
    journal.text = journal.text.slice(0, journal.text.indexOf('\n') + 1)
    await emulator.clock.advance(2 * 86_400_000)
    expect(await run()).toMatchObject([{ status: 'paid', isOld: false }])
    expect(charges()).toBe(1)
  })

  it('refuses another amount for what it has begun', async () => {
    const { journal, run, charges } = await open()
    await run()
    journal.text = journal.text.slice(0, journal.text.indexOf('\n') + 1)
    await expect(run({ amount: '105' })).rejects.toThrow('line 2, amount: was 10.50 when it was sent, according to the journal')
    expect(charges()).toBe(1)
  })

  it('charges nothing anew that was given back', async () => {
    const { emulator, wallet, journal, run, charges } = await open({ keyRetentionMs: 86_400_000 })
    const [{ payment_id = 0 } = {}] = await run()
    journal.text = journal.text.slice(0, journal.text.indexOf('\n') + 1)
    await wallet.payments.refund(payment_id)
    await emulator.clock.advance(2 * 86_400_000)
    expect(await run()).toMatchObject([{ status: 'rejected', payment_id }])
    expect(charges()).toBe(1)
  })

  it('charges an order once, however its name is spelled', async () => {
    const { journal, run, charges } = await open()
    const [composed, decomposed] = ['ma\u00e7a', 'mac\u0327a']
    expect(await run({ order: decomposed })).toMatchObject([{ status: 'paid', isOld: false }])
    expect(await run({ order: composed })).toMatchObject([{ status: 'paid', isOld: true }])
    journal.text = ''
    expect(await run({ order: composed })).toMatchObject([{ status: 'paid', isOld: false }])
    expect(charges()).toBe(1)
  })

  it('believes no refusal under one spelling after a payment under the other', async () => {
    const { journal, run, charges } = await open()
    await run({ order: 'ma\u00e7a' })
    journal.text = journal.text.normalize('NFD')
    journal.text += `${JSON.stringify({ order: 'ma\u00e7a', amount: '10.50', status: 'rejected', reason: 'refused 401' })}\n`
    expect(await run({ order: 'ma\u00e7a' })).toMatchObject([{ status: 'paid', isOld: true }])
    expect(charges()).toBe(1)
  })

  it('repeats what it has begun under the spelling of that run', async () => {
    const { emulator, journal, run, charges } = await open()
    journal.text = `${JSON.stringify({ order: 'mac\u0327a', amount: '10.50', status: 'unknown', reason: 'begun' })}\n`
    await run({ order: 'ma\u00e7a' })
    expect(emulator.effects.at(-1)?.external_reference).toBe('mac\u0327a')
    expect(charges()).toBe(1)
  })

  it('begins no order that it cannot write down', async () => {
    const { journal, run, charges } = await open()
    journal.append = () => Promise.reject(new Error('no space left'))
    await expect(run()).rejects.toThrow('no space left')
    expect(charges()).toBe(0)
  })

  it.each([
    '{"order":"order-1","status":"unknown"}',
    '{"order":"order-1","amount":"10.50","status":"paid","payment_id":null}',
    '7',
  ])('believes no journal with %s', async (line) => {
    const { journal, run, charges } = await open()
    journal.text = `${line}\n`
    await expect(run()).rejects.toThrow('line 1: of the journal is not one of its entries')
    expect(charges()).toBe(0)
  })

  it('leaves a rejected payment rejected', async () => {
    const { emulator, run, charges } = await open()
    emulator.buyer.setBalance(1)
    expect(await run()).toMatchObject([{ status: 'rejected', reason: 'insufficient_money', payment_id: expect.any(Number) }])
    emulator.buyer.setBalance(100)
    expect(await run()).toMatchObject([{ status: 'rejected', reason: 'insufficient_money' }])
    expect(charges()).toBe(0)
  })

  it('refuses another amount for what it has charged, but not another spelling', async () => {
    const { run, charges } = await open()
    await run()
    expect(await run({ amount: '10.5' })).toMatchObject([{ status: 'paid' }])
    await expect(run({ amount: '105' })).rejects.toThrow('line 2, amount: was 10.50 when it was sent, according to the journal')
    expect(charges()).toBe(1)
  })
})
