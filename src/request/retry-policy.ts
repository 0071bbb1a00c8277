import type { OperationName } from '../operations/operation-types.ts'
import { type RetryClass, requests } from '../operations/requests.ts'
import type { Verdict } from './judge.ts'

/**
 * What to do after an attempt.
 *
 * - `return`: return its resource.
 * - `refuse`: throw a RefusedError, since nothing was done.
 * - `repeat`: wait, then send the same key and bytes again.
 * - `find`: find out by reads whether an attempt took effect, and end the call by the result.
 * - `find_then_repeat`: wait, find out by reads, and send again only if they show that nothing was done.
 * - `give_up`: end with an unknown outcome if a write may have been executed, else as unavailable.
 */
export type NextStep = 'return' | 'refuse' | 'repeat' | 'find' | 'find_then_repeat' | 'give_up'

/** The kinds of verdict that the policy distinguishes. */
type Row = 'answer' | 'refused' | 'refused_after_loss' | 'busy' | 'limited' | 'limited_after_loss' | 'lost' | 'lost_for_good'

/** The retry classes, and refunds: no source says that they honour the key, but the API lists them. */
type Column = RetryClass | 'refund'

const POLICY: Record<Row, Record<Column, NextStep>> = {
  answer: { read: 'return', keyed: 'return', refund: 'return', state: 'return', never: 'return' },
  // A runtime may repeat a PUT or POST by itself, so even a first refusal may hide an effect.
  refused: { read: 'refuse', keyed: 'refuse', refund: 'find', state: 'find', never: 'refuse' },
  // Perhaps only the repeat is refused, because the lost attempt took effect.
  refused_after_loss: { read: 'refuse', keyed: 'give_up', refund: 'find', state: 'find', never: 'give_up' },
  busy: { read: 'repeat', keyed: 'repeat', refund: 'find_then_repeat', state: 'repeat', never: 'give_up' },
  limited: { read: 'repeat', keyed: 'repeat', refund: 'repeat', state: 'repeat', never: 'give_up' },
  limited_after_loss: { read: 'repeat', keyed: 'repeat', refund: 'find_then_repeat', state: 'repeat', never: 'give_up' },
  lost: { read: 'repeat', keyed: 'repeat', refund: 'find_then_repeat', state: 'repeat', never: 'give_up' },
  lost_for_good: { read: 'give_up', keyed: 'give_up', refund: 'give_up', state: 'give_up', never: 'give_up' },
}

/**
 * Looks up what to do after an attempt.
 *
 * @param mayHaveMoved whether an earlier attempt may have been executed
 */
export function nextStep(verdict: Verdict, operation: OperationName, mayHaveMoved: boolean): NextStep {
  const column = operation === 'payments.refund' ? 'refund' : requests[operation].retry
  return POLICY[rowOf(verdict, mayHaveMoved)][column]
}

function rowOf(verdict: Verdict, mayHaveMoved: boolean): Row {
  if (verdict.kind === 'refused') return mayHaveMoved ? 'refused_after_loss' : 'refused'
  if (verdict.kind === 'limited') return mayHaveMoved ? 'limited_after_loss' : 'limited'
  if (verdict.kind !== 'lost') return verdict.kind
  const { reason, status } = verdict
  // A status that the API never uses, such as a redirect, will be the same next time.
  const isTransient = status === undefined || (status >= 200 && status < 300) || status === 408 || status >= 500
  return reason !== 'aborted' && isTransient ? 'lost' : 'lost_for_good'
}

/** True if a write may have been executed by an attempt with this verdict. */
export const mayHaveBeenExecuted = ({ kind }: Verdict): boolean => kind === 'busy' || kind === 'lost'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 5_000

/**
 * Milliseconds to wait before the next attempt: what the API asks for on 409, 429 and 503, else full jitter up to a
 * limit that doubles, so that many clients do not return at the same moment.
 *
 * @param attempt the number of the attempt that failed, from 1
 * @param random a number from 0 up to, but not including, 1
 */
export function retryDelayMs(
  attempt: number,
  { status, retryAfterMs }: Pick<Verdict, 'status' | 'retryAfterMs'>,
  random: number,
): number {
  const isHonoured = status === 409 || status === 429 || status === 503
  const requestedMs = isHonoured ? retryAfterMs : undefined
  return requestedMs ?? random * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
}
