import { ApiError, keyError, paymentError } from './api-error.ts'
import type { World } from './world.ts'

/** What a rule answered. */
export interface Answer {
  status: number
  body: unknown
}

const LONGEST_KEY = 128

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

/**
 * Runs `effect` once for a key: a repeat while it runs is told to wait (409), a repeat of a success gets the same
 * answer with 200, another body under the same key is refused (422). A refusal leaves the key free.
 *
 * @param scope method and path; one key may be used once in each
 */
export async function once(
  { state }: World,
  scope: string,
  key: string | null,
  body: string,
  effect: () => Answer | Promise<Answer>,
): Promise<Answer> {
  if (key === null) return effect()
  requireKey(key)
  if (key.length > LONGEST_KEY) throw paymentError(400, 'Invalid idempotency key.', '400058')
  const name = `${scope} ${key}`
  const known = state.keys[name]
  if (known && known.body !== body) throw keyError(422, 'Idempotency key already used.', '422001')
  if (known?.answer) return { ...known.answer, status: 200 }
  if (known) throw keyError(409, 'The process has not been completed yet. Try again later.', '401001')

  state.keys[name] = { body, answer: null }
  try {
    const answer = await effect()
    state.keys[name] = { body, answer }
    return answer
  } catch (error) {
    delete state.keys[name]
    throw error
  }
}
