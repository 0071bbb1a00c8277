import type { Decision, PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { asCaptured, requireDecision } from './decision-rules.ts'
import { change, chargedAmount, expireLater, findPayment, giveUp, moveMoney, recordPayment, release } from './payment-rules.ts'
import { leftOf, makeRefund } from './refund-rules.ts'

/**
 * What Mercado Pago, the buyer or the card's issuer decide of a payment later on.
 *
 * @throws {TypeError} there is no such payment, or from where it stands it cannot become this
 */
export function settlePayment(world: World, id: number, wanted: Decision): void {
  const payment = findPayment(world, String(id))
  if (!payment) throw new TypeError(`There is no payment ${id}`)
  const decision = requireDecision(wanted)
  const move = MOVES[payment.status]?.[decision.status]
  if (!move) throw new TypeError(`A payment that is ${payment.status} cannot become ${decision.status}`)
  move(world, payment, decision)
}

type Move = (world: World, payment: PaymentRecord, decision: Decision) => void

const approve: Move = (world, payment, decision) => {
  change(world, payment, asCaptured(decision, payment.captured))
  recordPayment(world, payment.captured ? 'payment_charged' : 'payment_reserved', payment, chargedAmount(payment), null)
  expireLater(world, payment)
}

const reject: Move = (world, payment, decision) => {
  change(world, payment, decision)
  release(world, payment)
  recordPayment(world, 'payment_rejected', payment, chargedAmount(payment), null)
}

const cancel: Move = (world, payment, { status_detail }) => giveUp(world, payment, status_detail, null)

/** The payment stays approved while something is argued about. */
const argue: Move = (world, payment, { status, status_detail }) =>
  change(world, payment, { status: payment.status, status_detail }, status)

const refund: Move = (world, payment, decision) => {
  const amount = leftOf(payment)
  if (amount > 0) makeRefund(world, payment, amount, null)
  change(world, payment, decision)
}

/** `settled` takes the money from the seller; while it is disputed, and when it is reimbursed, the seller has it. */
const chargeBack: Move = (world, payment, decision) => {
  if (payment.status === 'charged_back' && payment.statusDetail !== 'in_process') {
    throw new TypeError(`The chargeback has been ${payment.statusDetail} already`)
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
const paid = { in_mediation: argue, approved: argue, refunded: refund, charged_back: chargeBack }

/** From where a payment stands to what it can become. */
const MOVES: Record<string, Record<string, Move>> = {
  pending: undecided,
  in_process: undecided,
  authorized: { cancelled: cancel, rejected: reject },
  approved: paid,
  partially_refunded: paid,
  charged_back: { charged_back: chargeBack },
}
