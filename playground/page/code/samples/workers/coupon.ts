import { createWalletConnect } from 'mercadopago-wallet-connect'
import { buyerOf } from './shop.ts' // yours: the login

export default { async fetch(request, env) {
  const { payer } = await buyerOf(request) // throws unless your page POSTs
  const { coupon = '' } = await request.json<Record<string, string>>()
  const wallet = createWalletConnect({ accessToken: env.MERCADOPAGO_ACCESS_TOKEN })
  const { discount: { amount, detail: { value, type, cap } = {} } } =
    await wallet.discounts.create({ payer_token: payer.token, amount: 100, coupon })
  const discount = amount && value && type && cap // exactly as promised, or none
    ? { amount, description: 'Ten off', code: coupon, detail: { value, type, cap } }
    : {}
  // Valid for seconds. Pay at once, with the order's reference and key, as in "Pay":
  return Response.json({ transaction_amount: 100, discount })
} } satisfies ExportedHandler<{ MERCADOPAGO_ACCESS_TOKEN: string }>
