import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { OperationName } from 'mercadopago-wallet-connect'
import * as v from 'valibot'
import type { KeyRing } from '../sealing/key-ring.ts'
import { fromBase64 } from '../sealing/seal.ts'

/** What a browser may do with a ticket, and for how long. A backend asks for it with its client key. */
export interface Ticket {
  /** Id of the ticket. */
  id: string
  /** Id of the client whose backend requested it. */
  client: string
  /** `external_user.id` of the buyer. */
  user: string
  /** The only page origin that may use it. */
  origin: string
  operations: readonly OperationName[]
  /** For `payments.create`: the exact charge, which can be made once. */
  charge?: Charge
}

/** The charge that a browser may make. */
export interface Charge {
  /** Major units, a decimal string. */
  amount: string
  external_reference: string
  /** false: the amount is only reserved. */
  capture?: false
  /** The key of the charge, whichever key the browser sends. Tickets with the same key charge once. */
  idempotency_key: string
}

/** A ticket, and when it was issued, milliseconds since 1970. */
export interface IssuedTicket extends Ticket {
  issuedAt: number
}

/**
 * What a ticket can allow. A browser is in the hands of its buyer, and a ticket can be copied out of it, so it gets what a buyer
 * needs in order to link a wallet and to pay. To refund, capture or cancel a payment is the seller's decision: a buyer who could
 * would get the goods and the money back, or have a reservation lapse after the goods were sent. Searching and listing refunds
 * would show a buyer what belongs to the seller's books.
 */
const BROWSER_MAY: Record<OperationName, boolean> = {
  'agreements.create': true,
  'agreements.get': true,
  'agreements.cancel': true,
  'agreements.createPayerToken': true,
  'discounts.validateCoupon': true,
  'discounts.create': true,
  'payments.create': true,
  'payments.get': true,
  'payments.search': false,
  'payments.capture': false,
  'payments.cancel': false,
  'payments.refund': false,
  'payments.listRefunds': false,
}

/** The operations that a ticket can allow; every other one is for backends only. */
export const BROWSER_OPERATIONS: readonly OperationName[] = (Object.keys(BROWSER_MAY) as OperationName[]).filter(
  (name) => BROWSER_MAY[name] === true,
)

export const MAX_TICKET_S = 15 * 60
/** No ticket that can be requested is longer. */
const MAX_TICKET_LENGTH = 6_144
const ALGORITHM = 'HS256'
const TYPE = 'wallet-connect-ticket+jwt'
const AUDIENCE = 'mercadopago-wallet-connect'

/**
 * A ticket as a JWT (HS256) under the current key.
 *
 * @throws {TypeError} the ticket would allow what only a backend may do, or last too long
 */
export async function mintTicket(ring: KeyRing, ticket: Ticket, lifetimeS: number, now: Date): Promise<string> {
  const forbidden = ticket.operations.find((operation) => !BROWSER_OPERATIONS.includes(operation))
  if (forbidden) throw new TypeError(`A ticket can never allow ${forbidden}`)
  if (ticket.operations.includes('payments.create') && !ticket.charge) {
    throw new TypeError('A ticket for payments.create names the amount and the external_reference')
  }
  if (!(Number.isInteger(lifetimeS) && lifetimeS > 0 && lifetimeS <= MAX_TICKET_S)) {
    throw new TypeError(`A ticket lasts 1 to ${MAX_TICKET_S} seconds`)
  }
  const { id, client, user, origin, operations, charge } = ticket
  const issuedAt = Math.floor(now.getTime() / 1_000)
  return new SignJWT({ origin, operations, ...(charge && { charge }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: ring.current.id })
    .setJti(id)
    .setIssuer(client)
    .setSubject(user)
    .setAudience(AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeS)
    .sign(ring.current.bytes)
}

/** Reads a ticket; undefined if it is forged, expired, or not one of ours. */
export async function readTicket(ring: KeyRing, token: string, now: Date): Promise<IssuedTicket | undefined> {
  if (token.length > MAX_TICKET_LENGTH) return undefined
  try {
    // A second spelling of the same signature would look like a second ticket.
    fromBase64(token.slice(token.lastIndexOf('.') + 1))
    const { payload } = await jwtVerify(token, ({ kid = '' }) => keyOf(ring, kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      audience: AUDIENCE,
      requiredClaims: ['jti', 'iss', 'sub', 'iat', 'exp'],
      maxTokenAge: MAX_TICKET_S,
      currentDate: now,
    })
    return toTicket(payload)
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}

/** The key by its id. Keys come from our configuration alone, never from the token. */
function keyOf(ring: KeyRing, kid: string): Uint8Array {
  const key = ring.find(kid)
  if (!key) throw new errors.JWKSNoMatchingKey()
  return key.bytes
}

const TextSchema = v.pipe(v.string(), v.nonEmpty())

/** What a payload must have to be a ticket: a signature says who wrote it, not that it is complete. */
const ClaimsSchema = v.object({
  jti: TextSchema,
  iss: TextSchema,
  sub: TextSchema,
  iat: v.number(),
  origin: TextSchema,
  operations: v.array(TextSchema),
  charge: v.optional(v.looseObject({})),
})

/** The ticket in a payload; undefined if a claim is missing or malformed. */
function toTicket(payload: JWTPayload): IssuedTicket | undefined {
  const { success, output } = v.safeParse(ClaimsSchema, payload)
  if (!success) return undefined
  const { jti, iss, sub, iat, origin, operations, charge } = output
  return {
    id: jti,
    client: iss,
    user: sub,
    origin,
    operations: operations as Ticket['operations'],
    issuedAt: iat * 1_000,
    ...(charge !== undefined && { charge: charge as object as NonNullable<Ticket['charge']> }),
  }
}
