import type { Clock } from './clock.ts'

/** The rejection of work that was stopped before it had a result. */
export class Cancelled {
  readonly reason: 'timeout' | 'aborted'

  constructor(reason: 'timeout' | 'aborted') {
    this.reason = reason
  }
}

/** Listens for aborts with one listener for each signal, however many calls share it: runtimes warn of many. */
export interface AbortListeners {
  /** Calls back when the signal aborts. Returns what ends that. */
  listen(signal: AbortSignal, callback: () => void): () => void
}

interface Listening {
  callbacks: Set<() => void>
  onAbort: () => void
}

export function createAbortListeners(): AbortListeners {
  const signals = new WeakMap<AbortSignal, Listening>()

  function begin(signal: AbortSignal): Listening {
    const callbacks = new Set<() => void>()
    const onAbort = (): void => {
      for (const callback of [...callbacks]) callback()
    }
    signal.addEventListener('abort', onAbort)
    signals.set(signal, { callbacks, onAbort })
    return { callbacks, onAbort }
  }

  return {
    listen(signal, callback) {
      const { callbacks, onAbort } = signals.get(signal) ?? begin(signal)
      callbacks.add(callback)
      return () => {
        if (!callbacks.delete(callback) || callbacks.size > 0) return
        signals.delete(signal)
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}

/** How long a piece of work may take. */
export interface Deadline {
  /** Milliseconds from now. */
  ms: number
  /** Ends the work earlier when it aborts. */
  signal: AbortSignal | undefined
  clock: Clock
  aborts: AbortListeners
}

/**
 * Runs `work` until the deadline. `work` gets a fresh signal; even if it ignores that signal, the promise settles in
 * time, rejected with `Cancelled`.
 */
export function withDeadline<T>({ ms, signal, clock, aborts }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const inner = new AbortController()
    const cancel = (reason: Cancelled['reason']): void => {
      end()
      reject(new Cancelled(reason))
      inner.abort()
    }
    let stopListening = (): void => {}
    const stopTimer = clock.after(ms, () => cancel('timeout'))
    const end = (): void => {
      stopTimer()
      stopListening()
    }
    if (signal?.aborted) return cancel('aborted')
    if (signal) stopListening = aborts.listen(signal, () => cancel('aborted'))
    work(inner.signal).then(
      (value) => {
        end()
        resolve(value)
      },
      (error) => {
        end()
        reject(error)
      },
    )
  })
}

/** Waits until the deadline; rejects with `Cancelled` as soon as the signal aborts. */
export async function sleep(deadline: Deadline): Promise<void> {
  const never = (): Promise<never> => new Promise(() => {})
  await withDeadline(deadline, never).catch((cancelled: Cancelled) => {
    if (cancelled.reason === 'aborted') throw cancelled
  })
}
