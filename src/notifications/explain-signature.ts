import { InvalidNotificationError } from '../errors.ts'
import { type Delivery, lastOf, type PlainDelivery, readDelivery } from './delivery.ts'
import { isNamedInBody, readPointer, text } from './pointer.ts'
import { idReadings, importSecret, isSignedBy, manifestText, parseSignature, requireSecrets } from './signature.ts'

/** One way to read a part of the signed text. */
interface Variant {
  /** How it deviates from the right way, as a clause that follows `if`; `''` for the right way. */
  deviation: string
  value: string | undefined
}

/**
 * Explains why a delivery fails verification: names the known mistake that would explain it, in one sentence for a
 * person. Reveals no secret and no hash. It only explains; accept a delivery only after `verifyNotification`.
 *
 * @throws {InvalidNotificationError} `bad_secret`
 */
export async function explainSignature(
  request: Request | PlainDelivery,
  { secrets }: { secrets: string | readonly string[] },
): Promise<string> {
  const keys = await Promise.all(requireSecrets(secrets).map(importSecret))
  const delivery = readDelivery(request)
  try {
    const { ts, hash } = parseSignature(delivery.header('x-signature'))
    const body = await delivery.body().catch(() => undefined)
    for (const { text, deviation } of candidates(delivery, body, ts)) {
      for (const [index, key] of keys.entries()) {
        if (await isSignedBy(key, hash, text)) return describe(deviation, index, keys.length)
      }
    }
    return isIpn(delivery) ? IPN : NOTHING_FITS
  } catch (error) {
    if (error instanceof InvalidNotificationError) return UNREADABLE_SIGNATURE[error.reason] ?? error.message
    throw error
  }
}

/** An old IPN delivery names its resource by `id` and `topic`. */
const isIpn = ({ query, id }: Delivery): boolean => id === undefined && query.has('id') && query.has('topic')

const IPN =
  'This is an old IPN delivery (?id=&topic=), which nobody can verify, although it has an x-signature. Use parseNotification ' +
  'and read the resource.'

const NOTHING_FITS =
  'No known reading matches: either the secret belongs to another application or environment (test or production), ' +
  'or something in between changed x-request-id, data.id or ts.'

const UNREADABLE_SIGNATURE: Record<string, string> = {
  missing_header:
    'There is no x-signature: old IPN deliveries and QR codes are never signed. Use parseNotification and read the resource.',
  malformed_header: 'x-signature does not have the form ts=<digits>,v1=<hex>.',
  missing_timestamp: 'x-signature has no ts.',
  missing_hash: 'x-signature has no v1: Mercado Pago may have moved to another version.',
  mismatch: 'v1 is not 64 lower-case hex digits, so Mercado Pago did not make this signature.',
}

function describe(deviation: string, index: number, count: number): string {
  const which = count > 1 ? ` with secret ${index + 1} of ${count}` : ''
  return deviation ? `It would match${which} if ${deviation}.` : `The signature matches${which}; nothing is wrong with it.`
}

/** Every combination of readings, those with the fewest deviations first. */
function candidates(delivery: Delivery, body: unknown, ts: string): { text: string; deviation: string }[] {
  const all = idVariants(delivery, body).flatMap((id) =>
    requestIdVariants(delivery).flatMap((requestId) =>
      timestampVariants(ts).map((time) => {
        const deviations = [id, requestId, time].map(({ deviation }) => deviation).filter(Boolean)
        const text = manifestText({ id: id.value, requestId: requestId.value, ts: time.value ?? ts })
        return { text, deviation: deviations.join(' and '), count: deviations.length }
      }),
    ),
  )
  return all.sort((a, b) => a.count - b.count)
}

function idVariants(delivery: Delivery, body: unknown): Variant[] {
  const { query, id } = delivery
  const { data, id: eventId } = (body ?? {}) as { data?: { id?: unknown } | null; id?: unknown }
  const bodyId = text(data?.id)
  const others: Variant[] = [
    { deviation: 'data.id were lower-cased', value: id?.toLowerCase() },
    { deviation: 'data.id were upper-cased', value: id?.toUpperCase() },
    { deviation: 'data.id of the body were used instead of the query', value: bodyId },
    { deviation: 'data.id of the body were used, lower-cased', value: bodyId.toLowerCase() },
    { deviation: "the notification's own id were used instead of data.id", value: text(eventId) },
    { deviation: 'the query parameter id of an IPN delivery were used', value: query.get('id') ?? '' },
    { deviation: 'data[id] of a query parser were used', value: query.get('data[id]') ?? '' },
  ]
  const right = idReadings(id, lastOf(query, 'type'))
    .filter(({ isLossy }) => !isLossy || isSplit(delivery, body))
    .map(({ value }) => ({ deviation: '', value }))
  return [...right, { deviation: 'data.id were left out', value: undefined }, ...others.filter(({ value }) => value)]
}

function isSplit(delivery: Delivery, body: unknown): boolean {
  try {
    return isNamedInBody(readPointer(delivery, body))
  } catch {
    return false
  }
}

function requestIdVariants(delivery: Delivery): Variant[] {
  const value = delivery.header('x-request-id')
  return [
    { deviation: '', value },
    { deviation: 'x-request-id were lower-cased', value: value?.toLowerCase() },
    { deviation: 'x-request-id were left out', value: undefined },
    ...versionVariants(value),
  ]
}

/** A gateway may put its own digit for the version of a UUID, the first of the third group. */
function versionVariants(value: string | undefined): Variant[] {
  const [, before, version, after] = /^([0-9a-f]{8}-[0-9a-f]{4}-)([0-9a-f])([0-9a-f]{3}-.*)$/i.exec(value ?? '') ?? []
  return [...'123456789']
    .filter((digit) => version !== undefined && digit !== version)
    .map((digit) => ({
      deviation: `the version digit of x-request-id were ${digit} instead of ${version}, as something in between may have changed it`,
      value: `${before}${digit}${after}`,
    }))
}

function timestampVariants(ts: string): Variant[] {
  return [
    { deviation: '', value: ts },
    { deviation: 'ts were in milliseconds', value: `${ts}000` },
    { deviation: 'ts were in seconds', value: ts.slice(0, -3) },
  ]
}
