/** The source of time and randomness: the runtime's own in production, a fake one in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  date(): number
  /** Monotonic milliseconds, counted from an arbitrary start. */
  now(): number
  /** A number from 0 up to, but not including, 1. */
  random(): number
  /** Calls `callback` once, after `ms` milliseconds. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
}

/** The clock of the runtime. */
export const systemClock: Clock = {
  date: () => Date.now(),
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
