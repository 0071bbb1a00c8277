import { beforeEach, describe, expect, it } from 'vitest'
import { type Breaker, createBreaker } from '../../../playground/upstream/breaker.ts'

let now: number
let breaker: Breaker
beforeEach(() => {
  now = 0
  breaker = createBreaker(() => now)
})
const report = (faults: number, others = 0): void => {
  for (let call = 0; call < faults; call++) breaker.report(true)
  for (let call = 0; call < others; call++) breaker.report(false)
}

describe('createBreaker', () => {
  it('lets everything through while most requests are answered', () => {
    report(49, 51)
    expect(breaker.openForMs()).toBeUndefined()
  })

  it('does not open after a few calls', () => {
    report(19)
    expect(breaker.openForMs()).toBeUndefined()
    report(1)
    expect(breaker.openForMs()).toBe(5_000)
  })

  it('counts the last ten seconds', () => {
    report(19)
    now = 10_000
    report(1)
    expect(breaker.openForMs()).toBeUndefined()
  })

  it('lets one through after five seconds, and all others once that one was answered', () => {
    report(20)
    now = 4_999
    expect(breaker.openForMs()).toBe(1)
    now = 5_000
    expect(breaker.openForMs()).toBeUndefined()
    expect(breaker.openForMs()).toBe(5_000)
    breaker.report(false)
    expect(breaker.openForMs()).toBeUndefined()
    report(19)
    expect(breaker.openForMs()).toBeUndefined()
  })

  it('stays open for five more seconds if that one was not answered', () => {
    report(20)
    now = 5_000
    expect(breaker.openForMs()).toBeUndefined()
    now = 7_000
    breaker.report(true)
    expect(breaker.openForMs()).toBe(5_000)
  })
})
