import type { Open } from '../schema/fields.ts'

/** Statuses of an advanced payment. A 201 may be any of them: only `approved` is paid. */
export type PaymentStatus = Open<
  | 'authorized'
  | 'in_process'
  | 'pending'
  | 'approved'
  | 'rejected'
  | 'cancelled'
  | 'canceled'
  | 'refunded'
  | 'partially_refunded'
  | 'charged_back'
  | 'in_mediation'
>

/** What the questions below look at: the payment's own status and those of its inner payments. */
export interface WithStatus {
  status?: PaymentStatus | null | undefined
  payments?: readonly { status?: PaymentStatus | null | undefined }[] | null | undefined
}

/** Once captured; each of these can only follow a capture. */
export const CAPTURED: readonly string[] = ['approved', 'partially_refunded', 'refunded', 'charged_back']
/** Charged, reserved or on the way there. */
export const HOLDS_MONEY: readonly string[] = ['approved', 'authorized', 'in_process', 'pending']
/** Both spellings occur. */
export const CANCELLED: readonly string[] = ['cancelled', 'canceled']
/** No money was taken, and none will be. */
export const NEVER_CAPTURED: readonly string[] = CANCELLED.concat('rejected')
/** Too late to be cancelled. */
export const NEVER_CANCELLED: readonly string[] = CAPTURED.concat('rejected')

function every({ status, payments }: WithStatus, test: (status: string) => boolean): boolean {
  // What differs from the documentation is kept as it came, so this may be anything.
  const inner = Array.isArray(payments) ? payments.map((payment) => payment?.status) : []
  const statuses = [status, ...inner].filter((each) => each !== undefined && each !== null)
  return statuses.length > 0 && statuses.every((each) => typeof each === 'string' && test(each))
}

/** Has the buyer paid? True only if every status there is says `approved`. A refunded payment is not approved. */
export function isApproved(payment: WithStatus): boolean {
  return every(payment, (status) => status === 'approved')
}

/** Is it decided, so that nothing more happens by itself? False while reserved, pending, in process, or unknown. */
export function isFinal(payment: WithStatus): boolean {
  return every(payment, (status) => CAPTURED.includes(status) || NEVER_CAPTURED.includes(status))
}
