/**
 * What is written for each step of a checkout, as one file to paste: at most fifteen lines. What is the shop's own, such
 * as its login, comes from `./shop.ts`, or from `/shop` for a page.
 *
 * For the page, what a page does; for backends, one body for each step and one frame for each runtime; for curl, the same
 * requests.
 */
import { BODIES } from './bodies.ts'
import { BROWSER } from './browser.ts'
import { CURL } from './curl.ts'
import { FRAMES } from './frames.ts'
import { RUNTIMES, type Runtime, type Step } from './steps.ts'

/** Where this step can be done: some only by a backend. */
export const runtimesOf = (step: Step): readonly Runtime[] =>
  RUNTIMES.filter((runtime) => runtime !== 'Browser' || BROWSER[step] !== undefined)

const MOST_LINES = 15

/** @throws {RangeError} this step is not done there */
export function snippet(step: Step, runtime: Runtime): string {
  const text = textOf(step, runtime)?.trim()
  if (text === undefined) throw new RangeError(`${step} is nothing for ${runtime}`)
  return text.split('\n').length > MOST_LINES ? text.replace('\n\n', '\n') : text
}

function textOf(step: Step, runtime: Runtime): string | undefined {
  if (runtime === 'Browser') return BROWSER[step]
  return runtime === 'curl' ? CURL[step] : FRAMES[runtime](BODIES[step])
}
