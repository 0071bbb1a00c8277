/** The virtual clock of the emulator. It stands still until it is advanced. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Moves time forward and runs, in order, everything that falls due on the way. Changes to money and agreements have
   * happened when it returns, unless a notification is due before them: await it to be sure, also of deliveries.
   *
   * @throws {TypeError} time only moves forward, and not beyond the last date
   */
  advance(ms: number): Promise<void>
}

export const DAY_MS = 24 * 3_600_000

/** The last date that JavaScript can represent. */
export const LAST_DATE_MS = 8.64e15

/** The dates of agreements: UTC without milliseconds, `2023-02-16T00:02:52Z`. */
export const utcSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const OFFSET_HOURS = -4

/** The dates of payments and refunds: with milliseconds and offset, `2018-10-20T09:34:20.518-04:00`. */
export const withOffset = (ms: number): string => `${new Date(ms + OFFSET_HOURS * 3_600_000).toISOString().slice(0, -1)}-04:00`
