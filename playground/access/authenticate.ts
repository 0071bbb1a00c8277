import type { OperationName } from 'mercadopago-wallet-connect'
import type { Client } from '../configuration/clients.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { Declined, problem } from '../http/envelope.ts'
import { BROWSER_OPERATIONS, type IssuedTicket, readTicket } from './tickets.ts'

/** Who calls: a backend with its client key, or a browser with a ticket from its backend. */
export interface Caller {
  client: Client
  ticket?: IssuedTicket
}

/**
 * Finds out who calls. A browser may call only from the page origin that its ticket was made for.
 *
 * @throws {Declined} 401: the credential is not valid, 403: the page's origin is not allowed
 */
export async function authenticate(request: Request, { clients, ticketKeys }: Configuration): Promise<Caller> {
  const credential = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (credential === undefined) throw new Declined(problem(401, 'authorization value not present'))
  const client = await clients.withKey(credential)
  const ticket = client ? undefined : await readTicket(ticketKeys, credential, new Date())
  const caller = client ? { client } : ticket && callerOf(ticket, clients.withId(ticket.client))
  if (!caller) throw new Declined(problem(401, 'Invalid access token'))

  // Only browsers send it. They leave it out when a page reads from its own origin.
  const origin = request.headers.get('origin')
  const allowed = ticket ? [ticket.origin] : caller.client.origins
  if (origin !== null && !allowed.includes(origin)) throw new Declined(problem(403, 'This origin is not allowed'))
  return caller
}

/** The caller of a ticket; undefined if the client, or its origin, is gone, or the ticket is revoked. */
function callerOf(ticket: IssuedTicket, client: Client | undefined): Caller | undefined {
  const isRevoked = client?.tickets_since !== undefined && ticket.issuedAt < Date.parse(client.tickets_since)
  if (!client || isRevoked || !client.origins.includes(ticket.origin)) return undefined
  return { client, ticket }
}

/** True if the caller may do this operation. A browser may never do more than BROWSER_OPERATIONS, whatever its ticket says. */
export function mayDo({ client, ticket }: Caller, name: OperationName): boolean {
  const isOfTicket = !ticket || (ticket.operations.includes(name) && BROWSER_OPERATIONS.includes(name))
  return isOfTicket && client.operations.includes(name)
}
