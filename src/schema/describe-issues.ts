import type * as v from 'valibot'
import type { Issue } from '../errors.ts'
import { knownKeys } from './schema-path.ts'

/**
 * Turns valibot's issues into ours, which never quote the input: valibot's messages print the received value, and its
 * issues hold the whole input.
 */
export function describeIssues(schema: v.GenericSchema, input: unknown, issues: readonly v.BaseIssue<unknown>[]): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = issue.path ?? []
    const keys = path.map(({ key }) => String(key).slice(0, MAX_KEY_LENGTH))
    const unknownKey = issue.type === 'strict_object' && issue.expected === 'never' ? path.at(-1) : undefined
    if (!unknownKey) return [{ path: keys.join('.'), message: describe(issue) }]

    // valibot stops at the first unknown key of an object.
    const parents = keys.slice(0, -1)
    const known = knownKeys(schema, input, path.slice(0, -1))
    return Object.keys(unknownKey.input as object)
      .filter((key) => !known.includes(key))
      .slice(0, MAX_UNKNOWN_KEYS)
      .map((key) => ({
        path: [...parents, key.slice(0, MAX_KEY_LENGTH)].join('.'),
        message: `is not a known field${hint(key, known)}`,
      }))
  })
}

const TYPES: Record<string, string> = {
  Object: 'an object',
  Array: 'a list',
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
}

function describe({ kind, type, input, expected, message, path }: v.BaseIssue<unknown>): string {
  if (kind !== 'schema' || type === 'never') return message
  if (input === undefined) return path ? 'is required' : 'must be an object'
  return type === 'custom' ? message : `must be ${TYPES[expected ?? ''] ?? `one of ${expected}`}`
}

/** Options that callers often put among the fields by mistake. */
const OPTIONS = ['idempotencyKey', 'signal', 'deviceId', 'platformId']

const hint = (key: string, known: readonly string[]): string =>
  OPTIONS.includes(key) ? '; options are the last argument' : suggestion(key, known)

const MAX_KEY_LENGTH = 64
const MAX_UNKNOWN_KEYS = 20

/** The known name closest to `key`, worded as the end of a message; `''` if none is close. */
export function suggestion(key: string, known: readonly string[]): string {
  if (key.length > MAX_KEY_LENGTH) return ''
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.min(3, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
  return nearest ? `; did you mean ${nearest.candidate}?` : ''
}

/** The Levenshtein distance of two strings, computed one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
