import type { Context, Next } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

const COOKIE = 'shop_session'
const WEEK_S = 7 * 86_400

/** Who is logged in at the shop: everybody is somebody, from the first request on. */
export async function knowBuyer(c: Context<{ Variables: { buyer: string } }>, next: Next): Promise<void> {
  let session = getCookie(c, COOKIE)
  if (!session || !/^[\w-]{36}$/.test(session)) {
    session = crypto.randomUUID()
    // Lax: it has to be there when the buyer comes back from Mercado Pago.
    setCookie(c, COOKIE, session, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: WEEK_S })
  }
  c.set('buyer', await buyerOf(session))
  await next()
}

/** The session is a secret; the buyer's id is known to the proxy and to Mercado Pago. */
async function buyerOf(session: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(session)))
  return `buyer-${[...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
