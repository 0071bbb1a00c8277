export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The string, or none. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
