import type { SeenRequest } from '../faults/fault.ts'
import type { FaultPlan } from '../faults/faults.ts'
import { expireAgreement } from '../rules/agreement-rules.ts'
import { giveBack, releasePromise } from '../rules/discount-rules.ts'
import { forgetKey } from '../rules/idempotency-rules.ts'
import { expirePayment } from '../rules/payment-rules.ts'
import { settleRefund } from '../rules/refund-rules.ts'
import { LAST_DATE_MS } from '../world/clock.ts'
import { pop } from '../world/heap.ts'
import type { DeliverTask, Delivery, NotificationEvent, ScheduledTask, Task } from '../world/state.ts'
import { perform, type Server } from './server.ts'
import { deliver, type NotificationTarget } from './webhook-sender.ts'

/** What happens later, in order, and to whom it is told. */
export interface Scheduler {
  /** Works for this server from now on. */
  take(server: Server): void
  tell(target: NotificationTarget): void
  /** Sends a notification, as a fault would have it. */
  post(server: Server, event: () => NotificationEvent): void
  /** A request is done: what is to come before its answer comes, and what is due is begun. */
  settle(request: SeenRequest | undefined): Promise<void>
  /** Does what is due now, in the background. */
  runDue(): void
  advance(ms: number): Promise<void>
  /** Comes when the clock shows this. */
  waitUntil(at: number): Promise<void>
  /** Moves the clock to the end of the first such wait. */
  endWait(): void
  drain(): Promise<Delivery[]>
}

interface Wait {
  at: number
  over: () => void
}

export function createScheduler(faults: FaultPlan): Scheduler {
  let server: Server | undefined
  let target: NotificationTarget | undefined
  /** Set while a notification is on its way; what comes due meanwhile waits for it. */
  let busy: Promise<void> | undefined
  /** How far the clock has been asked to go. */
  let goal = 0
  let waits: Wait[] = []
  let afterNext: NotificationEvent[] = []
  /** What has to be there before the answer to the request that caused it. */
  let early = new Map<SeenRequest, Promise<void>[]>()

  function mine(): Server {
    if (!server) throw new Error('The agenda has nobody to work for')
    return server
  }

  function run(current: Server, task: Task): Promise<unknown> | undefined {
    const { world } = current
    switch (task.kind) {
      case 'expire_agreement':
        return void expireAgreement(world, task.agreement)
      case 'settle_refund':
        return void settleRefund(world, task.payment)
      case 'expire_payment':
        return void expirePayment(world, task.payment, task.status)
      case 'release_promise':
        return void releasePromise(world, task.promise)
      case 'give_back_coupon':
        return void giveBack(world, task.coupon)
      case 'forget_key':
        return void forgetKey(world, task)
      case 'receive':
        // It is not held: whoever holds requests may be waiting for the clock.
        return perform({ ...current, beforeEffect: () => {} }, task.request, undefined)
      case 'deliver':
        return target && deliver(world, target, task)
    }
  }

  /** Until it is done it counts as to come, for a snapshot. */
  async function underWay({ world }: Server, appointment: ScheduledTask, doing: Promise<unknown>): Promise<void> {
    const { underWay } = world.state
    underWay.push(appointment)
    await doing.catch(() => {})
    underWay.splice(underWay.indexOf(appointment), 1)
  }

  /** The next thing that is due by then, once the clock shows its time. */
  function next(end: number, current: Server): (() => Promise<void> | undefined) | undefined {
    const { state } = current.world
    const [appointment] = state.scheduled
    const wait = waits.reduce<Wait | undefined>((first, each) => (first && first.at <= each.at ? first : each), undefined)
    const at = Math.min(wait?.at ?? Number.POSITIVE_INFINITY, appointment?.at ?? Number.POSITIVE_INFINITY)
    if (at > end) return undefined
    state.now = Math.max(state.now, at)
    if (appointment?.at === at) {
      pop(state.scheduled)
      return () => {
        const doing = run(current, appointment.task)
        return doing && underWay(current, appointment, doing)
      }
    }
    waits = waits.filter((each) => each !== wait)
    return () => void wait?.over()
  }

  /** In the turn of the caller until the first thing that takes time. */
  function runUntil(end: number, current: Server): Promise<void> | undefined {
    if (current !== server) return undefined
    for (let due = next(end, current); due; due = next(end, current)) {
      const doing = due()
      if (doing) return doing.then(() => runUntil(end, current))
    }
    current.world.state.now = Math.max(current.world.state.now, end)
    return undefined
  }

  function advanceTo(end: number): Promise<void> {
    const current = mine()
    goal = Math.max(goal, end)
    const go = () => runUntil(end, current)
    const doing = busy ? busy.then(go) : go()
    if (!doing) return Promise.resolve()
    const settled = doing.then(() => {
      if (busy === settled) busy = undefined
    })
    busy = settled
    return settled
  }

  const now = (): number => Math.max(goal, mine().world.state.now)

  function taskFor({ world }: Server, event: NotificationEvent, forged = false): DeliverTask {
    return { kind: 'deliver', event, attempt: 1, forged, seed: world.random.below(2 ** 32) }
  }

  return {
    take(next) {
      server = next
      busy = undefined
      goal = 0
      for (const { over } of waits) over()
      waits = []
      afterNext = []
      early = new Map()
    },
    tell(next) {
      target = next
    },
    post(from, tell) {
      const { world, cause } = from
      if (from !== server || !target || !world.rules.testEvents) return
      const event = tell()
      const due = faults.forNotification(cause)
      const held = afterNext
      afterNext = []
      for (const sending of due?.fault.sendings(event, due.delayMs) ?? [{}]) {
        if (sending.afterNext) afterNext.push(event)
        else if (sending.early && cause) {
          early.set(cause, [...(early.get(cause) ?? []), deliver(world, target, taskFor(from, event))])
        } else world.schedule(sending.delayMs ?? 0, taskFor(from, event, sending.forged))
      }
      for (const event of held) world.schedule(0, taskFor(from, event))
    },
    async settle(request) {
      const first = request && early.get(request)
      if (request && first) {
        early.delete(request)
        await Promise.all(first)
      }
      void advanceTo(now())
    },
    runDue: () => void advanceTo(now()),
    advance(ms) {
      if (!(Number.isFinite(ms) && ms >= 0)) throw new TypeError('Time only moves forward: advance by 0 or more milliseconds')
      const end = now() + ms
      if (end > LAST_DATE_MS) throw new TypeError('There are no dates so late')
      return advanceTo(end)
    },
    waitUntil: (at) =>
      new Promise((over) => {
        if (at <= mine().world.state.now) over()
        else waits.push({ at, over })
      }),
    endWait() {
      if (waits.length > 0) void advanceTo(Math.max(mine().world.state.now, Math.min(...waits.map(({ at }) => at))))
    },
    async drain() {
      await advanceTo(now())
      const { state } = mine().world
      const fresh = structuredClone(state.deliveries.slice(state.drained))
      state.drained = state.deliveries.length
      return fresh
    },
  }
}
