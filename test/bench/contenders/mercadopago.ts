import { AdvancedPayment, MercadoPagoConfig } from 'mercadopago'
import { type CreateCaller, samplePayment } from './contender.ts'

/** Its address is fixed and its `fetch` is the global one. */
export const createCaller: CreateCaller = (fetch, origin) => {
  const payments = new AdvancedPayment(new MercadoPagoConfig({ accessToken: 'TEST-1' }))
  globalThis.fetch = (url, init) => fetch(String(url).replace('https://api.mercadopago.com', origin), init)
  // Its types know the marketplace only.
  return () => payments.create({ body: samplePayment as never })
}
