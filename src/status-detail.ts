import type { Open } from './schema/fields.ts'

type Known =
  | 'accredited'
  | 'partially_refunded'
  | 'pending_capture'
  | 'offline_process'
  | 'pending_contingency'
  | 'pending_review_manual'
  | 'pending_provider_response'
  | 'deferred_retry'
  | 'in_process'
  | 'pending_waiting_transfer'
  | 'pending_waiting_payment'
  | 'pending_challenge'
  | 'pending_waiting_for_remedy'
  | 'expired'
  | 'by_collector'
  | 'by_payer'
  | 'settled'
  | 'reimbursed'
  | 'refunded'
  | 'by_admin'
  | 'bank_error'
  | 'cc_rejected_3ds_mandatory'
  | 'cc_rejected_bad_filled_card_number'
  | 'cc_rejected_bad_filled_date'
  | 'cc_rejected_bad_filled_other'
  | 'cc_rejected_bad_filled_security_code'
  | 'cc_rejected_blacklist'
  | 'cc_rejected_call_for_authorize'
  | 'cc_rejected_card_disabled'
  | 'cc_rejected_card_error'
  | 'cc_rejected_card_type_not_allowed'
  | 'cc_rejected_duplicated_payment'
  | 'cc_rejected_high_risk'
  | 'cc_rejected_insufficient_amount'
  | 'cc_rejected_invalid_installments'
  | 'cc_rejected_max_attempts'
  | 'cc_rejected_other_reason'
  | 'cc_rejected_time_out'
  | 'rejected_by_bank'
  | 'rejected_by_regulations'
  | 'rejected_high_risk'
  | 'insufficient_money'
  | 'insufficient_amount'

/** The reason why an inner payment has its status. */
export type StatusDetail = Open<Known>

type Text = Record<'en' | 'es' | 'pt', string>

/** The text for an unknown detail. Such a payment may have any outcome, even paid, so the text must be true of all. */
const GENERAL: Text = {
  en: 'There are no details about this payment right now. Please check in Mercado Pago before you pay again.',
  es: 'Por ahora no hay detalles sobre este pago. Por favor, revísalo en Mercado Pago antes de volver a pagar.',
  pt: 'No momento não há detalhes sobre este pagamento. Confira no Mercado Pago antes de pagar de novo, por favor.',
}

const PROCESSING: Text = {
  en: 'Your payment is still being processed. Please do not pay again for now.',
  es: 'Tu pago todavía se está procesando. Por favor, no vuelvas a pagar por ahora.',
  pt: 'Seu pagamento ainda está sendo processado. Por favor, não pague de novo por enquanto.',
}

const PROCESSING_FOR_DAYS: Text = {
  en: 'Your payment is being processed, which can take 2 business days. Please do not pay again for now.',
  es: 'Tu pago se está procesando, lo que puede demorar 2 días hábiles. Por favor, no vuelvas a pagar por ahora.',
  pt: 'Seu pagamento está sendo processado, o que pode levar 2 dias úteis. Por favor, não pague de novo por enquanto.',
}

/** The sources do not say who has the money after a dispute. */
const DISPUTED: Text = {
  en: 'This payment was disputed. Please check the outcome with your bank or in Mercado Pago.',
  es: 'Este pago fue desconocido ante el banco. Por favor, consulta el resultado con tu banco o en Mercado Pago.',
  pt: 'Este pagamento foi contestado. Por favor, consulte o resultado com o seu banco ou no Mercado Pago.',
}

/** One text for suspected fraud and for ordinary rejections, so that it tells a fraudster nothing. */
const NOT_APPROVED: Text = {
  en: 'Your payment was not approved. Please use another payment method.',
  es: 'Tu pago no fue aprobado. Por favor, usa otro medio de pago.',
  pt: 'Seu pagamento não foi aprovado. Por favor, use outro meio de pagamento.',
}

const BAD_FILLED: Text = {
  en: 'Your payment was not approved. Please check the details of your card or use another payment method.',
  es: 'Tu pago no fue aprobado. Por favor, revisa los datos de tu tarjeta o usa otro medio de pago.',
  pt: 'Seu pagamento não foi aprovado. Por favor, confira os dados do seu cartão ou use outro meio de pagamento.',
}

const NO_BALANCE: Text = {
  en: 'Your payment was not approved because your Mercado Pago balance does not cover it. Please add money or use another payment method.',
  es: 'Tu pago no fue aprobado porque tu saldo en Mercado Pago no alcanza. Por favor, agrega dinero o usa otro medio de pago.',
  pt: 'Seu pagamento não foi aprovado porque o seu saldo no Mercado Pago não é suficiente. Por favor, adicione dinheiro ou use outro meio de pagamento.',
}

const TEXTS: Record<Known, Text> = {
  accredited: {
    en: 'Your payment was approved.',
    es: 'Tu pago fue aprobado.',
    pt: 'Seu pagamento foi aprovado.',
  },
  partially_refunded: {
    en: 'Your payment was approved, and part of it was refunded.',
    es: 'Tu pago fue aprobado y se reembolsó una parte.',
    pt: 'Seu pagamento foi aprovado, e uma parte foi reembolsada.',
  },
  pending_capture: {
    en: 'The amount is reserved but not charged yet. It is only charged once the seller confirms your purchase.',
    es: 'El monto está reservado, pero aún no se cobró. Solo se cobrará cuando el vendedor confirme tu compra.',
    pt: 'O valor está reservado, mas ainda não foi cobrado. A cobrança só acontece quando o vendedor confirmar a sua compra.',
  },
  offline_process: PROCESSING,
  pending_contingency: PROCESSING_FOR_DAYS,
  pending_review_manual: PROCESSING_FOR_DAYS,
  pending_provider_response: PROCESSING,
  deferred_retry: {
    en: 'Your payment has not gone through yet and is set to be tried again. Please do not pay again for now.',
    es: 'Tu pago aún no se completó y está programado un nuevo intento. Por favor, no vuelvas a pagar por ahora.',
    pt: 'Seu pagamento ainda não foi concluído e uma nova tentativa está programada. Por favor, não pague de novo por enquanto.',
  },
  // Also the detail of a chargeback under dispute, for which the money was taken.
  in_process: {
    en: 'The outcome of this payment is not known yet. Please do not pay again for now.',
    es: 'Aún no se conoce el resultado de este pago. Por favor, no vuelvas a pagar por ahora.',
    pt: 'O resultado deste pagamento ainda não é conhecido. Por favor, não pague de novo por enquanto.',
  },
  pending_waiting_transfer: {
    en: 'Your transfer has not arrived yet. Please complete it at your bank, or wait a little if you already have.',
    es: 'Tu transferencia aún no llegó. Por favor, complétala en tu banco o, si ya lo hiciste, espera un poco.',
    pt: 'Sua transferência ainda não chegou. Por favor, conclua no seu banco ou, se já concluiu, aguarde um pouco.',
  },
  pending_waiting_payment: {
    en: 'Your payment has not arrived yet. Please follow the instructions to pay, or wait a little if you already have.',
    es: 'Tu pago aún no llegó. Por favor, sigue las instrucciones para pagar o, si ya pagaste, espera un poco.',
    pt: 'Seu pagamento ainda não chegou. Por favor, siga as instruções para pagar ou, se já pagou, aguarde um pouco.',
  },
  pending_challenge: {
    en: 'Your payment is not complete yet: your bank asks you to confirm it. Please follow the steps of your bank.',
    es: 'Tu pago aún no se completó: tu banco te pide que lo confirmes. Por favor, sigue los pasos de tu banco.',
    pt: 'Seu pagamento ainda não foi concluído: o seu banco pede que você confirme. Por favor, siga os passos do banco.',
  },
  pending_waiting_for_remedy: {
    en: 'Your payment is not complete yet because a step is missing. Please check in Mercado Pago which one.',
    es: 'Tu pago aún no se completó porque falta un paso. Por favor, revisa en Mercado Pago cuál es.',
    pt: 'Seu pagamento ainda não foi concluído porque falta uma etapa. Por favor, confira no Mercado Pago qual é.',
  },
  expired: {
    en: 'The time for this payment ran out and it was cancelled. If you still want to buy, please make a new one.',
    es: 'El plazo de este pago terminó y se canceló. Si aún quieres comprar, haz un nuevo pago, por favor.',
    pt: 'O prazo deste pagamento terminou e ele foi cancelado. Se ainda quiser comprar, faça um novo pagamento, por favor.',
  },
  by_collector: {
    en: 'The seller cancelled this payment. If you have any questions, please contact the seller.',
    es: 'El vendedor canceló este pago. Si tienes dudas, comunícate con el vendedor, por favor.',
    pt: 'O vendedor cancelou este pagamento. Se tiver dúvidas, fale com o vendedor, por favor.',
  },
  by_payer: {
    en: 'This payment was cancelled at your request. If you still want to buy, please make a new one.',
    es: 'Este pago se canceló a tu solicitud. Si aún quieres comprar, haz un nuevo pago, por favor.',
    pt: 'Este pagamento foi cancelado a seu pedido. Se ainda quiser comprar, faça um novo pagamento, por favor.',
  },
  settled: DISPUTED,
  reimbursed: DISPUTED,
  refunded: {
    en: 'Your payment was refunded. The money may take a few days to appear.',
    es: 'Tu pago fue reembolsado. El dinero puede tardar unos días en aparecer.',
    pt: 'Seu pagamento foi reembolsado. O dinheiro pode levar alguns dias para aparecer.',
  },
  by_admin: {
    en: 'Mercado Pago refunded your payment. The money may take a few days to appear.',
    es: 'Mercado Pago reembolsó tu pago. El dinero puede tardar unos días en aparecer.',
    pt: 'O Mercado Pago reembolsou o seu pagamento. O dinheiro pode levar alguns dias para aparecer.',
  },
  // The detail of a failed transfer: the money may have left the bank account all the same.
  bank_error: {
    en: 'Your payment was not approved because of a problem at the bank. Please check your bank account before you try again.',
    es: 'Tu pago no fue aprobado por un problema en el banco. Por favor, revisa tu cuenta bancaria antes de intentarlo de nuevo.',
    pt: 'Seu pagamento não foi aprovado por um problema no banco. Por favor, confira a sua conta bancária antes de tentar de novo.',
  },
  cc_rejected_3ds_mandatory: {
    en: 'Your payment was not approved because your card asks for an extra confirmation. Please use another payment method.',
    es: 'Tu pago no fue aprobado porque tu tarjeta pide una confirmación adicional. Por favor, usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado porque o seu cartão pede uma confirmação a mais. Por favor, use outro meio de pagamento.',
  },
  cc_rejected_bad_filled_card_number: BAD_FILLED,
  cc_rejected_bad_filled_date: BAD_FILLED,
  cc_rejected_bad_filled_other: BAD_FILLED,
  cc_rejected_bad_filled_security_code: BAD_FILLED,
  cc_rejected_blacklist: NOT_APPROVED,
  cc_rejected_call_for_authorize: {
    en: 'Your payment was not approved because your bank has to authorise it first. Please contact your bank and then try again.',
    es: 'Tu pago no fue aprobado porque tu banco necesita tu autorización. Por favor, comunícate con tu banco y vuelve a intentarlo.',
    pt: 'Seu pagamento não foi aprovado porque o seu banco precisa da sua autorização. Por favor, fale com o banco e tente de novo.',
  },
  cc_rejected_card_disabled: {
    en: 'Your payment was not approved because your card is not active. Please contact your bank or use another payment method.',
    es: 'Tu pago no fue aprobado porque tu tarjeta no está activa. Por favor, comunícate con tu banco o usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado porque o seu cartão não está ativo. Por favor, fale com o banco ou use outro meio de pagamento.',
  },
  cc_rejected_card_error: NOT_APPROVED,
  cc_rejected_card_type_not_allowed: {
    en: 'Your payment was not approved because this type of card is not accepted. Please use another payment method.',
    es: 'Tu pago no fue aprobado porque no se acepta este tipo de tarjeta. Por favor, usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado porque este tipo de cartão não é aceito. Por favor, use outro meio de pagamento.',
  },
  cc_rejected_duplicated_payment: {
    en: 'Your payment was not approved because it looks the same as an earlier one. Please check your purchases before you pay again.',
    es: 'Tu pago no fue aprobado porque parece igual a uno anterior. Por favor, revisa tus compras antes de volver a pagar.',
    pt: 'Seu pagamento não foi aprovado porque parece igual a um anterior. Por favor, confira as suas compras antes de pagar de novo.',
  },
  cc_rejected_high_risk: NOT_APPROVED,
  cc_rejected_insufficient_amount: {
    en: 'Your payment was not approved because your card does not have enough funds. Please use another payment method.',
    es: 'Tu pago no fue aprobado porque tu tarjeta no tiene fondos suficientes. Por favor, usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado porque o seu cartão não tem saldo ou limite suficiente. Por favor, use outro meio de pagamento.',
  },
  cc_rejected_invalid_installments: {
    en: 'Your payment was not approved because your card does not allow this number of instalments. Please choose another number or another card.',
    es: 'Tu pago no fue aprobado porque tu tarjeta no permite esta cantidad de cuotas. Por favor, elige otra cantidad u otra tarjeta.',
    pt: 'Seu pagamento não foi aprovado porque o seu cartão não permite esse número de parcelas. Por favor, escolha outro número ou outro cartão.',
  },
  cc_rejected_max_attempts: {
    en: 'Your payment was not approved after several attempts. Please use another payment method.',
    es: 'Tu pago no fue aprobado después de varios intentos. Por favor, usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado depois de várias tentativas. Por favor, use outro meio de pagamento.',
  },
  cc_rejected_other_reason: NOT_APPROVED,
  cc_rejected_time_out: {
    en: 'Your payment was not approved because it took too long. Please try again in a few minutes.',
    es: 'Tu pago no fue aprobado porque tardó demasiado. Por favor, inténtalo de nuevo en unos minutos.',
    pt: 'Seu pagamento não foi aprovado porque demorou demais. Por favor, tente de novo em alguns minutos.',
  },
  rejected_by_bank: {
    en: 'Your payment was not approved by the bank. Please contact your bank or use another payment method.',
    es: 'Tu pago no fue aprobado por el banco. Por favor, comunícate con tu banco o usa otro medio de pago.',
    pt: 'Seu pagamento não foi aprovado pelo banco. Por favor, fale com o seu banco ou use outro meio de pagamento.',
  },
  rejected_by_regulations: NOT_APPROVED,
  rejected_high_risk: NOT_APPROVED,
  insufficient_money: NO_BALANCE,
  insufficient_amount: NO_BALANCE,
}

/** The language of a locale such as `pt-BR` or `pt_BR`; English for every language without texts. */
function languageOf(locale: string): keyof Text {
  const language = /^[a-z]+(?![^-_])/i.exec(locale)?.[0].toLowerCase() ?? ''
  return Object.hasOwn(GENERAL, language) ? (language as keyof Text) : 'en'
}

/**
 * Explains the `status_detail` of an inner payment to the buyer, in Portuguese, Spanish or, for any other `locale`,
 * English. For a missing or undocumented detail the text is one that is true of any payment.
 *
 * Use the text only for display, together with the status: `accredited` stays even when a payment is refunded or
 * disputed. Use `isApproved` to find out whether the buyer has paid.
 *
 * @see https://www.mercadopago.com.ar/developers/en/docs/checkout-api/response-handling/collection-results
 */
export function describeStatusDetail(detail: StatusDetail | null | undefined, locale: string): string {
  // A field that differs from the documentation is kept as it came, so this may be any value.
  const known = typeof detail === 'string' && Object.hasOwn(TEXTS, detail)
  return (known ? TEXTS[detail as Known] : GENERAL)[languageOf(locale)]
}
