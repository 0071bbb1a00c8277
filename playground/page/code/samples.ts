/**
 * The code of each step of a checkout: one whole file for each runtime, in `samples/`, to be read and pasted as it is. At
 * most fifteen lines of at most ninety characters, so that it fits in a dialog. What is the shop's own, such as its login,
 * comes from `./shop.ts` (declared in `ambient/`), or from `/shop` for a page.
 */
import { RUNTIMES, type Runtime, type Step } from './steps.ts'

const FILES = import.meta.glob<string>('./samples/*/*.{ts,sh}', { query: '?raw', import: 'default', eager: true })

export interface Sample {
  runtime: Runtime
  code: string
}

/** The samples of a step in the order of `RUNTIMES`. Some steps have none for the browser: only a backend may do them. */
export function samplesOf(step: Step): Sample[] {
  return RUNTIMES.flatMap((runtime) => {
    const code = FILES[`./samples/${runtime.toLowerCase()}/${step}.${runtime === 'curl' ? 'sh' : 'ts'}`]
    return code === undefined ? [] : [{ runtime, code: code.trimEnd() }]
  })
}
