/** Where random-looking values come from: the same seed gives the same values in every runtime. */
export interface Random {
  /** Lower-case hex digits. */
  hex(length: number): string
  /** UUID v4 form. */
  uuid(): string
}

/**
 * @param seeded an object whose `seed` is read and moved on, so that it can be part of a snapshot
 */
export function createRandom(seeded: { seed: number }): Random {
  // mulberry32: 32 bits of state, good enough for ids that only have to differ.
  const next = (): number => {
    seeded.seed = (seeded.seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seeded.seed ^ (seeded.seed >>> 15), 1 | seeded.seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % 16
  }
  const hex = (length: number): string => Array.from({ length }, () => next().toString(16)).join('')
  return {
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  }
}
