import type { Context, Next } from 'hono'
import { problem } from './failure.ts'
import type { Env } from './worker.ts'

/** Lets in who gives the client key. Digests are compared, so time tells nothing about the key. */
export async function authenticate(c: Context<{ Bindings: Env }>, next: Next): Promise<Response | undefined> {
  const key = /^Bearer ([\x21-\x7e]+)$/.exec(c.req.header('authorization') ?? '')?.[1]
  if (key === undefined) return problem(401, 'authorization value not present')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  const expected = fromHex(c.env.CLIENT_KEY_SHA256)
  const isSame = expected.byteLength === digest.byteLength && crypto.subtle.timingSafeEqual(digest, expected)
  if (!isSame) return problem(401, 'Invalid access token')
  await next()
}

const fromHex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
