const en = {
  /** For numbers, and for whoever reads it aloud. */
  locale: 'en',
  language: 'Language',
  shop: 'A small shop',
  cart: 'Your cart',
  products: { mate: 'Mate gourd', coffee: 'Coffee, 250 g', alfajores: 'Alfajores, box of six' },
  fewer: 'One less: {product}',
  more: 'One more: {product}',
  total: 'Total',
  discounted: 'With the coupon',
  pay: 'Pay with Mercado Pago',
  payNow: 'Pay {amount}',
  reserveNow: 'Reserve {amount}',
  reserve: 'Only reserve: the shop charges when it ships',
  wallet: 'Your wallet',
  linked: 'Your Mercado Pago wallet is linked.',
  notLinked: 'You authorise it once, in Mercado Pago. This shop never sees your password or your card.',
  unlink: 'Unlink',
  coupon: 'Coupon',
  apply: 'Apply',
  couponWorks: 'The coupon {code} is applied.',
  linking: 'Taking you to Mercado Pago…',
  unlinking: 'Unlinking…',
  paying: 'Paying…',
  checking:
    'This takes longer than usual. We are asking Mercado Pago what became of your payment. You will not be charged twice.',
  approved: 'Paid. Thank you!',
  authorized: 'Reserved. The shop charges when it ships.',
  rejected: 'Not paid',
  cancelled: 'The shop cancelled it. Nothing was charged.',
  refunded: 'Your money was given back.',
  pending: 'Payment pending',
  refused: 'Not paid. Nothing was charged.',
  receipt: 'Payment {id}, order {order}',
  tryAgain: 'Try again: {amount}',
  another: 'Buy something else',
  empty: 'Your cart is empty.',
  askAgain: 'Ask again',
  leave: 'Do not wait',
  mayStill: 'If you do not wait, it may still be charged, once.',
  unknown: 'It is not known yet what became of your payment.',
  partiallyRefunded: 'Paid, and partly given back.',
  disputed: 'This payment is disputed.',
  problems: {
    not_linked: 'Your wallet was not linked, and nothing was charged.',
    unlinked: 'Your wallet is no longer linked. Link it again to pay.',
    coupon: 'This coupon is not valid.',
    price: 'The discount has changed: look at the new price, and nothing was charged yet.',
    failed: 'That did not work. You can safely try again: nothing is charged twice.',
  },
}

export type Texts = typeof en

const es: Texts = {
  locale: 'es-AR',
  language: 'Idioma',
  shop: 'Una tienda pequeña',
  cart: 'Tu carrito',
  products: { mate: 'Mate de calabaza', coffee: 'Café, 250 g', alfajores: 'Alfajores, caja de seis' },
  fewer: 'Uno menos: {product}',
  more: 'Uno más: {product}',
  total: 'Total',
  discounted: 'Con el cupón',
  pay: 'Pagar con Mercado Pago',
  payNow: 'Pagar {amount}',
  reserveNow: 'Reservar {amount}',
  reserve: 'Solo reservar: la tienda cobra cuando envía',
  wallet: 'Tu billetera',
  linked: 'Tu billetera de Mercado Pago está vinculada.',
  notLinked: 'Lo autorizas una sola vez, en Mercado Pago. Esta tienda nunca ve tu clave ni tu tarjeta.',
  unlink: 'Desvincular',
  coupon: 'Cupón',
  apply: 'Aplicar',
  couponWorks: 'El cupón {code} está aplicado.',
  linking: 'Te llevamos a Mercado Pago…',
  unlinking: 'Desvinculando…',
  paying: 'Pagando…',
  checking: 'Esto tarda más de lo normal. Estamos preguntando a Mercado Pago qué pasó con tu pago. No se te cobrará dos veces.',
  approved: '¡Pagado, gracias!',
  authorized: 'Reservado. La tienda cobra cuando envía.',
  rejected: 'No se pagó',
  cancelled: 'La tienda lo canceló. No se cobró nada.',
  refunded: 'Se te devolvió el dinero.',
  pending: 'Pago pendiente',
  refused: 'No se pagó. No se cobró nada.',
  receipt: 'Pago {id}, pedido {order}',
  tryAgain: 'Intentar de nuevo: {amount}',
  another: 'Comprar otra cosa',
  empty: 'Tu carrito está vacío.',
  askAgain: 'Preguntar de nuevo',
  leave: 'No esperar',
  mayStill: 'Si no esperas, todavía puede cobrarse, una sola vez.',
  unknown: 'Aún no se sabe qué pasó con tu pago.',
  partiallyRefunded: 'Pagado, y devuelto en parte.',
  disputed: 'Este pago está en disputa.',
  problems: {
    not_linked: 'Tu billetera no quedó vinculada y no se cobró nada.',
    unlinked: 'Tu billetera ya no está vinculada. Vincúlala de nuevo para pagar.',
    coupon: 'Este cupón no es válido.',
    price: 'El descuento cambió: mira el nuevo precio. Todavía no se cobró nada.',
    failed: 'No funcionó. Puedes intentarlo de nuevo sin riesgo: nada se cobra dos veces.',
  },
}

const pt: Texts = {
  locale: 'pt-BR',
  language: 'Idioma',
  shop: 'Uma pequena loja',
  cart: 'Seu carrinho',
  products: { mate: 'Cuia de chimarrão', coffee: 'Café, 250 g', alfajores: 'Alfajores, caixa com seis' },
  fewer: 'Um a menos: {product}',
  more: 'Um a mais: {product}',
  total: 'Total',
  discounted: 'Com o cupom',
  pay: 'Pagar com Mercado Pago',
  payNow: 'Pagar {amount}',
  reserveNow: 'Reservar {amount}',
  reserve: 'Só reservar: a loja cobra quando enviar',
  wallet: 'Sua carteira',
  linked: 'Sua carteira do Mercado Pago está vinculada.',
  notLinked: 'Você autoriza uma única vez, no Mercado Pago. Esta loja nunca vê sua senha nem seu cartão.',
  unlink: 'Desvincular',
  coupon: 'Cupom',
  apply: 'Aplicar',
  couponWorks: 'O cupom {code} está aplicado.',
  linking: 'Redirecionando para o Mercado Pago…',
  unlinking: 'Desvinculando…',
  paying: 'Pagando…',
  checking:
    'Isto está demorando mais que o normal. Estamos perguntando ao Mercado Pago o que houve com seu pagamento. Você não será cobrado duas vezes.',
  approved: 'Pago. Obrigado!',
  authorized: 'Reservado. A loja cobra quando enviar.',
  rejected: 'Não foi pago',
  cancelled: 'A loja cancelou. Nada foi cobrado.',
  refunded: 'Seu dinheiro foi devolvido.',
  pending: 'Pagamento pendente',
  refused: 'Não foi pago. Nada foi cobrado.',
  receipt: 'Pagamento {id}, pedido {order}',
  tryAgain: 'Tentar de novo: {amount}',
  another: 'Comprar outra coisa',
  empty: 'Seu carrinho está vazio.',
  askAgain: 'Perguntar de novo',
  leave: 'Não esperar',
  mayStill: 'Se você não esperar, ainda pode ser cobrado, uma única vez.',
  unknown: 'Ainda não se sabe o que houve com o seu pagamento.',
  partiallyRefunded: 'Pago, e devolvido em parte.',
  disputed: 'Este pagamento está em disputa.',
  problems: {
    not_linked: 'Sua carteira não foi vinculada, e nada foi cobrado.',
    unlinked: 'Sua carteira não está mais vinculada. Vincule-a de novo para pagar.',
    coupon: 'Este cupom não é válido.',
    price: 'O desconto mudou: veja o novo preço. Nada foi cobrado ainda.',
    failed: 'Não deu certo. Você pode tentar de novo sem risco: nada é cobrado duas vezes.',
  },
}

export const TEXTS = { pt, es, en }
export type Language = keyof typeof TEXTS
export const LANGUAGES: Record<Language, string> = { pt: 'Português', es: 'Español', en: 'English' }

/** The browser's first language of the three. */
export function preferred(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => Object.hasOwn(TEXTS, tag))
  return (known as Language) ?? 'es'
}

/** What a payment's status is called. */
export function headingOf(t: Texts, status: string): string {
  const known: Record<string, string> = {
    approved: t.approved,
    authorized: t.authorized,
    rejected: t.rejected,
    cancelled: t.cancelled,
    canceled: t.cancelled,
    refunded: t.refunded,
    partially_refunded: t.partiallyRefunded,
    charged_back: t.disputed,
    in_mediation: t.disputed,
  }
  return known[status] ?? t.pending
}

/** Puts values into the places of a text. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place))
