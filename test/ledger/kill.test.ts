import { expect, it, onTestFailed } from 'vitest'
import { draws } from '../support/client/draws.ts'
import { bundle } from '../support/proxy/bundle.ts'
import { killTest } from '../support/proxy/kill-test.ts'

/** 200 and 50,000 before a release. */
const KILLS = Number(process.env.KILLS ?? draws(8, 20))
const PAYMENTS = Number(process.env.PAYMENTS ?? draws(800, 2_000))
/** A failed run prints its seed: `SEED=7` repeats it. */
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
/** `KEEP=1` keeps the ledger's files. */
const isKept = process.env.KEEP === '1'

const printSeed = (): void =>
  onTestFailed(() => void process.stderr.write(`Repeat this run with SEED=${SEED}, and keep its files with KEEP=1.\n`))

it(`the proxy charges once and says so, over ${PAYMENTS} payments and ${KILLS} kills`, { timeout: 30 * 60_000 }, async ({
  annotate,
}) => {
  printSeed()
  const { recoveryMs, cut, faults, lateAnswers, ...result } = await killTest({
    seed: SEED,
    isKept,
    script: await bundle(),
    kills: KILLS,
    payments: PAYMENTS,
    inFlight: 32,
  })
  await annotate(`seed ${SEED}: ${cut} connections cut, ${lateAnswers} first answers lost, ${faults} faults`)
  await annotate(`every payment answered ${Math.round(recoveryMs)} ms after the last restart`)
  const poor = Math.floor(PAYMENTS / 10)
  expect(result).toEqual({
    paid: PAYMENTS - poor,
    rejected: poor,
    open: 0,
    charges: PAYMENTS - poor,
    missing: [],
    doubled: [],
    unwanted: [],
    misnamed: [],
    unexpected: [],
    inClear: [],
  })
  expect(recoveryMs).toBeLessThan(60_000)
  expect(cut).toBeGreaterThan(KILLS)
  expect(lateAnswers).toBeGreaterThan(KILLS)
  expect(faults).toBeGreaterThan(PAYMENTS / 50)
})

it('the kill test finds a proxy that makes a new key for each attempt', { timeout: 120_000 }, async () => {
  printSeed()
  const script = await bundle('test/support/proxy/forgetful-worker.ts')
  const { doubled, charges, paid } = await killTest({ seed: SEED, isKept, script, kills: 4, payments: 400, inFlight: 32 })
  expect(doubled.length).toBeGreaterThan(0)
  expect(charges).toBeGreaterThan(paid)
})
