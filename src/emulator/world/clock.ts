/** Time of the emulator: it stands still until it is advanced. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Moves time forward and runs, in order, everything that falls due on the way. What happens to money and agreements
   * has happened when it returns, unless a notification comes first: await it to know that those are delivered.
   *
   * @throws {TypeError} time only moves forward, and not beyond all dates
   */
  advance(ms: number): Promise<void>
}

export const DAY_MS = 24 * 3_600_000

/** Of the dates that there are. */
export const LAST_DATE_MS = 8.64e15

/** Agreements and their dates: UTC without milliseconds, `2023-02-16T00:02:52Z`. */
export const utcSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const OFFSET_HOURS = -4

/** Payments and refunds: milliseconds and offset, `2018-10-20T09:34:20.518-04:00`. */
export const withOffset = (ms: number): string => `${new Date(ms + OFFSET_HOURS * 3_600_000).toISOString().slice(0, -1)}-04:00`
