import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { WebhookSignatureValidator } from 'mercadopago'
import { createNotificationVerifier } from 'mercadopago-wallet-connect/notifications'
import { describe, expect, it } from 'vitest'

interface Case {
  secret: string
  dataId: string
  requestId: string
  ts: string
  header: string
}

/** undefined: accepted. */
function official({ secret, dataId, requestId, header }: Case): string | undefined {
  try {
    WebhookSignatureValidator.validate({ xSignature: header, xRequestId: requestId, dataId, secret })
    return undefined
  } catch (error) {
    return String((error as { reason: unknown }).reason)
  }
}

async function ours({ secret, dataId, requestId, header }: Case): Promise<string | undefined> {
  const headers = { 'x-signature': header, 'x-request-id': requestId }
  const verify = createNotificationVerifier({ secrets: secret })
  const url = `/?${new URLSearchParams({ 'data.id': dataId })}`
  return verify({ url, headers, body: { type: 'payment' } }).then(
    () => undefined,
    (error: { reason: string }) => error.reason,
  )
}

const REASONS: Record<string, string> = {
  MissingSignatureHeader: 'missing_header',
  MalformedSignatureHeader: 'malformed_header',
  MissingTimestamp: 'missing_timestamp',
  MissingHash: 'missing_hash',
  SignatureMismatch: 'mismatch',
}

const word = (letters: string) => fc.string({ maxLength: 20, unit: fc.constantFrom(...letters) })
const hexadecimal = word('0123456789abcdef')
const signed = fc
  .record({
    secret: word('abcdef0123456789-_').map((text) => `s${text}`),
    dataId: fc.oneof(hexadecimal, word('0123456789'), fc.constant('')),
    requestId: fc.oneof(fc.uuid(), fc.constant('')),
    ts: fc.integer({ min: 1, max: 2_000_000_000 }).map(String),
  })
  .map((part): Case => {
    const text = `${part.dataId && `id:${part.dataId};`}${part.requestId && `request-id:${part.requestId};`}ts:${part.ts};`
    const v1 = createHmac('sha256', part.secret).update(text).digest('hex')
    return { ...part, header: `ts=${part.ts},v1=${v1}` }
  })
const damaged = fc
  .tuple(signed, fc.constantFrom('secret', 'dataId', 'requestId', 'header'), fc.string())
  .map(([good, part, text]): Case => {
    const value = part === 'header' ? text : `y${text.replace(/[^\w]/g, '')}`
    return { ...good, [part]: value }
  })
const header = fc
  .array(
    fc.constantFrom('ts=1', 'ts=', 'ts=x', 'v1=abc', `v1=${'a'.repeat(64)}`, 'v2=abc', 'v1=', ' ', 'ts', '=1', 'V1=q', 'TS=2'),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(','))
const oddHeader = fc.tuple(signed, header).map(([good, text]): Case => ({ ...good, header: text }))

describe('the verifier and the official one', () => {
  it.each([
    ['signed deliveries', signed],
    ['damaged deliveries', damaged],
    ['odd headers', oddHeader],
  ])('agree on %s', async (_, cases) => {
    await fc.assert(
      fc.asyncProperty(cases, async (delivery) => {
        const theirs = official(delivery)
        expect(await ours(delivery)).toBe(theirs === undefined ? undefined : REASONS[theirs])
      }),
      { numRuns: 500 },
    )
  })

  it('differ on purpose: an empty secret lets anybody sign, there', () => {
    const header = `ts=1,v1=${createHmac('sha256', '').update('ts:1;').digest('hex')}`
    expect(official({ secret: '', dataId: '', requestId: '', ts: '1', header })).toBeUndefined()
    expect(() => createNotificationVerifier({ secrets: '' })).toThrow('bad secret')
  })

  it('differ on purpose: milliseconds are too far in the future, there', async () => {
    const now = 1_742_505_638_683
    const secret = 'a-secret-1'
    const xSignature = `ts=${now},v1=${createHmac('sha256', secret).update(`ts:${now};`).digest('hex')}`
    const options = { xSignature, xRequestId: '', dataId: '', secret, toleranceSeconds: 300, now: () => now }
    expect(() => WebhookSignatureValidator.validate(options)).toThrow('TimestampOutOfTolerance')
    const verify = createNotificationVerifier({ secrets: secret, toleranceMs: 300_000, now: () => now })
    await expect(verify({ url: '/', headers: { 'x-signature': xSignature }, body: { type: 'payment' } })).resolves.toMatchObject({
      timestamp: now,
    })
  })
})
