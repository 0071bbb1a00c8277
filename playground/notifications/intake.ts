import { InvalidNotificationError, type Notification, parseNotification } from 'mercadopago-wallet-connect/notifications'
import type { Configuration } from '../configuration/configuration.ts'
import type { Ledgers } from '../ledger/ledgers.ts'
import type { QueuedPointer } from './inbox-object.ts'
import type { Inboxes } from './inboxes.ts'

/** What became of a delivery. Mercado Pago repeats whatever is not answered with 200. */
export interface Received {
  status: number
  outcome: string
}

export interface Intake extends Pick<Configuration, 'verify' | 'isStrict'> {
  env: Pick<Env, 'ANONYMOUS_LIMIT' | 'HINT_LIMIT'>
  inboxes: Inboxes
  ledgers: Ledgers
}

/** Longer ones are nobody's names, and would fill the queue. */
const MOST_CHARACTERS = 64

/**
 * Takes a notification: it is on disk before it is answered. One without a valid signature is no more than a hint to look
 * again: at what is ours, and not too often.
 */
export async function receiveNotification(request: Request, intake: Intake): Promise<Received> {
  const { url, headers } = request
  let notification: Notification
  try {
    notification = await read({ url, headers, body: await request.text() }, intake)
  } catch (error) {
    if (!(error instanceof InvalidNotificationError)) throw error
    return { status: isOfBody(error) ? 400 : 401, outcome: error.reason }
  }
  const { topic, action = null, resource, resourceId, eventKey, matched } = notification
  if ([topic, action ?? '', resourceId].some((name) => name.length > MOST_CHARACTERS))
    return { status: 400, outcome: 'too_large' }

  const isVerified = matched !== null
  try {
    if (await isTooMuch(headers, resourceId, isVerified, intake)) return { status: 429, outcome: 'too many' }
    // The body of a hint is anybody's: what it calls the event does not count.
    const key = isVerified ? eventKey : `hint:${resource}:${resourceId}`
    const pointed: QueuedPointer = { key, topic, action, resource, resourceId, isVerified }
    if (!isVerified && !(await isOurs(pointed, intake))) return { status: 200, outcome: 'hint, nothing of ours' }
    return { status: 200, outcome: `${isVerified ? 'verified' : 'hint'}, ${await intake.inboxes.receive(pointed)}` }
  } catch {
    return { status: 503, outcome: 'the inbox did not answer' }
  }
}

const isOfBody = ({ reason }: InvalidNotificationError): boolean =>
  reason === 'not_json' || reason === 'too_large' || reason === 'unknown_shape'

/** @throws {InvalidNotificationError} */
async function read(delivery: Parameters<typeof parseNotification>[0], { verify, isStrict }: Intake): Promise<Notification> {
  try {
    return await verify(delivery)
  } catch (error) {
    if (!(error instanceof InvalidNotificationError) || isOfBody(error) || isStrict) throw error
    return parseNotification(delivery)
  }
}

async function isTooMuch(headers: Headers, resourceId: string, isVerified: boolean, { env }: Intake): Promise<boolean> {
  // A signature covers the resource, not the rest: a delivery that somebody saw can be made into many.
  if (isVerified) return !(await env.ANONYMOUS_LIMIT.limit({ key: `event:${resourceId}` })).success
  const address = headers.get('cf-connecting-ip') ?? 'nowhere'
  const limits = [env.ANONYMOUS_LIMIT.limit({ key: `hints:${address}` }), env.HINT_LIMIT.limit({ key: resourceId })]
  return (await Promise.all(limits)).some(({ success }) => !success)
}

async function isOurs({ resource, resourceId }: QueuedPointer, { ledgers }: Intake): Promise<boolean> {
  if (resource === 'order' || resource === 'unknown') return false
  return (await ledgers.owners([{ kind: resource, id: resourceId }])).length > 0
}
