import { InvalidNotificationError } from '../errors.ts'
import type { Open } from '../schema/fields.ts'
import { randomUuid } from '../schema/uuid.ts'
import { type Delivery, lastOf } from './delivery.ts'

/** The kind of resource that a notification points at. */
export type NotificationResource = 'agreement' | 'payment' | 'order' | 'advanced_payment' | 'unknown'

/** The content of a notification, without its signature. */
export interface Pointer {
  /** Topic: `wallet_connect`, `payment`, `order` or whatever Mercado Pago adds; `''` if the delivery names none. */
  topic: Open<'wallet_connect' | 'payment' | 'order'>
  /** Action: `status.updated`, `payment_method.updated`, `payment.updated`, `order.processed`, … */
  action: string | undefined
  resource: NotificationResource
  /** Id of the agreement, inner payment, order or advanced payment. */
  resourceId: string
  /**
   * A key that is the same for every delivery of one event: store it to act only once. Made of topic, id, version, action,
   * resource and status, because samples of different events share an id. A delivery that names no event, as old IPN, or
   * whose address names no resource, has a key of its own, by its request id.
   */
  eventKey: string
  /** The body as it came. It is not signed: read the resource before you rely on anything in it. */
  unverifiedBody: unknown
}

type Json = Record<string, unknown>

const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined

/** A number or a string as text; `''` for any other value, which counts as absent. */
export const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

const RESOURCES: Record<string, NotificationResource> = {
  wallet_connect: 'agreement',
  payment: 'payment',
  order: 'order',
}

/**
 * Reads what a delivery points at. The query takes precedence over the body, because its `data.id` is signed.
 *
 * @throws {InvalidNotificationError} `unknown_shape`: the delivery does not name a resource
 */
export function readPointer({ query, id, header }: Delivery, unverifiedBody: unknown): Pointer {
  const body = object(unverifiedBody ?? {})
  if (!body) throw new InvalidNotificationError('unknown_shape')
  const data = object(body.data) ?? {}
  const action = text(body.action)
  const topic = lastOf(query, 'type', 'topic') || text(body.type) || text(body.topic)
  const known = Object.hasOwn(RESOURCES, topic) ? RESOURCES[topic] : undefined
  const isSplit = known === undefined && action.startsWith('splitter.')
  const resource = isSplit ? 'advanced_payment' : (known ?? (body.entity === 'agreement' ? 'agreement' : 'unknown'))
  const resourceId = isSplit ? text(body.id) : id || text(data.id) || lastOf(query, 'id') || ''
  if (!topic && !action && !resourceId) throw new InvalidNotificationError('unknown_shape')

  const event = [text(body.id), text(body.version) || text(data.version), text(body.status) || text(data.status)]
  // Old IPN deliveries name no event: without the request id, two of them would share a key. And with nothing but the body in
  // it, anybody could make the key of an event that is still to come.
  const isNamed = event.some((part) => part !== '')
  const isAddressed = Boolean(id || lastOf(query, 'id'))
  const requestId = header('x-request-id')
  const own = isNamed ? (isAddressed ? undefined : requestId) : requestId || (randomUuid() ?? `${Date.now()}.${Math.random()}`)
  const parts = [topic, ...event.slice(0, 2), action, resource, resourceId, event[2] ?? '', ...(own ? [own] : [])]
  return { topic, action: action || undefined, resource, resourceId, eventKey: parts.map(keyPart).join(':'), unverifiedBody }
}

/** True if the body and not `data.id` names the resource, as in split events. */
export const isNamedInBody = ({ resource }: Pointer): boolean => resource === 'advanced_payment'

const MAX_KEY_PART_LENGTH = 64

/** A part of an event key, made safe for any store: bounded, and without the separator. */
const keyPart = (part: string): string => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '')).slice(0, MAX_KEY_PART_LENGTH)
