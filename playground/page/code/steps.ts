export const STEPS = [
  'session',
  'link',
  'return',
  'coupon',
  'pay',
  'lost-answer',
  'reserve',
  'capture',
  'cancel',
  'refund',
  'unlink',
  'notification',
] as const
export type Step = (typeof STEPS)[number]

export const RUNTIMES = ['Browser', 'Workers', 'Deno', 'Bun', 'Node', 'curl'] as const
export type Runtime = (typeof RUNTIMES)[number]
