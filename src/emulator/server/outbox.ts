import type { SeenRequest } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import type { DeliverTask, NotificationEvent } from '../world/state.ts'
import type { World } from '../world/world.ts'
import type { Server } from './server.ts'
import { deliver, type NotificationTarget } from './webhook-sender.ts'

/** Notifications on their way out: when each is delivered, and how faults change that. */
export interface Outbox {
  /** The target of all notifications; nothing is sent until it is set. */
  target: NotificationTarget | undefined
  /** Schedules the delivery of an event. */
  post(server: Server, event: () => NotificationEvent): void
  /** The deliveries that have to end before the response to this request is sent; undefined if there are none. */
  takeEarly(request: SeenRequest): Promise<void>[] | undefined
  /** Forgets what has been held back. */
  clear(): void
}

export function createOutbox(faults: FaultPlan): Outbox {
  let afterNext: NotificationEvent[] = []
  let early = new Map<SeenRequest, Promise<void>[]>()

  const outbox: Outbox = {
    target: undefined,
    post({ world, cause }, makeEvent) {
      const { target } = outbox
      if (!target || !world.rules.testEvents) return
      const event = makeEvent()
      const due = faults.forNotification(cause)
      const held = afterNext
      afterNext = []
      for (const sending of due?.fault.sendings(event, due.delayMs) ?? [{}]) {
        if (sending.afterNext) afterNext.push(event)
        else if (sending.early && cause) {
          early.set(cause, [...(early.get(cause) ?? []), deliver(world, target, firstDelivery(world, event))])
        } else world.schedule(sending.delayMs ?? 0, firstDelivery(world, event, sending.forged))
      }
      for (const event of held) world.schedule(0, firstDelivery(world, event))
    },
    takeEarly(request) {
      const deliveries = early.get(request)
      early.delete(request)
      return deliveries
    },
    clear() {
      afterNext = []
      early = new Map()
    },
  }
  return outbox
}

const firstDelivery = ({ random }: World, event: NotificationEvent, forged = false): DeliverTask => ({
  kind: 'deliver',
  event,
  attempt: 1,
  forged,
  seed: random.below(2 ** 32),
})
