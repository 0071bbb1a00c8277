import { effect, type Signal, signal } from '@preact/signals'

export interface Kept<Value> extends Signal<Value> {
  /** What other tabs have just written comes with an event, which may be late. */
  reread(): void
}

/**
 * A signal that lives in `localStorage`: a reload finds it again, and other tabs see it change. What must outlive
 * a crash of the browser is kept by the shop: this reaches the disk seconds later.
 */
export function persistedSignal<Value>(what: string, first: Value): Kept<Value> {
  // Whatever else is tried out at this address has its own.
  const name = `wallet-connect-demo:${what}`
  const read = (): Value => {
    const text = localStorage.getItem(name)
    if (text === null) return first
    try {
      return JSON.parse(text)
    } catch {
      return first
    }
  }
  const value = signal(read())
  const reread = (): void => {
    if (JSON.stringify(value.peek()) !== localStorage.getItem(name)) value.value = read()
  }
  addEventListener('storage', ({ key }) => {
    if (key === name || key === null) reread()
  })
  // Back from the history, the page is as it was left, and heard of no change.
  addEventListener('pageshow', reread)
  let isFirst = true
  effect(() => {
    const text = JSON.stringify(value.value)
    if (!isFirst && localStorage.getItem(name) !== text) localStorage.setItem(name, text)
    isFirst = false
  })
  return Object.assign(value, { reread })
}
