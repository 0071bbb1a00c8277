import { describe, expect, it } from 'vitest'
import type { ProxyResponse } from '../../playground/http/response.ts'
import {
  type AttemptResult,
  type Entry,
  IN_FLIGHT_WINDOW_MS,
  KEEP_MS,
  LEASE_MS,
  type LedgerEvent,
  type LedgerState,
  REVIEW_AFTER_MS,
  step,
} from '../../playground/ledger/ledger.ts'

const NOW = Date.UTC(2026, 0, 1)
const paid: ProxyResponse = { status: 201, body: '{"id":1}' }
const no: ProxyResponse = { status: 400, body: '{}' }
const entryOf = (state: LedgerState, change: Partial<Entry> = {}): Entry => ({
  state,
  fingerprint: 'f',
  attempt: state === 'CLAIMED' ? 0 : 1,
  unanswered: state === 'UNKNOWN' ? 1 : 0,
  answer: state === 'DONE' ? paid : state === 'REFUSED' ? no : null,
  claimedAt: NOW,
  lostAt: null,
  dueAt: NOW,
  ...change,
})
const ended = (kind: AttemptResult['kind'], attempt = 1): LedgerEvent => ({
  kind: 'ended',
  attempt,
  result: kind === 'unknown' || kind === 'unprovable' ? { kind } : { kind, answer: kind === 'done' ? paid : no },
})
const effectsOf = (entry: Entry | undefined, event: LedgerEvent, now = NOW) => step(entry, event, now).effects
const stateOf = (entry: Entry | undefined, event: LedgerEvent, now = NOW) => step(entry, event, now).entry?.state

describe('step', () => {
  it('stores a claim first, and sends when it is on disk', () => {
    const claimed = step(undefined, { kind: 'submitted', fingerprint: 'f' }, NOW)
    expect(claimed).toMatchObject({
      entry: { state: 'CLAIMED', attempt: 0, dueAt: NOW + LEASE_MS },
      effects: [{ kind: 'store' }],
    })
    const sent = step(claimed.entry, { kind: 'stored' }, NOW)
    expect(sent).toMatchObject({ entry: { state: 'SENT', attempt: 1 }, effects: [{ kind: 'send', attempt: 1 }] })
  })

  it.each<[LedgerState]>([['CLAIMED'], ['SENT'], ['UNKNOWN'], ['NEEDS_REVIEW']])(
    'answers a repeat while the entry is %s with busy',
    (state) => {
      expect(effectsOf(entryOf(state), { kind: 'submitted', fingerprint: 'f' })).toMatchObject([{ kind: 'busy' }])
    },
  )

  it.each<[LedgerState, ProxyResponse]>([
    ['DONE', paid],
    ['REFUSED', no],
  ])('answers a repeat after %s with the very same answer', (state, answer) => {
    expect(effectsOf(entryOf(state), { kind: 'submitted', fingerprint: 'f' })).toEqual([
      { kind: 'reply', answer, replayed: true },
    ])
  })

  it('refuses the same key for another request, in every state', () => {
    for (const state of ['CLAIMED', 'SENT', 'UNKNOWN', 'NEEDS_REVIEW', 'DONE', 'REFUSED'] as const) {
      expect(effectsOf(entryOf(state), { kind: 'submitted', fingerprint: 'other' })).toEqual([{ kind: 'key_used' }])
    }
  })

  it.each<[AttemptResult['kind'], LedgerState | undefined]>([
    ['done', 'DONE'],
    ['refused', 'REFUSED'],
    ['unknown', 'UNKNOWN'],
    ['no_effect', undefined],
  ])('makes a first attempt that ended %s an entry that is %s', (kind, state) => {
    expect(stateOf(entryOf('SENT'), ended(kind))).toBe(state)
  })

  it('never frees a key again once an attempt may have taken effect', () => {
    expect(stateOf(entryOf('SENT', { attempt: 2, lostAt: NOW }), ended('no_effect', 2))).toBe('UNKNOWN')
  })

  it('believes a refusal of a repeat only when nothing can be in flight any more', () => {
    const entry = entryOf('SENT', { attempt: 2, lostAt: NOW })
    expect(stateOf(entry, ended('refused', 2), NOW + IN_FLIGHT_WINDOW_MS - 1)).toBe('UNKNOWN')
    expect(stateOf(entry, ended('refused', 2), NOW + IN_FLIGHT_WINDOW_MS)).toBe('REFUSED')
  })

  it('believes a refusal of the latest attempt only', () => {
    const entry = entryOf('SENT', { attempt: 3, lostAt: NOW })
    const later = NOW + IN_FLIGHT_WINDOW_MS + 1
    const { entry: after, effects } = step(entry, ended('refused', 2), later)
    expect(after).toEqual(entry)
    expect(effects).toMatchObject([{ kind: 'busy' }])
    expect(stateOf(after, ended('done', 3), later)).toBe('DONE')
  })

  it('believes a payment whenever it is reported, and by whichever attempt', () => {
    expect(stateOf(entryOf('SENT', { attempt: 3, lostAt: NOW }), ended('done', 1))).toBe('DONE')
    expect(stateOf(entryOf('NEEDS_REVIEW'), ended('done'))).toBe('DONE')
  })

  it.each<[AttemptResult['kind']]>([['done'], ['refused'], ['no_effect'], ['unknown']])(
    'does not change a known outcome when an attempt ends %s',
    (kind) => {
      for (const state of ['DONE', 'REFUSED'] as const) {
        expect(step(entryOf(state), ended(kind), NOW).entry).toEqual(entryOf(state))
      }
    },
  )

  it('ignores an attempt that was given up when the next one has started', () => {
    const entry = entryOf('SENT', { attempt: 2 })
    expect(step(entry, ended('unknown', 1), NOW).entry).toEqual(entry)
    expect(step(entry, ended('no_effect', 1), NOW).entry).toEqual(entry)
  })

  it('sends a claim that was never sent when it is due', () => {
    expect(effectsOf(entryOf('CLAIMED'), { kind: 'due' })).toEqual([{ kind: 'send', attempt: 1 }])
  })

  it.each<[LedgerState]>([['SENT'], ['UNKNOWN']])('settles an entry that is %s when it is due, as the next attempt', (state) => {
    expect(effectsOf(entryOf(state), { kind: 'due' })).toEqual([{ kind: 'settle', attempt: 2 }])
    expect(effectsOf(entryOf(state, { dueAt: NOW + 1 }), { kind: 'due' })).toEqual([])
  })

  it('hands an unknown write to a person after a day', () => {
    expect(stateOf(entryOf('UNKNOWN', { claimedAt: NOW - REVIEW_AFTER_MS }), { kind: 'due' })).toBe('NEEDS_REVIEW')
    const almost = step(entryOf('SENT', { claimedAt: NOW - REVIEW_AFTER_MS + 5_000, unanswered: 8 }), ended('unknown'), NOW)
    expect(almost.entry?.dueAt).toBe(NOW + 5_000)
  })

  it('hands a write to a person at once if its outcome can never be proved', () => {
    const entry = entryOf('SENT', { attempt: 2, lostAt: NOW })
    const { entry: reviewed, effects } = step(entry, { kind: 'ended', attempt: 2, result: { kind: 'unprovable' } }, NOW)
    expect(reviewed).toMatchObject({ state: 'NEEDS_REVIEW', dueAt: null })
    expect(effects).toMatchObject([{ kind: 'busy' }])
  })

  it('settles soon what a process has left behind, and leaves other entries until they are due', () => {
    const restarted: LedgerEvent = { kind: 'restarted' }
    for (const state of ['CLAIMED', 'SENT'] as const) {
      expect(step(entryOf(state, { dueAt: NOW + LEASE_MS }), restarted, NOW).entry?.dueAt).toBe(NOW + 1_000)
      expect(step(entryOf(state, { dueAt: NOW + 10 }), restarted, NOW).entry?.dueAt).toBe(NOW + 10)
    }
    const unknown = entryOf('UNKNOWN', { dueAt: NOW + LEASE_MS, unanswered: 5 })
    expect(step(unknown, restarted, NOW).entry?.dueAt).toBe(NOW + 1_000)
    expect(step({ ...unknown, unanswered: 6 }, restarted, NOW).entry?.dueAt).toBe(NOW + LEASE_MS)
    for (const state of ['NEEDS_REVIEW', 'DONE', 'REFUSED'] as const) {
      const entry = entryOf(state, { dueAt: NOW + LEASE_MS })
      expect(step(entry, restarted, NOW).entry).toEqual(entry)
    }
    expect(step(undefined, restarted, NOW)).toEqual({ entry: undefined, effects: [] })
  })

  it.each<[LedgerState, ProxyResponse]>([
    ['DONE', paid],
    ['REFUSED', no],
  ])('forgets the answer of %s after thirty days, but never that the key was used', (state, answer) => {
    const result: AttemptResult = { kind: state === 'DONE' ? 'done' : 'refused', answer }
    const final = step(entryOf('SENT'), { kind: 'ended', attempt: 1, result }, NOW).entry
    expect(final?.dueAt).toBe(NOW + KEEP_MS)
    const old = step(final, { kind: 'due' }, NOW + KEEP_MS).entry
    expect(old).toMatchObject({ state, answer: null, dueAt: null })
    expect(effectsOf(old, { kind: 'submitted', fingerprint: 'f' })).toEqual([{ kind: 'key_used' }])
    expect(stateOf(old, ended('unknown'))).toBe(state)
  })

  it('waits longer each time', () => {
    const waits = [0, 1, 2, 3, 4].map(
      (unanswered) => (step(entryOf('SENT', { unanswered }), ended('unknown'), NOW).entry?.dueAt ?? 0) - NOW,
    )
    expect(waits).toEqual([2_000, 5_000, 15_000, 45_000, 120_000])
  })

  it('waits no longer for attempts that died with their processes', () => {
    let entry: Entry | undefined = entryOf('CLAIMED', { dueAt: NOW })
    for (let attempt = 1; attempt <= 9; attempt++) {
      entry = step(entry, { kind: 'due' }, NOW).entry
      expect(entry).toMatchObject({ state: 'SENT', attempt })
      entry = step(entry, { kind: 'restarted' }, NOW - 1_000).entry
    }
    expect(step(entry, ended('unknown', 9), NOW).entry?.dueAt).toBe(NOW + 2_000)
  })

  it('leaves no open entry without a due time', () => {
    const events: LedgerEvent[] = [
      { kind: 'submitted', fingerprint: 'f' },
      { kind: 'stored' },
      { kind: 'due' },
      { kind: 'restarted' },
      ...(['done', 'refused', 'no_effect', 'unknown'] as const).map((kind) => ended(kind)),
    ]
    for (const state of ['CLAIMED', 'SENT', 'UNKNOWN'] as const) {
      for (const event of events) {
        const { entry } = step(entryOf(state), event, NOW)
        const isOpen = entry && ['CLAIMED', 'SENT', 'UNKNOWN'].includes(entry.state)
        if (isOpen) expect(entry.dueAt, `${state} ${event.kind}`).not.toBeNull()
      }
    }
  })
})
