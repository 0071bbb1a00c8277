import type { EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { expect } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { describeRules, inSequence, type JsonObject, linked, type PaymentRule } from '../../support/emulator/observed-options.ts'
import { payments, start } from '../../support/emulator/raw-emulator.ts'

const DAY_MS = 24 * 3_600_000
const subMerchant = document<{ wallet_payment: { forward_data: object } }>('create-payment.reference.request').wallet_payment

type Shop = Awaited<ReturnType<typeof linked>>

/** A payment of 100 that has not come to its end. */
async function held({ pay, emulator, token }: Shop, status: string): Promise<number> {
  const status_detail = { pending: 'pending_challenge', in_process: 'deferred_retry' }[status]
  if (status_detail) emulator.processor.decideNext({ status, status_detail })
  return (await pay(token, 100, { capture: status !== 'authorized', binary_mode: false })).body.id
}

const cancel = async ({ call }: Shop, id: number) => (await call('PUT', `${payments}/${id}`, { status: 'cancelled' })).status

async function reservations(options: EmulatorOptions) {
  const { pay, token } = await linked(options)
  return inSequence([true, false], async (binary_mode) => (await pay(token, 1, { capture: false, binary_mode })).status)
}

function statusesAfter(status: string, ...delays: number[]) {
  return (options: EmulatorOptions) =>
    inSequence(delays, async (delay) => {
      const shop = await linked(options)
      const id = await held(shop, status)
      await shop.emulator.clock.advance(delay)
      return (await shop.read(id)).status
    })
}

/** What a field at the top level shows of two payments: one without a discount, and one with it. */
async function topLevel(options: EmulatorOptions, name: string, more: Record<string, unknown>) {
  const { emulator, call, pay, read, token } = await linked(options)
  emulator.coupons.add({ type: 'fixed', value: 50, cap: 50 })
  await call('POST', '/v2/wallet_connect/discounts', { amount: 550 }, { 'x-payer-token': token })
  const discount = { amount: 50, description: 'd', detail: { value: 50, type: 'fixed', cap: 50 } }
  return inSequence([{}, { discount }], async (wallet) => {
    const { body } = await pay(token, 550, { wallet: { external_reference: 'inner', ...wallet }, ...more })
    expect(await read(body.id)).toEqual(body)
    const shown: JsonObject = { ...body }
    return name in shown ? shown[name] : 'nothing'
  })
}

describeRules<PaymentRule>({
  amounts: [
    async (options) => {
      const { pay, token } = await linked(options)
      return (await pay(token, 24.5)).body.payments[0].transaction_amount
    },
    24.5,
    ['number', 24.5],
    ['string', '24.50'],
  ],
  copDecimals: [
    (options) =>
      inSequence(['MCO', 'MLA'] as const, async (site) => {
        const { pay, token } = await linked({ site, ...options })
        return inSequence([1, 1.5], async (amount) => (await pay(token, amount)).status)
      }),
    [
      [201, 201],
      [201, 201],
    ],
    [
      2,
      [
        [201, 201],
        [201, 201],
      ],
    ],
    [
      0,
      [
        [201, 400],
        [201, 201],
      ],
    ],
  ],
  requireExternalReference: [
    async (options) => {
      const { pay, token } = await linked(options)
      return inSequence(
        [{}, { external_reference: '' }, { external_reference: 'r_1' }],
        async (wallet) => (await pay(token, 1, { wallet })).status,
      )
    },
    [201, 201, 201],
    [false, [201, 201, 201]],
    [true, [400, 400, 201]],
  ],
  facilitator: [
    (options) =>
      inSequence(['MLB', 'MLA'] as const, async (site) => {
        const { pay, token } = await linked({ site, ...options })
        const { forward_data } = subMerchant
        const statusOf = async (wallet: object) => (await pay(token, 1, { wallet })).status
        return inSequence([{}, { forward_data: { sub_merchant: { mcc: '5462' } } }, { forward_data }], statusOf)
      }),
    [
      [201, 201, 201],
      [201, 201, 201],
    ],
    [
      false,
      [
        [201, 201, 201],
        [201, 201, 201],
      ],
    ],
    [
      true,
      [
        [400, 400, 201],
        [201, 201, 201],
      ],
    ],
  ],
  typeTokens: [
    async (options) => {
      const { pay, token } = await linked(options)
      const types = ['wallet-token', 'wallet-tokens', 'token', undefined]
      return inSequence(types, async (type_token) => (await pay(token, 1, { payer: { token, type_token } })).status)
    },
    [201, 201, 400, 400],
    [['wallet-token'], [201, 400, 400, 400]],
  ],
  defaultBinaryMode: [
    async (options) => {
      const { pay, token, emulator } = await linked(options)
      emulator.processor.decideNext({ status: 'pending', status_detail: 'pending_challenge' })
      const { body } = await pay(token, 1)
      return [body.status, (body as unknown as JsonObject).binary_mode]
    },
    ['rejected', true],
    [true, ['rejected', true]],
    [false, ['pending', false]],
  ],
  deferredCapture: [reservations, [201, 201], [true, [201, 201]], [false, [400, 400]]],
  deferredCaptureInBinaryMode: [reservations, [201, 201], [true, [201, 201]], [false, [400, 201]]],
  payerTokenError: [
    async (options) => {
      const { status, body } = await start(options).pay('unknown')
      return [status, body]
    },
    [401, document('error.401.invalid-payer-token')],
    [401, [401, document('error.401.invalid-payer-token')]],
    [400, [400, expect.objectContaining({ status: '400', error: 'bad_request', message: 'Invalid payer token.' })]],
  ],
  disbursements: [
    async (options) => {
      const { pay, token } = await linked(options)
      return ((await pay(token)).body as unknown as JsonObject).disbursements
    },
    [{ collector_id: 783789745 }],
    ['array', [{ collector_id: 783789745 }]],
    ['object', { collector_id: 783789745 }],
    ['null', null],
  ],
  cancelledSpelling: [
    async (options) => {
      const shop = await linked(options)
      await cancel(shop, await held(shop, 'authorized'))
      const found = await inSequence(['cancelled', 'canceled'], async (status) => {
        const { results } = (await shop.call<{ results: JsonObject[] }>('GET', `${payments}/search?status=${status}`)).body
        return results.map((payment) => payment.status)
      })
      const [inner] = (await shop.call<{ results: { payments: JsonObject[] }[] }>('GET', `${payments}/search`)).body.results
      return [...found.flat(), inner?.payments[0]?.status]
    },
    ['cancelled', 'cancelled', 'cancelled'],
    ['cancelled', ['cancelled', 'cancelled', 'cancelled']],
    ['canceled', ['canceled', 'canceled', 'canceled']],
  ],
  topLevelCapture: [
    (options) => topLevel(options, 'capture', { capture: false }),
    ['nothing', false],
    ['with_discount', ['nothing', false]],
    ['always', [false, false]],
    ['never', ['nothing', 'nothing']],
  ],
  topLevelReference: [
    async (options) => [
      await topLevel(options, 'external_reference', { external_reference: 'outer' }),
      await topLevel(options, 'external_reference', {}),
    ],
    Array(2).fill(['nothing', null]),
    ['dropped', Array(2).fill(['nothing', null])],
    [
      'returned',
      [
        ['outer', 'outer'],
        ['nothing', null],
      ],
    ],
  ],
  cancellable: [
    async (options) => {
      const shop = await linked(options)
      return inSequence(['authorized', 'pending', 'in_process'], async (status) => cancel(shop, await held(shop, status)))
    },
    [200, 200, 200],
    [['pending'], [400, 200, 400]],
    [
      ['authorized', 'in_process'],
      [200, 400, 200],
    ],
    [[], [400, 400, 400]],
  ],
  requireWalletPayment: [
    async (options) => {
      const shop = await linked(options)
      const repeats = [{}, { wallet_payment: {} }, { wallet_payment: { transaction_amount: 100 } }]
      const bodies = [{ capture: true }, { status: 'canceled' }].flatMap((body) => repeats.map((each) => ({ ...body, ...each })))
      return inSequence(
        bodies,
        async (body) => (await shop.call('PUT', `${payments}/${await held(shop, 'authorized')}`, body)).status,
      )
    },
    Array(6).fill(200),
    [false, Array(6).fill(200)],
    [true, [400, 400, 200, 400, 400, 200]],
  ],
  consistencyDelayMs: [
    (options) =>
      inSequence([0, 4_999, 5_000], async (delay) => {
        const shop = await linked(options)
        const [reserved, kept] = [await held(shop, 'authorized'), await held(shop, 'authorized')]
        const { id } = (await shop.pay(shop.token)).body
        await shop.emulator.clock.advance(delay)
        const captured = (await shop.call('PUT', `${payments}/${reserved}`, { capture: true })).status
        return [captured, await cancel(shop, kept), (await shop.refund(id)).status]
      }),
    Array(3).fill([200, 200, 200]),
    [
      5_000,
      [
        [400, 400, 400],
        [400, 400, 400],
        [200, 200, 200],
      ],
    ],
  ],
  authorizationLifetimeMs: [
    statusesAfter('authorized', 7 * DAY_MS - 1, 7 * DAY_MS, 999 * DAY_MS),
    ['authorized', 'authorized', 'authorized'],
    [7 * DAY_MS, ['authorized', 'cancelled', 'cancelled']],
  ],
  undecidedLifetimeMs: [
    statusesAfter('pending', DAY_MS, 30 * DAY_MS - 1, 30 * DAY_MS),
    ['pending', 'pending', 'cancelled'],
    [DAY_MS, ['cancelled', 'cancelled', 'cancelled']],
    [Number.POSITIVE_INFINITY, ['pending', 'pending', 'pending']],
  ],

  refundDelayMs: [
    (options) =>
      inSequence([0, 999, 1_000], async (delay) => {
        const { pay, token, refund, read, emulator } = await linked(options)
        const { id } = (await pay(token)).body
        await refund(id)
        await emulator.clock.advance(delay)
        return (await read(id)).status
      }),
    ['refunded', 'refunded', 'refunded'],
    [1_000, ['approved', 'approved', 'refunded']],
  ],
  refundWindowMs: [
    (options) =>
      inSequence([90 * DAY_MS - 1, 90 * DAY_MS, 9_999 * DAY_MS], async (delay) => {
        const { pay, token, refund, emulator } = await linked(options)
        const { id } = (await pay(token)).body
        await emulator.clock.advance(delay)
        const { status, body } = await refund(id)
        return status === 200 ? status : (body as JsonObject).message
      }),
    [200, 200, 200],
    [90 * DAY_MS, [200, 'AdvancedPayment too old to be refunded.', 'AdvancedPayment too old to be refunded.']],
  ],
  refundIds: [
    async (options) => {
      const { pay, token, refund, call } = await linked(options)
      const { id } = (await pay(token)).body
      const shown = [await refund(id, 1), await call('GET', `${payments}/${id}/refunds`)]
      return shown.flatMap(({ body }) => (body as JsonObject[]).flatMap((each) => [typeof each.id, typeof each.payment_id]))
    },
    Array(4).fill('number'),
    ['number', Array(4).fill('number')],
    ['string', Array(4).fill('string')],
  ],
  refundAnswer: [
    async (options) => {
      const { pay, token, refund } = await linked(options)
      const { status, body } = await refund((await pay(token)).body.id, 25)
      return [status, body]
    },
    [200, [expect.objectContaining({ amount: 25 })]],
    ['array', [200, [expect.objectContaining({ amount: 25 })]]],
    ['object', [200, expect.objectContaining({ amount: 25 })]],
    ['empty', [200, '']],
  ],

  searchLimit: [
    async (options) => {
      const { pay, token, call } = await linked(options)
      for (let i = 0; i < 31; i++) await pay(token, 1)
      const { results, paging } = (await call<{ results: []; paging: object }>('GET', `${payments}/search?limit=99`)).body
      return [results.length, paging]
    },
    [30, { total: 31, limit: 30, offset: 0 }],
    [10, [10, { total: 31, limit: 10, offset: 0 }]],
    [50, [31, { total: 31, limit: 50, offset: 0 }]],
  ],

  searchDelayMs: [
    (options) =>
      inSequence([0, DAY_MS - 1, DAY_MS], async (delay) => {
        const { pay, token, call, read, emulator } = await linked(options)
        const { id } = (await pay(token)).body
        await emulator.clock.advance(delay)
        const { paging, results } = (await call<{ paging: { total: number }; results: [] }>('GET', `${payments}/search`)).body
        return [paging.total, results.length, (await read(id)).id === id]
      }),
    Array(3).fill([1, 1, true]),
    [
      DAY_MS,
      [
        [0, 0, true],
        [0, 0, true],
        [1, 1, true],
      ],
    ],
    [Number.POSITIVE_INFINITY, Array(3).fill([0, 0, true])],
  ],

  keyRetentionMs: [
    (options) =>
      inSequence([DAY_MS - 1, DAY_MS, 999 * DAY_MS], async (delay) => {
        const { pay, token, emulator } = await linked({ agreementLifetimeMs: Number.POSITIVE_INFINITY, ...options })
        await pay(token, 1, {}, 'k')
        await emulator.clock.advance(delay)
        return (await pay(token, 1, {}, 'k')).status
      }),
    [200, 200, 200],
    [DAY_MS, [200, 201, 201]],
  ],
  maxKeyLength: [
    async (options) => {
      const { pay, token } = await linked(options)
      return inSequence([36, 37, 128, 129], async (length) => (await pay(token, 1, {}, 'k'.repeat(length))).status)
    },
    [201, 201, 201, 400],
    [36, [201, 400, 400, 400]],
  ],
  refundKeys: [
    async (options) => {
      const { pay, token, call, moves } = await linked(options)
      const path = `${payments}/${(await pay(token, 100)).body.id}/refunds`
      const refund = (amount: number) => call('POST', path, { amount }, { 'x-idempotency-key': 'r' })
      const statuses = await inSequence([2, 2, 3], async (amount) => (await refund(amount)).status)
      return [statuses, moves().slice(1)]
    },
    [[200, 200, 422], ['payment_refunded 2']],
    ['honoured', [[200, 200, 422], ['payment_refunded 2']]],
    [
      'ignored',
      [
        [200, 200, 200],
        ['payment_refunded 2', 'payment_refunded 2', 'payment_refunded 3'],
      ],
    ],
  ],
  changeKeys: [
    (options) =>
      inSequence([{ capture: true }, { status: 'cancelled' }], async (change) => {
        const { pay, token, call, moves } = await linked(options)
        const path = `${payments}/${(await pay(token, 100, { capture: false })).body.id}`
        const key = { 'x-idempotency-key': 'c' }
        const statuses = await inSequence([1, 2], async () => (await call('PUT', path, change, key)).status)
        return [statuses, moves().length]
      }),
    Array(2).fill([[200, 200], 2]),
    ['honoured', Array(2).fill([[200, 200], 2])],
    ['ignored', Array(2).fill([[200, 400], 2])],
  ],
  keyAfterRefusal: [
    async (options) => {
      const { pay, token } = await linked(options)
      return inSequence([0, 1, 1], async (amount) => (await pay(token, amount, {}, 'k')).status)
    },
    [400, 201, 200],
    ['free', [400, 201, 200]],
    ['spent', [400, 422, 422]],
  ],
  replayOfPaid: [
    async (options) => {
      const { pay, token } = await linked(options)
      const twice = (key: string, more: Record<string, unknown>) =>
        inSequence([1, 2], async () => (await pay(token, key === 'poor' ? 99_999 : 1, more, key)).status)
      return inSequence(
        [
          ['paid', {}],
          ['reserved', { capture: false }],
          ['poor', {}],
        ] as const,
        ([key, more]) => twice(key, more),
      )
    },
    Array(3).fill([201, 200]),
    [200, Array(3).fill([201, 200])],
    [
      409,
      [
        [201, 409],
        [201, 200],
        [201, 200],
      ],
    ],
  ],
})
