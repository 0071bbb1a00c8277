import { InvalidNotificationError } from '../errors.ts'
import type { Open } from '../schema/fields.ts'
import type { Delivery } from './delivery.ts'

/** What a notification points at. */
export type NotificationResource = 'agreement' | 'payment' | 'order' | 'advanced_payment' | 'unknown'

/** What was read of a notification, besides its signature. */
export interface Pointer {
  /** `wallet_connect`, `payment`, `order` and whatever Mercado Pago adds; `''` if it names none. */
  topic: Open<'wallet_connect' | 'payment' | 'order'>
  /** `status.updated`, `payment_method.updated`, `payment.updated`, `order.processed`, … */
  action: string | undefined
  resource: NotificationResource
  /** Id of the resource: agreement, inner payment, order, or advanced payment. */
  resourceId: string
  /**
   * The same for every delivery of one event: remember it to act once. Type, id, version, action, resource and status,
   * not the id alone, which samples repeat. Old IPN deliveries name no event: each has a key of its own.
   */
  eventKey: string
  /** The body as it came. Nobody signed it: read the resource before you believe anything in it. */
  unverifiedBody: unknown
}

type Json = Record<string, unknown>

const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined

/** Ids and versions come as numbers or text; a part of another form is as good as absent. */
export const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const RESOURCES: Record<string, NotificationResource> = {
  wallet_connect: 'agreement',
  payment: 'payment',
  order: 'order',
}

/**
 * Reads what a delivery points at. What the query says goes before the body: its `data.id` is what is signed.
 *
 * @throws {InvalidNotificationError} `unknown_shape`: it points at nothing
 */
export function readPointer({ query, id, header }: Delivery, unverifiedBody: unknown): Pointer {
  const body = object(unverifiedBody ?? {})
  if (!body) throw new InvalidNotificationError('unknown_shape')
  const data = object(body.data) ?? {}
  const action = text(body.action)
  const topic = query.get('type') || query.get('topic') || text(body.type) || text(body.topic)
  const known = Object.hasOwn(RESOURCES, topic) ? RESOURCES[topic] : undefined
  const isSplit = known === undefined && action.startsWith('splitter.')
  const resource = isSplit ? 'advanced_payment' : (known ?? (body.entity === 'agreement' ? 'agreement' : 'unknown'))
  const resourceId = isSplit ? text(body.id) : id || text(data.id) || query.get('id') || ''
  if (!topic && !action && !resourceId) throw new InvalidNotificationError('unknown_shape')

  const event = [text(body.id), text(body.version) || text(data.version), text(body.status) || text(data.status)]
  // Old IPN deliveries name no event: two of them are not taken for one.
  const isNamed = event.some((part) => part !== '')
  const parts = [
    topic,
    ...event.slice(0, 2),
    action,
    resource,
    resourceId,
    event[2] ?? '',
    ...(isNamed ? [] : [header('x-request-id') ?? '']),
  ]
  return { topic, action: action || undefined, resource, resourceId, eventKey: parts.map(keyPart).join(':'), unverifiedBody }
}

const MOST_KEY_PART = 64

/** Fit for a key of any store: bounded, and without the separator. */
const keyPart = (part: string): string => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '')).slice(0, MOST_KEY_PART)
