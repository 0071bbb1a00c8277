const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 5_000

/**
 * How long to wait before the next attempt, in milliseconds: what the API asks for, else full jitter over a doubling
 * bound, so that many clients do not come back together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random between 0 and 1
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, random: number): number {
  return retryAfterMs ?? random * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
}

/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined for anything else. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const value = header.trim()
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER)
  const isHttpDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(value)
  const date = isHttpDate ? Date.parse(value.endsWith('GMT') ? value : `${value} GMT`) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
