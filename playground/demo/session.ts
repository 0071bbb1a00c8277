import type { Context, Next } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { hexDigest } from '../sealing/digest.ts'

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
const buyerOf = async (session: string): Promise<string> => `buyer-${(await hexDigest(session)).slice(0, 16)}`
