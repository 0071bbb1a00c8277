/** A source of random-looking values: the same seed gives the same values in every runtime. */
export interface Random {
  /** A string of lower-case hex digits. */
  hex(length: number): string
  /** A UUID of version 4. */
  uuid(): string
  /** A whole number from 0 up to, but not including, `bound`. */
  below(bound: number): number
}

/**
 * @param seeded an object whose `seed` is read and updated, so that it can be part of a snapshot
 */
export function createRandom(seeded: { seed: number }): Random {
  // mulberry32: 32 bits of state, good enough for ids that only have to differ.
  const next = (): number => {
    seeded.seed = (seeded.seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seeded.seed ^ (seeded.seed >>> 15), 1 | seeded.seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const digits = (): string => next().toString(16).padStart(8, '0')
  return {
    hex(length) {
      let hex = ''
      while (hex.length < length) hex += digits()
      return hex.slice(0, length)
    },
    uuid() {
      const [a, b, c, d] = [digits(), digits(), digits(), digits()]
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
    },
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
  }
}
