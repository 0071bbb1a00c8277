import {
  type AdvancedPayment,
  type Agreement,
  type AgreementStatus,
  type CouponStatus,
  type DiscountType,
  isApproved,
  type Open,
  type PaymentStatus,
  type StatusDetail,
} from 'mercadopago-wallet-connect'
import { type Equal, expectTrue } from './equal.ts'

/** The literals that a type names, without `string`. */
type Named<Status> = Status extends string ? (string extends Status ? never : Status) : never

expectTrue<
  [
    Equal<Named<AgreementStatus>, 'confirmed_by_user' | 'active' | 'cancelled' | 'expired'>,
    Equal<Named<CouponStatus>, 'success' | 'pending' | 'invalid'>,
    Equal<Named<DiscountType>, 'percent' | 'percentage' | 'fixed'>,
    Equal<
      Named<PaymentStatus>,
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
    >,
    Equal<AdvancedPayment['status'], PaymentStatus | null | undefined>,
    Equal<NonNullable<AdvancedPayment['payments']>[number]['status_detail'], StatusDetail | null | undefined>,
    Equal<Agreement['status'], AgreementStatus | null | undefined>,
    // Open, but not simply `string`, for which an editor would complete nothing.
    Equal<string extends PaymentStatus ? true : false, true>,
    Equal<Equal<PaymentStatus, string>, false>,
  ]
>()

export function narrows(payment: AdvancedPayment): void {
  if (payment.status === 'approved') {
    // No other literal, null or undefined is left; the compiler cannot exclude the open `string`.
    expectTrue<[Equal<typeof payment.status, Open<'approved'>>, Equal<Named<typeof payment.status>, 'approved'>]>()
  } else if (payment.status === 'a_status_of_next_year') {
    // Comparing with an unknown status is allowed, and leaves a string.
    const text: string = payment.status
    expectTrue<[Equal<typeof text, string>]>()
  }
  // @ts-expect-error: the status may be absent
  payment.status.length
  if (payment.status) expectTrue<[Equal<typeof payment.status, PaymentStatus>]>()
  switch (payment.status) {
    case 'rejected':
      expectTrue<[Equal<Named<typeof payment.status>, 'rejected'>]>()
      break
    default:
      // Unknown statuses are always left, so the type is never `never`.
      // @ts-expect-error: an unknown status is left
      expectTrue<[Equal<typeof payment.status, never>]>()
  }
  isApproved(payment)
  isApproved({ status: 'a_status_of_next_year' })
  // @ts-expect-error: a status is not a number
  isApproved({ status: 1 })
}

export const unknownStatus: PaymentStatus = 'a_status_of_next_year'
export const ownStatus: Open<'a' | 'b'> = 'c'
