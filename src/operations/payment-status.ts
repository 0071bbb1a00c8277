import type { Open } from '../schema/fields.ts'

/** Status of an advanced payment. A 201 may come with any of them: only `approved` means paid. */
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

/** What `isApproved` and `isFinal` need: the payment's own status and those of its inner payments. */
export interface WithStatus {
  status?: PaymentStatus | null | undefined
  payments?: readonly { status?: PaymentStatus | null | undefined }[] | null | undefined
}

/** Statuses that can only follow a capture. */
export const CAPTURED: readonly string[] = ['approved', 'partially_refunded', 'refunded', 'charged_back']
/** Statuses in which money is charged or reserved, or may still be. */
export const HOLDS_MONEY: readonly string[] = ['approved', 'authorized', 'in_process', 'pending']
/** The two spellings of a cancelled payment or agreement. */
export const CANCELLED: readonly string[] = ['cancelled', 'canceled']
/** Statuses in which no money was taken and none will be. */
export const NEVER_CAPTURED: readonly string[] = CANCELLED.concat('rejected')
/** Statuses that can no longer become cancelled. */
export const NEVER_CANCELLED: readonly string[] = CAPTURED.concat('rejected')

function every({ status, payments }: WithStatus, test: (status: string) => boolean): boolean {
  // A field that differs from the documentation is kept as it came, so these may be any value.
  const inner = Array.isArray(payments) ? payments.map((payment) => payment?.status) : []
  const statuses = [status, ...inner].filter((each) => each !== undefined && each !== null)
  return statuses.length > 0 && statuses.every((each) => typeof each === 'string' && test(each))
}

/** True if the buyer has paid: every status that is present must be `approved`. A refunded payment is not approved. */
export function isApproved(payment: WithStatus): boolean {
  return every(payment, (status) => status === 'approved')
}

/** True if the payment is decided and nothing more happens by itself. False while reserved, pending, in process or unknown. */
export function isFinal(payment: WithStatus): boolean {
  return every(payment, (status) => CAPTURED.includes(status) || NEVER_CAPTURED.includes(status))
}
