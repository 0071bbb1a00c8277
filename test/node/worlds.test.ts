import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draws } from '../support/client/draws.ts'
import { findLie, makeStart, type Outcome, runWorld } from '../support/worlds/run-world.ts'
import { aWorld } from '../support/worlds/world-plan.ts'

const WORLDS = Number(process.env.WORLDS ?? draws(1_500, 100_000))

describe('a write and its reconcile', () => {
  it(`tell what happened, or that it is not known, in ${WORLDS} worlds`, { timeout: 20 * 60_000 }, async () => {
    const start = await makeStart()
    const told: Record<Outcome['told']['kind'], number> = { done: 0, not_done: 0, unknown: 0 }
    const property = fc.asyncProperty(aWorld, async (plan) => {
      const outcome = await runWorld(plan, start)
      told[outcome.told.kind] += 1
      expect(findLie(plan, outcome)).toBeUndefined()
    })
    await fc.assert(property, { numRuns: WORLDS })
    // A client that claims nothing would pass, too.
    expect(told.done).toBeGreaterThan(WORLDS / 3)
    expect(told.not_done).toBeGreaterThan(WORLDS / 50)
  })
})
