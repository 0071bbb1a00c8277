import { cases } from './cases.ts'
import { openWorld } from './world.ts'

/** What a runtime says of itself, and what came of each case. */
export interface Report {
  runtime: string
  results: { name: string; ok: boolean; error?: string }[]
}

const MAX_MS = 15_000
/** The last result. Where there is no such event, in Node and Bun, the process exits with 1. */
export const UNHANDLED = 'no rejection is left unhandled'

/** Runs each case, one after the other, against the server at `origin`. */
export async function run(runtime: string, origin: string): Promise<Report> {
  const results: Report['results'] = []
  const unhandled: string[] = []
  if ('addEventListener' in globalThis) addEventListener('unhandledrejection', ({ reason }) => unhandled.push(String(reason)))
  for (const [name, test] of Object.entries(cases)) {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), MAX_MS)
    })
    try {
      await Promise.race([test(openWorld(origin)), late])
      results.push({ name, ok: true })
    } catch (error) {
      results.push({ name, ok: false, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    } finally {
      clearTimeout(timer)
    }
  }
  results.push({ name: UNHANDLED, ok: unhandled.length === 0, ...(unhandled.length > 0 && { error: unhandled.join(', ') }) })
  return { runtime, results }
}
