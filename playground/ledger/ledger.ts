/**
 * The ledger's state machine: one write of one client under one key. It is pure, so that the Durable Object and the
 * simulator drive the very same rules.
 *
 *     CLAIMED -> SENT(n) -> DONE | REFUSED -> after thirty days without their answers
 *                   |-> UNKNOWN -> SENT(n + 1) ... -> NEEDS_REVIEW after a day, or if nothing can ever tell
 *
 * Nothing that may have taken effect is ever freed: a key whose outcome is unknown stays taken until it is known.
 */

/** An answer to the caller, as it is stored and shown again. */
export interface ProxyResponse {
  status: number
  /** JSON; empty for no body. */
  body: string
  retryAfterMs?: number | undefined
}

export type LedgerState = 'CLAIMED' | 'SENT' | 'UNKNOWN' | 'DONE' | 'REFUSED' | 'NEEDS_REVIEW'

/** Nothing certain is known yet, and nobody has given up. */
export const OPEN_STATES: readonly LedgerState[] = ['CLAIMED', 'SENT', 'UNKNOWN']

/** What is known of a write. Times are milliseconds since 1970. */
export interface Entry {
  state: LedgerState
  /** Of what was asked for. */
  fingerprint: string
  /** Attempts that may have left. */
  attempt: number
  /** Of them, those that came back and left it unknown; those that died with their process tell nothing of the next one. */
  unanswered: number
  /** Of DONE and REFUSED, until it is too old to be shown again. */
  answer: ProxyResponse | null
  claimedAt: number
  /** When an attempt was last given up without an answer: it may still be travelling. */
  lostAt: number | null
  /** When something has to be done about it; null: nothing has. */
  dueAt: number | null
}

/** How an attempt ended. */
export type AttemptResult =
  /** It took effect. */
  | { kind: 'done'; answer: ProxyResponse }
  /** It certainly took none, now or at any attempt before. */
  | { kind: 'refused'; answer: ProxyResponse }
  /** This attempt certainly took none, and another one may. */
  | { kind: 'nothing'; answer: ProxyResponse }
  | { kind: 'unknown' }
  /** Nothing that can be sent or read will ever tell. */
  | { kind: 'stuck' }

export type LedgerEvent =
  | { kind: 'asked'; fingerprint: string }
  /** The entry is on disk. */
  | { kind: 'stored' }
  | { kind: 'ended'; attempt: number; ending: AttemptResult }
  /** `dueAt` has come. */
  | { kind: 'due' }
  /** The process that held the entry is gone, and what it had sent may still be travelling. */
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
  /** undefined: there is no entry any more. */
  entry: Entry | undefined
  effects: LedgerEffect[]
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS

/** Longer than any attempt takes: an attempt that has not ended by then died with its process. */
export const LEASE_MS = 45 * SECOND_MS
/** Waits before each try to settle, then every twelve hours. */
const BACKOFF_MS = [2, 5, 15, 45, 120, 300, 900, 3_600, 10_800, 21_600, 43_200].map((seconds) => seconds * SECOND_MS)
/** After that a person has to look at it. */
export const REVIEW_AFTER_MS = 24 * HOUR_MS
/** How long an answer is shown again. After that the key is only known to be used, for ever. */
export const KEEP_MS = 30 * 24 * HOUR_MS
/** How long a request may travel before it arrives after all, and a search not know it. Until then "not there" proves nothing. */
export const IN_FLIGHT_WINDOW_MS = 120 * SECOND_MS
const BUSY_RETRY_MS = SECOND_MS
const MOST_BUSY_MS = 60 * SECOND_MS
/** Before what a process left behind is settled. */
const RESTART_MS = SECOND_MS
/** After so many without an answer a restart changes nothing: objects come and go all day. */
const MAX_RESTART_ATTEMPTS = 6
/** What is known for good. */
export const isFinal = ({ state }: Entry): boolean => state === 'DONE' || state === 'REFUSED'

/** The next entry, and what has to be done; an effect is only done once the entry is on disk. */
export function step(entry: Entry | undefined, event: LedgerEvent, now: number): Step {
  switch (event.kind) {
    case 'asked':
      return entry ? askAgain(entry, event.fingerprint, now) : claim(event.fingerprint, now)
    case 'stored':
      return entry?.state === 'CLAIMED' ? begin(entry, 'send', now) : { entry, effects: [] }
    case 'ended':
      return entry ? end(entry, event, now) : { entry, effects: [] }
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

function askAgain(entry: Entry, fingerprint: string, now: number): Step {
  if (entry.fingerprint !== fingerprint || (isFinal(entry) && !entry.answer)) return { entry, effects: [{ kind: 'key_used' }] }
  if (entry.answer) return { entry, effects: [{ kind: 'reply', answer: entry.answer, replayed: true }] }
  if (entry.state === 'NEEDS_REVIEW') return { entry, effects: [{ kind: 'busy', retryAfterMs: HOUR_MS, isInReview: true }] }
  return { entry, effects: [{ kind: 'busy', retryAfterMs: busyForMs(entry, now) }] }
}

/** When it is worth asking again. */
function busyForMs({ state, dueAt }: Entry, now: number): number {
  const isWaiting = state === 'UNKNOWN' && dueAt !== null
  return isWaiting ? Math.min(Math.max(dueAt - now, BUSY_RETRY_MS), MOST_BUSY_MS) : BUSY_RETRY_MS
}

/** From here on it may have left. */
function begin(entry: Entry, how: 'send' | 'settle', now: number): Step {
  const attempt = entry.attempt + 1
  return { entry: { ...entry, state: 'SENT', attempt, dueAt: now + LEASE_MS }, effects: [{ kind: how, attempt }] }
}

function end(entry: Entry, { attempt, ending }: Extract<LedgerEvent, { kind: 'ended' }>, now: number): Step {
  // What is known stays known, whichever attempt comes back late.
  if (isFinal(entry)) return askAgain(entry, entry.fingerprint, now)
  // Only the latest attempt may refuse, and only when nothing can be travelling any more.
  const isTravelling = attempt !== entry.attempt || (entry.lostAt !== null && now - entry.lostAt < IN_FLIGHT_WINDOW_MS)
  const isTooEarly = ending.kind === 'refused' && isTravelling
  if (ending.kind === 'done' || (ending.kind === 'refused' && !isTooEarly)) {
    const { answer } = ending
    const state = ending.kind === 'done' ? 'DONE' : 'REFUSED'
    return { entry: { ...entry, state, answer, dueAt: now + KEEP_MS }, effects: [{ kind: 'reply', answer, replayed: false }] }
  }
  const busy: LedgerEffect = { kind: 'busy', retryAfterMs: BUSY_RETRY_MS }
  // An attempt that was given up has nothing to say about the one after it.
  if (attempt !== entry.attempt) return { entry, effects: [busy] }
  if (ending.kind === 'nothing' && attempt === 1) {
    return { entry: undefined, effects: [{ kind: 'reply', answer: ending.answer, replayed: false }] }
  }
  if (ending.kind === 'stuck') return { entry: inReview(entry), effects: [busy] }
  const lostAt = ending.kind === 'unknown' ? now : entry.lostAt
  const unknown: Entry = { ...entry, state: 'UNKNOWN', unanswered: entry.unanswered + 1, lostAt }
  return { entry: { ...unknown, dueAt: nextTry(unknown, now) }, effects: [busy] }
}

/** By the ladder, and no later than a person has to look at it. */
function nextTry({ unanswered, claimedAt }: Entry, now: number): number {
  const waitMs = BACKOFF_MS[unanswered - 1] ?? BACKOFF_MS.at(-1) ?? HOUR_MS
  return Math.max(now + 1, Math.min(now + waitMs, claimedAt + REVIEW_AFTER_MS))
}

function onDue(entry: Entry, now: number): Step {
  if (entry.state === 'CLAIMED') return begin(entry, 'send', now)
  if (entry.state !== 'SENT' && entry.state !== 'UNKNOWN') return { entry: { ...entry, answer: null, dueAt: null }, effects: [] }
  if (now - entry.claimedAt >= REVIEW_AFTER_MS) return { entry: inReview(entry), effects: [] }
  // The process that sent it died: whatever it sent may still be travelling.
  return begin(entry.state === 'SENT' ? { ...entry, lostAt: now } : entry, 'settle', now)
}

const inReview = (entry: Entry): Entry => ({ ...entry, state: 'NEEDS_REVIEW', dueAt: null })

/** Its attempt will not be heard of again: no need to wait until the lease is over. What was unknown is worth a look, too. */
function onRestart(entry: Entry, now: number): Entry {
  const isHeld = entry.state === 'CLAIMED' || entry.state === 'SENT'
  const isWorthALook = isHeld || (entry.state === 'UNKNOWN' && entry.unanswered < MAX_RESTART_ATTEMPTS)
  return isWorthALook && entry.dueAt !== null ? { ...entry, dueAt: Math.min(entry.dueAt, now + RESTART_MS) } : entry
}
