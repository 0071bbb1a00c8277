/** What is asked of every contender in every round. */
export interface Contest {
  cost: keyof Cost
  rounds: number
  calls: number
  /** How many calls are under way at any moment. */
  concurrency: number
}

/** What each of some calls took. */
export interface Cost {
  /** Microseconds of a processor. */
  processor: number
  /** Microseconds until the next one was done. */
  elapsed: number
  /** Bytes on the heap, if nothing is collected meanwhile. */
  allocated: number
}
