import { effect, type Signal, signal } from '@preact/signals'

export interface PersistedSignal<Value> extends Signal<Value> {
  /** Reads what other tabs have written: their events may come late. */
  reread(): void
}

/**
 * A signal whose value is in `localStorage`: it survives a reload, and other tabs see it change. It reaches the disk seconds
 * later, so what must survive a crash of the browser is stored by the shop.
 */
export function persistedSignal<Value>(key: string, initial: Value): PersistedSignal<Value> {
  // Other programs on this address have storage under other names.
  const name = `wallet-connect-demo:${key}`
  const read = (): Value => {
    const text = localStorage.getItem(name)
    if (text === null) return initial
    try {
      return JSON.parse(text)
    } catch {
      return initial
    }
  }
  const value = signal(read())
  const reread = (): void => {
    if (JSON.stringify(value.peek()) !== localStorage.getItem(name)) value.value = read()
  }
  addEventListener('storage', ({ key }) => {
    if (key === name || key === null) reread()
  })
  // A page that comes back from the history has missed all changes.
  addEventListener('pageshow', reread)
  let isFirst = true
  effect(() => {
    const text = JSON.stringify(value.value)
    if (!isFirst && localStorage.getItem(name) !== text) localStorage.setItem(name, text)
    isFirst = false
  })
  return Object.assign(value, { reread })
}
