import type { Caller } from './access/authenticate.ts'
import { Declined, problem } from './http/envelope.ts'
import { type LedgerState, OPEN_STATES } from './ledger/ledger.ts'
import type { Ledgers } from './ledger/ledgers.ts'
import type { ListedOperation } from './ledger/write-request.ts'
import { type ListedNotification, NOTIFICATION_STATES, type NotificationState } from './notifications/inbox-object.ts'
import type { Inboxes } from './notifications/inboxes.ts'

const MAX_ROWS = 1_000
const STATES: Record<string, readonly LedgerState[]> = {
  open: OPEN_STATES,
  ...Object.fromEntries([...OPEN_STATES, 'NEEDS_REVIEW' as const].map((state) => [state, [state]])),
}

/**
 * `GET /operations?state=…`: the writes that are open or need a person, the oldest first, at most a thousand.
 *
 * @throws {Declined} 403: the caller is not an operator, 400: there is no such state
 */
export async function listOperations(
  caller: Caller,
  query: Record<string, string>,
  ledgers: Ledgers,
): Promise<{ results: ListedOperation[] }> {
  return { results: await ledgers.list(stateFrom(caller, query, STATES), MAX_ROWS) }
}

/** `GET /notifications?state=…`: the notifications in a state, in the same way. */
export async function listNotifications(
  caller: Caller,
  query: Record<string, string>,
  inboxes: Inboxes,
): Promise<{ results: ListedNotification[] }> {
  const states = Object.fromEntries(NOTIFICATION_STATES.map((state) => [state, state]))
  return { results: await inboxes.list(stateFrom<NotificationState>(caller, query, states), MAX_ROWS) }
}

function stateFrom<State>(
  { client, ticket }: Caller,
  { state, ...rest }: Record<string, string>,
  states: Record<string, State>,
): State {
  if (!client.operator || ticket) throw new Declined(problem(403, 'Only an operator may see this'))
  const found = state !== undefined && Object.hasOwn(states, state) ? states[state] : undefined
  const isKnown = Object.keys(rest).length === 0
  if (found === undefined || !isKnown) {
    throw new Declined(problem(400, `state must be one of ${Object.keys(states).join(', ')}, and no other parameter is accepted`))
  }
  return found
}
