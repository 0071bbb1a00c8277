/**
 * What a merchant's backend does at each step of a checkout, as one file to paste and run: at most fifteen lines.
 * One body for each step, one frame for each runtime; for curl, the same requests.
 */
import { BODIES } from './bodies.ts'
import { CURL } from './curl.ts'
import { FRAMES } from './frames.ts'

export const STEPS = [
  'link',
  'return',
  'coupon',
  'pay',
  'lostAnswer',
  'reserve',
  'capture',
  'cancel',
  'refund',
  'unlink',
  'notification',
] as const
export type Step = (typeof STEPS)[number]

export const RUNTIMES = ['Workers', 'Deno', 'Bun', 'Node', 'curl'] as const
export type Runtime = (typeof RUNTIMES)[number]

export function snippet(step: Step, runtime: Runtime): string {
  return runtime === 'curl' ? CURL[step] : FRAMES[runtime](BODIES[step])
}
