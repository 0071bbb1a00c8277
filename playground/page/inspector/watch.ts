import { computed, signal } from '@preact/signals'
import type { Call, Choices, Inspection } from '../../demo/wire.ts'
import { ask } from '../ask.ts'

const INTERVAL_MS = 500
const MAX_KNOWN = 1_000

/** The emulator's clock. */
export const clock = signal(0)
/** What the inspector shows, the newest calls last. It changes only when there is something new. */
export const inspection = signal<Inspection>({ run: '', version: 0, calls: [], effects: [], clock: 0, armed: [], rows: [] })
export const choices = signal<Choices>({ faults: [], decisions: [] })
/** True if the backend does not answer. */
export const isLost = signal(false)
/** Calls before this one are not shown. */
export const clearedAt = signal(0)

/** The caller's key of each row, by the key that Mercado Pago has. */
export const keyOfRow = computed(
  () => new Map(inspection.value.calls.flatMap(({ row, key }) => (row && key ? [[row, key]] : []))),
)

let version = 0

/** Reads what has changed. */
export async function refreshInspection(): Promise<void> {
  try {
    const now = await ask<Inspection>(`/inspector?since=${version}`)
    // A restarted emulator has nothing of what this page shows.
    if (inspection.value.run !== '' && inspection.value.run !== now.run) return location.reload()
    version = now.version
    clock.value = now.clock
    if (now.calls.length > 0 || stateOf(now) !== stateOf(inspection.value)) {
      inspection.value = { ...now, calls: merged(inspection.value.calls, now.calls) }
    }
    if (choices.value.faults.length === 0) choices.value = await ask<Choices>('/inspector/choices')
    isLost.value = false
  } catch {
    isLost.value = true
  }
}

const stateOf = ({ rows, effects, armed }: Inspection): string => JSON.stringify([rows, effects.length, armed])

function merged(known: readonly Call[], changed: readonly Call[]): Call[] {
  if (changed.length === 0) return known as Call[]
  const calls = new Map(known.map((call) => [call.id, call]))
  for (const call of changed) calls.set(call.id, call)
  return [...calls.values()].sort((a, b) => a.id - b.id).slice(-MAX_KNOWN)
}

/** Refreshes repeatedly while the page is visible. */
export function watch(): () => void {
  let isOver = false
  const next = async (): Promise<void> => {
    if (isOver) return
    if (!document.hidden) await refreshInspection()
    setTimeout(next, INTERVAL_MS)
  }
  void next()
  return () => {
    isOver = true
  }
}
