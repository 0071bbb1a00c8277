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

/** What the type names: its literals, without the open rest. */
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
    // Open, and yet not simply `string`, which would complete nothing.
    Equal<string extends PaymentStatus ? true : false, true>,
    Equal<Equal<PaymentStatus, string>, false>,
  ]
>()

export function narrows(payment: AdvancedPayment): void {
  if (payment.status === 'approved') {
    // No other literal, nor null or undefined; the compiler cannot take the open rest away.
    expectTrue<[Equal<typeof payment.status, Open<'approved'>>, Equal<Named<typeof payment.status>, 'approved'>]>()
  } else if (payment.status === 'a_status_of_next_year') {
    // Allowed, and still a text.
    const text: string = payment.status
    expectTrue<[Equal<typeof text, string>]>()
  }
  // @ts-expect-error: it may be absent
  payment.status.length
  if (payment.status) expectTrue<[Equal<typeof payment.status, PaymentStatus>]>()
  switch (payment.status) {
    case 'rejected':
      expectTrue<[Equal<Named<typeof payment.status>, 'rejected'>]>()
      break
    default:
      // Nobody can have thought of all: there is no `never` here.
      // @ts-expect-error: an unknown status is left
      expectTrue<[Equal<typeof payment.status, never>]>()
  }
  isApproved(payment)
  isApproved({ status: 'a_status_of_next_year' })
  // @ts-expect-error: no status is a number
  isApproved({ status: 1 })
}

export const unknownStatus: PaymentStatus = 'a_status_of_next_year'
export const ownStatus: Open<'a' | 'b'> = 'c'
