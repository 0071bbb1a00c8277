import { isObject, type Json } from '../world/json.ts'
import type { AgreementRecord, Card, Decision, EffectKind, PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { findPayer } from './agreement-rules.ts'
import { invalidParameters, paymentError } from './api-error.ts'
import { takeNextDecision } from './decision-rules.ts'
import { findPromise, keepPromise, returnDiscount, usePromise } from './discount-rules.ts'
import { announcePayment } from './notification-rules.ts'
import { showPayment } from './payment-view.ts'
import { checkSubMerchant } from './sub-merchant-rules.ts'

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** `POST /v1/advanced_payments`: 201 whether approved or rejected. */
export function createPayment(world: World, body: Json, idempotencyKey: string): PaymentRecord {
  const { state, rules } = world
  const { wallet, payer, amount, capture, binaryMode } = readRequest(world, body)
  const agreement = findPayer(world, payer.token)
  if (!agreement) throw paymentError(rules.payerTokenError, 'Invalid payer token.', '401003')
  const promise = findPromise(world, agreement.id, amount, wallet.discount)

  const charged = amount - (promise?.discount ?? 0)
  const { decision, card } = decide(world, agreement, { amount: charged, capture, binaryMode })
  const isHeld = decision.status !== 'rejected'
  const payment: PaymentRecord = {
    id: world.nextId(),
    innerId: isHeld || card ? world.nextId() : null,
    agreementId: agreement.id,
    status: decision.status,
    innerStatus: decision.status,
    statusDetail: decision.status_detail,
    amount,
    captured: capture,
    binaryMode,
    description: textOrNull(wallet.description),
    externalReference: textOrNull(wallet.external_reference),
    topLevelReference: textOrNull(body.external_reference),
    card,
    discount: isHeld && promise ? usePromise(world, promise, wallet.discount as Json) : null,
    createdAt: state.now,
    updatedAt: state.now,
    refunds: [],
  }
  if (!isHeld && promise) keepPromise(world, promise)
  state.payments[payment.id] = payment
  if (isHeld) moveMoney(world, payment, -charged)
  recordPayment(world, CREATED[decision.status] ?? 'payment_undecided', payment, charged, idempotencyKey)
  if (isHeld) expireLater(world, payment)
  announcePayment(world, payment, 'created')
  return payment
}

interface PaymentRequest {
  wallet: Json
  payer: Json
  amount: number
  capture: boolean
  binaryMode: boolean
}

/** The fields of a payment request. @throws {ApiError} one is missing or not valid */
function readRequest(world: World, body: Json): PaymentRequest {
  const { rules } = world
  const { wallet_payment: wallet, payer, capture = true, binary_mode: binaryMode = rules.defaultBinaryMode } = body
  if (!isObject(wallet) || !isObject(payer)) throw invalidParameters()
  if (wallet.transaction_amount === undefined) throw paymentError(400, 'Field transaction_amount is required.')
  const amount = world.toMinor(wallet.transaction_amount)
  if (amount === undefined || amount <= 0) throw paymentError(400, 'Invalid transaction amount in wallet payments.')
  if (typeof capture !== 'boolean' || typeof binaryMode !== 'boolean') throw invalidParameters()
  if (!rules.typeTokens.includes(String(payer.type_token))) throw invalidParameters()
  if (rules.requireExternalReference && !wallet.external_reference) throw paymentError(400, 'external_reference is required.')
  checkSplit(body)
  checkSubMerchant(world, wallet.forward_data)
  return { wallet, payer, amount, capture, binaryMode }
}

const CREATED: Record<string, EffectKind> = {
  approved: 'payment_charged',
  authorized: 'payment_reserved',
  rejected: 'payment_rejected',
}

/** Split payments are not emulated, except for their documented errors. */
function checkSplit({ payments, disbursements }: Json): void {
  if (Array.isArray(payments) && payments.some((each) => !isObject(each) || !each.payment_type_id)) {
    throw paymentError(400, 'Field payment_type_id is required.')
  }
  if (!Array.isArray(disbursements)) return
  if (disbursements.length > 100) throw paymentError(400, 'Maximum disbursements allowed is 100')
  if (disbursements.some((each) => !isObject(each) || !each.collector_id)) throw paymentError(400, 'Field id must not be blank')
}

function checkDeferral({ rules }: World, binaryMode: boolean, card: Card | null): void {
  const isPossible = rules.deferredCapture && (!binaryMode || rules.deferredCaptureInBinaryMode)
  if (!isPossible || card?.payment_type_id === 'debit_card') {
    throw paymentError(400, "Some of the payment methods don't support deferred capture")
  }
}

/** The result of a charge, and the card that is charged if it is not the balance; `decideNext` takes precedence. */
function decide(
  world: World,
  { externalUser, card: second }: AgreementRecord,
  { amount, capture, binaryMode }: { amount: number; capture: boolean; binaryMode: boolean },
): { decision: Decision; card: Card | null } {
  const hasBalance = amount <= world.balanceOf(externalUser.id)
  const card = hasBalance ? null : second
  if (!capture) checkDeferral(world, binaryMode, card)
  const decided = takeNextDecision(world, { user: externalUser.id, capture, binaryMode })
  if (decided) return { decision: decided, card: decided.status_detail.startsWith('cc_') ? (second ?? VISA) : card }
  if (!hasBalance && !card) return { decision: { status: 'rejected', status_detail: 'insufficient_money' }, card }
  if (card?.limit !== undefined && world.toMajor(amount) > card.limit) {
    return { decision: { status: 'rejected', status_detail: 'cc_rejected_insufficient_amount' }, card }
  }
  if (!capture) return { decision: { status: 'authorized', status_detail: 'pending_capture' }, card }
  return { decision: { status: 'approved', status_detail: 'accredited' }, card }
}

const VISA: Card = { payment_type_id: 'credit_card', payment_method_id: 'visa' }

/** Schedules the end of a payment that is reserved or undecided. */
export function expireLater(world: World, { id, status }: PaymentRecord): void {
  const { authorizationLifetimeMs, undecidedLifetimeMs } = world.rules
  if (status === 'approved') return
  const lifetimeMs = status === 'authorized' ? authorizationLifetimeMs : undecidedLifetimeMs
  world.schedule(lifetimeMs, { kind: 'expire_payment', payment: id, status })
}

const UNDECIDED = ['pending', 'in_process']

/** Cancels a payment that was not captured or decided in time. */
export function expirePayment(world: World, id: number, status: string): void {
  const payment = world.state.payments[id]
  if (!payment) return
  const isStill = payment.status === status || (UNDECIDED.includes(status) && UNDECIDED.includes(payment.status))
  if (isStill) giveUp(world, payment, 'expired', null)
}

/** What the buyer pays: the amount after the discount. */
export const chargedAmount = ({ amount, discount }: PaymentRecord): number => amount - (discount?.amount ?? 0)

/** Adds to the balance of the buyer, if the payment was paid from it. */
export function moveMoney(world: World, { agreementId, card }: PaymentRecord, amount: number): void {
  if (card) return
  const user = world.state.agreements[agreementId]?.externalUser.id ?? ''
  const balance = world.balanceOf(user) + amount
  world.buyer(user).balance = balance
}

export function recordPayment(
  world: World,
  kind: EffectKind,
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

/** Whether a payment is too new to be captured, cancelled or refunded. */
export const isFresh = ({ rules, state }: World, { createdAt }: PaymentRecord): boolean =>
  state.now < createdAt + rules.consistencyDelayMs

/** `PUT /v1/advanced_payments/{advanced_payment_id}`: `capture: true`, or `status` in either spelling to cancel. */
export function updatePayment(world: World, id: string, body: Json, idempotencyKey: string | null): object {
  const payment = requirePayment(world, id)
  const isCancellation = body.status === 'cancelled' || body.status === 'canceled'
  if (isCancellation === (body.capture === true)) throw invalidParameters()
  const { cancellable, requireWalletPayment } = world.rules
  if (requireWalletPayment && (!isObject(body.wallet_payment) || body.wallet_payment.transaction_amount === undefined)) {
    throw paymentError(400, 'Field transaction_amount is required.')
  }
  if (isFresh(world, payment)) throw paymentError(400, 'Unable to complete process.')
  if (isCancellation) {
    const isOpen = payment.status === 'authorized' || UNDECIDED.includes(payment.status)
    if (!isOpen || !cancellable.includes(payment.status)) throw paymentError(400, 'Unable to complete process.')
    giveUp(world, payment, 'by_collector', idempotencyKey)
  } else {
    if (payment.status !== 'authorized') throw paymentError(400, 'Invalid capture payment status')
    payment.captured = true
    change(world, payment, { status: 'approved', status_detail: 'accredited' })
    recordPayment(world, 'payment_captured', payment, chargedAmount(payment), idempotencyKey)
  }
  return showPayment(world, payment)
}

/** Cancels a payment; the buyer gets back what was held. */
export function giveUp(world: World, payment: PaymentRecord, statusDetail: string, idempotencyKey: string | null): void {
  change(world, payment, { status: 'cancelled', status_detail: statusDetail })
  release(world, payment)
  recordPayment(world, 'payment_cancelled', payment, chargedAmount(payment), idempotencyKey)
}

/** Returns to the buyer what was held, the coupon too. */
export function release(world: World, payment: PaymentRecord): void {
  moveMoney(world, payment, chargedAmount(payment))
  if (payment.discount) returnDiscount(world, payment.discount)
}

/** Changes the status of a payment and of its inner payment. */
export function change(world: World, payment: PaymentRecord, { status, status_detail }: Decision, inner = status): void {
  payment.status = status
  payment.innerStatus = inner
  payment.statusDetail = status_detail
  payment.updatedAt = world.state.now
  announcePayment(world, payment, 'updated')
}
