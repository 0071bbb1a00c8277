import type { EmulatorOptions, Rules } from 'mercadopago-wallet-connect/emulator'
import { expect } from 'vitest'
import {
  describeRules,
  inSequence,
  type JsonObject,
  linked,
  messageOf,
  type NotificationRule,
  type PaymentRule,
} from '../../support/emulator/observed-options.ts'
import { agreementRequest, agreements, payments, start } from '../../support/emulator/raw-emulator.ts'

const DAY_MS = 24 * 3_600_000
const coupons = '/v2/wallet_connect/coupons'
const discounts = '/v2/wallet_connect/discounts'

/** The names that an object has, of those that are asked about. */
const among = (body: unknown, ...names: string[]): string[] => names.filter((name) => Object.hasOwn(body as object, name))

/** What two access tokens are answered by the two families of paths. */
async function access(options: EmulatorOptions) {
  const { call } = start(options)
  const statusOf = async (path: string, token: string) =>
    (await call('GET', path, undefined, { authorization: `Bearer ${token}` })).status
  return inSequence(['a', 'b'], (token) => inSequence([`${agreements}/x`, `${payments}/search`], (path) => statusOf(path, token)))
}

const agreementStatuses = async (options: EmulatorOptions) => {
  const { emulator, propose, call } = start(options)
  const [pending, confirmed] = [await propose('p'), await propose('c')]
  emulator.buyer.approve(confirmed)
  const statusOf = async (id: string) => (await call<JsonObject>('GET', `${agreements}/${id}`)).body.status
  const statuses = [await statusOf(pending), await statusOf(confirmed)]
  await emulator.clock.advance(365 * DAY_MS)
  return [...statuses, await statusOf(pending)]
}

/** A coupon and a promise of ten percent, as they are shown. */
async function discounted(options: EmulatorOptions, amount = 100) {
  const shop = await linked(options)
  shop.emulator.coupons.add({ code: 'TEN', type: 'percent', value: 10, cap: 50 })
  const payer = { 'x-payer-token': shop.token }
  const coupon = (await shop.call<JsonObject>('POST', coupons, { id: 'TEN' }, payer)).body
  const promise = (await shop.call<JsonObject & { discount: JsonObject }>('POST', discounts, { amount, coupon: 'TEN' }, payer))
    .body
  return { ...shop, coupon, promise }
}

const promiseAfter =
  (amounts: object, ...delays: number[]) =>
  (options: EmulatorOptions) =>
    inSequence(delays, async (delay) => {
      const { emulator, call, token, pay } = await linked(options)
      emulator.coupons.add({ code: 'TEN', type: 'fixed', value: 10, cap: 10 })
      emulator.coupons.add({ type: 'fixed', value: 10, cap: 10 })
      await call('POST', discounts, { amount: 100, ...amounts }, { 'x-payer-token': token })
      await emulator.clock.advance(delay)
      const code = 'coupon' in amounts ? amounts.coupon : null
      const discount = { amount: 10, description: '', code, detail: { value: 10, type: 'fixed', cap: 10 } }
      return (await pay(token, 100, { wallet: { discount } })).status
    })

// Those of payments and notifications have files of their own.
describeRules<Exclude<keyof Rules, PaymentRule | NotificationRule>>({
  site: [
    async (options) => {
      const { pay, token } = await linked(options)
      const { body, status } = await pay(token, 1.5)
      return [status, (body as unknown as JsonObject).site_id]
    },
    [201, 'MLA'],
    ...(['MLA', 'MLB', 'MCO', 'MLM', 'MPE', 'MLU'] as const).map((site): [typeof site, unknown] => [site, [201, site]]),
    ['MLC', [400, undefined]],
  ],
  origin: [
    async (options) => {
      const { call, emulator } = start(options)
      const { body } = await call<JsonObject>('POST', agreements, agreementRequest)
      return [emulator.origin, new URL(String(body.agreement_uri)).origin]
    },
    ['https://mercadopago.test', 'https://mercadopago.test'],
    ['http://127.0.0.1:8787', ['http://127.0.0.1:8787', 'http://127.0.0.1:8787']],
  ],
  accessTokens: [
    access,
    Array(2).fill([404, 200]),
    [
      ['b'],
      [
        [401, 401],
        [404, 200],
      ],
    ],
    [[], Array(2).fill([401, 401])],
  ],
  disabledAccessTokens: [
    access,
    Array(2).fill([404, 200]),
    [
      ['b'],
      [
        [404, 200],
        [403, 403],
      ],
    ],
  ],
  requestIds: [
    async (options) => (await start(options).call('GET', payments)).headers.has('x-request-id'),
    true,
    [false, false],
    [true, true],
  ],

  agreementLifetimeMs: [
    async (options) => {
      const { propose, call, emulator } = start(options)
      const id = await propose()
      await emulator.clock.advance(400 * DAY_MS)
      const { status, date_expire } = (await call<JsonObject>('GET', `${agreements}/${id}`)).body
      return [status, date_expire]
    },
    ['expired', '2027-01-01T00:00:00Z'],
    [DAY_MS, ['expired', '2026-01-02T00:00:00Z']],
    [500 * DAY_MS, ['pending', '2027-05-16T00:00:00Z']],
    [Number.POSITIVE_INFINITY, ['pending', null]],
  ],
  codeLifetimeMs: [
    (options) =>
      inSequence([599_999, 600_000], async (delay) => {
        const { propose, call, emulator } = start(options)
        const id = await propose()
        const { code } = emulator.buyer.approve(id)
        await emulator.clock.advance(delay)
        return (await call('POST', `${agreements}/${id}/payer_token`, { code })).status
      }),
    [200, 400],
    [600_001, [200, 200]],
    [Number.POSITIVE_INFINITY, [200, 200]],
    [0, [400, 400]],
  ],
  codeReuse: [
    async (options) => {
      const { call, id, code, token } = await linked(options)
      const { status, body } = await call<JsonObject>('POST', `${agreements}/${id}/payer_token`, { code })
      return [status, body.payer_token === token]
    },
    [400, false],
    ['refused', [400, false]],
    ['same_token', [200, true]],
  ],
  requireExternalFlowId: [
    async (options) =>
      (await start(options).call('POST', agreements, { ...agreementRequest, external_flow_id: undefined })).status,
    400,
    [true, 400],
    [false, 200],
  ],
  lengthLimits: [
    async (options) => {
      const { call } = start(options)
      const statusOf = async (change: object) => (await call('POST', agreements, { ...agreementRequest, ...change })).status
      const uris = [300, 301, 2_048, 2_049].map((length) => ({ return_uri: 'https://seller.test/'.padEnd(length, 'x') }))
      return [
        ...(await inSequence(uris, statusOf)),
        ...(await inSequence([64, 65, 300, 301], (length) => statusOf({ external_flow_id: 'x'.repeat(length) }))),
      ]
    },
    [200, 200, 200, 400, 200, 400, 400, 400],
    ['newer', [200, 200, 200, 400, 200, 400, 400, 400]],
    ['older', [200, 400, 400, 400, 200, 200, 200, 400]],
  ],
  redirectUris: [
    async (options) =>
      inSequence(['https://shop.example/linked?x=1', 'https://other.example/'], async (return_uri) => {
        const { call } = start(options)
        const body = { return_uri, external_flow_id: 'flow', external_user: { id: 'buyer' } }
        return (await call<{ code?: string }>('POST', agreements, body)).body.code ?? 'accepted'
      }),
    ['accepted', 'accepted'],
    [['https://shop.example/'], ['accepted', 'RedirectUriMismatch']],
    [[], ['RedirectUriMismatch', 'RedirectUriMismatch']],
  ],
  acceptReturnUrl: [
    async (options) => {
      const { return_uri, ...rest } = agreementRequest
      return (await start(options).call('POST', agreements, { ...rest, return_url: return_uri })).status
    },
    200,
    [true, 200],
    [false, 400],
  ],
  agreementErrorCodes: [
    async (options) => {
      const { call, propose } = start(options)
      const errors = [
        await call<JsonObject>('POST', agreements, {}),
        await call<JsonObject>('POST', `${agreements}/${await propose()}/payer_token`),
      ]
      return errors.map(({ body }) => body.code)
    },
    ['ReturnUriNull', 'CodeMissing'],
    [true, ['ReturnUriNull', 'CodeMissing']],
    [false, [undefined, undefined]],
  ],
  unconfirmedStatus: [
    agreementStatuses,
    ['pending', 'confirmed_by_user', 'expired'],
    ['created', ['created', 'confirmed_by_user', 'expired']],
  ],
  confirmedStatus: [agreementStatuses, ['pending', 'confirmed_by_user', 'expired'], ['active', ['pending', 'active', 'expired']]],
  expiredStatus: [
    agreementStatuses,
    ['pending', 'confirmed_by_user', 'expired'],
    ['ended', ['pending', 'confirmed_by_user', 'ended']],
  ],
  cancelDate: [
    async (options) => {
      const { call, id } = await linked(options)
      await call('DELETE', `${agreements}/${id}`)
      const { body } = await call<JsonObject>('GET', `${agreements}/${id}`)
      return among(body, 'date_canceled', 'date_cancelled').map((name) => [name, body[name]])
    },
    [['date_canceled', '2026-01-01T00:00:00Z']],
    ['date_canceled', [['date_canceled', '2026-01-01T00:00:00Z']]],
    ['date_cancelled', [['date_cancelled', '2026-01-01T00:00:00Z']]],
    ['both', ['date_canceled', 'date_cancelled'].map((name) => [name, '2026-01-01T00:00:00Z'])],
  ],
  codeName: [
    async (options) => {
      const { call, id } = await linked(options)
      return among((await call('GET', `${agreements}/${id}`)).body, 'validation_code', 'agreement_code')
    },
    ['validation_code'],
    ['validation_code', ['validation_code']],
    ['agreement_code', ['agreement_code']],
  ],
  deleteBody: [
    async (options) => {
      const { call, id } = await linked(options)
      const { status, text } = await call('DELETE', `${agreements}/${id}`)
      return [status, text]
    },
    [200, ''],
    ['none', [200, '']],
    ['object', [200, '{}']],
  ],
  cancelTwice: [
    async (options) => {
      const { call, id } = await linked(options)
      return inSequence([1, 2], async () => (await call('DELETE', `${agreements}/${id}`)).status)
    },
    [200, 200],
    ['accepted', [200, 200]],
    ['refused', [200, 400]],
  ],
  oneAgreementPerUser: [
    async (options) => {
      const { emulator, propose } = await linked(options)
      const id = await propose()
      return messageOf(() => emulator.buyer.approve(id))
    },
    expect.stringMatching(/^The user has an active agreement: \w{32}$/),
    [true, expect.stringContaining('The user has an active agreement')],
    [false, 'done'],
  ],
  refusal: [
    async (options) => {
      const { emulator, propose, call } = start(options)
      const id = await propose()
      emulator.buyer.refuse(id)
      return [(await call<JsonObject>('GET', `${agreements}/${id}`)).body.status, emulator.effects.at(-1)?.kind]
    },
    ['pending', 'agreement_refused'],
    ['leaves_open', ['pending', 'agreement_refused']],
    ['cancels', ['cancelled', 'agreement_cancelled']],
  ],
  returnExternalFlowId: [
    async (options) => {
      const { emulator, propose } = start(options)
      const uris = [emulator.buyer.approve(await propose('a')), emulator.buyer.refuse(await propose('b'))]
      return uris.map(({ redirect_uri }) => new URL(redirect_uri).searchParams.get('external_flow_id'))
    },
    [null, null],
    [false, [null, null]],
    [true, ['EXTERNAL_FLOW_ID', 'EXTERNAL_FLOW_ID']],
  ],
  enforceValidationAmount: [
    async (options) => {
      const { emulator, propose } = start({ balance: 3.13, ...options })
      const id = await propose()
      const card = { payment_type_id: 'credit_card', payment_method_id: 'visa' } as const
      const first = messageOf(() => emulator.buyer.approve(id))
      return first === 'done' ? first : [first, messageOf(() => emulator.buyer.approve(id, card))]
    },
    'done',
    [false, 'done'],
    [true, ['The balance does not cover validation_amount: the buyer has to add a card', 'done']],
  ],

  couponDetail: [
    async (options) => among((await discounted(options)).coupon, 'detail', 'details'),
    ['detail'],
    ['detail', ['detail']],
    ['details', ['details']],
    ['both', ['detail', 'details']],
  ],
  couponPercentName: [
    async (options) => (await discounted(options)).coupon.detail,
    { value: 10, type: 'percent', cap: 50 },
    ['percent', { value: 10, type: 'percent', cap: 50 }],
    ['percentage', { value: 10, type: 'percentage', cap: 50 }],
  ],
  promisePercentName: [
    async (options) => (await discounted(options)).promise.discount.detail,
    { value: 10, type: 'percentage', cap: 50 },
    ['percentage', { value: 10, type: 'percentage', cap: 50 }],
    ['percent', { value: 10, type: 'percent', cap: 50 }],
  ],
  legalTerms: [
    async (options) => {
      const { promise } = await discounted(options)
      return [promise, promise.discount].map((where) => typeof where.legal_terms)
    },
    ['string', 'undefined'],
    ['top', ['string', 'undefined']],
    ['inside', ['undefined', 'string']],
    ['both', ['string', 'string']],
  ],
  discountRounding: [
    async (options) => (await discounted(options, 1.05)).promise.discount.amount,
    0.11,
    ['half_up', 0.11],
    ['down', 0.1],
  ],
  promiseReleaseMs: [promiseAfter({}, 199, 200, 999), [201, 400, 400], [1_000, [201, 201, 201]], [0, [400, 400, 400]]],
  couponPromiseReleaseMs: [
    promiseAfter({ coupon: 'TEN' }, 200, 9_999, 10_000),
    [201, 201, 400],
    [200, [400, 400, 400]],
    [Number.POSITIVE_INFINITY, [201, 201, 201]],
  ],
})
