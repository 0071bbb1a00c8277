import type { RetryClass } from '../operations/requests.ts'
import type { Verdict } from './judge.ts'

/**
 * What follows an attempt.
 *
 * - `return`: its answer is the call's.
 * - `refuse`: nothing was done, and the call says so.
 * - `repeat`: wait, then send the same key and bytes again.
 * - `find`: read whether an earlier attempt took effect, and answer from that.
 * - `give_up`: a write that may have been executed has an unknown outcome; anything else had no answer.
 */
export type NextStep = 'return' | 'refuse' | 'repeat' | 'find' | 'give_up'

/** The kinds of verdict that the policy tells apart. */
type Row = 'answer' | 'refused' | 'refused_after_loss' | 'busy' | 'limited' | 'lost' | 'lost_for_good'

const POLICY: Record<Row, Record<RetryClass, NextStep>> = {
  answer: { read: 'return', keyed: 'return', state: 'return', never: 'return' },
  refused: { read: 'refuse', keyed: 'refuse', state: 'refuse', never: 'refuse' },
  // The refusal may be of a repeat only, because the lost attempt had taken effect.
  refused_after_loss: { read: 'refuse', keyed: 'give_up', state: 'find', never: 'give_up' },
  busy: { read: 'repeat', keyed: 'repeat', state: 'repeat', never: 'give_up' },
  limited: { read: 'repeat', keyed: 'repeat', state: 'repeat', never: 'give_up' },
  lost: { read: 'repeat', keyed: 'repeat', state: 'repeat', never: 'give_up' },
  lost_for_good: { read: 'give_up', keyed: 'give_up', state: 'give_up', never: 'give_up' },
}

/** @param mayHaveMoved an earlier attempt may have been executed */
export function nextStep(verdict: Verdict, retry: RetryClass, mayHaveMoved: boolean): NextStep {
  return POLICY[rowOf(verdict, mayHaveMoved)][retry]
}

function rowOf(verdict: Verdict, mayHaveMoved: boolean): Row {
  if (verdict.kind === 'refused') return mayHaveMoved ? 'refused_after_loss' : 'refused'
  if (verdict.kind !== 'lost') return verdict.kind
  const { reason, status } = verdict
  // What nobody of the API answers, such as a redirect, will not change.
  const isAnswerable = status === undefined || (status >= 200 && status < 300) || status === 408 || status >= 500
  return reason !== 'aborted' && isAnswerable ? 'lost' : 'lost_for_good'
}

/** May a write have been executed, whose attempt ended like this? */
export const mayHaveBeenExecuted = ({ kind }: Verdict): boolean => kind === 'busy' || kind === 'lost'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 5_000

/**
 * Milliseconds to wait before the next attempt: what the API asks for on 409, 429 and 503, else full jitter over a
 * doubling bound, so that many clients do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random from 0 up to 1
 */
export function retryDelayMs(
  attempt: number,
  { status, retryAfterMs }: Pick<Verdict, 'status' | 'retryAfterMs'>,
  random: number,
): number {
  const isHonoured = status === 409 || status === 429 || status === 503
  const askedMs = isHonoured ? retryAfterMs : undefined
  return askedMs ?? random * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
}
