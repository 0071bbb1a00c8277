import { InvalidNotificationError, type Notification, parseNotification } from 'mercadopago-wallet-connect/notifications'
import type { Configuration } from './configuration.ts'
import type { Inboxes } from './inboxes.ts'

/** What became of a delivery. Mercado Pago repeats whatever is not answered with 200. */
export interface Received {
  status: number
  outcome: string
}

/**
 * Takes a notification: it is on disk before it is answered. One without a valid signature is no more than a hint to look
 * again, and there are limits to how often one looks.
 */
export async function receiveNotification(
  request: Request,
  { verify }: Pick<Configuration, 'verify'>,
  env: Pick<Env, 'UNSIGNED_NOTIFICATIONS' | 'STRANGER_LIMIT'>,
  inboxes: Inboxes,
): Promise<Received> {
  const { url, headers } = request
  const delivery = { url, headers, body: await request.text() }
  let notification: Notification
  try {
    notification = await verify(delivery).catch(async (error: unknown) => {
      const isUnsigned =
        error instanceof InvalidNotificationError && !['not_json', 'too_large', 'unknown_shape'].includes(error.reason)
      if (!isUnsigned || env.UNSIGNED_NOTIFICATIONS === 'strict') throw error
      return parseNotification(delivery)
    })
  } catch (error) {
    if (!(error instanceof InvalidNotificationError)) throw error
    const isBody = ['not_json', 'too_large', 'unknown_shape'].includes(error.reason)
    return { status: isBody ? 400 : 401, outcome: error.reason }
  }

  const { topic, action, resource, resourceId, eventKey, matched } = notification
  const isVerified = matched !== null
  if (!isVerified) {
    const { success } = await env.STRANGER_LIMIT.limit({ key: `hint:${resource}:${resourceId}` })
    if (!success) return { status: 429, outcome: 'too many hints' }
  }
  try {
    const taken = await inboxes.receive({ key: eventKey, topic, action: action ?? null, resource, resourceId, isVerified })
    return { status: 200, outcome: `${isVerified ? 'verified' : 'hint'}, ${taken}` }
  } catch {
    return { status: 503, outcome: 'the inbox did not answer' }
  }
}
