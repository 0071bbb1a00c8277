import { describe, expect, it } from 'vitest'
import { judge, lostWithout, type ReceivedResponse, type Verdict } from '../../src/request/judge.ts'
import { mayHaveBeenExecuted, type NextStep, nextStep } from '../../src/request/retry-policy.ts'
import { document } from '../support/client/documents.ts'

const approved = JSON.stringify(document('create-payment.approved.response.201'))
const inProgress = JSON.stringify(document('error.409.idempotency-in-progress'))
const keyUsed = JSON.stringify(document('error.422.idempotency-key-used'))

const judged = (status: number, text: string | undefined, headers: Record<string, string> = {}): Verdict => {
  const response: ReceivedResponse = { status, text, headers: new Headers(headers) }
  return judge(response, { operation: 'payments.create', now: Date.UTC(2026, 10, 25), secrets: () => ['SECRET-1'] })
}

describe('judge', () => {
  it.each<[status: number, text: string | undefined, kind: Verdict['kind'], more?: object]>([
    [201, approved, 'answer', { replayed: false, drift: [], data: expect.objectContaining({ id: 10458724 }) }],
    [200, approved, 'answer', { replayed: true }],
    [201, '{"status":"approved"}', 'lost', { reason: 'unreadable' }],
    [201, '', 'lost', { reason: 'unreadable' }],
    [201, undefined, 'lost', { reason: 'unreadable' }],
    [200, '<html>', 'lost', { reason: 'unreadable' }],
    [102, '', 'lost', { reason: 'unreadable' }],
    [307, '', 'lost', { reason: 'unreadable' }],
    [408, '', 'lost', { reason: 'server' }],
    [500, '{}', 'lost', { reason: 'server' }],
    [600, approved, 'lost', { reason: 'unreadable' }],
    [Number.NaN, approved, 'lost', { reason: 'unreadable', status: undefined }],
    [409, inProgress, 'busy'],
    [409, '<html>', 'busy'],
    [409, undefined, 'busy'],
    [423, '{}', 'busy'],
    [429, '{}', 'limited'],
    [422, keyUsed, 'refused', { apiCode: '422001' }],
    [418, '<html>', 'refused', { apiCode: undefined, causes: [] }],
  ])('judges status %d with the body %s as %s', (status, text, kind, more = {}) => {
    expect(judged(status, text)).toMatchObject({ kind, ...more })
  })

  it('reads Retry-After and the request id, and replaces secrets in it', () => {
    const headers = { 'retry-after': 'Wed, 25 Nov 2026 00:00:07 GMT', 'x-request-id': 'gateway-SECRET-1' }
    expect(judged(429, '', headers)).toEqual({
      kind: 'limited',
      status: 429,
      retryAfterMs: 7_000,
      requestId: 'gateway-[redacted]',
    })
  })
})

describe('nextStep', () => {
  const rows: [name: string, verdict: Verdict, mayHaveMoved: boolean, ...steps: NextStep[]][] = [
    //                                                                            read      keyed      state      never
    ['an answer', judged(201, approved), true, 'return', 'return', 'return', 'return'],
    ['a refusal', judged(400, '{}'), false, 'refuse', 'refuse', 'refuse', 'refuse'],
    ['a refusal after a lost attempt', judged(400, '{}'), true, 'refuse', 'give_up', 'find', 'give_up'],
    ['409/401001', judged(409, inProgress), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['423', judged(423, ''), true, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['429', judged(429, ''), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['a network failure', lostWithout('network'), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['a timeout', lostWithout('timeout'), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['408', judged(408, ''), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['500', judged(500, ''), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['a 2xx that cannot be read', judged(201, '{'), false, 'repeat', 'repeat', 'repeat', 'give_up'],
    ['a redirect', judged(302, ''), false, 'give_up', 'give_up', 'give_up', 'give_up'],
    ['an abort', lostWithout('aborted'), false, 'give_up', 'give_up', 'give_up', 'give_up'],
  ]

  it.each(rows)('decides by retry class what to do after %s', (_, verdict, mayHaveMoved, ...steps) => {
    const classes = ['read', 'keyed', 'state', 'never'] as const
    expect(classes.map((retry) => nextStep(verdict, retry, mayHaveMoved))).toEqual(steps)
  })
})

describe('mayHaveBeenExecuted', () => {
  it('is false only for 429 and for a refusal, among verdicts other than an answer', () => {
    const verdicts = [judged(429, ''), judged(400, '{}'), judged(409, inProgress), judged(500, ''), lostWithout('aborted')]
    expect(verdicts.map(mayHaveBeenExecuted)).toEqual([false, false, true, true, true])
  })
})
