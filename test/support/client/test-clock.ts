import type { Clock } from '../../../src/request/clock.ts'

interface Timer {
  at: number
  callback: () => void
}

/**
 * How many turns of the event loop must pass without a new or cancelled timer before time moves, so that everything that
 * needs no time is done first.
 */
const IDLE_TURNS = 3

/** A clock on which waiting takes no real time: when nothing else happens, it jumps to the next timer. */
export interface TestClock extends Clock {
  /** Milliseconds that have passed on this clock. */
  elapsed(): number
}

/**
 * Makes a test clock that starts at a fixed date.
 *
 * @param random what `clock.random()` returns; 0.5 if left out
 */
export function createTestClock({ random = 0.5 } = {}): TestClock {
  const START = Date.UTC(2026, 10, 21, 12)
  const timers = new Set<Timer>()
  let elapsed = 0
  let changes = 0
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    for (let idle = 0, seen = changes; timers.size > 0; ) {
      await new Promise((resolve) => setTimeout(resolve))
      idle = seen === changes ? idle + 1 : 0
      seen = changes
      if (idle < IDLE_TURNS) continue
      const [first] = [...timers].sort((a, b) => a.at - b.at)
      if (!first) break
      timers.delete(first)
      elapsed = Math.max(elapsed, first.at)
      changes += 1
      first.callback()
    }
    isRunning = false
  }

  return {
    date: () => START + elapsed,
    now: () => elapsed,
    random: () => random,
    elapsed: () => elapsed,
    after(ms, callback) {
      const timer = { at: elapsed + ms, callback }
      timers.add(timer)
      changes += 1
      void run()
      return () => {
        changes += 1
        timers.delete(timer)
      }
    },
  }
}
