import { type OperationName, prepare, RefusedError } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { document, documentNames } from '../support/client/documents.ts'
import { json, scriptedFetch } from '../support/client/scripted-fetch.ts'
import { anInput, rejection, walletWith } from '../support/client/wallet.ts'

const inPath: Record<string, object> = {
  'agreements.createPayerToken': { agreement_id: '22abcd1235ed497f945f755fcaba3c6c' },
  'payments.capture': { advanced_payment_id: 10267812 },
  'payments.cancel': { advanced_payment_id: 10267812 },
  'payments.refund': { advanced_payment_id: 10267812 },
  'discounts.validateCoupon': { payer_token: 'PAYER_TOKEN' },
  'discounts.create': { payer_token: 'PAYER_TOKEN' },
}

const requests: [file: string, operation: OperationName][] = [
  ['create-agreement.request', 'agreements.create'],
  ['create-payer-token.request', 'agreements.createPayerToken'],
  ['validate-coupon.request', 'discounts.validateCoupon'],
  ['create-discount.with-coupon.request', 'discounts.create'],
  ['create-discount.without-coupon.request', 'discounts.create'],
  ['create-discount.reference.request', 'discounts.create'],
  ['create-payment.request', 'payments.create'],
  ['create-payment.no-binary-mode.request', 'payments.create'],
  ['create-payment.reference.request', 'payments.create'],
  ['capture-payment.request', 'payments.capture'],
  ['capture-payment.sdk.request', 'payments.capture'],
  ['cancel-payment.sdk.request', 'payments.cancel'],
  ['update-payment.reference-cancelled.request', 'payments.cancel'],
  ['refund-payment.partial.request', 'payments.refund'],
  ['refund-payment.full-zero.request', 'payments.refund'],
]

describe('a documented request', () => {
  it.each(requests)('%s is accepted by %s and sent unchanged', (file, operation) => {
    const body = document(file)
    const prepared = prepare(operation, { ...inPath[operation], ...body } as never)
    const added = file === 'create-payment.no-binary-mode.request' ? { binary_mode: true } : {}
    expect(JSON.parse(prepared.body ?? '')).toEqual({ ...body, ...added })
  })

  it('is refused with the older spelling return_url, and the message suggests return_uri', () => {
    const body = document('create-agreement.legacy-return-url.request')
    expect(() => prepare('agreements.create', body as never)).toThrow('did you mean return_uri?')
  })

  it('is sent to the documented address with the documented headers', async () => {
    const fetch = scriptedFetch(json(201, document('create-payment.approved.response.201')))
    const wallet = walletWith(fetch, { platformId: 'YOUR_PLATFORM_ID' })
    const key = '0d5020ed-1af6-469c-ae06-c3bec19954bb'
    await wallet.payments.create(document('create-payment.reference.request') as never, {
      idempotencyKey: key,
      deviceId: 'DEVICE_ID',
    })

    const [sent] = fetch.sent
    expect(sent?.url).toBe('https://api.mercadopago.com/v1/advanced_payments')
    expect(sent?.method).toBe('POST')
    expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer TEST-access',
      'content-type': 'application/json',
      'x-idempotency-key': key,
      'x-meli-session-id': 'DEVICE_ID',
      'x-platform-id': 'YOUR_PLATFORM_ID',
    })
  })

  it.each([
    ['agreements.create', 'POST', '/v2/wallet_connect/agreements', document('create-agreement.request')],
    ['agreements.get', 'GET', '/v2/wallet_connect/agreements/abc', { agreement_id: 'abc' }],
    ['agreements.cancel', 'DELETE', '/v2/wallet_connect/agreements/abc', { agreement_id: 'abc' }],
    ['agreements.createPayerToken', 'POST', '/v2/wallet_connect/agreements/abc/payer_token', { agreement_id: 'abc', code: 'c' }],
    ['discounts.validateCoupon', 'POST', '/v2/wallet_connect/coupons', { payer_token: 't', id: 'C' }],
    ['discounts.create', 'POST', '/v2/wallet_connect/discounts', { payer_token: 't', amount: 1 }],
    ['payments.create', 'POST', '/v1/advanced_payments', document('create-payment.request')],
    ['payments.get', 'GET', '/v1/advanced_payments/7', { advanced_payment_id: 7 }],
    [
      'payments.search',
      'GET',
      '/v1/advanced_payments/search?external_reference=Pago_123&limit=10',
      { external_reference: 'Pago_123', limit: 10 },
    ],
    ['payments.capture', 'PUT', '/v1/advanced_payments/7', { advanced_payment_id: 7 }],
    ['payments.cancel', 'PUT', '/v1/advanced_payments/7', { advanced_payment_id: '7' }],
    ['payments.refund', 'POST', '/v1/advanced_payments/7/refunds', { advanced_payment_id: 7 }],
    ['payments.listRefunds', 'GET', '/v1/advanced_payments/7/refunds', { advanced_payment_id: 7 }],
  ] as const)('%s is %s %s', (operation, method, path, input) => {
    expect(prepare(operation, input as never)).toMatchObject({ operation, method, path })
  })
})

const answers: [file: string, status: number, operation: OperationName, expected: object][] = [
  ['create-agreement.response.200', 200, 'agreements.create', { agreement_id: '22abcd1235ed497f945f755fcaba3c6c' }],
  [
    'get-agreement.response.200',
    200,
    'agreements.get',
    { id: 'b1234e5678b91c23a456e78912345b67', status: 'confirmed_by_user', date_canceled: '2023-02-16T00:02:52Z' },
  ],
  ['create-payer-token.response.200', 200, 'agreements.createPayerToken', { payer_token: expect.stringMatching(/^abcdef/) }],
  [
    'validate-coupon.success.response.200',
    200,
    'discounts.validateCoupon',
    { status: 'success', detail: { value: 10, cap: 100 } },
  ],
  [
    'validate-coupon.guide-pending.response.200',
    200,
    'discounts.validateCoupon',
    { status: 'pending', detail: { value: 10, cap: 1000 } },
  ],
  ['validate-coupon.invalid.response.200', 200, 'discounts.validateCoupon', { status: 'invalid' }],
  [
    'create-discount.with-coupon.response.200',
    200,
    'discounts.create',
    { legal_terms: 'https://mp.com/legal', discount: { amount: 55 } },
  ],
  [
    'create-discount.reference.response.200',
    200,
    'discounts.create',
    { discount: { amount: 15, detail: { type: 'percentage' } } },
  ],
  ['create-discount.none-with-coupon.response.200', 200, 'discounts.create', { transaction_amount: 550, discount: {} }],
  ['create-discount.none-without-coupon.response.200', 200, 'discounts.create', { discount: {} }],
  ['create-payment.approved.response.201', 201, 'payments.create', { id: 10458724, status: 'approved' }],
  [
    'create-payment.insufficient-funds.response.201',
    201,
    'payments.create',
    { id: 90458724, status: 'rejected', payments: [{ id: null, status_detail: 'insufficient_money' }] },
  ],
  [
    'create-payment.discount.response.201',
    201,
    'payments.create',
    { id: 1234567, disbursements: [], payments: [{ coupon_amount: 10 }] },
  ],
  ['get-payment.response.200', 200, 'payments.get', { id: 10267812, disbursements: [{ collector_id: 'collectorId' }] }],
  ['get-payment.split-mock.response.200', 200, 'payments.get', { id: 20458724, payments: [], disbursements: [{ amount: 80 }] }],
  ['update-payment.response.200', 200, 'payments.capture', { id: 10234567, wallet_payment: { transaction_amount: 125.98 } }],
  ['cancel-payment.wallet-2019.response.200', 200, 'payments.cancel', { id: 10458724, status: 'cancelled' }],
  ['refund-payment.response.200', 200, 'payments.refund', [{ id: '1242469925', payment_id: '51617407254', amount: 25 }]],
]

describe('a documented response', () => {
  it.each(answers)('%s (%i) is read by %s without drift', async (file, status, operation, expected) => {
    const drift: unknown[] = []
    const wallet = walletWith(scriptedFetch(json(status, document(file))), { onDrift: (event) => drift.push(event) })
    const { data } = await wallet.send(wallet.prepare(operation, anInput[operation] as never))
    expect(data).toMatchObject(expected)
    expect(drift).toEqual([])
  })

  it('is accepted for a cancelled agreement if it is empty or {}', async () => {
    for (const body of [null, '', '{}']) {
      const wallet = walletWith(scriptedFetch(() => new Response(body, { status: 200 })))
      await expect(wallet.agreements.cancel('abc')).resolves.toBeUndefined()
    }
  })

  it('keeps undocumented fields', async () => {
    const body = { ...document('create-payment.approved.response.201'), a_future_field: { a: 1 } }
    const payment = await walletWith(scriptedFetch(json(201, body))).payments.create(document('create-payment.request') as never)
    expect(payment.a_future_field).toEqual({ a: 1 })
  })
})

const errors: [file: string, status: number, operation: OperationName, apiCode: string | undefined, message: string][] = [
  ['error.400.agreement-return-uri-required', 400, 'agreements.create', undefined, 'Field return_uri is required'],
  ['error.400.agreement-external-user-blank', 400, 'agreements.create', undefined, 'Field external_user must not be blank'],
  ['error.404.agreement-not-found', 404, 'agreements.createPayerToken', undefined, 'The agreement_id does not exist'],
  ['error.404.agreement-with-that-id', 404, 'agreements.get', undefined, 'The Agreement with that id'],
  ['error.400.coupon-bad-request', 400, 'discounts.validateCoupon', undefined, ''],
  ['error.400.invalid-coupon-id', 400, 'discounts.validateCoupon', undefined, 'Invalid coupon_id.'],
  ['error.400.discount-amount-zero', 400, 'discounts.create', undefined, 'transaction_amount must be greater than 0'],
  ['error.400.discount-amount-null', 400, 'discounts.create', undefined, 'transaction_amount must not be null.'],
  ['error.400.discount-bad-request', 400, 'discounts.create', undefined, ''],
  ['error.400.discount-mismatch', 400, 'payments.create', '400136', "discount doesn't exist or amount is incorrect"],
  ['error.401.invalid-payer-token', 401, 'payments.create', '401003', 'Invalid payer token.'],
  ['error.400.missing-idempotency', 400, 'payments.create', 'empty_required_header', 'Missing HTTP header: X-Idempotency-Key'],
  ['error.400.idempotency-bad-request', 400, 'payments.create', undefined, 'Some parameters are invalid for search.'],
  ['error.422.idempotency-key-used', 422, 'payments.create', '422001', 'Idempotency key already used.'],
  ['error.404.payment-not-found', 404, 'payments.get', undefined, 'Advanced payment not found.'],
  ['error.400.refund-invalid-splitter-id', 400, 'payments.refund', '400048', 'Invalid splitter id.'],
  ['error.404.refund-not-found', 404, 'payments.refund', '404002', 'Advanced payment not found.'],
  [
    'error.403.policy-agent',
    403,
    'payments.create',
    'PA_UNAUTHORIZED_RESULT_FROM_POLICIES',
    'At least one policy returned UNAUTHORIZED.',
  ],
  [
    'error.400.openapi-generic',
    400,
    'payments.create',
    undefined,
    'Invalid parameter: transaction_amount must be greater than 0',
  ],
  ['error.401.openapi-generic', 401, 'payments.create', undefined, 'Invalid access token'],
  [
    'orders.error.403.not-authorized',
    403,
    'payments.create',
    undefined,
    'The application is not authorized to perform this type of payment',
  ],
  ['orders.failed-transaction.response.402', 402, 'payments.create', 'failed', 'The following transactions failed'],
]

describe('a documented error', () => {
  it.each(errors)('%s (%i) of %s is a RefusedError with code %s', async (file, status, operation, apiCode, message) => {
    const wallet = walletWith(scriptedFetch(json(status, document(file), { 'x-request-id': 'req-1' })))
    const error = await rejection<RefusedError>(wallet.send(wallet.prepare(operation, anInput[operation] as never)))
    expect(error).toBeInstanceOf(RefusedError)
    expect(error).toMatchObject({ code: 'refused', outcome: 'none', status, apiCode, requestId: 'req-1' })
    expect(error.message).toContain(message)
  })

  it('of status 429 is repeated, and ends as UnavailableError with reason rate_limited', async () => {
    const limited = json(429, document('error.429.rate-limited'), { 'retry-after': '0' })
    const fetch = scriptedFetch(limited)
    const error = await rejection(walletWith(fetch).payments.create(document('create-payment.request') as never))
    expect(error).toMatchObject({ code: 'unavailable', reason: 'rate_limited', outcome: 'none', status: 429, attempts: 3 })
  })

  it('409/401001 is repeated until the first request has its answer', async () => {
    const busy = json(409, document('error.409.idempotency-in-progress'), { 'retry-after': '0' })
    const fetch = scriptedFetch(busy, busy, json(200, document('create-payment.approved.response.201')))
    const wallet = walletWith(fetch)
    const answer = await wallet.send(wallet.prepare('payments.create', document('create-payment.request') as never))
    expect(answer).toMatchObject({ status: 200, attempts: 3, replayed: true, data: { id: 10458724 } })
  })
})

it('every example is used by a test', () => {
  const used = [...requests, ...answers, ...errors].map(([file]) => file)
  const elsewhere = [
    ...documentNames.filter((name) => name.startsWith('webhook.')), // test/unit/notifications.test.ts
    'cancel-agreement.response.200',
    'create-agreement.legacy-return-url.request',
    'error.409.idempotency-in-progress',
    'error.429.rate-limited',
  ]
  expect(documentNames.filter((name) => !used.includes(name) && !elsewhere.includes(name))).toEqual([])
})
