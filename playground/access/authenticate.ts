import type { OperationName } from 'mercadopago-wallet-connect'
import type { Client } from '../configuration/clients.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { Declined, problem } from '../http/envelope.ts'
import { BACKEND_ONLY, type IssuedTicket, readTicket } from './tickets.ts'

/** Who asks: a backend with its key, or a browser with a ticket that its backend got for it. */
export interface Caller {
  client: Client
  ticket?: IssuedTicket
}

/**
 * Says who asks. A browser may only ask from the page that its ticket was made for.
 *
 * @throws {Declined} 401: nobody known, 403: from a page that may not
 */
export async function authenticate(request: Request, { clients, ticketKeys }: Configuration): Promise<Caller> {
  const credential = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (credential === undefined) throw new Declined(problem(401, 'authorization value not present'))
  const client = await clients.withKey(credential)
  const ticket = client ? undefined : await readTicket(ticketKeys, credential, new Date())
  const caller = client ? { client } : ticket && ofTicket(ticket, clients.withId(ticket.client))
  if (!caller) throw new Declined(problem(401, 'Invalid access token'))

  // Only browsers send it. They leave it out of what a page reads from its own origin.
  const origin = request.headers.get('origin')
  const allowed = ticket ? [ticket.origin] : caller.client.origins
  if (origin !== null && !allowed.includes(origin)) throw new Declined(problem(403, 'This origin is not allowed'))
  return caller
}

/** A ticket is worth what its client may still give. */
function ofTicket(ticket: IssuedTicket, client: Client | undefined): Caller | undefined {
  const isRevoked = client?.tickets_since !== undefined && ticket.issuedAt < Date.parse(client.tickets_since)
  if (!client || isRevoked || !client.origins.includes(ticket.origin)) return undefined
  return { client, ticket }
}

/** What is for backends only is never a browser's, whatever its ticket says. */
export function mayDo({ client, ticket }: Caller, name: OperationName): boolean {
  const isOfTicket = !ticket || (ticket.operations.includes(name) && !BACKEND_ONLY.includes(name))
  return isOfTicket && client.operations.includes(name)
}
