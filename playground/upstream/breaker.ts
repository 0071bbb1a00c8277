/** Stops asking an upstream that mostly fails, so that nothing is begun that would only stay open. */
export interface Breaker {
  /** How long nothing should be asked, milliseconds; undefined: go on. After the pause it lets one through to see. */
  closedForMs(): number | undefined
  /** How a call ended: a refusal is no fault, silence is. */
  report(isFault: boolean): void
}

const WINDOW_MS = 10_000
const LEAST_CALLS = 20
const FAULT_SHARE = 0.5
const PAUSE_MS = 5_000

/** A breaker for each client: one that asks for what Mercado Pago cannot do must not stop the others. */
export function createBreakers(now: () => number): { of(client: string): Breaker } {
  const breakers = new Map<string, Breaker>()
  return {
    of(client) {
      const breaker = breakers.get(client) ?? createBreaker(now)
      breakers.set(client, breaker)
      return breaker
    },
  }
}

/** A hint of one isolate, not a count: others may see it differently. */
export function createBreaker(now: () => number): Breaker {
  let windowEnd = 0
  let calls = 0
  let faults = 0
  let openUntil: number | undefined

  return {
    closedForMs() {
      if (openUntil === undefined) return undefined
      const leftMs = openUntil - now()
      if (leftMs > 0) return leftMs
      // This one goes through; the others wait for what becomes of it.
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
      if (calls >= LEAST_CALLS && faults >= calls * FAULT_SHARE) openUntil = now() + PAUSE_MS
    },
  }
}
