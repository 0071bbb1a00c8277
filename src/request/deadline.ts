/** Why waiting ended before there was a result. */
export class Cancelled {
  readonly reason: 'timeout' | 'aborted'

  constructor(reason: 'timeout' | 'aborted') {
    this.reason = reason
  }
}

/**
 * Runs `work` for at most `ms` milliseconds, or until `outer` aborts. `work` gets a fresh signal; whether it listens
 * or not, the promise ends in time, rejected with `Stopped`.
 */
export function withDeadline<T>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const inner = new AbortController()
    const stop = (reason: Cancelled['reason']): void => {
      end()
      reject(new Cancelled(reason))
      inner.abort()
    }
    const onAbort = (): void => stop('aborted')
    const timer = setTimeout(stop, ms, 'timeout')
    const end = (): void => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', onAbort)
    }
    if (outer?.aborted) return stop('aborted')
    outer?.addEventListener('abort', onAbort)
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

/** Waits; rejects with `Stopped` as soon as `signal` aborts. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const forever = (): Promise<never> => new Promise(() => {})
  await withDeadline(ms, signal, forever).catch((stopped: Cancelled) => {
    if (stopped.reason === 'aborted') throw stopped
  })
}
