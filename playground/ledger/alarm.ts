/** The one alarm of a Durable Object, which is set for whatever is due first. */
export interface Alarm {
  /** Reads from disk when the alarm is set for. */
  load(): Promise<void>
  /** Sees to it that the alarm comes at this time or before. */
  atLatest(dueAt: number | null): Promise<void>
  /** Sets the alarm, whatever it was set for. */
  set(at: number): Promise<void>
  clear(): Promise<void>
}

/** @param staleMs an alarm this long overdue is treated as lost */
export function createAlarm(storage: DurableObjectStorage, staleMs: number): Alarm {
  let setFor: number | null = null

  async function set(at: number): Promise<void> {
    setFor = at
    try {
      await storage.setAlarm(at)
    } catch (error) {
      setFor = null
      throw error
    }
  }

  return {
    async load() {
      setFor = await storage.getAlarm()
    },
    async atLatest(dueAt) {
      const isSet = setFor !== null && setFor > Date.now() - staleMs
      if (dueAt !== null && (!isSet || dueAt < (setFor ?? 0))) await set(dueAt)
    },
    set,
    async clear() {
      setFor = null
      await storage.deleteAlarm()
    },
  }
}
