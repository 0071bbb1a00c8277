import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import type {
  AdvancedPayment,
  BrowserOptions,
  CreatePaymentInput,
  PreparedRequest,
  ServerOptions,
} from 'mercadopago-wallet-connect'
import * as library from 'mercadopago-wallet-connect'
import * as emulator from 'mercadopago-wallet-connect/emulator'
import * as handlers from 'mercadopago-wallet-connect/msw'
import * as notifications from 'mercadopago-wallet-connect/notifications'
import * as msw from 'msw/node'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../src/client/client-options.ts'
import { createClient } from '../../src/client/create-wallet-connect.ts'
import { createEmulatorClock } from '../support/client/emulator-clock.ts'
import { linkWallet, rejection } from '../support/client/wallet.ts'
import { diagnose, readOptions } from '../support/package/compile.ts'
import { blocksOf, runBlock } from '../support/package/run-block.ts'

const root = new URL('../..', import.meta.url).pathname
const readme = readFileSync(`${root}README.md`, 'utf8')
const ofEmulator = blocksOf(readFileSync(`${root}src/emulator/README.md`, 'utf8'))
const ofLedger = blocksOf(readFileSync(`${root}src/ledger/README.md`, 'utf8'))
const blocks = [...blocksOf(readme), ...ofEmulator, ...ofLedger]

/** Runs a block, and gives what it exports and what it has printed. What it only declares has to be `given`. */
async function load(code: string, given: object = {}, client: object = {}) {
  const printed: unknown[] = []
  const modules: Record<string, object> = {
    'mercadopago-wallet-connect': { ...library, ...client },
    'mercadopago-wallet-connect/notifications': notifications,
    'mercadopago-wallet-connect/emulator': emulator,
    'mercadopago-wallet-connect/msw': handlers,
    'msw/node': msw,
  }
  const scope = { console: { log: (...values: unknown[]) => printed.push(...values) }, ...given }
  return { exported: await runBlock(code, scope, modules), printed }
}

/** What a block prints. */
const run = async (code: string): Promise<unknown[]> => (await load(code)).printed

/** A `createWalletConnect` for blocks that make their own client: it talks to the emulator, and lives in its time. */
const talkingTo = (api: emulator.Emulator) => ({
  createWalletConnect: (options: ServerOptions) =>
    createClient(
      { ...options, accessToken: 'TEST-1', fetch: api.fetch },
      createEmulatorClock(api, () => 0.5),
    ),
})

/** The rows of the table below this head, cell by cell. */
function rowsBelow(head: string): string[][] {
  const [, below = ''] = readme.split(`\n${head}\n`)
  const [rows = ''] = below.split('\n\n')
  return rows
    .split('\n')
    .slice(1)
    .map((row) =>
      row
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
}

describe('the README', () => {
  it('has code that compiles', { timeout: 60_000 }, () => {
    expect(blocks.length).toBeGreaterThan(2)
    const files = blocks.map((code, index) => [`${root}test/readme-${index}.ts`, code] as const)
    expect(diagnose(new Map(files), readOptions(`${root}test`))).toEqual([])
  })

  it('makes a payment in fifteen lines that run', async () => {
    const code = blocks[0] ?? ''
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(17)
    const printed = await run(code)
    expect(printed).toEqual([expect.stringContaining('/v1/wallet_agreement/'), expect.any(Number), 'approved', true])
  })

  it('answers through msw what the emulator says', async () => {
    const [example = ''] = blocks.filter((code) => code.includes('setupServer'))
    expect(await run(example)).toEqual(['refused', 403])
  })

  it('explores a checkout that withstands every fault', { timeout: 60_000 }, async () => {
    const [example = ''] = ofEmulator.filter((code) => code.includes('exploreFaults'))
    expect(await run(example)).toEqual([expect.stringMatching(/^\d{3} schedules over 3 requests: 0 break something/)])
  })

  it('names every error', () => {
    for (const name of Object.keys(library).filter((name) => name.endsWith('Error') && !/^(is|Wallet)/.test(name))) {
      expect(readme).toContain(`\`${name}\``)
    }
  })
})

describe('the operations of the README', () => {
  it('are those of the client, with the same wire and the same way to repeat', () => {
    const said = rowsBelow('| call | wire | repeated |').map(([call = '', wire, repeated]) => {
      const [, name] = /^`([\w.]+)\(/.exec(call) ?? []
      return [name, wire, repeated]
    })
    const known = Object.entries(library.operations)
    expect(said).toEqual(known.map(([name, { method, path, retry }]) => [name, `\`${method} ${path}\``, retry]))
  })
})

describe('the options of the README', () => {
  const rows = rowsBelow('| option of `createWalletConnect` | |')
  const said = rows.flatMap(([names = '']) => [...names.matchAll(/`(\w+)/g)].map(([, name = '']) => name))

  it('are all that there are', () => {
    // The compiler wants all of them, and no other.
    const all: Record<keyof ServerOptions | keyof BrowserOptions, true> = {
      accessToken: true,
      proxy: true,
      baseURL: true,
      site: true,
      timeoutMs: true,
      deadlineMs: true,
      maxRetries: true,
      onAttempt: true,
      onDrift: true,
      platformId: true,
      fetch: true,
    }
    expect(said.toSorted()).toEqual(Object.keys(all).toSorted())
  })

  it('have the defaults that hold', () => {
    const { timeoutMs, deadlineMs, maxRetries } = resolveOptions({ accessToken: 'TEST-1' }).transport
    const [row] = rows.filter(([names]) => names === '`timeoutMs`, `deadlineMs`, `maxRetries`')
    const numbers = row?.[1]?.match(/\d+( \d{3})*/g)?.map((number) => Number(number.replace(' ', '')))
    expect(numbers).toEqual([timeoutMs, deadlineMs, maxRetries])
  })
})

describe('charge and settle of the README', () => {
  const [code = ''] = blocks.filter((block) => block.includes('declare const orders'))
  interface Shop {
    charge(order: CreatePaymentInput): Promise<void>
    settle(prepared: PreparedRequest<'payments.create'>): Promise<void>
  }

  /** The block with an emulator behind it: what it saves, books and drops. */
  async function open({ isKilled = false, searchDelayMs = 0 } = {}) {
    const api = emulator.createEmulator({ searchDelayMs })
    const saved: string[] = []
    const booked: (string | null | undefined)[] = []
    const dropped: string[] = []
    const witness: { id?: number | undefined } = {}
    const orders = {
      async save(prepared: object) {
        saved.push(JSON.stringify(prepared))
        if (isKilled) throw new Error('killed')
      },
      book: async ({ status }: AdvancedPayment) => void booked.push(status),
      drop: async (reason: string) => void dropped.push(reason),
      laterPayment: async () => witness.id,
    }
    const { exported } = await load(code, { orders }, talkingTo(api))
    const { charge, settle } = exported as Shop
    const { payer_token } = await linkWallet(api)
    const order = {
      wallet_payment: { transaction_amount: '700.50', external_reference: 'order-1' },
      payer: { token: payer_token },
    }
    const charges = (reference = 'order-1') =>
      api.effects.filter(({ kind, external_reference }) => kind === 'payment_charged' && external_reference === reference).length
    return { api, charge, order, saved, booked, dropped, charges, witness, settle: () => settle(JSON.parse(saved[0] ?? '')) }
  }

  it('saves an order before it is charged, and books it once', async () => {
    const { charge, order, saved, booked, dropped, charges } = await open()
    await charge(order)
    expect([saved.length, booked, dropped, charges()]).toEqual([1, ['approved'], [], 1])
  })

  it('keeps an order whose answer is lost, and books the one charge when it is settled', async () => {
    const { api, charge, order, booked, dropped, charges, settle } = await open()
    api.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after', times: 9 })
    await charge(order)
    expect([booked, dropped, charges()]).toEqual([[], [], 1])
    api.faults.clear()
    await settle()
    expect([booked, dropped, charges()]).toEqual([['approved'], [], 1])
  })

  it('keeps an order that cannot be settled yet', async () => {
    const { api, charge, order, booked, dropped, settle } = await open()
    api.faults.inject({ fault: 'reset', phase: 'after', times: 99 })
    await charge(order)
    await settle()
    expect([booked, dropped]).toEqual([[], []])
  })

  it.each(['charge', 'settle'])('drops a rejected payment, which is never booked: %s', async (by) => {
    const { api, charge, order, booked, dropped, charges, settle } = await open()
    api.processor.decideNext({ status: 'rejected', status_detail: 'cc_rejected_high_risk' })
    if (by === 'settle') api.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after', times: 9 })
    await charge(order)
    api.faults.clear()
    if (by === 'settle') await settle()
    expect([booked, dropped, charges()]).toEqual([[], ['rejected'], 0])
  })

  it('neither books nor drops what is only reserved', async () => {
    const { charge, order, booked, dropped } = await open()
    await charge({ ...order, capture: false })
    expect([booked, dropped]).toEqual([[], []])
  })

  it('drops an order that is refused', async () => {
    const { api, charge, order, booked, dropped, settle, witness } = await open()
    await charge({ ...order, payer: { token: 'nobody' } })
    expect([booked, dropped]).toEqual([[], ['refused']])
    await settle()
    expect([booked, dropped]).toEqual([[], ['refused']])

    await charge({ ...order, wallet_payment: { transaction_amount: '5', external_reference: 'order-2' } })
    witness.id = api.effects.findLast(({ kind }) => kind === 'payment_charged')?.payment_id
    await settle()
    expect([booked, dropped]).toEqual([['approved'], ['refused', 'refused']])
  })

  /** Charges an order in a world with faults, settles it until it is booked or dropped, and lets everything arrive. */
  async function live({ seed, rate, settleAfterMs, ...life }: Life) {
    const { api, charge, order, saved, booked, dropped, charges, witness, settle } = await open(life)
    const everyday = emulator.FAULTS.filter(({ name, isBreach }) => !isBreach && !name.startsWith('notification_'))
    api.faults.injectRandomly({ rate, seed, faults: everyday.map(({ name }) => name) })
    await charge(order).catch(() => undefined)
    for (const ms of settleAfterMs) {
      if (saved.length === 0 || booked.length + dropped.length > 0) break
      await api.clock.advance(ms)
      const later = { transaction_amount: 1, external_reference: `later-${api.clock.now()}` }
      const made = library.createWalletConnect({ accessToken: 'TEST-1', fetch: api.fetch, maxRetries: 0, timeoutMs: 5 })
      witness.id = (await made.payments.create({ ...order, wallet_payment: later }).catch(() => undefined))?.id
      await settle()
    }
    await api.clock.advance(5 * 60_000)
    return { booked: booked.length, dropped: dropped.length, charges: charges('order-1') }
  }

  it(`book what was charged once, and drop what never is, in ${LIVES} lives with faults`, { timeout: 120_000 }, async () => {
    const ends = { booked: 0, dropped: 0, open: 0 }
    const property = fc.asyncProperty(aLife, async (life) => {
      const { booked, dropped, charges } = await live(life)
      ends[booked ? 'booked' : dropped ? 'dropped' : 'open'] += 1
      expect({ booked, dropped, charges }).toEqual(
        booked ? { booked: 1, dropped: 0, charges: 1 } : { booked: 0, dropped, charges: dropped ? 0 : charges },
      )
    })
    await fc.assert(property, { numRuns: LIVES })
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(LIVES / 50)
  })
})

const LIVES = 4_000

/** An order of the README's shop, from its charge until it is settled. */
interface Life {
  seed: number
  /** How likely each request is given a fault. */
  rate: number
  searchDelayMs: number
  /** The waits before each settle. */
  settleAfterMs: number[]
  /** Whether the process dies between saving the order and sending it. */
  isKilled: boolean
}

const aLife: fc.Arbitrary<Life> = fc.record({
  seed: fc.nat(),
  rate: fc.constantFrom(0.2, 0.5, 0.8),
  searchDelayMs: fc.constantFrom(0, 60_000, 86_400_000),
  settleAfterMs: fc.array(fc.constantFrom(3 * 60_000, 3_600_000, 2 * 86_400_000), { minLength: 1, maxLength: 4 }),
  isKilled: fc.boolean(),
})

describe('the Worker for notifications of the README', () => {
  const [code = ''] = blocks.filter((block) => block.includes('export default'))
  const secret = 'd41d8cd98f00b204e9800998ecf8427e'
  type Worker = { fetch(request: Request, env: object): Promise<Response> }

  /** The block with an emulator behind it, told of an agreement that a buyer has approved. */
  async function open() {
    const api = emulator.createEmulator()
    const { agreement_id } = await linkWallet(api)
    const { exported, printed } = await load(code, {}, talkingTo(api))
    const { fetch } = (exported as { default: Worker }).default
    const delivery = await notifications.signNotification({ secret, topic: 'wallet_connect', data: { id: agreement_id } })
    const tell = async (request: Request, WEBHOOK_SECRET = secret): Promise<number> =>
      (await fetch(request, { WEBHOOK_SECRET, ACCESS_TOKEN: 'TEST-1' })).status
    return { api, delivery, tell, printed }
  }

  it('answers 200 to what is signed, and has read what it is about', async () => {
    const { delivery, tell, printed } = await open()
    expect(await tell(delivery)).toBe(200)
    expect(printed).toEqual([expect.any(String), 'confirmed_by_user'])
  })

  it('answers 401 to a forgery, and reads nothing', async () => {
    const { delivery, tell, printed } = await open()
    const forged = new Request(delivery.url.replace(/data.id=\w/, 'data.id=x'), delivery)
    expect(await tell(forged)).toBe(401)
    expect(printed).toEqual([])
  })

  it('answers 500 while Mercado Pago cannot be asked, so that it comes again', async () => {
    const { api, delivery, tell } = await open()
    api.faults.inject({ fault: 'internal_error', operation: 'agreements.get', times: 9 })
    expect(await tell(delivery)).toBe(500)
  })

  it('throws with a bad secret, which Cloudflare answers with 500', async () => {
    const { delivery, tell } = await open()
    expect(await rejection(tell(delivery, 'dummy'))).toMatchObject({ reason: 'bad_secret' })
  })
})
