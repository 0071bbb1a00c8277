import { prepare } from 'mercadopago-wallet-connect'
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
export interface FollowUp {
  configuration: Configuration
  upstream: Upstream
  ledgers: Ledgers
  inboxes: Inboxes
  /** To the merchant; the runtime's in production. */
  fetch: typeof fetch
}

/** What the merchant is sent: what was read from Mercado Pago, not what the notification said. */
export interface MerchantEvent {
  type: 'agreement.updated' | 'advanced_payment.updated'
  timestamp: string
  data: Record<string, unknown>
}

/** Waits before each new try, as the Standard Webhooks specification suggests, the last one again and again. */
const SCHEDULE_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 43_200]
/** So long a notification may be ahead of the answer that makes its payment known here. */
const MAX_ATTEMPTS_FOR_ANONYMOUS = 4
const MERCHANT_TIMEOUT_MS = 15_000
const BURY_AGAIN_S = 600

/** Follows up a batch of the queue: each message on its own, none is lost by another's failure. */
export async function followUp(batch: MessageBatch<QueuedPointer>, means: FollowUp): Promise<void> {
  await Promise.all(batch.messages.map((message) => followUpOne(message, means)))
}

/** What no try has brought to its end is kept for a person. */
export async function deadLetter(batch: MessageBatch<QueuedPointer>, { inboxes }: Pick<FollowUp, 'inboxes'>): Promise<void> {
  for (const message of batch.messages) {
    try {
      await inboxes.settle(message.body, 'dead', 'every try failed')
      log({ at: 'notification', outcome: 'dead' })
      message.ack()
    } catch (error) {
      log({ at: 'notification', outcome: 'not buried', error: nameOf(error) })
      message.retry({ delaySeconds: BURY_AGAIN_S })
    }
  }
}

async function followUpOne(message: Message<QueuedPointer>, means: FollowUp): Promise<void> {
  const { attempts, body } = message
  try {
    const ignored = await tell(body, attempts, means)
    await means.inboxes.settle(body, ignored ? 'ignored' : 'delivered', ignored)
    log({ at: 'notification', outcome: ignored ?? 'delivered', attempt: attempts })
    message.ack()
  } catch (error) {
    log({ at: 'notification', outcome: 'failed', error: nameOf(error), attempt: attempts })
    message.retry({ delaySeconds: SCHEDULE_S[attempts - 1] ?? SCHEDULE_S.at(-1) ?? 0 })
  }
}

/** Resolves to why nobody has to be told, undefined if somebody was. Throws to be tried again. */
async function tell(pointed: QueuedPointer, attempts: number, means: FollowUp): Promise<string | undefined> {
  const { resource, resourceId, isVerified } = pointed
  if (resource === 'order' || resource === 'unknown') return 'nothing of ours'
  const [owner] = await means.ledgers.owners([{ kind: resource, id: resourceId }])
  if (!owner) {
    if (isVerified && attempts <= MAX_ATTEMPTS_FOR_ANONYMOUS) throw new TypeError('not known yet')
    return 'nothing of ours'
  }
  const client = means.configuration.clients.withId(owner.client)
  if (!client?.events) return 'nobody to tell'
  await deliver(client.events, pointed.key, await look(owner, means.upstream), means.fetch)
  return undefined
}

async function look(owner: OwnedResource, upstream: Upstream): Promise<MerchantEvent> {
  const timestamp = new Date().toISOString()
  const name = owner.kind === 'agreement' ? 'agreements.get' : 'payments.get'
  const id = owner.of ?? owner.id
  const input = owner.kind === 'agreement' ? { agreement_id: id } : { advanced_payment_id: id }
  const prepared = prepare(name, input as never)
  const { body } = upstream.answer(prepared, await upstream.read(prepared))
  // The code is for whoever exchanges it, and they can read it.
  const { validation_code: _, ...data } = JSON.parse(body)
  return { type: owner.kind === 'agreement' ? 'agreement.updated' : 'advanced_payment.updated', timestamp, data }
}

/** @throws it was not taken: try again */
async function deliver(
  { url, secrets }: NonNullable<Client['events']>,
  key: string,
  event: MerchantEvent,
  fetch: FollowUp['fetch'],
): Promise<void> {
  const body = JSON.stringify(event)
  const id = await idOf(key, event.data)
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

/** The same for every try, another one if there is something new to tell: what has one id is told once. */
async function idOf(key: string, data: unknown): Promise<string> {
  return `evt_${(await hexDigest(JSON.stringify([key, data]))).slice(0, 32)}`
}
