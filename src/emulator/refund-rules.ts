import { COLLECTOR_ID } from './agreement-rules.ts'
import { paymentError } from './api-error.ts'
import { withOffset } from './clock.ts'
import { findPayment, moveMoney, recordPayment } from './payment-rules.ts'
import type { PaymentRecord, RefundRecord } from './state.ts'
import type { World } from './world.ts'

const total = (refunds: RefundRecord[]): number => refunds.reduce((sum, { amount }) => sum + amount, 0)

function requirePayment(world: World, id: string): PaymentRecord {
  if (!/^\d{1,16}$/.test(id)) throw paymentError(400, 'Invalid splitter id.', '400048')
  const payment = findPayment(world, id)
  if (!payment) throw paymentError(404, 'Advanced payment not found.', '404002')
  return payment
}

/** `POST /v1/advanced_payments/{advanced_payment_id}/refunds`: `amount`, or all that is left for none or 0. */
export function refundPayment(world: World, id: string, body: Record<string, unknown>, idempotencyKey: string | null): object {
  const payment = requirePayment(world, id)
  const left = payment.amount - total(payment.refunds)
  if (payment.captured && left === 0) throw paymentError(400, 'Payment already refunded')
  if (payment.status !== 'approved' && payment.status !== 'partially_refunded') {
    throw paymentError(400, "Can't set status refunded.")
  }
  const isFull = body.amount === undefined || body.amount === null || body.amount === 0
  const amount = isFull ? left : world.toMinor(body.amount)
  if (amount === undefined || amount <= 0 || amount > left) throw paymentError(400, 'Invalid amount')

  const refund: RefundRecord = { id: world.nextId(), amount, createdAt: world.state.now }
  payment.refunds.push(refund)
  moveMoney(world, payment, amount)
  recordPayment(world, 'payment_refunded', payment, amount, idempotencyKey)
  world.schedule(world.rules.refundDelayMs, { kind: 'settle_refund', payment: payment.id })
  return [showRefund(world, payment, refund)]
}

/** The payment's status follows its refunds, each after its delay. */
export function settleRefund({ state, rules }: World, id: number): void {
  const payment = state.payments[id]
  if (!payment) return
  const settled = payment.refunds.filter(({ createdAt }) => createdAt + rules.refundDelayMs <= state.now)
  const isWhole = total(settled) === payment.amount
  payment.status = isWhole ? 'refunded' : 'partially_refunded'
  payment.innerStatus = isWhole ? 'refunded' : 'approved'
  payment.statusDetail = payment.status
  payment.updatedAt = state.now
}

/** `GET /v1/advanced_payments/{advanced_payment_id}/refunds` */
export function listRefunds(world: World, id: string): object {
  const payment = requirePayment(world, id)
  return payment.refunds.map((refund) => showRefund(world, payment, refund))
}

const showRefund = ({ toMajor }: World, { innerId }: PaymentRecord, { id, amount, createdAt }: RefundRecord): object => ({
  id,
  payment_id: innerId,
  amount: toMajor(amount),
  source: { id: COLLECTOR_ID, name: 'Test Test', type: 'collector' },
  date_created: withOffset(createdAt),
  status: 'approved',
})
