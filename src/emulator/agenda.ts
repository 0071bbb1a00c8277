import { expireAgreement } from './agreement-rules.ts'
import { giveBack, releasePromise } from './discount-rules.ts'
import type { FaultPlan } from './faults.ts'
import { expirePayment } from './payment-rules.ts'
import { deliver, type NotificationTarget } from './postman.ts'
import { settleRefund } from './refund-rules.ts'
import { perform, type Server } from './server.ts'
import type { DeliverTask, Delivery, NotificationEvent, Task } from './state.ts'

/** What happens later, in order, and to whom it is told. */
export interface Agenda {
  /** Works for this server from now on. */
  take(server: Server): void
  tell(target: NotificationTarget): void
  /** Sends a notification, as a fault would have it. */
  post(event: NotificationEvent): void
  /** Answers, and then does what is due. */
  answering(answer: () => Promise<Response>): Promise<Response>
  /** Does what is due now, in the background. */
  runDue(): void
  advance(ms: number): Promise<void>
  /** Comes when the clock has been moved so far. */
  wait(delayMs: number): Promise<void>
  /** Moves the clock to the end of the first such wait. */
  endWait(): void
  drain(): Promise<Delivery[]>
}

interface Wait {
  at: number
  over: () => void
}

export function createAgenda(faults: FaultPlan): Agenda {
  let server: Server | undefined
  let target: NotificationTarget | undefined
  /** Set while a notification is on its way; what comes due meanwhile waits for it. */
  let busy: Promise<void> | undefined
  /** How far the clock has been asked to go. */
  let goal = 0
  let waits: Wait[] = []
  let afterNext: NotificationEvent[] = []
  let early: Promise<void>[] = []
  /** Deliveries that have been handed out. */
  let drained = 0

  function mine(): Server {
    if (!server) throw new Error('The agenda has nobody to work for')
    return server
  }

  function run({ world }: Server, task: Task): Promise<unknown> | undefined {
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
        delete world.state.keys[task.name]
        return undefined
      case 'receive':
        return perform(mine(), task.request, undefined)
      case 'deliver':
        return target && deliver(world, target, task)
    }
  }

  /** The next thing that is due by then, once the clock shows its time. */
  function next(end: number): (() => Promise<unknown> | undefined) | undefined {
    const current = mine()
    const { state } = current.world
    const wait = waits.toSorted((a, b) => a.at - b.at)[0]
    const [appointment] = state.agenda
    const at = Math.min(wait?.at ?? Number.POSITIVE_INFINITY, appointment?.at ?? Number.POSITIVE_INFINITY)
    if (at > end) return undefined
    state.now = Math.max(state.now, at)
    if (appointment?.at === at) {
      state.agenda.shift()
      return () => run(current, appointment.task)
    }
    waits = waits.filter((each) => each !== wait)
    return () => void wait?.over()
  }

  /** In the turn of the caller until the first thing that takes time. */
  function runUntil(end: number, current: Server): Promise<void> | undefined {
    for (let due = next(end); due; due = next(end)) {
      const doing = due()
      if (doing) return doing.catch(() => {}).then(() => (current === server ? runUntil(end, current) : undefined))
    }
    current.world.state.now = Math.max(current.world.state.now, end)
    return undefined
  }

  function advance(ms: number): Promise<void> {
    const current = mine()
    const end = Math.max(goal, current.world.state.now) + ms
    goal = end
    const go = () => (current === server ? runUntil(end, current) : undefined)
    const doing = busy ? busy.then(go) : go()
    if (!doing) return Promise.resolve()
    const settled = doing.then(() => {
      if (busy === settled) busy = undefined
    })
    busy = settled
    return settled
  }

  return {
    take(next) {
      server = next
      busy = undefined
      goal = 0
      for (const { over } of waits) over()
      waits = []
      afterNext = []
      early = []
      drained = next.world.state.deliveries.length
    },
    tell(next) {
      target = next
    },
    post(event) {
      const { world, cause } = mine()
      if (!target || !world.rules.testEvents) return
      const due = faults.forNotification(cause)
      const held = afterNext
      afterNext = []
      const task = (event: NotificationEvent, forged = false): DeliverTask => ({
        kind: 'deliver',
        event,
        attempt: 1,
        forged,
        seed: world.random.below(2 ** 32),
      })
      for (const sending of due?.fault.sendings(event, due.delayMs) ?? [{}]) {
        if (sending.afterNext) afterNext.push(event)
        else if (sending.early) early.push(deliver(world, target, task(event)))
        else world.schedule(sending.delayMs ?? 0, task(event, sending.forged))
      }
      for (const event of held) world.schedule(0, task(event))
    },
    async answering(answer) {
      const response = await answer()
      const first = early
      early = []
      if (first.length > 0) await Promise.all(first)
      void advance(0)
      return response
    },
    runDue: () => void advance(0),
    advance(ms) {
      if (!(Number.isFinite(ms) && ms >= 0)) throw new TypeError('Time only moves forward: advance by 0 or more milliseconds')
      return advance(ms)
    },
    wait: (delayMs) =>
      new Promise((over) => {
        waits.push({ at: mine().world.state.now + delayMs, over })
      }),
    endWait() {
      const ends = waits.map(({ at }) => at)
      if (ends.length > 0) void advance(Math.max(0, Math.min(...ends) - mine().world.state.now))
    },
    async drain() {
      await advance(0)
      const { deliveries } = mine().world.state
      const fresh = structuredClone(deliveries.slice(drained))
      drained = deliveries.length
      return fresh
    },
  }
}
