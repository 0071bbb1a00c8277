import { isInFlight } from '../rules/idempotency-rules.ts'
import { push } from '../world/heap.ts'
import { isObject } from '../world/json.ts'
import type { Rules } from '../world/options.ts'
import { emptyDictionary, emptyState, type State } from '../world/state.ts'
import { decimalsOf, type World } from '../world/world.ts'

/** What the API knows, as plain JSON: `JSON.parse(JSON.stringify(snapshot))` can be restored. */
export interface Snapshot {
  /** Of this form. */
  version: 1
  /** Country of the emulator that made it, and the decimals of its amounts. */
  site: Rules['site']
  decimals: number
  state: unknown
}

const DICTIONARIES = ['agreements', 'payerTokens', 'buyers', 'keys'] as const

/** A copy without the requests in flight: nobody will answer them. */
export function save({ state, rules }: World): Snapshot {
  const copy = structuredClone(state)
  for (const [name, key] of Object.entries(copy.keys)) if (isInFlight(key)) delete copy.keys[name]
  // What is on its way may not have arrived: it goes out again.
  for (const appointment of copy.underWay.splice(0)) push(copy.scheduled, appointment)
  return { version: 1, site: rules.site, decimals: decimalsOf(rules), state: copy }
}

/** @throws {TypeError} it is no snapshot of this version, or of an emulator of another site */
export function read(snapshot: Snapshot, rules: Rules): State {
  if (!isObject(snapshot) || snapshot.version !== 1 || !isWhole(snapshot.state)) {
    throw new TypeError('This is no snapshot of this version of the emulator')
  }
  const { site, decimals } = snapshot
  if (site !== rules.site || decimals !== decimalsOf(rules)) {
    throw new TypeError(`The snapshot is of an emulator of ${site} with ${decimals} decimals: give this one the same site`)
  }
  const state = structuredClone(snapshot.state) as State
  // Callers choose the keys of these: they must not know `constructor`, and a copy does.
  for (const name of DICTIONARIES) Object.assign(state, { [name]: Object.assign(emptyDictionary(), state[name]) })
  return state
}

/** Has every part, each of its kind. */
function isWhole(state: unknown): boolean {
  if (!isObject(state)) return false
  return Object.entries(emptyState(0, 0)).every(
    ([name, value]) => typeof state[name] === typeof value && Array.isArray(state[name]) === Array.isArray(value),
  )
}
