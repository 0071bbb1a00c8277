/** An object as JSON makes one, of any realm. A promise, a Map or an instance has its fields elsewhere. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Nothing in it that JSON would make `{}` of, such as a promise or a Map. */
export function isJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (Array.isArray(value)) return value.every(isJson)
  return isPlainObject(value) ? Object.values(value).every(isJson) : 'toJSON' in value
}
