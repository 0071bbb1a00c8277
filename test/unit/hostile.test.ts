import { InvalidInputError, isApproved, isFinal, isWalletConnectError, type PreparedRequest } from 'mercadopago-wallet-connect'
import { describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { json, type Step, scriptedFetch, text } from '../support/client/scripted-fetch.ts'
import { createTestClock } from '../support/client/test-clock.ts'
import { aPayment, rejection, walletOnTestClock, walletWith } from '../support/client/wallet.ts'

const approved = document('create-payment.approved.response.201')
const inProgress = document('error.409.idempotency-in-progress')
const trap = (): never => {
  throw new Error('a secret from the getter')
}

describe('send, given a prepared request that changes', () => {
  it('does not follow a path that changes after the check', async () => {
    const fetch = scriptedFetch(json(200, approved))
    const wallet = walletWith(fetch)
    const prepared = wallet.prepare('payments.get', { advanced_payment_id: 7 })
    let reads = 0
    const changing = {
      ...prepared,
      get path() {
        return reads++ === 0 ? prepared.path : '.evil.example/steal'
      },
    }
    await wallet.send(changing)
    expect(fetch.sent.map(({ url }) => new URL(url).host)).toEqual(['api.mercadopago.com'])
  })

  it('sends the same bytes although the object changes between two attempts', async () => {
    const fetch = scriptedFetch(text(503, ''), json(201, approved))
    let prepared: PreparedRequest<'payments.create'> | undefined
    const change = () => Object.assign(prepared ?? {}, { body: '{}', path: '/v1/advanced_payments/search' })
    const wallet = walletWith(fetch, { onAttempt: change })
    prepared = wallet.prepare('payments.create', aPayment)
    await wallet.send(prepared)
    expect(fetch.sent[1]?.body).toBe(fetch.sent[0]?.body)
    expect(fetch.sent[1]?.url).toBe(fetch.sent[0]?.url)
  })

  it.each([
    ['payments.capture', { body: '{"status":"cancelled"}' }],
    ['payments.cancel', { body: '{"capture":true}' }],
    ['payments.get', { path: '/v1/advanced_payments/search' }],
  ] as const)('refuses a request of %s that was changed into another operation: %j', async (operation, change) => {
    const wallet = walletWith(scriptedFetch(json(200, approved)))
    const prepared = wallet.prepare(operation, { advanced_payment_id: 7 })
    expect(await rejection(wallet.send({ ...prepared, ...change }))).toBeInstanceOf(InvalidInputError)
  })
})

describe('payments.refund', () => {
  class Order {
    get amount(): number {
      return 25
    }
  }
  it.each([
    ['a promise that was not awaited', Promise.resolve({ amount: 25 })],
    ['a number object', Object(25)],
    ['an object with an inherited amount', Object.create({ amount: 25 })],
    ['an instance with a getter', new Order()],
    ['a Map', new Map([['amount', 25]])],
    ['a Date', new Date()],
    ['an object whose getter throws', Object.defineProperty({}, 'amount', { get: trap, enumerable: true })],
  ])('does not take %s for a full refund', async (_, input) => {
    const fetch = scriptedFetch(json(200, document('refund-payment.response.200')))
    const wallet = walletWith(fetch)
    expect(await rejection(wallet.payments.refund(7, input))).toBeInstanceOf(InvalidInputError)
    expect(fetch.sent).toHaveLength(0)
  })

  it.each([[[]], [[{ id: '' }]], [[{ id: null }]], [{}]])('ends with an unknown outcome if the response is %j', async (body) => {
    const wallet = walletWith(scriptedFetch(json(200, body)), { maxRetries: 0 })
    expect(await rejection(wallet.payments.refund(7))).toMatchObject({ code: 'unknown_outcome' })
  })
})

describe('send, given a 409 with code 401001', () => {
  it.each([
    ['while the request holds the same digits as an id', json(409, inProgress)],
    ['beside an empty list of errors', json(409, { ...inProgress, errors: [] })],
    ['as a cause that is not a list', json(409, { cause: { code: 401001 } })],
    ['as the second cause', json(409, { cause: [{ code: '1' }, { code: '401001' }] })],
    ['with a leading space', json(409, { cause: [{ code: ' 401001' }] })],
    ['in a truncated body', text(409, '{"status":"409","cause":[{"co')],
    ['replaced by a page of a gateway', text(409, '<html>')],
  ] as [string, Step][])('takes it for "still being processed" %s', async (_, step) => {
    const input = { ...aPayment, additional_info: { items: [{ id: '401001' }] } }
    const error = await rejection(walletWith(scriptedFetch(step), { maxRetries: 0 }).payments.create(input))
    expect(error).toMatchObject({ code: 'unknown_outcome', outcome: 'unknown' })
  })
})

describe('send, given a hostile response', () => {
  const body =
    (pull: (controller: ReadableStreamDefaultController) => void): Step =>
    () =>
      new Response(new ReadableStream({ pull }), { status: 201 })
  it.each([
    ['an endless body of empty chunks', body((controller) => controller.enqueue(new Uint8Array(0)))],
    ['an endless body of single bytes', body((controller) => controller.enqueue(new Uint8Array(1)))],
    [
      'a status whose getter throws',
      () =>
        ({
          body: null,
          headers: new Headers(),
          text: async () => '',
          get status() {
            return trap()
          },
        }) as unknown as Response,
    ],
    [
      'a status that is an object',
      () => ({ body: null, headers: new Headers(), text: async () => '{}', status: { secret: 1 } }) as unknown as Response,
    ],
    [
      'a status that is a string',
      () =>
        ({
          body: null,
          headers: new Headers(),
          text: async () => JSON.stringify(approved),
          status: '201',
        }) as unknown as Response,
    ],
    [
      'a reader without cancel',
      () =>
        ({
          status: 201,
          headers: new Headers(),
          body: { getReader: () => ({ read: () => new Promise(() => {}) }) },
        }) as unknown as Response,
    ],
    [
      'a reader whose cancel throws',
      () =>
        ({
          status: 201,
          headers: new Headers(),
          body: { getReader: () => ({ read: () => new Promise(() => {}), cancel: trap }) },
        }) as unknown as Response,
    ],
  ] as [string, Step][])('ends in time with an unknown outcome for %s', async (_, step) => {
    const clock = createTestClock()
    const wallet = walletOnTestClock(scriptedFetch(step), { timeoutMs: 50, maxRetries: 0 }, clock)
    const error = await rejection<{ status: unknown }>(wallet.payments.create(aPayment))
    expect(error).toMatchObject({ code: 'unknown_outcome' })
    expect(['number', 'undefined']).toContain(typeof error.status)
    expect(clock.elapsed()).toBeLessThanOrEqual(50)
  })

  it.each(['a', 'a1-', 'a@', '@', '%40', ' '])(
    'shortens an error message of 1 MB of %j within 2 s',
    { timeout: 2_000 },
    async (unit) => {
      const message = unit.repeat(1_000_000 / unit.length)
      const error = await rejection<Error>(walletWith(scriptedFetch(json(400, { message }))).payments.create(aPayment))
      expect(error.message.length).toBeLessThan(1_000)
    },
  )

  it('cancels a body that arrives after the timeout', async () => {
    const cancel = vi.fn()
    const late: Step = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return new Response(new ReadableStream({ cancel }), { status: 201 })
    }
    await rejection(walletWith(scriptedFetch(late), { timeoutMs: 20, maxRetries: 0 }).payments.create(aPayment))
    await expect.poll(() => cancel.mock.calls.length).toBe(1)
  })
})

describe('the client, given malformed options', () => {
  it.each([
    ['options that are null', (wallet) => wallet.send(wallet.prepare('payments.create', aPayment), null as never)],
    [
      'options whose getter throws',
      (wallet) => wallet.payments.create(aPayment, Object.defineProperty({}, 'signal', { get: trap, enumerable: true })),
    ],
    [
      'a signal without removeEventListener',
      (wallet) => wallet.payments.create(aPayment, { signal: { aborted: false, addEventListener() {} } as never }),
    ],
    [
      'a signal whose getter throws',
      (wallet) =>
        wallet.payments.create(aPayment, {
          signal: {
            get aborted() {
              return trap()
            },
          } as never,
        }),
    ],
    [
      'a prepared request whose getter throws',
      (wallet) =>
        wallet.send({
          get operation() {
            return trap()
          },
        } as never),
    ],
    ['a site that is undefined', (wallet) => wallet.payments.create(aPayment, { site: undefined } as never)],
  ] as [string, (wallet: ReturnType<typeof walletWith>) => Promise<unknown>][])(
    'throws one of its own errors or none for %s',
    async (_, call) => {
      const wallet = walletWith(scriptedFetch(json(201, approved)), { site: 'MLA' })
      await call(wallet).catch((error: unknown) => {
        expect(isWalletConnectError(error)).toBe(true)
        expect(String(error)).not.toContain('secret')
      })
    },
  )

  it('keeps its site if a call passes undefined', async () => {
    const wallet = walletWith(scriptedFetch(json(201, approved)), { site: 'MLC' })
    expect(() => wallet.prepare('payments.create', aPayment, { site: undefined } as never)).toThrow('no decimals in CLP')
  })

  it('does not check amounts in metadata against the site', () => {
    const wallet = walletWith(scriptedFetch(), { site: 'MLC' })
    const wallet_payment = { transaction_amount: 5 }
    expect(() => wallet.prepare('payments.create', { ...aPayment, wallet_payment, metadata: { amount: 10.5 } })).not.toThrow()
  })
})

describe('isApproved and isFinal', () => {
  it.each([{ payments: {} }, { payments: [null] }, { status: 7 }, { status: 'approved', payments: [{ status: {} }] }])(
    'are both false for %j',
    (odd) => {
      expect(isApproved(odd as never)).toBe(false)
      expect(isFinal(odd as never)).toBe(false)
    },
  )
})
