/**
 * The ledger's state machine: one write under one key. It is pure, so that every store and the simulator run the very same
 * rules.
 *
 *     CLAIMED -> SENT(n) -> DONE | REFUSED
 *                   |-> UNKNOWN -> SENT(n + 1) ... -> DONE | REFUSED | NEEDS_REVIEW
 *
 * A key is never freed once its write may have taken effect, and what is known for good never changes.
 */

/** The state of a write. CLAIMED: nothing was sent yet; SENT: an attempt may be under way. */
export type LedgerState = 'CLAIMED' | 'SENT' | 'UNKNOWN' | 'DONE' | 'REFUSED' | 'NEEDS_REVIEW'

/** The states in which the outcome is still looked for. */
export const OPEN_STATES: readonly LedgerState[] = ['CLAIMED', 'SENT', 'UNKNOWN']

/** What is known of a write. Times are milliseconds since 1970. */
export interface Entry {
  state: LedgerState
  /** Digest of the request. */
  fingerprint: string
  /** The number of the latest attempt: to send, or to find out. Whoever holds it, holds the entry. */
  attempt: number
  /** How many attempts in a row ended without an outcome although Mercado Pago answered. */
  looks: number
  claimedAt: number
  /** Until when a repeat under the same key is trusted to be no second charge; null before the first attempt. */
  trustedUntil: number | null
  /** When a request was last given up without an answer: it may still be in flight. Null if that never happened. */
  lostAt: number | null
  /** How long ago that is for certain. A clock may jump, so no single gap between two attempts counts for more than a minute. */
  quietMs: number
  /** When the latest attempt ended. */
  lookedAt: number | null
  /** When the entry needs attention; null if never. */
  dueAt: number | null
  settledAt: number | null
  /** What is told of DONE and REFUSED. */
  answer: string | null
  /** Why a person has to look, or what a person said. */
  reason: string | null
}

/** How an attempt ended. */
export type AttemptResult =
  /** It took effect. */
  | { kind: 'done'; answer: string }
  /** It certainly took no effect, now or at any attempt before, and will not any more. */
  | { kind: 'refused'; answer: string }
  /** Nothing was sent, or it certainly had no effect; another attempt may. */
  | { kind: 'no_effect' }
  /** The outcome is open. `isSent`: something was sent that may still be in flight. */
  | { kind: 'unknown'; isSent: boolean }
  /** Mercado Pago did not answer, so nothing was learnt. Nothing was sent that could take effect. */
  | { kind: 'unreachable' }
  /** It cannot be proved by anything that can be sent or read, or the answer is about something else. */
  | { kind: 'review'; reason: string }

export type LedgerEvent =
  /** A caller wants the write done, for the first time or again. `isListed`: its refunds have to be read before the first attempt. */
  | { kind: 'submitted'; fingerprint: string; keyTrustMs: number; isListed: boolean }
  /** What has to be read before the first attempt was read. */
  | { kind: 'listed'; keyTrustMs: number }
  /** It could not be read, so nothing was begun. */
  | { kind: 'not_listed' }
  | { kind: 'ended'; attempt: number; result: AttemptResult }
  /** `dueAt` has come. */
  | { kind: 'due' }
  /** A person has said what happened. */
  | { kind: 'resolved'; state: 'DONE' | 'REFUSED'; answer: string; reason: string }

export type LedgerEffect =
  /** Read the refunds of the payment; then `listed` or `not_listed`. */
  | { kind: 'list_refunds' }
  /** Send the request for the first time; then `ended`. */
  | { kind: 'send'; attempt: number }
  /** Read what became of it, and repeat the same request if that is still safe; then `ended`. */
  | { kind: 'settle'; attempt: number; mayRepeat: boolean; isQuiet: boolean }
  /** Tell the caller what is known. */
  | { kind: 'tell'; isReplayed: boolean }
  /** Tell the caller that nothing was done. */
  | { kind: 'tell_nothing_done' }
  | { kind: 'key_used' }

export interface Step {
  /** The next entry; undefined if it is removed. */
  entry: Entry | undefined
  /** What to do once that entry is on disk. */
  effects: LedgerEffect[]
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS

/** How long an attempt may hold an entry. Every attempt is shorter: one that has not ended by then died with its process. */
export const LEASE_MS = 60 * SECOND_MS
/** How long a request may be in flight after it was given up. */
export const IN_FLIGHT_WINDOW_MS = 120 * SECOND_MS
/** When a write that is still unknown is handed to a person. */
export const REVIEW_AFTER_MS = 24 * HOUR_MS
/** The most that one gap between two attempts counts as time that has passed. */
const MAX_GAP_MS = 60 * SECOND_MS
/** The waits after looks without an outcome; the last one repeats. */
const BACKOFF_MS = [2, 5, 15, 45, 60, 120, 300, 900, 3_600, 10_800].map((seconds) => seconds * SECOND_MS)
/** The wait while Mercado Pago does not answer: what is open is looked at within a minute once it does. */
const UNREACHABLE_MS = 30 * SECOND_MS
/** Asking again makes an entry be looked at again, but not more often than this. */
const ASK_AGAIN_MS = 5 * SECOND_MS

/** True once the outcome is known for good. */
export const isFinal = ({ state }: Pick<Entry, 'state'>): boolean => state === 'DONE' || state === 'REFUSED'

const unchanged = (entry: Entry | undefined, ...effects: LedgerEffect[]): Step => ({ entry, effects })
const TELL: LedgerEffect = { kind: 'tell', isReplayed: false }
const NOTHING_DONE: LedgerEffect = { kind: 'tell_nothing_done' }

/** The next entry, and the effects to carry out once that entry is on disk. */
export function step(entry: Entry | undefined, event: LedgerEvent, now: number): Step {
  switch (event.kind) {
    case 'submitted':
      return entry ? askAgain(entry, event, now) : claim(event, now)
    case 'listed':
      if (entry?.state === 'CLAIMED') return startFirst(entry, event.keyTrustMs, now)
      return unchanged(entry, entry ? TELL : NOTHING_DONE)
    case 'not_listed':
      if (entry?.state === 'CLAIMED') return { entry: undefined, effects: [NOTHING_DONE] }
      return unchanged(entry, entry ? TELL : NOTHING_DONE)
    case 'ended':
      return entry ? endAttempt(entry, event, now) : unchanged(entry)
    case 'due':
      return entry?.dueAt != null && entry.dueAt <= now ? onDue(entry, now) : unchanged(entry)
    case 'resolved':
      return entry && !isFinal(entry) ? { entry: finish(entry, event, now), effects: [TELL] } : unchanged(entry, TELL)
  }
}

function claim({ fingerprint, keyTrustMs, isListed }: Extract<LedgerEvent, { kind: 'submitted' }>, now: number): Step {
  const entry: Entry = {
    state: 'CLAIMED',
    fingerprint,
    attempt: 0,
    looks: 0,
    claimedAt: now,
    trustedUntil: null,
    lostAt: null,
    quietMs: 0,
    lookedAt: null,
    dueAt: now + LEASE_MS,
    settledAt: null,
    answer: null,
    reason: null,
  }
  return isListed ? { entry, effects: [{ kind: 'list_refunds' }] } : startFirst(entry, keyTrustMs, now)
}

/** Starts the first attempt. From here on the request may have been sent. */
function startFirst(entry: Entry, keyTrustMs: number, now: number): Step {
  const sent: Entry = { ...entry, state: 'SENT', attempt: 1, trustedUntil: now + keyTrustMs, dueAt: now + LEASE_MS }
  return { entry: sent, effects: [{ kind: 'send', attempt: 1 }] }
}

function askAgain(entry: Entry, { fingerprint }: Extract<LedgerEvent, { kind: 'submitted' }>, now: number): Step {
  if (entry.fingerprint !== fingerprint || (isFinal(entry) && entry.answer === null))
    return unchanged(entry, { kind: 'key_used' })
  const isWorthALook = entry.state === 'UNKNOWN' && now - (entry.lookedAt ?? 0) >= ASK_AGAIN_MS
  return isWorthALook ? look(entry, now) : unchanged(entry, { kind: 'tell', isReplayed: true })
}

/** Starts an attempt to find out. */
function look(entry: Entry, now: number): Step {
  const attempt = entry.attempt + 1
  const quietMs = quietAt(entry, now)
  const isTrusted = !isBackwards(entry, now) && entry.trustedUntil !== null && now < entry.trustedUntil
  const effect: LedgerEffect = {
    kind: 'settle',
    attempt,
    mayRepeat: isTrusted,
    isQuiet: entry.lostAt === null || quietMs >= IN_FLIGHT_WINDOW_MS,
  }
  const sent: Entry = { ...entry, state: 'SENT', attempt, quietMs, lookedAt: now, dueAt: now + LEASE_MS }
  // For good: it may go forth again.
  return { entry: isTrusted ? sent : { ...sent, trustedUntil: null }, effects: [effect] }
}

/** Whether the clock went back: then it says nothing of how old the key is. */
const isBackwards = ({ claimedAt, lookedAt }: Entry, now: number): boolean => now < Math.max(claimedAt, lookedAt ?? 0)

function quietAt({ lostAt, lookedAt, quietMs }: Entry, now: number): number {
  if (lostAt === null) return 0
  return quietMs + Math.min(Math.max(0, now - Math.max(lookedAt ?? 0, lostAt)), MAX_GAP_MS)
}

function endAttempt(entry: Entry, { attempt, result }: Extract<LedgerEvent, { kind: 'ended' }>, now: number): Step {
  // A known outcome stays, whichever attempt ends late.
  if (isFinal(entry)) return unchanged(entry, TELL)
  if (result.kind === 'done')
    return { entry: finish(entry, { state: 'DONE', answer: result.answer, reason: null }, now), effects: [TELL] }
  // An attempt that was given up proves nothing about the one after it.
  if (attempt !== entry.attempt || entry.state !== 'SENT') return unchanged(entry, TELL)
  if (result.kind === 'refused') {
    return { entry: finish(entry, { state: 'REFUSED', answer: result.answer, reason: null }, now), effects: [TELL] }
  }
  if (result.kind === 'no_effect' && attempt === 1) return { entry: undefined, effects: [NOTHING_DONE] }
  if (result.kind === 'review') return { entry: inReview(entry, result.reason), effects: [TELL] }
  const isLost = result.kind === 'unknown' && result.isSent
  const open: Entry = { ...entry, state: 'UNKNOWN', lookedAt: now, ...(isLost && { lostAt: now, quietMs: 0 }) }
  if (result.kind !== 'unknown') return { entry: { ...open, dueAt: now + UNREACHABLE_MS }, effects: [TELL] }
  if (now - entry.claimedAt >= REVIEW_AFTER_MS)
    return { entry: inReview(open, 'nothing proved it within a day'), effects: [TELL] }
  const waitMs = BACKOFF_MS[open.looks] ?? BACKOFF_MS.at(-1) ?? HOUR_MS
  return { entry: { ...open, looks: open.looks + 1, dueAt: now + waitMs }, effects: [TELL] }
}

function onDue(entry: Entry, now: number): Step {
  if (entry.state === 'UNKNOWN') return look(entry, now)
  // Its process died: before anything was sent, or what it sent may still be in flight.
  if (entry.state === 'CLAIMED') return { entry: undefined, effects: [] }
  if (entry.state === 'SENT') return look({ ...entry, lostAt: now, quietMs: 0, lookedAt: now }, now)
  return unchanged({ ...entry, dueAt: null })
}

const inReview = (entry: Entry, reason: string): Entry => ({ ...entry, state: 'NEEDS_REVIEW', reason, dueAt: null })

const finish = (entry: Entry, known: Pick<Entry, 'state' | 'answer' | 'reason'>, now: number): Entry => ({
  ...entry,
  ...known,
  dueAt: null,
  settledAt: now,
})
