import { isObject } from './json.ts'

/**
 * A misspelt field would change nothing, silently.
 *
 * @throws {TypeError} names what takes it, and the fields that there are
 */
export function checkFields(taker: string, given: unknown, known: readonly string[]): void {
  if (!isObject(given)) throw new TypeError(`${taker} takes an object with ${known.join(', ')}`)
  const unknown = Object.keys(given).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new TypeError(`${taker} does not know ${unknown.join(', ')}; it knows ${known.join(', ')}`)
}
