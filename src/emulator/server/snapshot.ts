import { isInFlight } from '../rules/idempotency-rules.ts'
import { push } from '../world/heap.ts'
import { isObject } from '../world/json.ts'
import type { Rules } from '../world/options.ts'
import { emptyDictionary, emptyState, type State } from '../world/state.ts'
import { decimalsOf, type World } from '../world/world.ts'

/** The state of an emulator as plain JSON: `JSON.parse(JSON.stringify(snapshot))` can be restored. */
export interface Snapshot {
  /** The version of this format. */
  version: 1
  /** The country of the emulator that made it, and the decimals of its amounts. */
  site: Rules['site']
  decimals: number
  state: unknown
}

const DICTIONARIES = ['agreements', 'payerTokens', 'buyers', 'keys'] as const

/** A copy without the requests in flight, which will get no response after a restore. */
export function save({ state, rules }: World): Snapshot {
  const copy = structuredClone(state)
  for (const [name, key] of Object.entries(copy.keys)) if (isInFlight(key)) delete copy.keys[name]
  // A delivery that is under way may not have arrived: it is made again.
  for (const task of copy.underWay.splice(0)) push(copy.scheduled, task)
  return { version: 1, site: rules.site, decimals: decimalsOf(rules), state: copy }
}

/** The state in a snapshot. @throws {TypeError} it is no snapshot of this version, or comes from an emulator of another site */
export function read(snapshot: Snapshot, rules: Rules): State {
  if (!isObject(snapshot) || snapshot.version !== 1 || !isWhole(snapshot.state)) {
    throw new TypeError('This is not a snapshot of this version of the emulator')
  }
  const { site, decimals } = snapshot
  if (site !== rules.site || decimals !== decimalsOf(rules)) {
    throw new TypeError(
      `The snapshot comes from an emulator of ${site} with ${decimals} decimals: create this one with the same site`,
    )
  }
  const state = structuredClone(snapshot.state) as State
  // Callers choose the keys of these, so they must not have a `constructor`; a structured clone has one.
  for (const name of DICTIONARIES) Object.assign(state, { [name]: Object.assign(emptyDictionary(), state[name]) })
  return state
}

/** Whether the state has every field, with the right type. */
function isWhole(state: unknown): boolean {
  if (!isObject(state)) return false
  return Object.entries(emptyState(0, 0)).every(
    ([name, value]) => typeof state[name] === typeof value && Array.isArray(state[name]) === Array.isArray(value),
  )
}
