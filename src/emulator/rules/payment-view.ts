import { withOffset } from '../world/clock.ts'
import type { PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { COLLECTOR_ID } from './seller.ts'

export const payerIdOf = ({ state }: World, { agreementId }: PaymentRecord): number | null =>
  state.buyers[state.agreements[agreementId]?.externalUser.id ?? '']?.payerId ?? null

// The most complete sample in the documentation is a discounted payment; these fields are only shown for such payments.
const ONLY_WITH_DISCOUNT = {
  marketplace: null,
  sponsor_id: null,
  external_reference: null,
  description: null,
  metadata: null,
  additional_info: null,
  pos_id: null,
  store_id: null,
}
const INNER_ONLY_WITH_DISCOUNT = {
  token: null,
  processing_mode: 'aggregator',
  issuer_id: null,
  statement_descriptor: null,
  date_of_expiration: null,
  merchant_account_id: null,
  payment_method_option_id: null,
  additional_info: null,
  transaction_details: null,
  net_amount: null,
  taxes: null,
}
const PAYER_ONLY_WITH_DISCOUNT = {
  email: null,
  address: null,
  identification: null,
  first_name: null,
  last_name: null,
  phone: null,
  token: null,
  external_payer_id: null,
}

const preferenceOf = (world: World, payment: PaymentRecord): object => ({
  active: true,
  user_id: payerIdOf(world, payment),
  payment_method: [{ priority: 1, payment_method: payment.card?.payment_method_id ?? 'account_money' }],
})

/** A payment as the API shows it. A rejected one has neither dates nor installments. */
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
      ...(discount && {
        discount: discount.sent,
        subscription_data: null,
        user_present: null,
        payment_preference: preferenceOf(world, payment),
      }),
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
          ...INNER_ONLY_WITH_DISCOUNT,
        }),
        description,
        capture: payment.captured,
        external_reference,
      },
    ],
    disbursements: { array: [{ collector_id: COLLECTOR_ID }], object: { collector_id: COLLECTOR_ID }, null: null }[
      rules.disbursements
    ],
    payer: { id: payerIdOf(world, payment), ...(discount && PAYER_ONLY_WITH_DISCOUNT) },
    site_id: rules.site,
    binary_mode: payment.binaryMode,
    ...(!isRejected && {
      date_created: created,
      date_last_updated: payment.updatedAt === payment.createdAt ? created : withOffset(payment.updatedAt),
    }),
    ...showTopLevel(world, payment),
  }
}

/** The fields at the top level that not every payment has. */
function showTopLevel({ rules, print }: World, { captured, discount, topLevelReference }: PaymentRecord): object {
  const showsCapture = rules.topLevelCapture === 'always' || (rules.topLevelCapture === 'with_discount' && discount)
  return {
    ...(discount && ONLY_WITH_DISCOUNT),
    ...(showsCapture && { capture: captured }),
    ...(discount && { wallet_connect_discount: { amount: print(discount.amount), token: discount.token } }),
    ...(rules.topLevelReference === 'returned' && topLevelReference !== null && { external_reference: topLevelReference }),
  }
}

const spell = ({ rules }: World, status: string): string => (status === 'cancelled' ? rules.cancelledSpelling : status)
