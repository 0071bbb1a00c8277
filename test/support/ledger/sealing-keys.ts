/** A sealing key for tests. */
export const SEALING_KEYS = `k1:${btoa('0123456789abcdef0123456789abcdef')}`
