import { COLLECTOR_ID, findAgreement } from './agreement-rules.ts'
import { ApiError, invalidParameters, paymentError } from './api-error.ts'
import { withOffset } from './clock.ts'
import type { PaymentRecord } from './state.ts'
import type { World } from './world.ts'

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** `POST /v1/advanced_payments`: 201 whether approved or rejected. */
export function createPayment(world: World, body: Json, idempotencyKey: string): object {
  const { wallet_payment: wallet, payer, capture = true, binary_mode: binaryMode = true } = body
  if (!isObject(wallet) || !isObject(payer)) throw invalidParameters()
  if (wallet.transaction_amount === undefined) throw paymentError(400, 'Field transaction_amount is required.')
  const amount = world.toMinor(wallet.transaction_amount)
  if (amount === undefined || amount <= 0) throw paymentError(400, 'Invalid transaction amount in wallet payments.')
  if (typeof capture !== 'boolean' || typeof binaryMode !== 'boolean') throw invalidParameters()
  if (payer.type_token !== 'wallet-token' && payer.type_token !== 'wallet-tokens') throw invalidParameters()
  const agreement = Object.values(world.state.agreements).find(({ payerToken }) => payerToken && payerToken === payer.token)
  if (!agreement || findAgreement(world, agreement.id)?.status !== 'confirmed_by_user') {
    throw paymentError(401, 'Invalid payer token.', '401003')
  }
  if (isObject(wallet.discount) && Object.keys(wallet.discount).length > 0) throw discountMismatch()

  const isFunded = amount <= balanceOf(world, agreement.externalUser.id)
  const status = isFunded ? (capture ? 'approved' : 'authorized') : 'rejected'
  const payment: PaymentRecord = {
    id: world.nextId(),
    innerId: isFunded ? world.nextId() : null,
    agreementId: agreement.id,
    status,
    innerStatus: status,
    statusDetail: { approved: 'accredited', authorized: 'pending_capture', rejected: 'insufficient_money' }[status],
    amount,
    captured: capture,
    binaryMode,
    description: text(wallet.description),
    externalReference: text(wallet.external_reference),
    createdAt: world.state.now,
    updatedAt: world.state.now,
    refunds: [],
  }
  world.state.payments[payment.id] = payment
  if (isFunded) moveMoney(world, payment, -amount)
  const kind = { approved: 'payment_charged', authorized: 'payment_reserved', rejected: 'payment_rejected' } as const
  recordPayment(world, kind[status], payment, amount, idempotencyKey)
  return showPayment(world, payment)
}

/** No coupons or promises exist here yet, so no discount can be right. Envelope C. */
const discountMismatch = (): ApiError => {
  const description = "discount doesn't exist or amount is incorrect"
  return new ApiError(400, {
    error: 'bad_request',
    message: description,
    status: 400,
    cause: [{ code: 400136, description, data: null }],
  })
}

const balanceOf = ({ state }: World, user: string): number => state.balances[user] ?? state.defaultBalance

/** Adds to the balance of the buyer who made this payment. */
export function moveMoney(world: World, { agreementId }: PaymentRecord, amount: number): void {
  const user = world.state.agreements[agreementId]?.externalUser.id ?? ''
  world.state.balances[user] = balanceOf(world, user) + amount
}

export function recordPayment(
  world: World,
  kind: Parameters<World['record']>[0]['kind'],
  payment: PaymentRecord,
  amount: number,
  idempotencyKey: string | null,
): void {
  world.record({
    kind,
    agreement_id: payment.agreementId,
    payment_id: payment.id,
    amount: world.toMajor(amount),
    external_reference: payment.externalReference,
    idempotency_key: idempotencyKey,
  })
}

export function findPayment({ state }: World, id: string): PaymentRecord | undefined {
  return /^\d{1,16}$/.test(id) ? state.payments[Number(id)] : undefined
}

function requirePayment(world: World, id: string): PaymentRecord {
  const payment = findPayment(world, id)
  if (!payment) throw paymentError(404, 'Advanced payment not found.', undefined, 'Not found')
  return payment
}

/** `GET /v1/advanced_payments/{advanced_payment_id}` */
export const getPayment = (world: World, id: string): object => showPayment(world, requirePayment(world, id))

/** `PUT /v1/advanced_payments/{advanced_payment_id}`: `capture: true`, or `status` in either spelling to cancel. */
export function updatePayment(world: World, id: string, body: Json, idempotencyKey: string | null): object {
  const payment = requirePayment(world, id)
  const isCancellation = body.status === 'cancelled' || body.status === 'canceled'
  if (isCancellation === (body.capture === true)) throw invalidParameters()
  if (payment.status !== 'authorized') {
    throw paymentError(400, isCancellation ? 'Unable to complete process.' : 'Invalid capture payment status')
  }
  payment.status = payment.innerStatus = isCancellation ? 'cancelled' : 'approved'
  payment.statusDetail = isCancellation ? 'by_collector' : 'accredited'
  payment.captured = !isCancellation
  payment.updatedAt = world.state.now
  if (isCancellation) moveMoney(world, payment, payment.amount)
  recordPayment(world, isCancellation ? 'payment_cancelled' : 'payment_captured', payment, payment.amount, idempotencyKey)
  return showPayment(world, payment)
}

const FILTERS: Record<string, (payment: PaymentRecord, world: World) => string> = {
  status: ({ status }) => status,
  external_reference: ({ externalReference }) => externalReference ?? '',
  'payment.id': ({ innerId }) => String(innerId),
  'payment.external_reference': ({ externalReference }) => externalReference ?? '',
  'payment.payment_method_id': () => 'account_money',
  'payment.transaction_amount': ({ amount }, world) => String(world.toMajor(amount)),
  'payer.id': () => String(PAYER_ID),
  'disbursement.collector_id': () => String(COLLECTOR_ID),
}

/** `GET /v1/advanced_payments/search`: newest first (a guess); filters that are not known are ignored. */
export function searchPayments(world: World, query: URLSearchParams): object {
  const number = (name: string, fallback: number): number => {
    const value = query.get(name) ?? String(fallback)
    if (!/^\d{1,9}$/.test(value)) throw invalidParameters()
    return Number(value)
  }
  const { searchLimit } = world.rules
  const limit = Math.min(number('limit', searchLimit), searchLimit)
  const offset = number('offset', 0)
  const filters = Object.entries(FILTERS).filter(([name]) => query.has(name))
  const found = Object.values(world.state.payments)
    .filter((payment) => filters.every(([name, read]) => read(payment, world) === query.get(name)))
    .sort((a, b) => b.id - a.id)
  return {
    paging: { total: found.length, limit, offset },
    results: found.slice(offset, offset + limit).map((payment) => showPayment(world, payment)),
  }
}

const PAYER_ID = 786547

/** The payment as the API prints it. One refused before it came to be has neither dates nor instalments. */
export function showPayment({ rules, toMajor }: World, payment: PaymentRecord): object {
  const { description, externalReference: external_reference } = payment
  const transaction_amount = toMajor(payment.amount)
  const isRejected = payment.status === 'rejected'
  return {
    id: payment.id,
    status: payment.status,
    wallet_payment: { transaction_amount, description, external_reference },
    payments: [
      {
        id: payment.innerId,
        status: payment.innerStatus,
        status_detail: payment.statusDetail,
        payment_type_id: 'account_money',
        payment_method_id: 'account_money',
        transaction_amount,
        ...(!isRejected && { installments: 1 }),
        description,
        capture: payment.captured,
        external_reference,
      },
    ],
    disbursements: [{ collector_id: COLLECTOR_ID }],
    payer: { id: PAYER_ID },
    site_id: rules.site,
    binary_mode: payment.binaryMode,
    ...(!isRejected && {
      date_created: withOffset(payment.createdAt),
      date_last_updated: withOffset(payment.updatedAt),
    }),
  }
}
