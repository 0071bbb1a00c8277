import type { NotificationFault } from './fault.ts'

const fault = <const Name extends string>(
  name: Name,
  description: string,
  sendings: NotificationFault['sendings'],
  options: { delayMs?: number } = {},
): NotificationFault<Name> => ({ name, description, phases: [], ...options, sendings })

export const NOTIFICATION_FAULTS = [
  fault('notification_duplicated', 'The notification is delivered twice.', () => [{}, {}]),
  fault(
    'notification_late',
    'The notification comes when the clock has been moved by `delayMs`.',
    (_, delayMs) => [{ delayMs }],
    {
      delayMs: 3_600_000,
    },
  ),
  fault('notification_early', 'The notification comes before the answer to the request that caused it.', () => [{ early: true }]),
  fault('notification_reordered', 'The notification comes after the one that follows it.', () => [{ afterNext: true }]),
  fault('notification_forged', 'Before the notification comes the same one, signed with another secret.', () => [
    { forged: true },
    {},
  ]),
  fault('notification_never', 'The notification does not come.', () => []),
] as const
