import type { Context, Next } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { hexDigest } from '../sealing/digest.ts'

const COOKIE = 'shop_session'
const WEEK_S = 7 * 86_400

/** Finds out which buyer is logged in at the shop. A first request starts a session for a new buyer. */
export async function identifyBuyer(c: Context<{ Variables: { buyer: string } }>, next: Next): Promise<void> {
  let session = getCookie(c, COOKIE)
  if (!session || !/^[\w-]{36}$/.test(session)) {
    session = crypto.randomUUID()
    // Lax, because it has to be sent when the buyer comes back from Mercado Pago.
    setCookie(c, COOKIE, session, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: WEEK_S })
  }
  c.set('buyer', await buyerOf(session))
  await next()
}

/** The buyer's id. It is a digest, because the session is a secret and the id goes to the proxy and to Mercado Pago. */
const buyerOf = async (session: string): Promise<string> => `buyer-${(await hexDigest(session)).slice(0, 16)}`
