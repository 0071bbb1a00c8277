/** Time and chance. The client has those of the runtime; tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  date(): number
  /** Milliseconds that never go back, from any start. */
  now(): number
  /** A number from 0 up to 1. */
  random(): number
  /** Calls back once, after `ms` milliseconds. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  date: () => Date.now(),
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
