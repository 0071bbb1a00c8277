import { utcSeconds } from '../world/clock.ts'
import { checkFields } from '../world/known-fields.ts'
import { createRandom } from '../world/random.ts'
import type { DeliverTask, Delivery } from '../world/state.ts'
import type { World } from '../world/world.ts'

/** The target of notifications. */
export interface NotificationTarget {
  /** Your address. Its query is kept. */
  url: string
  /** The secret that signs each delivery. */
  secret: string
  /** Sends them; left out: they are collected, as if each had been accepted. */
  fetch?: typeof fetch
  /** How long to wait for a response, in real time. Default 1000. */
  timeoutMs?: number
}

/** The longest time that `setTimeout` can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** @throws {TypeError} the URL is not valid, or there is no secret */
export function checkTarget(target: NotificationTarget): NotificationTarget {
  checkFields('notifications.configure', target, ['url', 'secret', 'fetch', 'timeoutMs'])
  if (!URL.canParse(target.url)) throw new TypeError(`url must be an absolute URL, and ${target.url} is not`)
  const { timeoutMs = 0, fetch } = target
  if (fetch !== undefined && typeof fetch !== 'function') throw new TypeError('fetch must be a function')
  if (!(timeoutMs >= 0 && timeoutMs <= LONGEST_TIMER_MS)) throw new TypeError('timeoutMs must be milliseconds, 0 or more')
  if (typeof target.secret !== 'string' || target.secret === '') throw new TypeError('secret must be a string that is not empty')
  return target
}

/** Delivers a notification once, and schedules a repeat if it is not accepted in time. */
export async function deliver(world: World, target: NotificationTarget, task: DeliverTask): Promise<void> {
  const { rules, state } = world
  const { attempt, seed } = task
  const request = await sign(world, target, task)
  const delivery: Delivery = { at: utcSeconds(state.now), attempt, ...request, responseStatus: target.fetch ? null : 'collected' }
  state.deliveries.push(delivery)
  if (!target.fetch) return
  const status = await post(target.fetch, request, target.timeoutMs ?? 1_000)
  delivery.responseStatus = status === 'late' ? null : status
  if (typeof status === 'number' && status >= 200 && status < 300) return
  const delayMs = rules.retryDelaysMs[attempt - 1]
  if (delayMs === undefined) return
  const waited = status === 'late' ? rules.deliveryTimeoutMs : 0
  world.schedule(waited + delayMs, { ...task, attempt: attempt + 1, seed: seed + 1 })
}

async function post(
  fetch: NonNullable<NotificationTarget['fetch']>,
  { url, headers, body }: Pick<Delivery, 'url' | 'headers' | 'body'>,
  timeoutMs: number,
): Promise<number | null | 'late'> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs)
  })
  const responded = (async () => {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: controller.signal })
    void response.body?.cancel().catch(() => {})
    return response.status
  })()
  try {
    return await Promise.race([responded.catch(() => null), late])
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}

/** The request for the event, signed with the secret. */
async function sign(
  { rules, state }: World,
  { url, secret }: NotificationTarget,
  { event, forged, seed }: DeliverTask,
): Promise<Pick<Delivery, 'url' | 'headers' | 'body'>> {
  const { topic, dataId, body } = event
  const now = rules.timestampUnit === 's' ? Math.floor(state.now / 1_000) : state.now
  const fresh = { requestId: createRandom({ seed }).uuid(), ts: String(now) }
  const { requestId, ts } = (rules.redeliveryHeaders === 'the_same' && event.sent) || fresh
  event.sent = { requestId, ts }
  const address = new URL(url)
  address.searchParams.set('data.id', dataId)
  address.searchParams.set('type', topic)
  const signedId = rules.signedId === 'lower_case' ? dataId.toLowerCase() : dataId
  const manifest = `${signedId && `id:${signedId};`}request-id:${requestId};ts:${ts};`
  const v1 = await hmac(forged ? `not ${secret}` : secret, manifest)
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': `MercadoPago WebHook v1.0${rules.notificationUserAgent === 'with_type' ? ` ${topic}` : ''}`,
    'x-request-id': requestId,
    ...(rules.signNotifications && { 'x-signature': `ts=${ts},v1=${v1}` }),
  }
  return { url: address.href, headers, body: JSON.stringify(body) }
}

async function hmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
