/**
 * The ledger's state machine: one write of one client under one key. It is pure, so that the Durable Object and the
 * simulator run the very same rules.
 *
 *     CLAIMED -> SENT(n) -> DONE | REFUSED (their answers are forgotten after thirty days)
 *                   |-> UNKNOWN -> SENT(n + 1) ... -> NEEDS_REVIEW after a day, or if the outcome can never be proved
 *
 * A key is never freed once its write may have taken effect: it stays taken until the outcome is known.
 */
import type { ProxyResponse } from '../http/response.ts'

export type LedgerState = 'CLAIMED' | 'SENT' | 'UNKNOWN' | 'DONE' | 'REFUSED' | 'NEEDS_REVIEW'

/** The states in which the outcome is not known yet, and is still looked for. */
export const OPEN_STATES: readonly LedgerState[] = ['CLAIMED', 'SENT', 'UNKNOWN']

/** What is known of a write. Times are milliseconds since 1970. */
export interface Entry {
  state: LedgerState
  /** Digest of the request. */
  fingerprint: string
  /** Number of attempts that may have been sent. */
  attempt: number
  /** How many of them ended with an unknown outcome. Attempts that died with their process do not count. */
  unanswered: number
  /** The answer of DONE and REFUSED, until it is too old to be repeated. */
  answer: ProxyResponse | null
  claimedAt: number
  /** When an attempt was last given up without an answer: it may still be in flight. */
  lostAt: number | null
  /** When the entry needs attention; null if never. */
  dueAt: number | null
}

/** How an attempt ended. */
export type AttemptResult =
  /** It took effect. */
  | { kind: 'done'; answer: ProxyResponse }
  /** It certainly took no effect, now or at any attempt before. */
  | { kind: 'refused'; answer: ProxyResponse }
  /** This attempt certainly took no effect; another one may. */
  | { kind: 'no_effect'; answer: ProxyResponse }
  | { kind: 'unknown' }
  /** Nothing that can be sent or read will ever prove the outcome. */
  | { kind: 'unprovable' }

export type LedgerEvent =
  /** A caller has sent the request, for the first time or again. */
  | { kind: 'submitted'; fingerprint: string }
  /** The entry is on disk. */
  | { kind: 'stored' }
  | { kind: 'ended'; attempt: number; result: AttemptResult }
  /** `dueAt` has come. */
  | { kind: 'due' }
  /** The process that held the entry is gone, and what it had sent may still be in flight. */
  | { kind: 'restarted' }

export type LedgerEffect =
  /** Store the entry; then `stored`. */
  | { kind: 'store' }
  /** Send the request for the first time; then `ended`. */
  | { kind: 'send'; attempt: number }
  /** Send the same request again, then read; then `ended`. */
  | { kind: 'settle'; attempt: number }
  | { kind: 'reply'; answer: ProxyResponse; replayed: boolean }
  | { kind: 'busy'; retryAfterMs: number; isInReview?: boolean }
  | { kind: 'key_used' }

export interface Step {
  /** The next entry; undefined if it is removed. */
  entry: Entry | undefined
  effects: LedgerEffect[]
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS

/** How long an attempt may hold the entry. Any attempt is shorter: one that has not ended by then died with its process. */
export const LEASE_MS = 45 * SECOND_MS
/** Waits before each try to settle, then every twelve hours. */
const BACKOFF_MS = [2, 5, 15, 45, 120, 300, 900, 3_600, 10_800, 21_600, 43_200].map((seconds) => seconds * SECOND_MS)
/** When a write that is still unknown is handed to a person. */
export const REVIEW_AFTER_MS = 24 * HOUR_MS
/** How long an answer is repeated. After that the key is only known to be used, for ever. */
export const KEEP_MS = 30 * 24 * HOUR_MS
/** How long a request may be in flight, or be missing from a search. Until then "not found" proves nothing. */
export const IN_FLIGHT_WINDOW_MS = 120 * SECOND_MS
const BUSY_RETRY_MS = SECOND_MS
const MAX_BUSY_MS = 60 * SECOND_MS
/** The wait before a new process settles what the last one left behind. */
const RESTART_MS = SECOND_MS
/** A restart brings a try forward only up to so many unanswered ones: objects restart all day. */
const MAX_RESTART_ATTEMPTS = 6

/** True once the outcome is known for good. */
export const isFinal = ({ state }: Entry): boolean => state === 'DONE' || state === 'REFUSED'

/** The next entry, and the effects to carry out once that entry is on disk. */
export function step(entry: Entry | undefined, event: LedgerEvent, now: number): Step {
  switch (event.kind) {
    case 'submitted':
      return entry ? replyFrom(entry, event.fingerprint, now) : claim(event.fingerprint, now)
    case 'stored':
      return entry?.state === 'CLAIMED' ? startAttempt(entry, 'send', now) : { entry, effects: [] }
    case 'ended':
      return entry ? endAttempt(entry, event, now) : { entry, effects: [] }
    case 'due':
      return entry?.dueAt != null && entry.dueAt <= now ? onDue(entry, now) : { entry, effects: [] }
    case 'restarted':
      return { entry: entry && onRestart(entry, now), effects: [] }
  }
}

function claim(fingerprint: string, now: number): Step {
  const entry: Entry = {
    state: 'CLAIMED',
    fingerprint,
    attempt: 0,
    unanswered: 0,
    answer: null,
    claimedAt: now,
    lostAt: null,
    dueAt: now + LEASE_MS,
  }
  return { entry, effects: [{ kind: 'store' }] }
}

function replyFrom(entry: Entry, fingerprint: string, now: number): Step {
  if (entry.fingerprint !== fingerprint || (isFinal(entry) && !entry.answer)) return { entry, effects: [{ kind: 'key_used' }] }
  if (entry.answer) return { entry, effects: [{ kind: 'reply', answer: entry.answer, replayed: true }] }
  if (entry.state === 'NEEDS_REVIEW') return { entry, effects: [{ kind: 'busy', retryAfterMs: HOUR_MS, isInReview: true }] }
  return { entry, effects: [{ kind: 'busy', retryAfterMs: busyForMs(entry, now) }] }
}

/** When it is worth repeating the request. */
function busyForMs({ state, dueAt }: Entry, now: number): number {
  const isWaiting = state === 'UNKNOWN' && dueAt !== null
  return isWaiting ? Math.min(Math.max(dueAt - now, BUSY_RETRY_MS), MAX_BUSY_MS) : BUSY_RETRY_MS
}

/** Starts an attempt. From here on the request may have been sent. */
function startAttempt(entry: Entry, effect: 'send' | 'settle', now: number): Step {
  const attempt = entry.attempt + 1
  return { entry: { ...entry, state: 'SENT', attempt, dueAt: now + LEASE_MS }, effects: [{ kind: effect, attempt }] }
}

function endAttempt(entry: Entry, { attempt, result }: Extract<LedgerEvent, { kind: 'ended' }>, now: number): Step {
  // A known outcome stays, whichever attempt ends late.
  if (isFinal(entry)) return replyFrom(entry, entry.fingerprint, now)
  // Only the latest attempt may refuse, and only when no earlier one can still be in flight.
  const isInFlight = attempt !== entry.attempt || (entry.lostAt !== null && now - entry.lostAt < IN_FLIGHT_WINDOW_MS)
  const isTooEarly = result.kind === 'refused' && isInFlight
  if (result.kind === 'done' || (result.kind === 'refused' && !isTooEarly)) {
    const { answer } = result
    const state = result.kind === 'done' ? 'DONE' : 'REFUSED'
    return { entry: { ...entry, state, answer, dueAt: now + KEEP_MS }, effects: [{ kind: 'reply', answer, replayed: false }] }
  }
  const busy: LedgerEffect = { kind: 'busy', retryAfterMs: BUSY_RETRY_MS }
  // An attempt that was given up proves nothing about the one after it.
  if (attempt !== entry.attempt) return { entry, effects: [busy] }
  if (result.kind === 'no_effect' && attempt === 1) {
    return { entry: undefined, effects: [{ kind: 'reply', answer: result.answer, replayed: false }] }
  }
  if (result.kind === 'unprovable') return { entry: inReview(entry), effects: [busy] }
  const lostAt = result.kind === 'unknown' ? now : entry.lostAt
  const unknown: Entry = { ...entry, state: 'UNKNOWN', unanswered: entry.unanswered + 1, lostAt }
  return { entry: { ...unknown, dueAt: nextTry(unknown, now) }, effects: [busy] }
}

/** The next step of the backoff, and no later than the review. */
function nextTry({ unanswered, claimedAt }: Entry, now: number): number {
  const waitMs = BACKOFF_MS[unanswered - 1] ?? BACKOFF_MS.at(-1) ?? HOUR_MS
  return Math.max(now + 1, Math.min(now + waitMs, claimedAt + REVIEW_AFTER_MS))
}

function onDue(entry: Entry, now: number): Step {
  if (entry.state === 'CLAIMED') return startAttempt(entry, 'send', now)
  if (entry.state !== 'SENT' && entry.state !== 'UNKNOWN') return { entry: { ...entry, answer: null, dueAt: null }, effects: [] }
  if (now - entry.claimedAt >= REVIEW_AFTER_MS) return { entry: inReview(entry), effects: [] }
  // The process that sent it died: what it sent may still be in flight.
  return startAttempt(entry.state === 'SENT' ? { ...entry, lostAt: now } : entry, 'settle', now)
}

const inReview = (entry: Entry): Entry => ({ ...entry, state: 'NEEDS_REVIEW', dueAt: null })

/** The attempt will not report back, so there is no need to wait for the end of its lease. An unknown one is tried again, too. */
function onRestart(entry: Entry, now: number): Entry {
  const isHeld = entry.state === 'CLAIMED' || entry.state === 'SENT'
  const isWorthATry = isHeld || (entry.state === 'UNKNOWN' && entry.unanswered < MAX_RESTART_ATTEMPTS)
  return isWorthATry && entry.dueAt !== null ? { ...entry, dueAt: Math.min(entry.dueAt, now + RESTART_MS) } : entry
}
