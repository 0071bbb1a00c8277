import { isObject } from './json.ts'

/**
 * Refuses unknown fields: a misspelt one would silently change nothing.
 *
 * @throws {TypeError} names the owner of the fields, and those that it knows
 */
export function checkFields(owner: string, given: unknown, known: readonly string[]): void {
  if (!isObject(given)) throw new TypeError(`${owner} takes an object with ${known.join(', ')}`)
  const unknown = Object.keys(given).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new TypeError(`${owner} does not know ${unknown.join(', ')}; it knows ${known.join(', ')}`)
}
