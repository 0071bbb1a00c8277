import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../src/request/judge.ts'
import { retryDelayMs } from '../../src/request/retry-policy.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

describe('retryDelayMs', () => {
  it('is full jitter between 0 and a bound that doubles from 250 ms up to 5 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), random, (attempt, drawn) => {
        const bound = Math.min(5_000, 250 * 2 ** (attempt - 1))
        expect(retryDelayMs(attempt, { status: undefined, retryAfterMs: undefined }, drawn)).toBe(drawn * bound)
      }),
    )
  })

  it('is exactly the Retry-After of a 409, 429 or 503', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), random, (attempt, ms, drawn) => {
        for (const status of [409, 429, 503]) expect(retryDelayMs(attempt, { status, retryAfterMs: ms }, drawn)).toBe(ms)
      }),
    )
  })
})

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 10, 21, 12, 0, 0)

  it.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Saturday, 21-Nov-26 12:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 12:00:00 GMT', 0],
    ['Sat Nov 21 12:00:30 2026', 30_000],
    ['9'.repeat(30), Number.MAX_SAFE_INTEGER],
  ])('reads the header %j as %i ms', (header, ms) => {
    expect(parseRetryAfter(header, now)).toBe(ms)
  })

  it.each([null, '', '-1', '1.5', '1e3', 'soon', '0x10', 'Infinity'])('ignores the header %j', (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined()
  })

  it('returns a finite time from 0 up, or undefined, for any header', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = parseRetryAfter(header, now)
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true)
      }),
    )
  })
})
