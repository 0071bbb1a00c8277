import { InvalidNotificationError } from '../errors.ts'
import { type Delivery, type PlainDelivery, readDelivery } from './delivery.ts'
import { text } from './pointer.ts'
import { idReadings, importSecret, isSignedBy, manifestText, parseSignature, requireSecrets } from './signature.ts'

/** One way to read a part of the signed text; `''` is the right one. */
interface Variant {
  says: string
  value: string | undefined
}

/**
 * For a delivery that does not verify: which known mistake would explain it, in one sentence for a person. Prints no
 * secret and no hash. Tells, and never accepts: verify as before.
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
    for (const { text, says } of candidates(delivery, body, ts)) {
      for (const [index, key] of keys.entries()) {
        if (await isSignedBy(key, hash, text)) return describe(says, index, keys.length)
      }
    }
    return NOTHING_FITS
  } catch (error) {
    if (error instanceof InvalidNotificationError) return WITHOUT_SIGNATURE[error.reason] ?? error.message
    throw error
  }
}

const NOTHING_FITS =
  'No known reading matches: the secret is that of another application or of the other environment (test or production), ' +
  'or something on the way changed x-request-id, data.id or ts.'

const WITHOUT_SIGNATURE: Record<string, string> = {
  missing_header:
    'There is no x-signature: old IPN deliveries and QR codes are never signed. Use parseNotification and read the resource.',
  malformed_header: 'x-signature is not of the form ts=<digits>,v1=<hex>.',
  missing_timestamp: 'x-signature has no ts.',
  missing_hash: 'x-signature has no v1: Mercado Pago may have moved to another version.',
  mismatch: 'v1 is not 64 lower-case hex digits: it is not a signature of Mercado Pago.',
}

function describe(says: string, index: number, count: number): string {
  const which = count > 1 ? ` with secret ${index + 1} of ${count}` : ''
  return says ? `It would match${which} if ${says}.` : `The signature matches${which}, as it should be read.`
}

/** Every combination of readings, those with the fewest deviations first. */
function candidates(delivery: Delivery, body: unknown, ts: string): { text: string; says: string }[] {
  const all = ids(delivery, body).flatMap((id) =>
    requestIds(delivery).flatMap((requestId) =>
      timestamps(ts).map((time) => {
        const deviations = [id, requestId, time].map(({ says }) => says).filter(Boolean)
        const text = manifestText({ id: id.value, requestId: requestId.value, ts: time.value ?? ts })
        return { text, says: deviations.join(' and '), deviations: deviations.length }
      }),
    ),
  )
  return all.sort((a, b) => a.deviations - b.deviations)
}

function ids({ query, id }: Delivery, body: unknown): Variant[] {
  const { data, id: eventId } = (body ?? {}) as { data?: { id?: unknown } | null; id?: unknown }
  const bodyId = text(data?.id)
  const others: Variant[] = [
    { says: 'data.id were lower-cased', value: id?.toLowerCase() },
    { says: 'data.id were upper-cased', value: id?.toUpperCase() },
    { says: 'data.id of the body were used instead of the query', value: bodyId },
    { says: 'data.id of the body were used, lower-cased', value: bodyId.toLowerCase() },
    { says: "the notification's own id were used instead of data.id", value: text(eventId) },
    { says: 'the query parameter id of an IPN delivery were used', value: query.get('id') ?? '' },
    { says: 'data[id] of a query parser were used', value: query.get('data[id]') ?? '' },
  ]
  const right = idReadings(id, query.get('type') ?? undefined).map(({ value }) => ({ says: '', value }))
  return [...right, { says: 'data.id were left out', value: undefined }, ...others.filter(({ value }) => value)]
}

function requestIds(delivery: Delivery): Variant[] {
  const value = delivery.header('x-request-id')
  return [
    { says: '', value },
    { says: 'x-request-id were lower-cased', value: value?.toLowerCase() },
    { says: 'x-request-id were left out', value: undefined },
  ]
}

function timestamps(ts: string): Variant[] {
  return [
    { says: '', value: ts },
    { says: 'ts were in milliseconds', value: `${ts}000` },
    { says: 'ts were in seconds', value: ts.slice(0, -3) },
  ]
}
