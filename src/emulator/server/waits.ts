interface Wait {
  at: number
  end: () => void
}

/** The responses and bodies that a fault holds back until the clock shows a certain time. */
export interface Waits {
  /** The time at which the first one ends; `Infinity` if there is none. */
  readonly nextAt: number
  /** Resolves when the wait is ended. */
  add(at: number): Promise<void>
  /** Ends the wait that is due first; of several with the same time, the oldest. */
  endFirst(): void
  endAll(): void
}

export function createWaits(): Waits {
  let waits: Wait[] = []
  const first = (): Wait | undefined =>
    waits.reduce<Wait | undefined>((earliest, each) => (earliest && earliest.at <= each.at ? earliest : each), undefined)
  return {
    get nextAt() {
      return first()?.at ?? Number.POSITIVE_INFINITY
    },
    add: (at) =>
      new Promise((resolve) => {
        waits.push({ at, end: resolve })
      }),
    endFirst() {
      const ended = first()
      waits = waits.filter((each) => each !== ended)
      ended?.end()
    },
    endAll() {
      for (const { end } of waits) end()
      waits = []
    },
  }
}
