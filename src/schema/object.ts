import * as v from 'valibot'

/**
 * Entries that inherit nothing: valibot walks over them with `for in`, and a library of the page may have put an enumerable
 * property on `Object.prototype`.
 */
const bare = <Entries extends v.ObjectEntries>(entries: Entries): Entries => Object.assign(Object.create(null), entries)

/** An object of a request: unknown fields are refused. */
export const strictObject = <const Entries extends v.ObjectEntries>(entries: Entries) => v.strictObject(bare(entries))

/** An object of a response: unknown fields are kept. */
export const looseObject = <const Entries extends v.ObjectEntries>(entries: Entries) => v.looseObject(bare(entries))

/** The input without what it inherits, if every object inherits something enumerable. */
export function withoutInherited(input: unknown): unknown {
  for (const _ in {}) return copyOwn(input)
  return input
}

function copyOwn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOwn)
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  return Object.assign(Object.create(null), Object.fromEntries(Object.entries(value).map(([key, own]) => [key, copyOwn(own)])))
}
