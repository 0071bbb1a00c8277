/** True for an object such as `JSON.parse` returns, from any realm; false for a promise, a Map or a class instance. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** True for a value without anything that `JSON.stringify` would silently turn into `{}`, such as a promise or a Map. */
export function isJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (Array.isArray(value)) return value.every(isJson)
  return isPlainObject(value) ? Object.values(value).every(isJson) : 'toJSON' in value
}
