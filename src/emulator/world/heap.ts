import type { ScheduledTask } from './state.ts'

/** Scheduled tasks are a binary heap: cheap however many there are, and plain JSON. */
const isBefore = (a: ScheduledTask | undefined, b: ScheduledTask | undefined): boolean =>
  a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.order < b.order))

function swap(heap: ScheduledTask[], i: number, j: number): void {
  const [a, b] = [heap[i], heap[j]]
  if (a && b) [heap[i], heap[j]] = [b, a]
}

export function push(heap: ScheduledTask[], scheduled: ScheduledTask): void {
  heap.push(scheduled)
  for (let i = heap.length - 1; i > 0; ) {
    const parent = (i - 1) >> 1
    if (!isBefore(heap[i], heap[parent])) return
    swap(heap, i, parent)
    i = parent
  }
}

/** Removes the task that is due first and returns it. */
export function pop(heap: ScheduledTask[]): ScheduledTask | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!last || heap.length === 0) return first
  heap[0] = last
  for (let i = 0; ; ) {
    const [left, right] = [2 * i + 1, 2 * i + 2]
    const earlier = isBefore(heap[right], heap[left]) ? right : left
    if (!isBefore(heap[earlier], heap[i])) return first
    swap(heap, i, earlier)
    i = earlier
  }
}
