import { checkFields } from '../world/known-fields.ts'
import type { Decision } from '../world/state.ts'
import type { World } from '../world/world.ts'

const decisions = (status: string, ...details: string[]): Decision[] =>
  details.map((status_detail) => ({ status, status_detail }))

/** Every documented status of an inner payment and the reasons that go with it. */
export const DECISIONS: readonly Decision[] = [
  ...decisions('approved', 'accredited', 'partially_refunded'),
  ...decisions('authorized', 'pending_capture'),
  ...decisions('in_process', 'offline_process', 'pending_contingency', 'pending_review_manual', 'deferred_retry'),
  ...decisions('in_process', 'pending_provider_response', 'in_process'),
  ...decisions(
    'pending',
    'pending_waiting_transfer',
    'pending_waiting_payment',
    'pending_challenge',
    'pending_waiting_for_remedy',
  ),
  ...decisions('in_mediation', 'accredited'),
  ...decisions('cancelled', 'expired', 'by_collector', 'by_payer'),
  ...decisions('charged_back', 'settled', 'reimbursed', 'in_process'),
  ...decisions('refunded', 'refunded', 'by_admin'),
  ...decisions('rejected', 'bank_error', 'rejected_by_bank', 'rejected_by_regulations', 'rejected_high_risk'),
  ...decisions('rejected', 'insufficient_money', 'insufficient_amount', 'cc_rejected_3ds_mandatory'),
  ...decisions('rejected', 'cc_rejected_bad_filled_card_number', 'cc_rejected_bad_filled_date', 'cc_rejected_bad_filled_other'),
  ...decisions('rejected', 'cc_rejected_bad_filled_security_code', 'cc_rejected_blacklist', 'cc_rejected_call_for_authorize'),
  ...decisions('rejected', 'cc_rejected_card_disabled', 'cc_rejected_card_error', 'cc_rejected_card_type_not_allowed'),
  ...decisions('rejected', 'cc_rejected_duplicated_payment', 'cc_rejected_high_risk', 'cc_rejected_insufficient_amount'),
  ...decisions('rejected', 'cc_rejected_invalid_installments', 'cc_rejected_max_attempts', 'cc_rejected_other_reason'),
  ...decisions('rejected', 'cc_rejected_time_out'),
]

/** The statuses that a new payment can have. */
const AT_CREATION = ['approved', 'authorized', 'in_process', 'pending', 'rejected']

/** @throws {TypeError} no source documents this status, or this status_detail for it */
export function requireDecision(decision: Decision): Decision {
  checkFields('A decision', decision, ['status', 'status_detail'])
  const { status, status_detail } = decision
  if (!DECISIONS.some((known) => known.status === status && known.status_detail === status_detail)) {
    const details = DECISIONS.filter((known) => known.status === status).map((known) => known.status_detail)
    const statuses = [...new Set(DECISIONS.map((known) => known.status))]
    const fix =
      details.length > 0
        ? `the status_detail of ${status} is one of ${details.join(', ')}`
        : `the status is one of ${statuses.join(', ')}`
    throw new TypeError(`No source documents ${status}/${status_detail}: ${fix}`)
  }
  return { status, status_detail }
}

/** Decides the next payments. */
export function decideNext({ state }: World, decision: Decision, options: { user?: string | null; times?: number } = {}): void {
  checkFields('The second argument of decideNext', options, ['user', 'times'])
  const { user = null, times = 1 } = options
  if (user !== null && typeof user !== 'string') throw new TypeError('user must be an external_user.id')
  const { status, status_detail } = requireDecision(decision)
  if (!AT_CREATION.includes(status) || status_detail === 'partially_refunded') {
    throw new TypeError(`A new payment can be ${AT_CREATION.join(', ')}; use settle for what happens later`)
  }
  if (!(Number.isInteger(times) && times > 0)) throw new TypeError('times must be a whole number from 1')
  state.verdicts.push({ status, status_detail, user, times })
}

/** The decision about this buyer's next payment, if there is one. In binary mode an undecided payment is rejected. */
export function takeNextDecision(
  { state }: World,
  { user, capture, binaryMode }: { user: string; capture: boolean; binaryMode: boolean },
): Decision | undefined {
  const next = state.verdicts.find((each) => each.user === null || each.user === user)
  if (!next) return undefined
  next.times -= 1
  if (next.times === 0) state.verdicts.splice(state.verdicts.indexOf(next), 1)
  const { status, status_detail } = next
  if (binaryMode && (status === 'in_process' || status === 'pending')) {
    return { status: 'rejected', status_detail: 'rejected_high_risk' }
  }
  return asCaptured({ status, status_detail }, capture)
}

/** The decision for a payment with or without capture: approved becomes authorized without, and authorized approved with. */
export function asCaptured(decision: Decision, capture: boolean): Decision {
  const { status } = decision
  if (status === 'approved' && !capture) return { status: 'authorized', status_detail: 'pending_capture' }
  if (status === 'authorized' && capture) return { status: 'approved', status_detail: 'accredited' }
  return decision
}
