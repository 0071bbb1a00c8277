import { withOffset } from './clock.ts'
import { COLLECTOR_ID } from './seller.ts'
import type { PaymentRecord } from './state.ts'
import type { World } from './world.ts'

export const payerIdOf = ({ state }: World, { agreementId }: PaymentRecord): number | null =>
  state.buyers[state.agreements[agreementId]?.externalUser.id ?? '']?.payerId ?? null

/** The payment as the API prints it. One refused before it came to be has neither dates nor instalments. */
export function showPayment(world: World, payment: PaymentRecord): object {
  const { rules, print, state } = world
  const { description, externalReference: external_reference, card, discount, innerId } = payment
  const status = spell(world, payment.status)
  const isRejected = payment.status === 'rejected'
  const coupon = discount && state.coupons[discount.coupon]
  const created = withOffset(payment.createdAt)
  return {
    id: payment.id,
    status,
    wallet_payment: {
      transaction_amount: print(payment.amount),
      description,
      external_reference,
      ...(discount && { discount: discount.sent }),
    },
    payments: [
      {
        id: innerId,
        status: spell(world, payment.innerStatus),
        status_detail: payment.statusDetail,
        payment_type_id: card?.payment_type_id ?? 'account_money',
        payment_method_id: card?.payment_method_id ?? 'account_money',
        transaction_amount: print(payment.amount - (discount?.amount ?? 0)),
        ...(!isRejected && { installments: 1 }),
        ...(discount && {
          coupon_amount: print(discount.amount),
          campaign_id: String(coupon?.campaignId),
          coupon_code: discount.sent.code ?? null,
        }),
        description,
        capture: payment.captured,
        external_reference,
      },
    ],
    disbursements: { array: [{ collector_id: COLLECTOR_ID }], object: { collector_id: COLLECTOR_ID }, null: null }[
      rules.disbursements
    ],
    payer: { id: payerIdOf(world, payment) },
    site_id: rules.site,
    binary_mode: payment.binaryMode,
    ...(!isRejected && {
      date_created: created,
      date_last_updated: payment.updatedAt === payment.createdAt ? created : withOffset(payment.updatedAt),
    }),
    ...(discount && { wallet_connect_discount: { amount: print(discount.amount), token: discount.token } }),
  }
}

const spell = ({ rules }: World, status: string): string => (status === 'cancelled' ? rules.cancelledSpelling : status)
