import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { type LedgerStore, memoryStore } from 'mercadopago-wallet-connect/ledger'
import { describe, expect, it } from 'vitest'
import { type Entry, type LedgerEvent, type Step, step } from '../../src/ledger/state-machine.ts'
import { draws } from '../support/client/draws.ts'
import { type Design, type LedgerLife, liveInLedger } from '../support/ledger/ledger-lives.ts'
import { makeStart } from '../support/worlds/run-world.ts'

/** 1,000,000 before a release. */
const LIVES = Number(process.env.LIVES ?? draws(500, 50_000))
/** How many lives a bug may hide in. */
const LIVES_OF_A_BUG = 1_500

const OPERATIONS = ['payments.create', 'payments.create', 'payments.refund', 'payments.capture'] as const
const lifeOf = (seed: number): LedgerLife => ({
  seed,
  operation: OPERATIONS[seed % 4] ?? 'payments.create',
  faultRate: [0.1, 0.3, 0.6][seed % 3] ?? 0,
  crashRate: [0, 0.02, 0.06, 0.15, 0.3][seed % 5] ?? 0,
  keys: seed % 7 < 5 ? 'honoured' : 'ignored',
  searchDelayMs: [0, 60_000, 86_400_000][Math.floor(seed / 3) % 3] ?? 0,
  hasTwin: seed % 8 === 0,
  jumpMs: seed % 11 === 0 ? 86_400_000 : seed % 2 ? 0 : 20_000,
})

it(`the ledger agrees with what happened, over ${LIVES} lives with crashes`, { timeout: 30 * 60_000 }, async () => {
  const start = await makeStart()
  const ends: Record<string, number> = {}
  let crashes = 0
  for (let seed = 0; seed < LIVES; seed++) {
    const life = lifeOf(seed)
    const end = await liveInLedger(life, start, memoryStore())
    ends[end.state] = (ends[end.state] ?? 0) + 1
    crashes += end.crashes
    expect(end.broken, `replay: ${JSON.stringify(life)}`).toEqual([])
  }
  // Lives that claim nothing would pass, too.
  expect(ends.done).toBeGreaterThan(LIVES / 2)
  expect(ends.refused).toBeGreaterThan(LIVES / 100)
  expect(ends.review ?? 0).toBeLessThan(LIVES / 20)
  expect(crashes).toBeGreaterThan(LIVES)
})

/** The rules, with the steps that `change` makes of theirs. */
const changed =
  (change: (made: Step, before: Entry | undefined, event: LedgerEvent) => Step): typeof step =>
  (entry, event, now) =>
    change(step(entry, event, now), entry, event)

const isOpen = (event: LedgerEvent): boolean => event.kind === 'ended' && event.result.kind === 'unknown'
const withEffects = (made: Step, change: object): Step => ({
  ...made,
  effects: made.effects.map((effect) => (effect.kind === 'settle' ? { ...effect, ...change } : effect)),
})
const anew = (prepared: PreparedRequest, idempotencyKey: string): PreparedRequest => ({
  ...prepared,
  idempotencyKey,
  headers: { ...prepared.headers, 'x-idempotency-key': idempotencyKey },
})

/** Designs that are known to lose track of money, or of a write. */
const BUGS: Record<string, Design> = {
  'a key that is free again after an unknown outcome': {
    rules: changed((made, _, event) => (isOpen(event) ? { entry: undefined, effects: [{ kind: 'tell_nothing_done' }] } : made)),
  },
  'a new key for each attempt': {
    wallet: (wallet) => ({
      ...wallet,
      send: (prepared, options) =>
        wallet.send((prepared.idempotencyKey ? anew(prepared, crypto.randomUUID()) : prepared) as typeof prepared, options),
    }),
  },
  'a repeat however old the key is': { rules: changed((made) => withEffects(made, { mayRepeat: true })) },
  'an unknown outcome that is told as refused': {
    rules: changed((made, _, event) =>
      isOpen(event) && made.entry?.state === 'UNKNOWN'
        ? { ...made, entry: { ...made.entry, state: 'REFUSED', answer: null, dueAt: null, settledAt: 1 } }
        : made,
    ),
  },
  'an entry that is not looked at again': {
    rules: changed((made, _, event) => (isOpen(event) && made.entry ? { ...made, entry: { ...made.entry, dueAt: null } } : made)),
  },
  'an attempt whose process died and that nobody misses': {
    rules: changed((made) => (made.entry?.state === 'SENT' ? { ...made, entry: { ...made.entry, dueAt: null } } : made)),
  },
  'what nothing proves, looked for for ever': {
    rules: (entry, event, now) => step(entry && { ...entry, claimedAt: now }, event, now),
  },
  'a row that is written after the answer': {
    store: (store) => ({ ...store, insert: async () => true }),
  },
  'a payment of another write taken for this one': {
    store: (store: LedgerStore) => ({ ...store, withResource: async () => [] }),
  },
}

describe('the simulation', () => {
  it.each(Object.entries(BUGS))('finds %s', { timeout: 5 * 60_000 }, async (_, design) => {
    const start = await makeStart()
    for (let seed = 0; seed < LIVES_OF_A_BUG; seed++) {
      const end = await liveInLedger(lifeOf(seed), start, memoryStore(), design).catch((error: Error) => ({
        broken: [error.message],
      }))
      if (end.broken.length > 0) return
    }
    throw new Error(`no life in ${LIVES_OF_A_BUG} shows it`)
  })
})
