import { type PreparedRequest, prepare } from 'mercadopago-wallet-connect'
import { Webhook } from 'standardwebhooks'
import type { Client } from '../configuration/clients.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { OwnedResource } from '../ledger/ledger-store.ts'
import type { Ledgers } from '../ledger/ledgers.ts'
import { log, nameOf } from '../log.ts'
import { hexDigest } from '../sealing/digest.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { QueuedPointer } from './inbox-object.ts'
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
const MERCHANT_TIMEOUT_MS = 15_000
const DEAD_LETTER_RETRY_S = 600

/** Follows up a batch of the queue. Each message is handled on its own, so that none is lost by another's failure. */
export async function followUp(batch: MessageBatch<QueuedPointer>, dependencies: FollowUpDependencies): Promise<void> {
  await Promise.all(batch.messages.map((message) => followUpOne(message, dependencies)))
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
    const ignored = await notifyMerchant(body, attempts, dependencies)
    await dependencies.inboxes.setState(body, ignored ? 'ignored' : 'delivered', ignored)
    log({ at: 'notification', outcome: ignored ?? 'delivered', attempt: attempts })
    message.ack()
  } catch (error) {
    log({ at: 'notification', outcome: 'failed', error: nameOf(error), attempt: attempts })
    message.retry({ delaySeconds: RETRY_SCHEDULE_S[attempts - 1] ?? RETRY_SCHEDULE_S.at(-1) ?? 0 })
  }
}

/**
 * Reads the resource again and sends the merchant what it says.
 *
 * @returns the reason if there is nobody to notify; undefined if the event was delivered
 * @throws to be tried again
 */
async function notifyMerchant(
  pointer: QueuedPointer,
  attempts: number,
  { configuration, upstream, ledgers, inboxes, fetch }: FollowUpDependencies,
): Promise<string | undefined> {
  const { resource, resourceId, isVerified } = pointer
  if (resource === 'order' || resource === 'unknown') return UNKNOWN_RESOURCE
  const [owner] = await ledgers.owners([{ kind: resource, id: resourceId }])
  if (!owner) {
    if (isVerified && attempts <= MAX_ATTEMPTS_FOR_UNKNOWN) throw new TypeError('the resource is not in the ledger yet')
    return UNKNOWN_RESOURCE
  }
  const client = configuration.clients.withId(owner.client)
  if (!client?.events) return 'the client has no events address'
  const { events } = client
  const event = await readAgain(owner, upstream)
  const id = await idOf(event)
  const result = await inboxes.tellOnce(owner.partOf ?? owner.id, id, () => deliver(events, id, event, fetch))
  return result === 'known' ? 'the merchant knows this state' : undefined
}

async function readAgain(resource: OwnedResource, upstream: Upstream): Promise<MerchantEvent> {
  const timestamp = new Date().toISOString()
  const { type, prepared } = readOf(resource)
  const { body } = upstream.answer(prepared, await upstream.read(prepared))
  // The code is for whoever exchanges it: they read it from the agreement.
  const { validation_code: _, ...data } = JSON.parse(body)
  return { type, timestamp, data }
}

function readOf({ kind, id, partOf }: OwnedResource): { type: MerchantEvent['type']; prepared: PreparedRequest } {
  switch (kind) {
    case 'agreement':
      return { type: 'agreement.updated', prepared: prepare('agreements.get', { agreement_id: id }) }
    case 'advanced_payment':
    case 'payment':
      return { type: 'advanced_payment.updated', prepared: prepare('payments.get', { advanced_payment_id: partOf ?? id }) }
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

/**
 * The event's id: the same for every attempt and however it was heard of, and another one for other data, so that a receiver
 * can drop repeats.
 */
async function idOf({ type, data }: MerchantEvent): Promise<string> {
  return `evt_${(await hexDigest(JSON.stringify([type, data]))).slice(0, 32)}`
}
