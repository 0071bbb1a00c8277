import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { OperationName } from 'mercadopago-wallet-connect'
import type { KeyRing } from '../sealing/key-ring.ts'
import { fromBase64 } from '../sealing/seal.ts'

/** What a browser may do with a ticket, and for how long. A backend asks for it with its client key. */
export interface Ticket {
  /** Names the ticket. */
  id: string
  /** The backend that asked for it. */
  client: string
  /** `external_user.id` of the buyer. */
  user: string
  /** The only page origin that may use it. */
  origin: string
  operations: readonly OperationName[]
  /** Of `payments.create`: exactly this is charged, once. */
  charge?: Charge
}

/** What a browser may charge. */
export interface Charge {
  /** Major units, a decimal string. */
  amount: string
  external_reference: string
  /** false: the amount is only reserved. */
  capture?: false
  /** Of this wish: whichever key the browser sends, this one counts. Tickets with the same one charge once. */
  idempotency_key: string
}

/** A ticket, and when it was issued, milliseconds since 1970. */
export interface IssuedTicket extends Ticket {
  issuedAt: number
}

/** What a browser may never do, whoever asks. */
export const BACKEND_ONLY: readonly OperationName[] = [
  'payments.refund',
  'payments.capture',
  'payments.cancel',
  'payments.search',
  'payments.listRefunds',
]

export const LONGEST_TICKET_S = 15 * 60
/** Of the longest that can be asked for. */
const LONGEST_TICKET_CHARACTERS = 6_144
const ALGORITHM = 'HS256'
const TYPE = 'wallet-connect-ticket+jwt'
const AUDIENCE = 'mercadopago-wallet-connect'

/**
 * A ticket as a JWT (HS256) under the current key.
 *
 * @throws {TypeError} it would allow what only a backend may do, or lasts too long
 */
export async function mintTicket(ring: KeyRing, ticket: Ticket, lifetimeS: number, now: Date): Promise<string> {
  const forbidden = ticket.operations.find((operation) => BACKEND_ONLY.includes(operation))
  if (forbidden) throw new TypeError(`A ticket can never allow ${forbidden}`)
  if (ticket.operations.includes('payments.create') && !ticket.charge) {
    throw new TypeError('A ticket for payments.create names the amount and the external_reference')
  }
  if (!(Number.isInteger(lifetimeS) && lifetimeS > 0 && lifetimeS <= LONGEST_TICKET_S)) {
    throw new TypeError(`A ticket lasts 1 to ${LONGEST_TICKET_S} seconds`)
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

/** The ticket; undefined if it is forged, foreign, expired or anything else than one of ours. */
export async function readTicket(ring: KeyRing, token: string, now: Date): Promise<IssuedTicket | undefined> {
  if (token.length > LONGEST_TICKET_CHARACTERS) return undefined
  try {
    // Another text for the same signature would be another ticket to whoever counts them.
    fromBase64(token.slice(token.lastIndexOf('.') + 1))
    const { payload } = await jwtVerify(token, ({ kid = '' }) => keyOf(ring, kid), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      audience: AUDIENCE,
      requiredClaims: ['jti', 'iss', 'sub', 'iat', 'exp'],
      maxTokenAge: LONGEST_TICKET_S,
      currentDate: now,
    })
    return toTicket(payload)
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}

/** Keys come from our configuration alone, never from the token. */
function keyOf(ring: KeyRing, kid: string): Uint8Array {
  const key = ring.find(kid)
  if (!key) throw new errors.JWKSNoMatchingKey()
  return key.bytes
}

/** It was signed by us, so it has the form that we gave it. */
function toTicket({ jti = '', iss = '', sub = '', iat = 0, origin, operations, charge }: JWTPayload): IssuedTicket {
  return {
    id: jti,
    client: iss,
    user: sub,
    origin: String(origin),
    operations: operations as Ticket['operations'],
    issuedAt: iat * 1_000,
    ...(charge !== undefined && { charge: charge as NonNullable<Ticket['charge']> }),
  }
}
