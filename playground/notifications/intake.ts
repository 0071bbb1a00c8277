import { InvalidNotificationError, type Notification, parseNotification } from 'mercadopago-wallet-connect/notifications'
import type { Configuration } from '../configuration/configuration.ts'
import type { Ledgers } from '../ledger/ledgers.ts'
import type { QueuedPointer } from './inbox-object.ts'
import type { Inboxes } from './inboxes.ts'

/** The response to a delivery, and the outcome for the log. Mercado Pago repeats what is not answered with 200. */
export interface IntakeResult {
  status: number
  outcome: string
}

export interface Intake extends Pick<Configuration, 'verify' | 'isStrict'> {
  env: Pick<Env, 'ANONYMOUS_LIMIT' | 'HINT_LIMIT'>
  inboxes: Inboxes
  ledgers: Ledgers
}

/** Real names are shorter, and longer ones would fill the queue. */
const MAX_NAME_LENGTH = 64

/**
 * Receives a notification, and stores it before it is answered. One without a valid signature is only a hint to read a resource
 * again: it must be in the ledger, and there is a limit.
 */
export async function receiveNotification(request: Request, intake: Intake): Promise<IntakeResult> {
  const { url, headers } = request
  let notification: Notification
  try {
    notification = await read({ url, headers, body: await request.text() }, intake)
  } catch (error) {
    if (!(error instanceof InvalidNotificationError)) throw error
    return { status: isOfBody(error) ? 400 : 401, outcome: error.reason }
  }
  const { topic, action = null, resource, resourceId } = notification
  if ([topic, action ?? '', resourceId].some((name) => name.length > MAX_NAME_LENGTH))
    return { status: 400, outcome: 'too_large' }

  const isVerified = isSigned(notification)
  try {
    if (await isOverLimit(headers, resourceId, isVerified, intake)) return { status: 429, outcome: 'too many requests' }
    // No signature covers a body. So what is in it neither makes another event nor passes for an earlier one.
    const pointer: QueuedPointer = { key: `${resource}:${resourceId}`, topic, action, resource, resourceId, isVerified }
    if (!isVerified && !(await isInLedger(pointer, intake))) return { status: 200, outcome: 'hint, not in the ledger' }
    return { status: 200, outcome: `${isVerified ? 'verified' : 'hint'}, ${await intake.inboxes.receive(pointer)}` }
  } catch {
    return { status: 503, outcome: 'the inbox did not answer' }
  }
}

const isOfBody = ({ reason }: InvalidNotificationError): boolean =>
  reason === 'not_json' || reason === 'too_large' || reason === 'unknown_shape'

/** True if a signature covers the id of the resource. That of an old split payment is in the body. */
const isSigned = ({ matched, resource }: Notification): boolean =>
  matched !== null && matched.id !== 'absent' && resource !== 'advanced_payment'

/** @throws {InvalidNotificationError} */
async function read(delivery: Parameters<typeof parseNotification>[0], { verify, isStrict }: Intake): Promise<Notification> {
  try {
    return await verify(delivery)
  } catch (error) {
    if (!(error instanceof InvalidNotificationError) || isOfBody(error) || isStrict) throw error
    return parseNotification(delivery)
  }
}

async function isOverLimit(headers: Headers, resourceId: string, isVerified: boolean, { env }: Intake): Promise<boolean> {
  // A signature covers the resource and not the rest, so whoever has seen one delivery can make many of it.
  if (isVerified) return !(await env.ANONYMOUS_LIMIT.limit({ key: `event:${resourceId}` })).success
  const address = headers.get('cf-connecting-ip') ?? 'nowhere'
  const limits = [env.ANONYMOUS_LIMIT.limit({ key: `hints:${address}` }), env.HINT_LIMIT.limit({ key: resourceId })]
  return (await Promise.all(limits)).some(({ success }) => !success)
}

async function isInLedger({ resource, resourceId }: QueuedPointer, { ledgers }: Intake): Promise<boolean> {
  if (resource === 'order' || resource === 'unknown') return false
  return (await ledgers.owners([{ kind: resource, id: resourceId }])).length > 0
}
