import type { Clock } from './clock.ts'

/** The rejection of work that was stopped before it had a result. */
export class Cancelled {
  readonly reason: 'timeout' | 'aborted'

  constructor(reason: 'timeout' | 'aborted') {
    this.reason = reason
  }
}

/** How long a piece of work may take. */
export interface Deadline {
  /** Milliseconds from now. */
  ms: number
  /** Ends the work earlier when it aborts. */
  signal: AbortSignal | undefined
  clock: Clock
}

/**
 * Runs `work` until the deadline. `work` gets a fresh signal; even if it ignores that signal, the promise settles in
 * time, rejected with `Cancelled`.
 */
export function withDeadline<T>({ ms, signal, clock }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const inner = new AbortController()
    const cancel = (reason: Cancelled['reason']): void => {
      end()
      reject(new Cancelled(reason))
      inner.abort()
    }
    const onAbort = (): void => cancel('aborted')
    const stopTimer = clock.after(ms, () => cancel('timeout'))
    const end = (): void => {
      stopTimer()
      signal?.removeEventListener('abort', onAbort)
    }
    if (signal?.aborted) return cancel('aborted')
    signal?.addEventListener('abort', onAbort)
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
