import { type OperationName, operations } from 'mercadopago-wallet-connect'
import * as v from 'valibot'
import { digest } from '../sealing/digest.ts'

const OriginSchema = v.pipe(
  v.string(),
  v.check((value) => URL.canParse(value) && new URL(value).origin === value, 'must be an origin, such as https://shop.example'),
)
const AddressSchema = v.pipe(
  v.string(),
  v.check((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http(s) address'),
)
const EventsAddressSchema = v.pipe(
  v.string(),
  v.check(
    (value) => /^https:|^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(value) && URL.canParse(value),
    'must be an https address',
  ),
)

const ClientSchema = v.strictObject({
  /** The client's id in keys, logs and lists. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, - or _')),
  /** SHA-256 of its keys, in hex: the current key first, then those that are being rotated out. */
  keys: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hex digits'))),
    v.minLength(1),
  ),
  /** The operations that it may do; all if left out. */
  operations: v.optional(v.array(v.picklist(Object.keys(operations) as OperationName[])), Object.keys(operations) as never),
  /** The page origins that it may make tickets for. */
  origins: v.optional(v.array(OriginSchema), []),
  /** The addresses that buyers may be sent back to, letter for letter. */
  return_uris: v.optional(v.array(AddressSchema), []),
  /** The address for its events, which are signed by the Standard Webhooks scheme with each of these secrets. */
  events: v.optional(
    v.strictObject({
      url: EventsAddressSchema,
      secrets: v.pipe(
        v.array(
          v.pipe(v.string(), v.regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and at least 24 bytes of base64')),
        ),
        v.minLength(1),
      ),
    }),
  ),
  /** Tickets issued before this time (ISO 8601) are refused: set it to revoke them. */
  tickets_since: v.optional(
    v.pipe(
      v.string(),
      v.check((value) => !Number.isNaN(Date.parse(value)), 'must be a time, such as 2026-11-21T12:00:00Z'),
    ),
  ),
  /** True if it may list open, reviewed and dead items of all clients. */
  operator: v.optional(v.boolean(), false),
})

/** A backend that may use the proxy. */
export interface Client extends v.InferOutput<typeof ClientSchema> {}

/** The backends, found by id or by key. */
export interface Clients {
  readonly all: readonly Client[]
  withId(id: string): Client | undefined
  withKey(key: string): Promise<Client | undefined>
}

/**
 * Reads the secret `CLIENTS`, a JSON list.
 *
 * @throws {TypeError} names the field that is wrong, never its value
 */
export function readClients(secret: string | undefined): Clients {
  const all = parse(secret)
  const digests = all.flatMap((client) => client.keys.map((hex) => ({ client, expected: fromHex(hex) })))
  if (new Set(all.map(({ id }) => id)).size < all.length) throw new TypeError('CLIENTS has two clients with the same id')
  if (new Set(all.flatMap(({ keys }) => keys)).size < digests.length) throw new TypeError('CLIENTS has the same key twice')
  return {
    all,
    withId: (id) => all.find((client) => client.id === id),
    async withKey(key) {
      const presented = await digest(key)
      // Every digest is compared, each in constant time, so that the duration reveals nothing.
      const matches = digests.filter(({ expected }) => crypto.subtle.timingSafeEqual(expected, presented))
      return matches[0]?.client
    },
  }
}

function parse(secret: string | undefined): Client[] {
  if (!secret) throw new TypeError('CLIENTS is not set')
  let json: unknown
  try {
    json = JSON.parse(secret)
  } catch {
    throw new TypeError('CLIENTS must be a JSON list')
  }
  const result = v.safeParse(v.pipe(v.array(ClientSchema), v.minLength(1)), json)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new TypeError(`CLIENTS: ${v.getDotPath(issue) ?? 'it'} ${describeIssue(issue)}`)
}

/** What is wrong with an input, without quoting it as valibot's own messages do. */
export function describeIssue({ type, expected, input, message }: v.BaseIssue<unknown>): string {
  if (type === 'strict_object' && expected === 'never') return 'is not a known field'
  if (input === undefined) return 'is missing'
  return message.startsWith('Invalid') ? `is not ${NAMES[type] ?? 'valid'}` : message
}

const NAMES: Record<string, string> = { array: 'a list', string: 'text', boolean: 'true or false', strict_object: 'an object' }

const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
