import type { SeenRequest } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { LAST_DATE_MS } from '../world/clock.ts'
import type { Delivery, NotificationEvent } from '../world/state.ts'
import { createOutbox } from './outbox.ts'
import { runTask } from './run-task.ts'
import type { Server } from './server.ts'
import { createTimeline } from './timeline.ts'
import type { NotificationTarget } from './webhook-sender.ts'

/** Everything that happens later, and the notifications about it. */
export interface Scheduler {
  /** Works for this server from now on. */
  attach(server: Server): void
  /** Sends notifications there from now on. */
  configure(target: NotificationTarget): void
  /** Sends a notification, unless a fault delays, alters or drops it. */
  post(server: Server, event: () => NotificationEvent): void
  /** Ends a request: waits for the deliveries that come before its response, and starts what is due. */
  afterRequest(request: SeenRequest | undefined): Promise<void>
  /** Starts what is due now, in the background. */
  runDue(): void
  advance(ms: number): Promise<void>
  /** Resolves when the clock shows this time. */
  waitUntil(at: number): Promise<void>
  /** Moves the clock to the end of the first such wait, if there is one. */
  endFirstWait(): void
  /** Waits for what is due, then returns the deliveries since the last call. */
  drain(): Promise<Delivery[]>
}

export function createScheduler(faults: FaultPlan): Scheduler {
  const outbox = createOutbox(faults)
  const timeline = createTimeline((server, task) => runTask(server, task, outbox.target))
  const runDue = (): void => void timeline.advanceTo(timeline.now())

  return {
    attach(server) {
      timeline.attach(server)
      outbox.clear()
    },
    configure(target) {
      outbox.target = target
    },
    post(server, event) {
      if (server === timeline.server) outbox.post(server, event)
    },
    async afterRequest(request) {
      const early = request && outbox.takeEarly(request)
      if (early) await Promise.all(early)
      runDue()
    },
    runDue,
    advance(ms) {
      if (!(Number.isFinite(ms) && ms >= 0)) throw new TypeError('Time only moves forward: advance by 0 or more milliseconds')
      const end = timeline.now() + ms
      if (end > LAST_DATE_MS) throw new TypeError('The clock cannot advance beyond the last date that JavaScript can represent')
      return timeline.advanceTo(end)
    },
    waitUntil: (at) => timeline.waitUntil(at),
    endFirstWait: () => timeline.endFirstWait(),
    async drain() {
      await timeline.advanceTo(timeline.now())
      const { state } = timeline.server.world
      const fresh = structuredClone(state.deliveries.slice(state.drained))
      state.drained = state.deliveries.length
      return fresh
    },
  }
}
