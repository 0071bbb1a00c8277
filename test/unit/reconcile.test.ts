import { InvalidInputError, type OperationName } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json, type Step, scriptedByMethod, scriptedFetch, text } from '../support/client/scripted-fetch.ts'
import { createTestClock } from '../support/client/test-clock.ts'
import { aPayment, rejection, walletOnTestClock as walletWith } from '../support/client/wallet.ts'

const approved = document('create-payment.approved.response.201')
const lost: Step = { reject: new TypeError('fetch failed') }
const keyUsed = json(422, document('error.422.idempotency-key-used'))
const revoked = json(401, document('error.401.invalid-payer-token'))
const mismatch = json(400, document('error.400.discount-mismatch'))
const invalid = json(400, { status: '400', error: 'bad_request', message: 'Invalid transaction amount in wallet payments.' })
const page = (...results: object[]): Step => json(200, { paging: { total: results.length, limit: 30, offset: 0 }, results })
const refund = document<object[]>('refund-payment.response.200')

const reconcile = async (operation: OperationName, input: object, ...steps: Step[]) => {
  const fetch = scriptedFetch(...steps)
  const wallet = walletWith(fetch, { maxRetries: 0 })
  const prepared = wallet.prepare(operation, input as never)
  const settlement = await wallet.reconcile(prepared)
  const calls = fetch.sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`)
  return { settlement, calls, prepared, sent: fetch.sent }
}

describe('reconcile', () => {
  it('sends the same request again, with the same key and the same bytes', async () => {
    const { settlement, sent, prepared } = await reconcile('payments.create', aPayment, json(200, approved))
    expect(settlement).toMatchObject({ outcome: 'done', data: { id: 10458724 } })
    expect(sent).toHaveLength(1)
    expect(sent[0]?.body).toBe(prepared.body)
    expect(sent[0]?.headers.get('x-idempotency-key')).toBe(prepared.idempotencyKey)
  })

  it('finds the payment by a search after 422/422001', async () => {
    const { settlement, calls } = await reconcile('payments.create', aPayment, keyUsed, page(approved))
    expect(settlement).toMatchObject({ outcome: 'done', data: { id: 10458724 } })
    expect(calls).toEqual(['POST /v1/advanced_payments', 'GET /v1/advanced_payments/search'])
  })

  it.each([
    ['the network fails', lost],
    ['the request is still in progress', json(409, document('error.409.idempotency-in-progress'))],
    ['the agreement was cancelled meanwhile', revoked],
    ['the discount was used up by the first attempt', mismatch],
    ['the response cannot be read', text(201, '{"id"')],
  ])('finds the payment by its reference if %s', async (_, step) => {
    const { settlement } = await reconcile('payments.create', aPayment, step, page(approved))
    expect(settlement).toMatchObject({ outcome: 'done', data: { id: 10458724 } })
  })

  it('searches by the reference and nothing else', async () => {
    const { sent } = await reconcile('payments.create', aPayment, lost, page())
    expect(new URL(sent[1]?.url ?? '').search).toBe('?external_reference=Pago_123')
  })

  it('ignores a payment with the same reference and another amount', async () => {
    const other = { ...approved, wallet_payment: { transaction_amount: 700.51, external_reference: 'Pago_123' } }
    expect((await reconcile('payments.create', aPayment, lost, page(other))).settlement.outcome).toBe('unknown')
    expect((await reconcile('payments.create', aPayment, revoked, page(other))).settlement.outcome).toBe('unknown')
  })

  it.each([
    ['an earlier, rejected payment', page({ ...approved, status: 'rejected' })],
    ['two matching payments', page(approved, { ...approved, id: 5 })],
    ['an incomplete page', json(200, { paging: { total: 99, limit: 30, offset: 0 }, results: [] })],
    ['an earlier, refunded payment', page({ ...approved, status: 'refunded' })],
    ['a page without a total', json(200, { results: [] })],
    ['a full page whose total is null', json(200, { paging: { total: null, limit: 1 }, results: [] })],
    [
      'a list that was not filtered',
      page({ ...approved, wallet_payment: { transaction_amount: 1, external_reference: 'other' } }),
    ],
    ['a payment without a wallet_payment', page({ ...approved, wallet_payment: null })],
    [
      'a payment whose amount cannot be read',
      page({ ...approved, wallet_payment: { transaction_amount: '700,50', external_reference: 'Pago_123' } }),
    ],
    ['a search that fails', json(500, {})],
    ['a search response of another shape', json(200, { hello: 1 })],
  ])('is unknown if the search gives %s', async (_, read) => {
    for (const step of [lost, revoked, keyUsed, mismatch]) {
      const { settlement, prepared } = await reconcile('payments.create', aPayment, step, read)
      expect(settlement).toMatchObject({
        outcome: 'unknown',
        error: { code: 'unknown_outcome', outcome: 'unknown', idempotencyKey: prepared.idempotencyKey },
      })
    }
  })

  it('is unknown if the repeat is refused and the search finds nothing: it may show payments late', async () => {
    for (const step of [invalid, mismatch, revoked]) {
      expect((await reconcile('payments.create', aPayment, step, page())).settlement.outcome).toBe('unknown')
    }
  })

  const later = { ...approved, id: 99, wallet_payment: { transaction_amount: 5, external_reference: 'later' } }
  it.each([
    ['shows the witness and nothing of the payment', 'not_done', page(later), page()],
    ['does not show the witness', 'unknown', page(), page()],
    ['fails for the witness', 'unknown', json(500, {}), page()],
    ['shows the witness and the payment', 'done', page(later), page(approved)],
  ])('with a witness, if the search %s, is %s', async (_, outcome, forWitness, forPayment) => {
    for (const step of [invalid, mismatch, revoked]) {
      const fetch = scriptedByMethod({ POST: [step], GET: [json(200, later), forWitness, forPayment] })
      const wallet = walletWith(fetch, { maxRetries: 0 })
      const settlement = await wallet.reconcile(wallet.prepare('payments.create', aPayment), { witness: 99 })
      expect(settlement.outcome).toBe(outcome)
    }
  })

  it.each(['', 0, -1, 'abc', {}])('refuses the witness %j', async (witness) => {
    const wallet = walletWith(scriptedFetch())
    const promise = wallet.reconcile(wallet.prepare('payments.create', aPayment), { witness: witness as never })
    expect(await rejection(promise)).toMatchObject({ code: 'invalid_input', issues: [{ path: 'witness' }] })
  })

  it('is not_done without a witness if the refusal is about the bytes of the request and the search finds nothing', async () => {
    const missing = json(400, { status: '400', error: 'bad_request', message: 'x', cause: [{ code: '400017', message: 'x' }] })
    expect((await reconcile('payments.create', aPayment, missing, page())).settlement.outcome).toBe('not_done')
    expect((await reconcile('payments.create', aPayment, missing, page(approved))).settlement.outcome).toBe('done')
  })

  it('is unknown if the repeat ends with 422/422001, a network failure, 429, 500 or a timeout, and the search finds nothing', async () => {
    for (const step of [keyUsed, lost, json(429, {}), json(500, {}), 'hang' as const]) {
      const { settlement } = await reconcile('payments.create', aPayment, step, page())
      expect(settlement.outcome).toBe('unknown')
    }
  })

  it('is unknown if the payment has no reference to search by, however the repeat ends', async () => {
    const withoutReference = { wallet_payment: { transaction_amount: 5 }, payer: { token: 't' } }
    for (const step of [invalid, revoked, mismatch, keyUsed, lost, text(400, '<html>')]) {
      expect((await reconcile('payments.create', withoutReference, step)).settlement.outcome).toBe('unknown')
    }
  })

  const tooLate = json(400, { status: '400', error: 'bad_request', message: 'Invalid capture payment status' })
  const withStatus = (status: string): Step => json(200, { ...approved, id: 7, status })

  it.each([
    ['payments.capture', 'refused', 'approved', 'done'],
    ['payments.capture', 'lost', 'approved', 'done'],
    ['payments.capture', 'lost', 'authorized', 'unknown'],
    ['payments.capture', 'refused', 'cancelled', 'not_done'],
    ['payments.capture', 'lost', 'cancelled', 'unknown'],
    ['payments.cancel', 'refused', 'cancelled', 'done'],
    ['payments.cancel', 'refused', 'approved', 'not_done'],
    ['payments.cancel', 'lost', 'authorized', 'unknown'],
  ] as const)('of %s, with a repeat that is %s and the status %s, is %s', async (operation, repeat, status, outcome) => {
    const step = repeat === 'refused' ? tooLate : lost
    const { settlement } = await reconcile(operation, { advanced_payment_id: 7 }, step, withStatus(status))
    expect(settlement.outcome).toBe(outcome)
  })

  it.each([
    ['a full refund that was made', 'done', {}, json(400, {}), [json(200, refund), withStatus('refunded')]],
    [
      'a full refund of which only a part was made',
      'unknown',
      {},
      json(400, {}),
      [json(200, refund), withStatus('partially_refunded')],
    ],
    [
      'a full refund beside another refund',
      'unknown',
      {},
      json(400, {}),
      [json(200, [...refund, ...refund]), withStatus('refunded')],
    ],
    ['a partial refund that may be this one or an earlier one', 'unknown', { amount: 25 }, json(400, {}), [json(200, refund)]],
    ['a refused refund of a payment without refunds', 'unknown', { amount: 25 }, json(400, {}), [json(200, [])]],
    ['a lost refund of a payment without refunds', 'unknown', { amount: 25 }, lost, [json(200, [])]],
  ] as [string, string, object, Step, Step[]][])('of %s is %s', async (_, outcome, input, step, reads) => {
    const wallet = walletWith(scriptedByMethod({ POST: [step], GET: reads }), { maxRetries: 0 })
    const settlement = await wallet.reconcile(wallet.prepare('payments.refund', { advanced_payment_id: 7, ...input }))
    expect(settlement.outcome).toBe(outcome)
  })

  it('of a refused refund is not_done with a witness: no earlier request is under way any more', async () => {
    const later = { ...approved, id: 99, wallet_payment: { transaction_amount: 5, external_reference: 'later' } }
    const reads = [json(200, []), json(200, []), json(200, later), page(later), json(200, [])]
    const wallet = walletWith(scriptedByMethod({ POST: [json(400, {})], GET: [json(200, []), ...reads] }), { maxRetries: 0 })
    const prepared = wallet.prepare('payments.refund', { advanced_payment_id: 7, amount: 25 })
    expect((await wallet.reconcile(prepared, { witness: 99 })).outcome).toBe('not_done')
  })

  it('reads a refund before it is sent again, and compares the list with what it was', async () => {
    const earlier = refund.map((each) => ({ ...each, id: 1 }))
    const fetch = scriptedByMethod({ POST: [json(200, refund)], GET: [json(200, [...earlier, ...refund])] })
    const wallet = walletWith(fetch, { maxRetries: 0 })
    const prepared = wallet.prepare('payments.refund', { advanced_payment_id: 7, amount: 25 })
    expect((await wallet.reconcile(prepared, { refundsBefore: ['1'] })).outcome).toBe('done')
    expect((await wallet.reconcile(prepared)).outcome).toBe('unknown')
    expect(fetch.sent.map(({ method }) => method)).not.toContain('POST')
  })

  it('does not repeat agreements.create, which would make a second agreement', async () => {
    const { settlement, calls } = await reconcile('agreements.create', document('create-agreement.request'), json(200, {}))
    expect(settlement).toMatchObject({ outcome: 'unknown', error: { attempts: 0 } })
    expect(calls).toEqual([])
  })

  it('ends at the deadline if the repeat hangs', async () => {
    const clock = createTestClock()
    const wallet = walletWith(scriptedFetch('hang'), { timeoutMs: 100, deadlineMs: 250, maxRetries: 20 }, clock)
    await wallet.reconcile(wallet.prepare('payments.create', aPayment))
    expect(clock.elapsed()).toBe(250)
  })

  it('ends at the deadline if the second read hangs', async () => {
    const clock = createTestClock()
    const slowList = () => new Promise<Response>((resolve) => clock.after(300, () => resolve(json(200, refund)())))
    const fetch = scriptedFetch(slowList, 'hang')
    const wallet = walletWith(fetch, { timeoutMs: 1_000, deadlineMs: 400, maxRetries: 0 }, clock)
    await wallet.reconcile(wallet.prepare('payments.refund', { advanced_payment_id: 1 }))
    expect(fetch.sent).toHaveLength(2)
    expect(clock.elapsed()).toBe(400)
  })

  it('ends at the deadline if a refund is read slowly and its repeat hangs, and takes the list that it was given', async () => {
    const clock = createTestClock()
    const slowList = () => new Promise<Response>((resolve) => clock.after(300, () => resolve(json(200, [])())))
    const fetch = scriptedByMethod({ GET: [slowList, 'hang'], POST: ['hang'] })
    const wallet = walletWith(fetch, { timeoutMs: 1_000, deadlineMs: 400, maxRetries: 0 }, clock)
    const prepared = wallet.prepare('payments.refund', { advanced_payment_id: 1 })
    expect((await wallet.reconcile(prepared, { refundsBefore: [] })).outcome).toBe('unknown')
    expect(clock.elapsed()).toBe(400)
    expect(fetch.sent.slice(0, 2).map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('ends at once as unknown if its signal aborts during a read', async () => {
    const controller = new AbortController()
    const clock = createTestClock()
    const hang = (): Promise<Response> => new Promise(() => clock.after(20, () => controller.abort()))
    const fetch = scriptedFetch(lost, hang)
    const wallet = walletWith(fetch, { timeoutMs: 4_000, deadlineMs: 9_000, maxRetries: 0 }, clock)
    const settlement = await wallet.reconcile(wallet.prepare('payments.create', aPayment), { signal: controller.signal })
    expect(settlement.outcome).toBe('unknown')
    expect(fetch.sent.map(({ method }) => method)).toEqual(['POST', 'GET'])
    expect(clock.elapsed()).toBe(20)
  })

  it('refuses a prepared read', async () => {
    const wallet = walletWith(scriptedFetch())
    const promise = wallet.reconcile(wallet.prepare('payments.get', { advanced_payment_id: 7 }))
    expect(await rejection(promise)).toBeInstanceOf(InvalidInputError)
  })
})
