import type { ForgetTask, KeyRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { ApiError, keyError, paymentError } from './api-error.ts'

/** What a rule answered. */
export interface RuleResult {
  status: number
  /** JSON; empty for no body. */
  text: string
  /** Payment that was made. */
  payment: number | null
}

/** The header's value, checked. Only creating a payment demands it. */
export function requireKey(key: string | null): string {
  if (key === null || key === '') throw missingKey()
  return key
}

const missingKey = (): ApiError =>
  new ApiError(400, {
    status: '400',
    error: 'empty_required_header',
    message: 'Missing HTTP header: X-Idempotency-Key',
  })

export const stillProcessed = (): ApiError => keyError(409, 'The process has not been completed yet. Try again later.', '401001')
export const keyUsed = (): ApiError => keyError(422, 'Idempotency key already used.', '422001')

/** One key may be used once for each method and path. */
export const nameOfKey = (method: string, path: string, key: string): string => `${method} ${path} ${key}`

/**
 * Runs `effect` once for a key: a repeat while it runs is told to wait (409), a repeat of a success gets the same
 * answer with 200, another body under the same key is refused (422). A refusal leaves the key free.
 */
export async function once(
  world: World,
  { method, path, key, body }: { method: string; path: string; key: string | null; body: string },
  effect: () => Promise<RuleResult>,
): Promise<RuleResult> {
  if (key === null) return effect()
  const { state, rules } = world
  requireKey(key)
  if (key.length > rules.maxKeyLength) throw paymentError(400, 'Invalid idempotency key.', '400058')
  const name = nameOfKey(method, path, key)
  const hash = hashOf(body)
  const known = state.keys[name]
  if (known) return repeat(world, known, hash)

  const since = state.now
  const forget = () => world.schedule(rules.keyRetentionMs, { kind: 'forget_key', name, since })
  state.keys[name] = { hash, answer: null, payment: null, stuck: false, since }
  try {
    const { status, text, payment } = await effect()
    state.keys[name] = { hash, answer: { status, text }, payment, stuck: false, since }
    forget()
    return { status, text, payment }
  } catch (error) {
    if (rules.keyAfterRefusal === 'spent' && error instanceof ApiError) {
      state.keys[name] = { hash: SPENT, answer: null, payment: null, stuck: false, since }
      forget()
    } else {
      delete state.keys[name]
    }
    throw error
  }
}

/** Its time is over, unless it has been used anew since, or is stuck. */
export function forgetKey({ state }: World, { name, since }: ForgetTask): void {
  const key = state.keys[name]
  if (key?.since === since && !key.stuck) delete state.keys[name]
}

/** The hash of no body. */
const SPENT = 'spent'

/** Somebody still waits for its first answer. */
export const isInFlight = ({ answer, stuck, hash }: KeyRecord): boolean => answer === null && !stuck && hash !== SPENT

function repeat({ state, rules }: World, { hash, answer, payment, stuck }: KeyRecord, repeated: string): RuleResult {
  if (stuck) throw stillProcessed()
  if (hash !== repeated) throw keyUsed()
  if (!answer) throw stillProcessed()
  if (rules.replayOfPaid === 409 && payment !== null && state.payments[payment]?.status === 'approved') throw stillProcessed()
  return { status: 200, text: answer.text, payment }
}

/** 53 bits (cyrb53) and the length: enough to tell honest bodies apart, and small to keep for each payment. */
function hashOf(text: string): string {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return `${text.length}.${(4294967296 * (2097151 & b) + (a >>> 0)).toString(36)}`
}
