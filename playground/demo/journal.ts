import type { Call } from './wire.ts'

export type CallStart = Pick<Call, 'from' | 'to' | 'what'> & Partial<Pick<Call, 'key' | 'row' | 'attempt'>>
export type CallEnd = Partial<Pick<Call, 'key' | 'status' | 'outcome'>>

const MAX_CALLS = 1_000

export interface Journal {
  /** Records the start of a call. @returns its id */
  begin(call: CallStart): number
  end(id: number, end: CallEnd): void
  /** The calls that have changed since a version, the oldest first. */
  since(version: number): Call[]
  readonly version: number
}

/** A journal of the last thousand calls, in memory. */
export function createJournal(now: () => number): Journal {
  const calls: Call[] = []
  let version = 0
  let lastId = 0

  return {
    begin({ key = null, row = null, attempt = null, ...call }) {
      version += 1
      lastId += 1
      calls.push({ id: lastId, version, at: now(), ...call, key, row, attempt, status: null, outcome: null, ms: null })
      if (calls.length > MAX_CALLS) calls.shift()
      return lastId
    },
    end(id, end) {
      const call = calls.find((each) => each.id === id)
      if (!call) return
      version += 1
      Object.assign(call, end, { version, ms: now() - call.at })
    },
    since: (after) => calls.filter((call) => call.version > after),
    get version() {
      return version
    },
  }
}
