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
   * resource and status, because samples of different events share an id. A delivery that names no event, such as old IPN,
   * has its own key, and so has a signed one whose signature does not cover `resourceId`. A delivery that was not verified
   * never has the key of one that was.
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
 * @param signed the signature of a verified delivery; undefined if none was checked
 * @throws {InvalidNotificationError} `unknown_shape`: the delivery does not name a resource
 */
export function readPointer({ query, id, header }: Delivery, unverifiedBody: unknown, signed?: { ts: string }): Pointer {
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

  const event = keyPart(body.id)
  const version = keyPart(body.version) || keyPart(data.version)
  const status = keyPart(body.status) || keyPart(data.status)
  // The status alone is no name: it may come back. And a name from the body alone could be of any event.
  const isNamed = (event !== '' || version !== '') && (!signed || (id !== undefined && !isSplit))
  const eventKey = [
    ...(signed ? [] : ['unsigned']),
    keyPart(topic),
    event,
    version,
    ...[action, resource, resourceId].map(keyPart),
    status,
    ...(isNamed ? [] : [keyPart(header('x-request-id') ?? signed?.ts ?? randomUuid() ?? Math.random())]),
  ].join(':')
  return { topic, action: action || undefined, resource, resourceId, eventKey, unverifiedBody }
}

/** True if the body and not `data.id` names the resource, as in split events. */
export const isNamedInBody = ({ resource }: Pointer): boolean => resource === 'advanced_payment'

const MAX_KEY_PART_LENGTH = 64

/** A part of an event key, made safe for any store: bounded, and without the separator. */
const keyPart = (part: unknown): string =>
  encodeURIComponent(text(part).replace(/\p{Surrogate}/gu, '')).slice(0, MAX_KEY_PART_LENGTH)
