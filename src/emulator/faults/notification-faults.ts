import type { NotificationFault } from './fault.ts'

const fault = <const Name extends string>(
  name: Name,
  description: string,
  sendings: NotificationFault['sendings'],
  options: { delayMs?: number } = {},
): NotificationFault<Name> => ({ name, description, phases: [], ...options, sendings })

export const NOTIFICATION_FAULTS = [
  fault('notification_duplicated', 'The notification is delivered twice.', () => [{}, {}]),
  fault('notification_late', 'The notification arrives when the clock has moved by `delayMs`.', (_, delayMs) => [{ delayMs }], {
    delayMs: 3_600_000,
  }),
  fault('notification_early', 'The notification arrives before the response to the request that caused it.', () => [
    { early: true },
  ]),
  fault('notification_reordered', 'The notification arrives after the next one.', () => [{ afterNext: true }]),
  fault('notification_forged', 'A copy of the notification that is signed with another secret arrives before it.', () => [
    { forged: true },
    {},
  ]),
  fault('notification_never', 'The notification never arrives.', () => []),
] as const
