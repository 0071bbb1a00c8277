import type { Decision, PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { asCaptured, requireDecision } from './decision-rules.ts'
import { change, chargedAmount, expireLater, findPayment, giveUp, moveMoney, recordPayment, release } from './payment-rules.ts'
import { leftOf, makeRefund } from './refund-rules.ts'

/**
 * Changes a payment as Mercado Pago, the buyer or the card's issuer later decide.
 *
 * @throws {TypeError} there is no such payment, or it cannot change from its status to this one
 */
export function settlePayment(world: World, id: number, requested: Decision): void {
  const payment = findPayment(world, String(id))
  if (!payment) throw new TypeError(`There is no payment ${id}`)
  const decision = requireDecision(requested)
  const transition = TRANSITIONS[payment.status]?.[decision.status]
  if (!transition) throw new TypeError(`A payment that is ${payment.status} cannot become ${decision.status}`)
  transition(world, payment, decision)
}

type Transition = (world: World, payment: PaymentRecord, decision: Decision) => void

const approve: Transition = (world, payment, decision) => {
  change(world, payment, asCaptured(decision, payment.captured))
  recordPayment(world, payment.captured ? 'payment_charged' : 'payment_reserved', payment, chargedAmount(payment), null)
  expireLater(world, payment)
}

const reject: Transition = (world, payment, decision) => {
  change(world, payment, decision)
  release(world, payment)
  recordPayment(world, 'payment_rejected', payment, chargedAmount(payment), null)
}

const cancel: Transition = (world, payment, { status_detail }) => giveUp(world, payment, status_detail, null)

/** The payment stays approved during a dispute; only its inner payment changes. */
const dispute: Transition = (world, payment, { status, status_detail }) =>
  change(world, payment, { status: payment.status, status_detail }, status)

const refund: Transition = (world, payment, decision) => {
  const amount = leftOf(payment)
  if (amount > 0) makeRefund(world, payment, amount, null)
  change(world, payment, decision)
}

/** `settled` takes the money from the seller, who has it while the chargeback is in process and if it is reimbursed. */
const chargeBack: Transition = (world, payment, decision) => {
  if (payment.status === 'charged_back' && payment.statusDetail !== 'in_process') {
    throw new TypeError(`The chargeback is ${payment.statusDetail} already`)
  }
  change(world, payment, decision)
  if (decision.status_detail !== 'settled') return
  moveMoney(world, payment, leftOf(payment))
  recordPayment(world, 'payment_charged_back', payment, leftOf(payment), null)
}

const undecided = {
  approved: approve,
  authorized: approve,
  rejected: reject,
  cancelled: cancel,
  pending: change,
  in_process: change,
}
const paid = { in_mediation: dispute, approved: dispute, refunded: refund, charged_back: chargeBack }

/** The statuses that a payment can change to, for each status. */
const TRANSITIONS: Record<string, Record<string, Transition>> = {
  pending: undecided,
  in_process: undecided,
  authorized: { cancelled: cancel, rejected: reject },
  approved: paid,
  partially_refunded: paid,
  charged_back: { charged_back: chargeBack },
}
