import { FAULTS } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import type { ProxyResponse } from '../../playground/http/response.ts'
import { type Entry, type LedgerEvent, type Step, step } from '../../playground/ledger/ledger.ts'
import { draws } from '../support/client/draws.ts'
import { type Design, type Life, simulateMany } from '../support/ledger/simulation.ts'

/** 1,000,000 before a release. */
const LIVES = Number(process.env.LIVES ?? draws(8_000, 50_000))

/** Lives of every kind: quiet ones, stormy ones, short-lived processes, impatient callers. */
const lifeOf = (seed: number): Life => ({
  seed,
  faultRate: [0.1, 0.3, 0.6][seed % 3] ?? 0,
  crashRate: [0, 0.05, 0.15, 0.3][seed % 4] ?? 0,
  requests: 1 + (seed % 4),
})

it(`the ledger agrees with what happened, over ${LIVES} lives`, { timeout: 20 * 60_000 }, async () => {
  const verdicts = await simulateMany(LIVES, lifeOf, { step })
  const [first] = verdicts
  expect(first?.broken, `replay: ${JSON.stringify(first?.life)}`).toEqual([])
  expect(verdicts).toHaveLength(LIVES)

  const injected = new Set(verdicts.flatMap(({ faults }) => faults))
  const possible = FAULTS.filter(
    ({ name, operations, isBreach }) =>
      !isBreach &&
      !name.startsWith('notification_') &&
      (operations?.some((each) => each === 'payments.create' || each === 'payments.search') ?? true),
  )
  expect([...injected].sort()).toEqual(possible.map(({ name }) => name).sort())
  expect(verdicts.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(LIVES / 4)
  // Whoever asks in the end is nearly always answered; what is stuck for ever is shown to a person.
  expect(verdicts.filter(({ state }) => state === 'NEEDS_REVIEW').length).toBeLessThan(LIVES / 20)
})

const answered = (status: number, body: object): ProxyResponse => ({ status, body: JSON.stringify(body) })
/** The rules, with the steps that `change` makes of theirs. */
const changed =
  (change: (made: Step, before: Entry | undefined, event: LedgerEvent) => Step): typeof step =>
  (entry, event, now) =>
    change(step(entry, event, now), entry, event)
const isUnknown = (event: LedgerEvent): boolean => event.kind === 'ended' && event.result.kind === 'unknown'

/** Designs that are known to lose track of money. */
const bugs: Record<string, Design> = {
  'a new key for each attempt': {
    step,
    sabotage: (dependencies, { sendOther, prepareAnew }) => ({ ...dependencies, settle: () => sendOther(prepareAnew()) }),
  },
  'a new key for each process': {
    step: changed((made, before, event) =>
      event.kind === 'submitted' && before?.state === 'SENT'
        ? { entry: before, effects: [{ kind: 'send', attempt: before.attempt }] }
        : made,
    ),
    sabotage: (dependencies, { sendOther, prepareAnew }) => ({ ...dependencies, send: () => sendOther(prepareAnew()) }),
  },
  'a key that is free again after a timeout': {
    step: changed((made, _, event) => (isUnknown(event) ? { ...made, entry: undefined } : made)),
  },
  'a record that is made after the call': {
    step: (entry, event, now) => {
      if (event.kind === 'submitted' && !entry) return { entry: undefined, effects: [{ kind: 'send', attempt: 1 }] }
      if (event.kind !== 'ended' || entry) return step(entry, event, now)
      return step(
        { state: 'SENT', fingerprint: 'same', attempt: 1, unanswered: 0, answer: null, claimedAt: now, lostAt: now, dueAt: now },
        event,
        now,
      )
    },
  },
  'a "not found" that is trusted too early': {
    step: (entry, event, now) => step(entry && { ...entry, lostAt: null }, event, now),
    sabotage: (dependencies, { emulator }) => ({
      ...dependencies,
      async settle() {
        const isThere = emulator.effects.some(({ kind }) => kind === 'payment_charged')
        return isThere ? dependencies.settle('name') : { kind: 'refused', answer: answered(404, {}) }
      },
    }),
  },
  'a "not done" that is believed while the first attempt may be in flight': {
    step: (entry, event, now) => step(entry && { ...entry, lostAt: null }, event, now),
    sabotage: (dependencies, { emulator, prepared, sendOther }) => ({
      ...dependencies,
      async settle() {
        const result = await sendOther(prepared)
        const isThere = emulator.effects.some(({ kind }) => kind === 'payment_charged')
        return result.kind === 'refused' && isThere ? { kind: 'unknown' } : result
      },
    }),
  },
  'a refusal of a repeat that is treated as one of the first attempt': {
    step,
    sabotage: (dependencies, { sendOther, prepared }) => ({ ...dependencies, settle: () => sendOther(prepared) }),
  },
  'a rate limit that frees a key which was sent before': {
    step: changed((made, _, event) =>
      event.kind === 'ended' && event.result.kind === 'no_effect'
        ? { entry: undefined, effects: [{ kind: 'reply', answer: event.result.answer, replayed: false }] }
        : made,
    ),
    sabotage: (dependencies) => ({ ...dependencies, settle: async () => ({ kind: 'no_effect', answer: answered(429, {}) }) }),
  },
  'no lease on what was sent': {
    step: changed((made) => (made.entry?.state === 'SENT' ? { ...made, entry: { ...made.entry, dueAt: null } } : made)),
  },
  'no alarm for what is unknown': {
    step: changed((made) => (made.entry?.state === 'UNKNOWN' ? { ...made, entry: { ...made.entry, dueAt: null } } : made)),
  },
  'a lost answer that is treated as a refusal': {
    step,
    sabotage: (dependencies) => ({
      ...dependencies,
      async send(name) {
        const result = await dependencies.send(name)
        return result.kind === 'unknown' ? { kind: 'refused', answer: answered(502, {}) } : result
      },
    }),
  },
  'a lost answer that is treated as a payment': {
    step,
    sabotage: (dependencies) => ({
      ...dependencies,
      async send(name) {
        const result = await dependencies.send(name)
        return result.kind === 'unknown' ? { kind: 'done', answer: answered(201, { id: 1, status: 'approved' }) } : result
      },
    }),
  },
  'giving up after three attempts': {
    step: changed((made) =>
      made.entry?.state === 'UNKNOWN' && made.entry.attempt >= 3
        ? { ...made, entry: { ...made.entry, state: 'REFUSED', answer: answered(504, {}), dueAt: null } }
        : made,
    ),
  },
  'an answer that is written before it is known': {
    step: changed((made, _, event) =>
      event.kind === 'stored' && made.entry
        ? { ...made, entry: { ...made.entry, state: 'DONE', answer: answered(201, { id: 1, status: 'approved' }), dueAt: null } }
        : made,
    ),
  },
}

describe('the simulation', () => {
  it.each(Object.entries(bugs))('finds %s', { timeout: 60_000 }, async (_, design) => {
    const [first] = await simulateMany(20_000, lifeOf, design)
    expect(first?.broken).not.toEqual([])
  })
})
