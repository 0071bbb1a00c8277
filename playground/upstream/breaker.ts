/** Stops requests to an upstream that mostly fails, so that no write is begun that would only stay open. */
export interface Breaker {
  /** How long to send nothing, in milliseconds; undefined: go on. After the pause one request is let through as a test. */
  openForMs(): number | undefined
  /** Reports how a call ended: no answer is a fault, a refusal is not. */
  report(isFault: boolean): void
}

const WINDOW_MS = 10_000
const MIN_CALLS = 20
const FAULT_SHARE = 0.5
const PAUSE_MS = 5_000

/** A breaker for each client: one whose requests always fail must not stop the others. */
export function createBreakers(now: () => number): { forClient(client: string): Breaker } {
  const breakers = new Map<string, Breaker>()
  return {
    forClient(client) {
      const breaker = breakers.get(client) ?? createBreaker(now)
      breakers.set(client, breaker)
      return breaker
    },
  }
}

/** A breaker that counts in memory: every isolate has its own count. */
export function createBreaker(now: () => number): Breaker {
  let windowEnd = 0
  let calls = 0
  let faults = 0
  let openUntil: number | undefined

  return {
    openForMs() {
      if (openUntil === undefined) return undefined
      const leftMs = openUntil - now()
      if (leftMs > 0) return leftMs
      // This one goes through; the others wait for its result.
      openUntil = now() + PAUSE_MS
      return undefined
    },
    report(isFault) {
      if (openUntil !== undefined) {
        openUntil = isFault ? now() + PAUSE_MS : undefined
        calls = faults = 0
        return
      }
      if (now() >= windowEnd) {
        windowEnd = now() + WINDOW_MS
        calls = faults = 0
      }
      calls += 1
      faults += Number(isFault)
      if (calls >= MIN_CALLS && faults >= calls * FAULT_SHARE) openUntil = now() + PAUSE_MS
    },
  }
}
