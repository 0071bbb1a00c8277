import { computed, signal } from '@preact/signals'
import type { Call, Choices, Inspection } from '../../demo/wire.ts'
import { ask } from '../ask.ts'

const EVERY_MS = 500
const MOST_KNOWN = 1_000

/** The emulator's clock. */
export const clock = signal(0)
/** What the inspector knows. The newest calls are last. It changes when there is something new, and not with each look. */
export const seen = signal<Inspection>({ run: '', version: 0, calls: [], effects: [], clock: 0, armed: [], rows: [] })
export const choices = signal<Choices>({ faults: [], decisions: [] })
/** The backend does not answer. */
export const isLost = signal(false)
/** Calls before this one are not shown. */
export const clearedAt = signal(0)

/** The caller's key of each row: Mercado Pago knows another one. */
export const keyOfRow = computed(() => new Map(seen.value.calls.flatMap(({ row, key }) => (row && key ? [[row, key]] : []))))

let version = 0

/** Asks for what has changed. */
export async function look(): Promise<void> {
  try {
    const now = await ask<Inspection>(`/inspector?since=${version}`)
    // Started anew, it knows nothing of what stands on this page.
    if (seen.value.run !== '' && seen.value.run !== now.run) return location.reload()
    version = now.version
    clock.value = now.clock
    if (now.calls.length > 0 || stateOf(now) !== stateOf(seen.value)) {
      seen.value = { ...now, calls: merged(seen.value.calls, now.calls) }
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
  return [...calls.values()].sort((a, b) => a.id - b.id).slice(-MOST_KNOWN)
}

/** Looks again and again while the page can be seen. */
export function watch(): () => void {
  let isOver = false
  const next = async (): Promise<void> => {
    if (isOver) return
    if (!document.hidden) await look()
    setTimeout(next, EVERY_MS)
  }
  void next()
  return () => {
    isOver = true
  }
}
