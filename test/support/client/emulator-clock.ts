import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import type { Clock } from '../../../src/request/clock.ts'

interface Timer {
  at: number
  callback: () => void
}

/** How many turns of the event loop must pass without news of a timer before time moves. */
const IDLE_TURNS = 2
/** The same while a request is with the emulator: it must not arrive after its sender has given it up, unless a fault says so. */
const PATIENT_TURNS = 20

/**
 * A clock for a client that lives in the time of an emulator: when the client does nothing but wait, the emulator's clock
 * moves to the client's next timer, and what falls due on the way happens before it.
 *
 * @param isUnderWay whether a request is with the emulator
 */
export function createEmulatorClock({ clock }: Emulator, random: () => number, isUnderWay = () => false): Clock {
  const start = clock.now()
  const timers = new Set<Timer>()
  let changes = 0
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    for (let idle = 0, seen = changes; timers.size > 0; ) {
      await new Promise((resolve) => setImmediate(resolve))
      idle = seen === changes ? idle + 1 : 0
      seen = changes
      if (idle < (isUnderWay() ? PATIENT_TURNS : IDLE_TURNS)) continue
      const [first] = [...timers].sort((a, b) => a.at - b.at)
      if (!first) break
      timers.delete(first)
      changes += 1
      await clock.advance(Math.max(0, first.at - clock.now()))
      first.callback()
    }
    isRunning = false
  }

  return {
    date: () => clock.now(),
    now: () => clock.now() - start,
    random,
    after(ms, callback) {
      const timer = { at: clock.now() + ms, callback }
      timers.add(timer)
      changes += 1
      void run()
      return () => {
        changes += 1
        timers.delete(timer)
      }
    },
  }
}
