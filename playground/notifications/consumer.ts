import { type PreparedRequest, prepare } from 'mercadopago-wallet-connect'
import { Webhook } from 'standardwebhooks'
import type { Client } from '../configuration/clients.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { OwnedResource } from '../ledger/ledger-store.ts'
import type { Ledgers } from '../ledger/ledgers.ts'
import { log, nameOf } from '../log.ts'
import { canonicalJson } from '../sealing/canonical-json.ts'
import { hexDigest } from '../sealing/digest.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { NotificationState, QueuedPointer } from './inbox-object.ts'
import type { Inboxes } from './inboxes.ts'

/** What notifications are followed up with. */
export interface FollowUpDependencies {
  configuration: Configuration
  upstream: Upstream
  ledgers: Ledgers
  inboxes: Inboxes
  /** The `fetch` for deliveries to the merchant. */
  fetch: typeof fetch
}

/** The event that the merchant is sent. Its data is read from Mercado Pago, never taken from the notification. */
export interface MerchantEvent {
  type: 'agreement.updated' | 'advanced_payment.updated'
  timestamp: string
  data: Record<string, unknown>
}

/** Waits before each further attempt, as the Standard Webhooks specification suggests; the last one repeats. */
const RETRY_SCHEDULE_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 43_200]
/** Attempts for a resource that the ledger does not know yet: a notification can be faster than the answer to the write. */
const MAX_ATTEMPTS_FOR_UNKNOWN = 4
/** Why a notification is ignored that is about nothing in the ledger. */
const UNKNOWN_RESOURCE = 'the resource is not in the ledger'
/** The longest wait for another message: as long as its lease, in case it has died. */
const MAX_BUSY_S = 60
const MERCHANT_TIMEOUT_MS = 15_000
const DEAD_LETTER_RETRY_S = 600

/** Another message is notifying the merchant of the same resource. */
class BusyError extends Error {
  override readonly name = 'BusyError'
}

/**
 * Follows up a batch of the queue: what is about one resource in turn, the rest at once. Each message is handled on its own, so
 * that none is lost by another's failure.
 */
export async function followUp(batch: MessageBatch<QueuedPointer>, dependencies: FollowUpDependencies): Promise<void> {
  const ends = new Map<string, Promise<void>>()
  for (const message of batch.messages) {
    const { key } = message.body
    const followUpNext = (): Promise<void> => followUpOne(message, dependencies)
    ends.set(key, ends.get(key)?.then(followUpNext) ?? followUpNext())
  }
  await Promise.all(ends.values())
}

/** Stores the messages that every attempt failed for, so that a person can look at them. */
export async function deadLetter(
  batch: MessageBatch<QueuedPointer>,
  { inboxes }: Pick<FollowUpDependencies, 'inboxes'>,
): Promise<void> {
  for (const message of batch.messages) {
    try {
      await inboxes.setState(message.body, 'dead', 'every attempt failed')
      log({ at: 'notification', outcome: 'dead' })
      message.ack()
    } catch (error) {
      log({ at: 'notification', outcome: 'dead letter not stored', error: nameOf(error) })
      message.retry({ delaySeconds: DEAD_LETTER_RETRY_S })
    }
  }
}

async function followUpOne(message: Message<QueuedPointer>, dependencies: FollowUpDependencies): Promise<void> {
  const { attempts, body } = message
  try {
    const { state, reason } = await notifyMerchant(body, attempts, dependencies)
    await dependencies.inboxes.setState(body, state, reason)
    log({ at: 'notification', outcome: reason ?? state, attempt: attempts })
    message.ack()
  } catch (error) {
    log({ at: 'notification', outcome: 'failed', error: nameOf(error), attempt: attempts })
    const delaySeconds = RETRY_SCHEDULE_S[attempts - 1] ?? RETRY_SCHEDULE_S.at(-1) ?? 0
    message.retry({ delaySeconds: error instanceof BusyError ? Math.min(delaySeconds, MAX_BUSY_S) : delaySeconds })
  }
}

/** What became of a notification, and why if the merchant was sent nothing. */
interface FollowUp {
  state: NotificationState
  reason?: string
}

/** @throws to be tried again */
async function notifyMerchant(
  { resource, resourceId, isVerified }: QueuedPointer,
  attempts: number,
  dependencies: FollowUpDependencies,
): Promise<FollowUp> {
  if (resource === 'order' || resource === 'unknown') return { state: 'ignored', reason: UNKNOWN_RESOURCE }
  const [owner] = await dependencies.ledgers.owners([{ kind: resource, id: resourceId }])
  if (!owner) {
    if (isVerified && attempts <= MAX_ATTEMPTS_FOR_UNKNOWN) throw new TypeError('the resource is not in the ledger yet')
    return { state: 'ignored', reason: UNKNOWN_RESOURCE }
  }
  const { events } = dependencies.configuration.clients.withId(owner.client) ?? {}
  if (!events) return { state: 'ignored', reason: 'the client has no events address' }
  return sendNews(events, owner, dependencies)
}

/**
 * Reads the resource again and sends the merchant what it says, unless that was sent last. One message at a time does so for a
 * resource, so that none sends what another is sending, or an older state after a newer one.
 *
 * @throws to be tried again
 */
async function sendNews(
  events: NonNullable<Client['events']>,
  owner: OwnedResource,
  { upstream, inboxes, fetch }: FollowUpDependencies,
): Promise<FollowUp> {
  const { type, id, prepared } = readOf(owner)
  const resource = `${type}:${id}`
  const claim = await inboxes.claim(resource)
  if (!claim) throw new BusyError('another message about the resource is being followed up')
  let sent: string | undefined
  try {
    const event = { type, ...(await readAgain(prepared, upstream)) }
    const digest = await hexDigest(canonicalJson(event.data))
    if (digest === claim.lastSent) return { state: 'delivered', reason: 'the merchant has been sent this state' }
    await deliver(events, await idOf(resource, digest), event, fetch)
    sent = digest
    return { state: 'delivered' }
  } finally {
    await inboxes.release(resource, claim, sent)
  }
}

async function readAgain(prepared: PreparedRequest, upstream: Upstream): Promise<Omit<MerchantEvent, 'type'>> {
  const timestamp = new Date().toISOString()
  const { body } = upstream.answer(prepared, await upstream.read(prepared))
  // The code is for whoever exchanges it: they read it from the agreement.
  const { validation_code: _, ...data } = JSON.parse(body)
  return { timestamp, data }
}

function readOf({ kind, id, partOf }: OwnedResource): { type: MerchantEvent['type']; id: string; prepared: PreparedRequest } {
  switch (kind) {
    case 'agreement':
      return { type: 'agreement.updated', id, prepared: prepare('agreements.get', { agreement_id: id }) }
    case 'advanced_payment':
    case 'payment': {
      const advanced_payment_id = partOf ?? id
      const prepared = prepare('payments.get', { advanced_payment_id })
      return { type: 'advanced_payment.updated', id: advanced_payment_id, prepared }
    }
  }
}

/** @throws if the merchant does not accept it */
async function deliver(
  { url, secrets }: NonNullable<Client['events']>,
  id: string,
  event: MerchantEvent,
  fetch: FollowUpDependencies['fetch'],
): Promise<void> {
  const body = JSON.stringify(event)
  const now = new Date()
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(MERCHANT_TIMEOUT_MS),
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
    },
    body,
  })
  await response.body?.cancel()
  if (!response.ok) throw new RangeError(`the merchant answered ${response.status}`)
}

/** The event's id, made of what was read and not of how it was heard: a receiver can drop what comes twice. */
const idOf = async (resource: string, digest: string): Promise<string> =>
  `evt_${(await hexDigest(JSON.stringify([resource, digest]))).slice(0, 32)}`
