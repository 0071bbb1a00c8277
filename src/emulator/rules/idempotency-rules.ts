import { OPERATION_FACTS, type OperationName } from '../world/operations.ts'
import type { ForgetTask, KeyRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { ApiError, keyError, paymentError } from './api-error.ts'

/** The outcome of a rule. */
export interface RuleResult {
  status: number
  /** JSON text; empty for no body. */
  text: string
  /** The id of the payment that was created. */
  payment: number | null
}

/** The value of the header. @throws {ApiError} it is missing or empty */
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

/** Whether a key keeps an operation from taking effect twice. */
export function honoursKey({ rules }: World, operation: OperationName): boolean {
  const { idempotencyKey } = OPERATION_FACTS[operation]
  if (idempotencyKey !== 'optional') return idempotencyKey === 'required'
  return (operation === 'payments.refund' ? rules.refundKeys : rules.changeKeys) === 'honoured'
}

/** The name under which a key is stored: it can be used once for each method and path. */
export const nameOfKey = (method: string, path: string, key: string): string => `${method} ${path} ${key}`

/**
 * Runs `effect` once for each key. A repeat while it runs gets 409, a repeat after success gets the same body with 200,
 * and another body with the same key gets 422. The key of a refused request can be used again.
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

/** Forgets a key, unless it has been used again in the meantime, or is stuck. */
export function forgetKey({ state }: World, { name, since }: ForgetTask): void {
  const key = state.keys[name]
  if (key?.since === since && !key.stuck) delete state.keys[name]
}

/** No body has this hash: every repeat of a spent key is refused. */
const SPENT = 'spent'

/** Whether the first request with this key is still in flight. */
export const isInFlight = ({ answer, stuck, hash }: KeyRecord): boolean => answer === null && !stuck && hash !== SPENT

function repeat({ state, rules }: World, { hash, answer, payment, stuck }: KeyRecord, repeated: string): RuleResult {
  if (stuck) throw stillProcessed()
  if (hash !== repeated) throw keyUsed()
  if (!answer) throw stillProcessed()
  if (rules.replayOfPaid === 409 && payment !== null && state.payments[payment]?.status === 'approved') throw stillProcessed()
  return { status: 200, text: answer.text, payment }
}

/** A 53-bit hash (cyrb53) and the length: enough where nobody forges bodies, and small enough to store with each key. */
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
