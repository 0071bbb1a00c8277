import { withOffset } from '../world/clock.ts'
import type { Json } from '../world/json.ts'
import type { PaymentRecord, RefundRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { paymentError } from './api-error.ts'
import { announcePayment } from './notification-rules.ts'
import { chargedAmount, findPayment, isFresh, moveMoney, recordPayment } from './payment-rules.ts'
import { COLLECTOR_ID } from './seller.ts'

const total = (refunds: RefundRecord[]): number => refunds.reduce((sum, { amount }) => sum + amount, 0)

/** The amount that can still be refunded. */
export const leftOf = (payment: PaymentRecord): number => chargedAmount(payment) - total(payment.refunds)

function requirePayment(world: World, id: string): PaymentRecord {
  if (!/^\d{1,16}$/.test(id)) throw paymentError(400, 'Invalid splitter id.', '400048')
  const payment = findPayment(world, id)
  if (!payment) throw paymentError(404, 'Advanced payment not found.', '404002')
  return payment
}

/** `POST /v1/advanced_payments/{advanced_payment_id}/refunds`: refunds `amount`, or all that is left if it is 0 or left out. */
export function refundPayment(world: World, id: string, body: Json, idempotencyKey: string | null): object | undefined {
  const { state, rules } = world
  const payment = requirePayment(world, id)
  const left = leftOf(payment)
  if (payment.refunds.length > 0 && left === 0) throw paymentError(400, 'Payment already refunded')
  const isPaid = payment.status === 'approved' || payment.status === 'partially_refunded'
  if (!isPaid || isFresh(world, payment)) throw paymentError(400, "Can't set status refunded.")
  if (state.now >= payment.createdAt + rules.refundWindowMs) throw paymentError(400, 'AdvancedPayment too old to be refunded.')
  const isFull = body.amount === undefined || body.amount === null || body.amount === 0
  const amount = isFull ? left : world.toMinor(body.amount)
  if (amount === undefined || amount <= 0 || amount > left) throw paymentError(400, 'Invalid amount')

  const refund = makeRefund(world, payment, amount, idempotencyKey)
  if (rules.refundDelayMs > 0) world.schedule(rules.refundDelayMs, { kind: 'settle_refund', payment: payment.id })
  else settleRefund(world, payment.id)
  const shown = showRefund(world, payment, refund)
  return { array: [shown], object: shown, empty: undefined }[rules.refundAnswer]
}

/** Gives the money back to the buyer. The status of the payment may change later. */
export function makeRefund(world: World, payment: PaymentRecord, amount: number, idempotencyKey: string | null): RefundRecord {
  const refund: RefundRecord = { id: world.nextId(), amount, createdAt: world.state.now }
  payment.refunds.push(refund)
  moveMoney(world, payment, amount)
  recordPayment(world, 'payment_refunded', payment, amount, idempotencyKey)
  return refund
}

/** Changes the status of a payment after its refunds, once their delay is over. */
export function settleRefund(world: World, id: number): void {
  const { state, rules } = world
  const payment = state.payments[id]
  // Refunded or charged back in another way in the meantime: that status is final.
  if (payment?.status !== 'approved' && payment?.status !== 'partially_refunded') return
  const settled = payment.refunds.filter(({ createdAt }) => createdAt + rules.refundDelayMs <= state.now)
  const isWhole = total(settled) === chargedAmount(payment)
  payment.status = isWhole ? 'refunded' : 'partially_refunded'
  payment.innerStatus = isWhole ? 'refunded' : 'approved'
  payment.statusDetail = payment.status
  payment.updatedAt = state.now
  announcePayment(world, payment, 'updated')
}

/** `GET /v1/advanced_payments/{advanced_payment_id}/refunds` */
export function listRefunds(world: World, id: string): object {
  const payment = requirePayment(world, id)
  return payment.refunds.map((refund) => showRefund(world, payment, refund))
}

function showRefund({ rules, print }: World, { innerId }: PaymentRecord, { id, amount, createdAt }: RefundRecord): object {
  const spell = (value: number | null) => (rules.refundIds === 'string' ? String(value) : value)
  return {
    id: spell(id),
    payment_id: spell(innerId),
    amount: print(amount),
    source: { id: COLLECTOR_ID, name: 'Test Test', type: 'collector' },
    date_created: withOffset(createdAt),
    status: 'approved',
  }
}
