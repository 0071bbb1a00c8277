export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value if it is a string, else an empty string. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
