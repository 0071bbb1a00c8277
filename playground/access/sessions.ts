import { AmountSchema, newIdempotencyKey } from 'mercadopago-wallet-connect'
import * as v from 'valibot'
import { describeIssue } from '../configuration/clients.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { Declined, problem } from '../http/envelope.ts'
import type { ProxyResponse } from '../http/response.ts'
import { isDigestible } from '../sealing/payer-token.ts'
import type { Caller } from './authenticate.ts'
import { BROWSER_OPERATIONS, MAX_TICKET_S, mintTicket, type Ticket } from './tickets.ts'

const TicketOperationSchema = v.picklist(BROWSER_OPERATIONS, 'must be an operation that a browser may do')
const text = (maxLength: number) =>
  v.pipe(v.string('must be text'), v.regex(new RegExp(`^.{1,${maxLength}}$`, 's'), `must have 1 to ${maxLength} characters`))

const SessionSchema = v.strictObject({
  external_user: v.strictObject({
    id: v.pipe(text(256), v.check(isDigestible, 'must be well-formed Unicode')),
  }),
  origin: v.string('must be text'),
  operations: v.pipe(
    v.array(TicketOperationSchema),
    v.minLength(1, 'must name at least one operation'),
    v.maxLength(BROWSER_OPERATIONS.length, 'must name each operation once'),
  ),
  charge: v.optional(
    v.strictObject({
      amount: AmountSchema,
      external_reference: text(256),
      capture: v.optional(v.boolean('must be true or false')),
      idempotency_key: v.optional(
        v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters')),
      ),
    }),
  ),
  /** The ticket's lifetime in seconds. */
  expires_in: v.optional(
    v.pipe(v.number('must be seconds'), v.integer(), v.minValue(1), v.maxValue(MAX_TICKET_S, `must be at most ${MAX_TICKET_S}`)),
    MAX_TICKET_S,
  ),
})

/**
 * `POST /sessions`: makes a ticket for one buyer's browser.
 *
 * @throws {Declined} 400 with what is wrong, 403: the caller may not do this
 */
export async function openSession(
  { client, ticket }: Caller,
  json: unknown,
  { ticketKeys }: Configuration,
): Promise<ProxyResponse> {
  if (ticket) throw new Declined(problem(403, 'A ticket cannot make tickets'))
  const { external_user, origin, operations, charge, expires_in } = read(json)
  if (!client.origins.includes(origin))
    throw new Declined(problem(400, 'origin is not, letter for letter, one of the origins of this client in CLIENTS'))
  const forbidden = operations.find((name) => !client.operations.includes(name))
  if (forbidden) throw new Declined(problem(403, `This client may not do ${forbidden}`))
  if (operations.includes('payments.create') !== (charge !== undefined)) {
    throw new Declined(problem(400, 'charge belongs to a ticket for payments.create, and to no other'))
  }
  const minted: Ticket = {
    id: crypto.randomUUID(),
    client: client.id,
    user: external_user.id,
    origin,
    operations,
    ...(charge && {
      charge: {
        amount: String(charge.amount),
        external_reference: charge.external_reference,
        idempotency_key: charge.idempotency_key ?? newIdempotencyKey(),
        ...(charge.capture === false && { capture: false }),
      },
    }),
  }
  const now = new Date()
  const token = await mintTicket(ticketKeys, minted, expires_in, now)
  const expires_at = new Date(now.getTime() + expires_in * 1_000).toISOString()
  const idempotency_key = minted.charge?.idempotency_key
  return {
    status: 201,
    body: JSON.stringify({ ticket: token, expires_in, expires_at, ...(idempotency_key && { idempotency_key }) }),
  }
}

function read(json: unknown): v.InferOutput<typeof SessionSchema> {
  const result = v.safeParse(SessionSchema, json)
  if (result.success) return result.output
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the body'} ${describeIssue(issue)}`)
  throw new Declined(problem(400, [...new Set(problems)].join('; ')))
}
