import fc from 'fast-check'
import { isWalletConnectError, type OperationName, operations, WalletConnectError } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { type Step, scriptedFetch } from '../support/client/scripted-fetch.ts'
import { createTestClock } from '../support/client/test-clock.ts'
import { anInput, aPayment, walletOnTestClock as walletWith } from '../support/client/wallet.ts'

const operation = fc.constantFrom(...(Object.keys(operations) as OperationName[]))

const status = fc.constantFrom(
  200,
  201,
  202,
  204,
  301,
  302,
  304,
  400,
  401,
  403,
  404,
  408,
  409,
  418,
  422,
  423,
  429,
  500,
  502,
  503,
  504,
  599,
)
const body = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    '[]',
    'null',
    '{"id":1',
    '<html>',
    '\ufeff{"id":1}',
    '{"id":1,"__proto__":{"status":"approved"}}',
    '[[[['.repeat(500),
  ),
  fc.json(),
  fc.constantFrom(
    ...['create-payment.approved.response.201', 'error.409.idempotency-in-progress'].map((name) =>
      JSON.stringify(document(name)),
    ),
  ),
  fc.constantFrom(
    ...['error.422.idempotency-key-used', 'error.400.discount-mismatch'].map((name) => JSON.stringify(document(name))),
  ),
)
const header = fc.constantFrom('0', '-1', 'soon', '99999999999', 'Sat, 21 Nov 2026 12:00:30 GMT')
const answer: fc.Arbitrary<Step> = fc.tuple(status, body, header).map(([code, text, retryAfter]) => () => {
  const hasBody = ![204, 304].includes(code)
  return new Response(hasBody ? text : null, { status: code, headers: { 'retry-after': retryAfter } })
})
const garbage: fc.Arbitrary<Step> = fc.anything().map((value) => () => value as Response)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: answer },
  { weight: 2, arbitrary: garbage },
  fc.anything().map((reject) => ({ reject })),
  fc.anything().map((thrown) => ({ throw: thrown })),
  fc.constantFrom<Step>('hang', { stall: 201 }, { cut: 200 }),
)

const textOf = (name: string): string => JSON.stringify(document(name))

/** Judges a response without the client's help: only 429 and a readable refusal exclude that the write was executed. */
function mayHaveBeenDone(status: number, body: string): boolean {
  if (status === 429) return false
  if (status === 409) return !body.startsWith('{') || body.includes('"401001"')
  return status < 400 || status >= 500 || status === 408 || status === 423
}

describe('send, whatever fetch does', () => {
  it('ends in time with the resource or a rejection with an error of this package', async () => {
    await fc.assert(
      fc.asyncProperty(operation, fc.array(step, { minLength: 1, maxLength: 3 }), async (name, steps) => {
        const clock = createTestClock()
        const wallet = walletWith(scriptedFetch(...steps), { timeoutMs: 5, deadlineMs: 40 }, clock)
        await wallet.send(wallet.prepare(name, anInput[name] as never)).catch((error: unknown) => {
          expect(isWalletConnectError(error)).toBe(true)
          expect(error).toBeInstanceOf(WalletConnectError)
          expect((error as WalletConnectError).outcome).toMatch(operations[name].retry === 'read' ? /^none$/ : /^(none|unknown)$/)
        })
        expect(clock.elapsed()).toBeLessThanOrEqual(40)
      }),
      { numRuns: 300 },
    )
  })

  it('ends with the outcome none only if no response of the call may have come from an executed write', {
    timeout: 30_000,
  }, async () => {
    const codes = fc.constantFrom(400, 401, 403, 404, 408, 409, 422, 423, 429, 500, 503, 302)
    const bodies = fc.constantFrom(
      '{}',
      '<html>',
      ...['error.409.idempotency-in-progress', 'error.422.idempotency-key-used'].map(textOf),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(codes, bodies), { minLength: 1, maxLength: 3 }), async (script) => {
        const headers = { 'retry-after': '0' }
        const fetch = scriptedFetch(
          ...script.map(
            ([status, body]): Step =>
              () =>
                new Response(body, { status, headers }),
          ),
        )
        const outcome = await walletWith(fetch)
          .payments.create(aPayment)
          .then(
            () => 'done',
            (error: WalletConnectError) => error.outcome,
          )
        const seen = fetch.sent.map((_, index): [number, string] => script[Math.min(index, script.length - 1)] ?? [0, ''])
        expect(outcome).toBe(seen.some(([status, body]) => mayHaveBeenDone(status, body)) ? 'unknown' : 'none')
      }),
      { numRuns: 60 },
    )
  })

  it('never makes a new key in reconcile, which ends as done, not_done or unknown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const fetch = scriptedFetch(...steps)
        const wallet = walletWith(fetch, { timeoutMs: 5, deadlineMs: 40, maxRetries: 1 })
        const prepared = wallet.prepare('payments.create', aPayment)
        const settlement = await wallet.reconcile(prepared)
        expect(['done', 'not_done', 'unknown']).toContain(settlement.outcome)
        const keys = fetch.sent.filter(({ method }) => method === 'POST').map(({ headers }) => headers.get('x-idempotency-key'))
        expect(new Set(keys)).toEqual(new Set([prepared.idempotencyKey]))
      }),
      { numRuns: 200 },
    )
  })
})
