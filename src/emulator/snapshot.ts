import { isInFlight } from './idempotency-rules.ts'
import { emptyDictionary, type State } from './state.ts'

/** What the API knows, as plain JSON: `JSON.parse(JSON.stringify(snapshot))` can be restored. */
export interface Snapshot {
  /** Of this form. */
  version: 1
  state: unknown
}

const DICTIONARIES = ['agreements', 'payerTokens', 'buyers', 'keys'] as const

/** A copy without the requests in flight: nobody will answer them. */
export function save(state: State): Snapshot {
  const copy = structuredClone(state)
  for (const [name, key] of Object.entries(copy.keys)) if (isInFlight(key)) delete copy.keys[name]
  return { version: 1, state: copy }
}

/** @throws {TypeError} it is no snapshot of this version */
export function read(snapshot: Snapshot): State {
  if (snapshot?.version !== 1 || typeof snapshot.state !== 'object' || snapshot.state === null) {
    throw new TypeError('This is no snapshot of this version of the emulator')
  }
  const state = structuredClone(snapshot.state) as State
  // Callers choose the keys of these: they must not know `constructor`, and a copy does.
  for (const name of DICTIONARIES) Object.assign(state, { [name]: Object.assign(emptyDictionary(), state[name]) })
  return state
}
