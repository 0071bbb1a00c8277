import { expect, it } from 'vitest'
import { draws } from '../support/client/draws.ts'
import { bundle } from '../support/proxy/bundle.ts'
import { killTest } from '../support/proxy/kill-test.ts'

/** 200 and 50,000 before a release. */
const KILLS = Number(process.env.KILLS ?? draws(8, 20))
const PAYMENTS = Number(process.env.PAYMENTS ?? draws(800, 2_000))

it(`the proxy charges once and says so, over ${PAYMENTS} payments and ${KILLS} kills`, { timeout: 30 * 60_000 }, async ({
  annotate,
}) => {
  const { settledMs, cut, strikes, untold, ...outcome } = await killTest({
    script: await bundle(),
    kills: KILLS,
    payments: PAYMENTS,
    inFlight: 32,
  })
  await annotate(`${cut} connections cut, ${untold} payments made untold, ${strikes} faults`)
  await annotate(`settled ${Math.round(settledMs)} ms after the last restart`)
  const poor = Math.floor(PAYMENTS / 10)
  expect(outcome).toEqual({
    paid: PAYMENTS - poor,
    rejected: poor,
    open: 0,
    charges: PAYMENTS - poor,
    missing: [],
    doubled: [],
    unwanted: [],
    misnamed: [],
    strange: [],
    inClear: [],
  })
  expect(settledMs).toBeLessThan(60_000)
  expect(cut).toBeGreaterThan(KILLS)
  expect(untold).toBeGreaterThan(KILLS)
  expect(strikes).toBeGreaterThan(PAYMENTS / 50)
})

it('sees a proxy that makes a new key for each attempt', { timeout: 120_000 }, async () => {
  const script = await bundle('test/support/proxy/forgetful-worker.ts')
  const { doubled, charges, paid } = await killTest({ script, kills: 4, payments: 400, inFlight: 32 })
  expect(doubled.length).toBeGreaterThan(0)
  expect(charges).toBeGreaterThan(paid)
})
