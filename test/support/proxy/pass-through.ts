/**
 * The least that a Worker can do between a shop and Mercado Pago: it puts the access token in. The proxy is measured against
 * it. The two classes are in the settings that both share.
 */
export const PASS_THROUGH = `
import { DurableObject } from 'cloudflare:workers'
export class Ledger extends DurableObject {}
export class Inbox extends DurableObject {}
export default {
  fetch(request, { MERCADOPAGO_ACCESS_TOKEN }) {
    const { pathname } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.set('authorization', 'Bearer ' + MERCADOPAGO_ACCESS_TOKEN.split(' ')[0])
    return fetch('https://api.mercadopago.com' + pathname, { method: request.method, headers, body: request.body })
  },
}
`
