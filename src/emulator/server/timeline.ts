import { pop } from '../world/heap.ts'
import type { ScheduledTask, Task } from '../world/state.ts'
import type { Server } from './server.ts'
import { createWaits } from './waits.ts'

/** The virtual clock: moves it, and starts what falls due on the way, in order. */
export interface Timeline {
  /** The server whose clock this is. */
  readonly server: Server
  /** The time that the clock shows, or will show once it has caught up with the last `advanceTo`. */
  now(): number
  /** Works for this server from now on. What was under way for the previous one stops. */
  attach(server: Server): void
  /** Moves the clock. Everything before the first task that takes real time is done when it returns. */
  advanceTo(end: number): Promise<void>
  /** Resolves when the clock shows this time. */
  waitUntil(at: number): Promise<void>
  /** Moves the clock to the end of the first such wait, if there is one. */
  endFirstWait(): void
}

export function createTimeline(runTask: (server: Server, task: Task) => Promise<unknown> | undefined): Timeline {
  const waits = createWaits()
  let attached: Server | undefined
  /** Set while something takes real time, such as a delivery; what falls due meanwhile waits for it. */
  let busy: Promise<void> | undefined
  /** The latest time that `advanceTo` was called with. */
  let goal = 0

  function server(): Server {
    if (!attached) throw new Error('No server is attached to the timeline')
    return attached
  }

  /**
   * Moves the clock to whatever is due next, and starts it: true, or a promise if it takes real time. False if nothing
   * is due until `end`.
   */
  function startNext(current: Server, end: number): boolean | Promise<void> {
    const { state } = current.world
    const [scheduled] = state.scheduled
    const at = Math.min(waits.nextAt, scheduled?.at ?? Number.POSITIVE_INFINITY)
    if (at > end) return false
    state.now = Math.max(state.now, at)
    if (scheduled?.at !== at) {
      waits.endFirst()
      return true
    }
    pop(state.scheduled)
    const running = runTask(current, scheduled.task)
    return running ? keepUnderWay(current, scheduled, running) : true
  }

  /** Runs in the caller's turn up to the first task that takes real time. */
  function runUntil(end: number, current: Server): Promise<void> | undefined {
    if (current !== attached) return undefined
    for (let started = startNext(current, end); started; started = startNext(current, end)) {
      if (started !== true) return started.then(() => runUntil(end, current))
    }
    current.world.state.now = Math.max(current.world.state.now, end)
    return undefined
  }

  function advanceTo(end: number): Promise<void> {
    const current = server()
    goal = Math.max(goal, end)
    const run = () => runUntil(end, current)
    const running = busy ? busy.then(run) : run()
    if (!running) return Promise.resolve()
    const finished = running.then(() => {
      if (busy === finished) busy = undefined
    })
    busy = finished
    return finished
  }

  return {
    get server() {
      return server()
    },
    now: () => Math.max(goal, server().world.state.now),
    attach(next) {
      attached = next
      busy = undefined
      goal = 0
      waits.endAll()
    },
    advanceTo,
    waitUntil: (at) => (at <= server().world.state.now ? Promise.resolve() : waits.add(at)),
    endFirstWait() {
      const { nextAt } = waits
      if (nextAt < Number.POSITIVE_INFINITY) void advanceTo(Math.max(server().world.state.now, nextAt))
    },
  }
}

/** A snapshot counts what is under way as still to come. */
async function keepUnderWay({ world }: Server, scheduled: ScheduledTask, running: Promise<unknown>): Promise<void> {
  const { underWay } = world.state
  underWay.push(scheduled)
  await running.catch(() => {})
  underWay.splice(underWay.indexOf(scheduled), 1)
}
