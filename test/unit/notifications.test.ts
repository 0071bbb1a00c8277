import fc from 'fast-check'
import {
  createNotificationVerifier,
  explainSignature,
  InvalidNotificationError,
  parseNotification,
  signNotification,
  verifyNotification,
} from 'mercadopago-wallet-connect/notifications'
import { describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { draws } from '../support/client/draws.ts'
import { rejection } from '../support/client/wallet.ts'
import { secret as published, vectors } from './signature.vectors.json'

const secret = 'd41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e'
const agreement_id = '22abcd1235ed497f945f755fcaba3c6c'
const confirmed = {
  secret,
  topic: 'wallet_connect',
  action: 'status.updated',
  data: { id: agreement_id, status: 'confirmed_by_user' },
}
const order = { secret, topic: 'order', data: { id: 'ORD01JQ4S4KY8HWQ6NA5PXB65B3D3' } }

/** The same delivery with other headers, address or body. */
async function altered(
  request: Request,
  { headers = {}, url = request.url, body }: { headers?: Record<string, string | null>; url?: string; body?: BodyInit },
): Promise<Request> {
  const all = new Headers(request.headers)
  for (const [name, value] of Object.entries(headers)) value === null ? all.delete(name) : all.set(name, value)
  return new Request(url, { method: 'POST', headers: all, body: body ?? (await request.clone().text()) })
}
const reasonOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await rejection<InvalidNotificationError>(promise)
  expect(error).toBeInstanceOf(InvalidNotificationError)
  return error.reason
}
const signatureOf = (request: Request): { ts: string; v1: string } => {
  const [, ts = '', v1 = ''] = /ts=(\d+),v1=(\w+)/.exec(request.headers.get('x-signature') ?? '') ?? []
  return { ts, v1 }
}

describe('verifyNotification', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'accepts the published test vector "%s"',
    async (_, vector) => {
      const url = `https://shop.test/n${vector.data_id === null ? '' : `?data.id=${vector.data_id}&type=order`}`
      const headers = {
        'x-signature': `ts=${vector.ts},v1=${vector.v1}`,
        ...(vector.request_id !== null && { 'x-request-id': vector.request_id }),
      }
      const notification = await verifyNotification({ url, headers, body: { type: 'order' } }, { secrets: published })
      expect(notification.matched).toEqual({
        secret: 0,
        id: vector.data_id === null ? 'absent' : 'as_received',
        unit: vector.ts.length > 10 ? 'ms' : 's',
      })
    },
  )

  it('returns a pointer, with the body as unverifiedBody', async () => {
    const timestamp = Date.UTC(2026, 10, 21)
    const request = await signNotification({
      ...confirmed,
      requestId: 'request-1',
      timestamp,
      fields: { id: 'event-1', version: 0 },
    })
    expect(await verifyNotification(request, { secrets: secret })).toEqual({
      topic: 'wallet_connect',
      action: 'status.updated',
      resource: 'agreement',
      resourceId: agreement_id,
      eventKey: `wallet_connect:event-1:0:status.updated:agreement:${agreement_id}:confirmed_by_user`,
      requestId: 'request-1',
      timestamp,
      matched: { secret: 0, id: 'as_received', unit: 's' },
      unverifiedBody: { type: 'wallet_connect', action: 'status.updated', id: 'event-1', version: 0, data: confirmed.data },
    })
  })

  it('returns the index of the secret that matched', async () => {
    const secrets = ['old-secret-1', secret, 'test-secret-2']
    expect((await verifyNotification(await signNotification(confirmed), { secrets })).matched?.secret).toBe(1)
  })

  it('accepts the id of an order signed as received or in lower case, and says which', async () => {
    for (const [lowerCaseId, id] of [
      [false, 'as_received'],
      [true, 'lower_cased'],
    ] as const) {
      const { matched, resourceId } = await verifyNotification(await signNotification({ ...order, lowerCaseId }), {
        secrets: secret,
      })
      expect(matched?.id).toBe(id)
      expect(resourceId).toBe(order.data.id)
    }
  })

  it('accepts the lower-case form of a reference in mixed case, in a split event, which names its resource elsewhere', async () => {
    const split = { secret, topic: 'splitter', action: 'splitter.update', data: { id: 'ABC-Def' }, fields: { id: 7 } }
    for (const lowerCaseId of [true, false]) {
      const request = await signNotification({ ...split, lowerCaseId })
      expect(await verifyNotification(request, { secrets: secret })).toMatchObject({
        resource: 'advanced_payment',
        resourceId: '7',
        matched: { id: lowerCaseId ? 'lower_cased' : 'as_received' },
      })
    }
  })

  it.each([
    ['payment', 'abc-def', 'ABC-Def'],
    ['shop', 'abc-def', 'aBC-DEF'],
    ['wallet_connect', agreement_id, agreement_id.toUpperCase()],
    ['wallet_connect', agreement_id, agreement_id.replace('abcd', 'Abcd')],
  ])(
    'refuses the signature of the %s %s for %s: no resource can be pointed at with that of another',
    async (topic, id, other) => {
      const request = await signNotification({ secret, topic, data: { id } })
      const pointed = new URL(request.url)
      pointed.searchParams.set('data.id', other)
      const replay = await altered(request, { url: pointed.href })
      expect(await reasonOf(verifyNotification(replay, { secrets: secret }))).toBe('mismatch')
      expect(await explainSignature(replay, { secrets: secret })).toContain('if data.id were lower-cased')
    },
  )

  it('reads ts in seconds and in milliseconds', async () => {
    const timestamp = Date.UTC(2026, 10, 21, 12, 0, 7)
    for (const unit of ['s', 'ms'] as const) {
      const options = { secrets: secret, toleranceMs: 1_000, now: () => timestamp + 500 }
      const notification = await verifyNotification(await signNotification({ ...confirmed, timestamp, unit }), options)
      expect(notification).toMatchObject({ timestamp, matched: { unit } })
    }
  })

  it('takes the resource from the signed query, not from the body', async () => {
    const request = await altered(await signNotification(confirmed), {
      body: JSON.stringify({ type: 'payment', data: { id: 'other' } }),
    })
    expect(await verifyNotification(request, { secrets: secret })).toMatchObject({
      resourceId: agreement_id,
      resource: 'agreement',
    })
  })

  it('accepts a plain object with a path, headers in any case, and a body as text, bytes or JSON value', async () => {
    const request = await signNotification(confirmed)
    const { pathname, search } = new URL(request.url)
    const headers = {
      'X-Signature': request.headers.get('x-signature') ?? '',
      'X-Request-Id': [request.headers.get('x-request-id') ?? ''],
    }
    const text = await request.text()
    for (const body of [text, new TextEncoder().encode(text), new TextEncoder().encode(text).buffer, JSON.parse(text)]) {
      const notification = await verifyNotification({ url: pathname + search, headers, body }, { secrets: secret })
      expect(notification).toMatchObject({ resourceId: agreement_id, unverifiedBody: JSON.parse(text) })
    }
  })

  it.each([
    ['its parts in reverse order', ({ ts, v1 }) => `v1=${v1},ts=${ts}`],
    ['spaces around its parts', ({ ts, v1 }) => ` ts = ${ts} , v1 = ${v1} `],
    ['unknown parts', ({ ts, v1 }) => `foo=1,ts=${ts},v2=abc,v1=${v1},bar`],
    ['upper-case names', ({ ts, v1 }) => `TS=${ts},V1=${v1}`],
    ['repeated parts, of which the last are right', ({ ts, v1 }) => `ts=1,v1=${'0'.repeat(64)},ts=${ts},v1=${v1}`],
  ] as [string, (signature: { ts: string; v1: string }) => string][])('accepts a signature header with %s', async (_, header) => {
    const request = await signNotification(confirmed)
    const same = await altered(request, { headers: { 'x-signature': header(signatureOf(request)) } })
    await expect(verifyNotification(same, { secrets: secret })).resolves.toMatchObject({ resourceId: agreement_id })
  })

  it.each([
    ['missing_header', null],
    ['missing_header', ' '],
    ['malformed_header', 'nonsense'],
    ['malformed_header', 'ts=,v1='],
    ['malformed_header', `ts=yesterday,v1=${'a'.repeat(64)}`],
    ['malformed_header', `ts=1${' '.repeat(60_000)}x`],
    ['malformed_header', `ts=1e9,v1=${'a'.repeat(64)}`],
    ['missing_timestamp', `v1=${'a'.repeat(64)}`],
    ['missing_hash', 'ts=1704908010'],
    ['missing_hash', `ts=1704908010,v2=${'a'.repeat(64)}`],
    ['mismatch', `ts=1704908010,v1=${'a'.repeat(64)}`],
    ['mismatch', `ts=1704908010,v1=${'A'.repeat(64)}`],
    ['mismatch', `ts=1704908010,v1=${'g'.repeat(64)}`],
    ['mismatch', 'ts=1704908010,v1=short'],
    ['mismatch', `ts=1704908010,v1=${'a'.repeat(65)}`],
  ])('refuses with the reason %s the signature header %j', async (reason, header) => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': header } })
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe(reason)
  })

  it('refuses a v1 of multi-byte characters as a mismatch', async () => {
    const headers = { 'x-signature': `ts=1704908010,v1=${'é'.repeat(64)}` }
    expect(await reasonOf(verifyNotification({ url: '/', headers, body: {} }, { secrets: secret }))).toBe('mismatch')
  })

  it('refuses a delivery outside toleranceMs, and any age is accepted without it', async () => {
    const request = () => signNotification({ ...confirmed, timestamp: 1_000_000_000_000 })
    const at = (ms: number) => ({ secrets: secret, toleranceMs: 300_000, now: () => 1_000_000_000_000 + ms })
    expect(await reasonOf(verifyNotification(await request(), at(300_001)))).toBe('too_old')
    expect(await reasonOf(verifyNotification(await request(), at(-300_001)))).toBe('too_new')
    await verifyNotification(await request(), at(300_000))
    await verifyNotification(await request(), { secrets: secret, now: () => 0 })
  })

  it.each([
    ['not_json', '{"type"'],
    ['not_json', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['too_large', `"${'x'.repeat(65_536)}"`],
    ['unknown_shape', '[]'],
    ['unknown_shape', '"text"'],
    ['unknown_shape', '7'],
  ])('refuses with the reason %s the body %j, although its delivery is signed', async (reason, body) => {
    const request = await altered(await signNotification(confirmed), { body })
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe(reason)
  })

  it('refuses a request whose body was read before', async () => {
    const request = await signNotification(confirmed)
    await request.text()
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe('unreadable')
  })

  it.each(['//[', '?', '', '#?data.id=1', 'http://['])('does not throw a TypeError for the address %j', async (url) => {
    expect(await reasonOf(verifyNotification({ url, headers: {} }, { secrets: secret }))).toBe('missing_header')
  })

  it('refuses a toleranceMs that is not a number from 0', async () => {
    for (const toleranceMs of [Number.NaN, -1, '5 minutes' as never]) {
      expect(() => createNotificationVerifier({ secrets: secret, toleranceMs })).toThrow('toleranceMs must be a number')
    }
  })

  it('refuses a request with one flipped bit in its signature, id, request id or ts', async () => {
    const requestId = '2066ca19-c6f1-498a-be75-1923005edd06'
    const request = await signNotification({ ...confirmed, requestId })
    const { ts, v1 } = signatureOf(request)
    const flip = (text: string, bit: number): string => {
      const index = Math.floor(bit / 7) % text.length
      return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << (bit % 7))) + text.slice(index + 1)
    }
    const verifier = createNotificationVerifier({ secrets: secret })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('v1', 'ts', 'id', 'requestId'), fc.nat(10_000), async (part, bit) => {
        const parts = { v1, ts, id: agreement_id, requestId }
        parts[part] = flip(parts[part], bit)
        const url = `https://shop.test/?data.id=${encodeURIComponent(parts.id)}`
        const headers = { 'x-request-id': parts.requestId, 'x-signature': `ts=${parts.ts},v1=${parts.v1}` }
        await expect(verifier({ url, headers, body: '{}' })).rejects.toBeInstanceOf(InvalidNotificationError)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('createNotificationVerifier', () => {
  it.each([
    [''],
    [' '],
    [` ${secret}`],
    [`${secret}\n`],
    ['undefined'],
    ['null'],
    ['changeme'],
    ['YOUR_SECRET'],
    ['your-webhook-secret'],
    ['MERCADOPAGO_WEBHOOK_SECRET'],
    ['<secret>'],
    ['{WEBHOOK_SECRET}'],
    ['xxxxxxxx'],
    [undefined],
    [null],
    [7],
    [[]],
    [[secret, '']],
  ])('refuses the secret %j before the first delivery', (secrets) => {
    expect(() => createNotificationVerifier({ secrets: secrets as string })).toThrow(InvalidNotificationError)
  })

  const FORGED = draws(5_000, 100_000)
  it(`accepts none of ${FORGED} forged requests`, { timeout: 120_000 }, async () => {
    const verifier = createNotificationVerifier({ secrets: [secret, 'another-secret'] })
    let accepted = 0
    const hex = (n: number): string =>
      Array.from(crypto.getRandomValues(new Uint8Array(n)), (byte) => byte.toString(16).padStart(2, '0')).join('')
    for (let batch = 0; batch < FORGED / 1_000; batch++) {
      const forged = Array.from({ length: 1_000 }, () => {
        const headers = { 'x-request-id': hex(8), 'x-signature': `ts=17049080${batch % 10}0,v1=${hex(32)}` }
        return verifier({ url: `/?data.id=${hex(16)}`, headers, body: '{}' }).then(
          () => accepted++,
          () => undefined,
        )
      })
      await Promise.all(forged)
    }
    expect(accepted).toBe(0)
  })
})

const shapes: [file: string, expected: object][] = [
  [
    'webhook.wallet-connect.agreement-confirmed',
    { topic: 'wallet_connect', action: 'status.updated', resource: 'agreement', resourceId: agreement_id },
  ],
  ['webhook.wallet-connect.agreement-cancelled', { action: 'status.updated', resource: 'agreement' }],
  ['webhook.wallet-connect.payment-method-updated', { action: 'payment_method.updated', resource: 'agreement' }],
  ['webhook.payment', { topic: 'payment', action: 'payment.created', resource: 'payment', resourceId: '999999999' }],
  [
    'webhook.order-processed',
    { topic: 'order', action: 'order.processed', resource: 'order', resourceId: 'ORD01JQ4S4KY8HWQ6NA5PXB65B3D3' },
  ],
  ['webhook.advanced-payment-splitter', { action: 'splitter.update', resource: 'advanced_payment', resourceId: '1111111' }],
]

describe('parseNotification', () => {
  it.each(shapes)('reads the unsigned delivery %s', async (file, expected) => {
    const notification = await parseNotification({ url: '/', headers: {}, body: document(file) })
    expect(notification).toMatchObject({ ...expected, matched: null, timestamp: undefined, unverifiedBody: document(file) })
  })

  it('gives each documented event its own key, and the same one each time', async () => {
    const keyOf = async (file: string): Promise<string> =>
      (await parseNotification({ url: '/', headers: {}, body: document(file) })).eventKey
    const keys = await Promise.all(shapes.map(([file]) => keyOf(file)))
    expect(new Set(keys).size).toBe(shapes.length)
    expect(await Promise.all(shapes.map(([file]) => keyOf(file)))).toEqual(keys)
  })

  it('reads an old IPN delivery', async () => {
    const request = new Request('https://shop.test/ipn?id=123&topic=payment', { method: 'POST' })
    expect(await parseNotification(request)).toMatchObject({
      topic: 'payment',
      resource: 'payment',
      resourceId: '123',
      matched: null,
    })
  })

  it.each(['topic_claims_integration_wh', 'a_future_topic', 'constructor', '__proto__'])(
    'returns the unknown topic %s as it is',
    async (type) => {
      const notification = await parseNotification({ url: '/', headers: {}, body: { type, data: { id: 5 } } })
      expect(notification).toMatchObject({ topic: type, resource: 'unknown', resourceId: '5' })
    },
  )

  it('refuses a delivery that does not name a resource', async () => {
    for (const body of [undefined, '', '{}', {}, { live_mode: true }, { data: 'text' }]) {
      expect(await reasonOf(parseNotification({ url: '/', headers: {}, body }))).toBe('unknown_shape')
    }
  })
})

describe('verifyNotification and parseNotification, given hostile deliveries', () => {
  it('refuse a header of 500 kB within a second', { timeout: 1_000 }, async () => {
    const headers = { 'x-signature': `ts=1${' '.repeat(500_000)}x` }
    expect(await reasonOf(verifyNotification({ url: '/', headers }, { secrets: secret }))).toBe('malformed_header')
  })

  it('refuse a delivery that moves the boundary between id and request id', async () => {
    const request = await signNotification({ ...confirmed, requestId: 'r1' })
    const url = request.url.replace(agreement_id, `${agreement_id}%3Brequest-id%3Ar1`)
    expect(
      await reasonOf(verifyNotification(await altered(request, { url, headers: { 'x-request-id': null } }), { secrets: secret })),
    ).toBe('mismatch')
  })

  it('do not let the body turn a signed topic into a split event', async () => {
    const request = await altered(await signNotification(confirmed), { body: '{"action":"splitter.update","id":"666"}' })
    expect(await verifyNotification(request, { secrets: secret })).toMatchObject({
      resource: 'agreement',
      resourceId: agreement_id,
    })
  })

  it.each([
    { id: '\ud800', type: 'payment' },
    { type: 'payment', data: { id: { toString: 1, valueOf: 1 } } },
    { type: 'x'.repeat(60_000), id: 'y'.repeat(100) },
  ])('make a bounded event key, and the signature can be explained, for hostile body %#', async (body) => {
    const delivery = { url: '/?data.id=1', headers: {}, body }
    expect((await parseNotification(delivery)).eventKey.length).toBeLessThan(512)
    const signed = { ...delivery, headers: { 'x-signature': `ts=1,v1=${'a'.repeat(64)}` } }
    expect(await explainSignature(signed, { secrets: secret })).toContain('No known reading')
  })

  it('give two IPN deliveries different event keys', async () => {
    const keys = ['a', 'b'].map(
      async (id) => (await parseNotification({ url: '/?topic=payment&id=1', headers: { 'x-request-id': id } })).eventKey,
    )
    expect(await keys[0]).not.toBe(await keys[1])
  })

  it('ignore later changes to the list of secrets', async () => {
    const secrets = [secret]
    const verify = createNotificationVerifier({ secrets })
    secrets[0] = ''
    await expect(verify(await signNotification(confirmed))).resolves.toBeDefined()
  })
})

describe('the thirteen known causes of a signature mismatch', () => {
  const verifies = (request: Request) => verifyNotification(request, { secrets: secret })
  const id = (request: Request, change: (url: URL) => void): string => {
    const url = new URL(request.url)
    change(url)
    return url.href
  }

  it('1. the id in the body differs: the id of the query is used', async () => {
    const request = await altered(await signNotification(confirmed), { body: '{"type":"wallet_connect","data":{"id":"other"}}' })
    await expect(verifies(request)).resolves.toMatchObject({ resourceId: agreement_id })
  })

  it('2. the id was signed in lower case: both cases are tried', async () => {
    for (const lowerCaseId of [true, false])
      await expect(verifies(await signNotification({ ...order, lowerCaseId }))).resolves.toBeDefined()
  })

  it('3. ts is in another unit: seconds and milliseconds are accepted', async () => {
    for (const unit of ['s', 'ms'] as const) {
      const request = await signNotification({ ...confirmed, unit })
      await expect(verifyNotification(request, { secrets: secret, toleranceMs: 60_000 })).resolves.toBeDefined()
    }
  })

  it('4. a signed part is missing: the delivery is refused', async () => {
    const request = await signNotification(confirmed)
    expect(await reasonOf(verifies(await altered(request, { headers: { 'x-request-id': null } })))).toBe('mismatch')
    expect(
      await reasonOf(verifies(await altered(request, { url: id(request, (url) => url.searchParams.delete('data.id')) }))),
    ).toBe('mismatch')
  })

  it('5. an IPN delivery is not signed: it can be parsed, but not verified', async () => {
    const request = () => new Request('https://shop.test/?id=1&topic=payment', { method: 'POST' })
    expect(await reasonOf(verifies(request()))).toBe('missing_header')
    await expect(parseNotification(request())).resolves.toMatchObject({ resourceId: '1' })
  })

  it('6. the secret is of test or of production: both are tried', async () => {
    await expect(
      verifyNotification(await signNotification(confirmed), { secrets: ['production-1', secret] }),
    ).resolves.toBeDefined()
  })

  it('7. the secret is empty or padded: it is refused at once', () => {
    for (const secrets of ['', `${secret} `]) expect(() => createNotificationVerifier({ secrets })).toThrow('bad secret')
  })

  it('8. the topic is never signed: the explanation says so', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': null } })
    expect(await explainSignature(request, { secrets: secret })).toContain('never signed')
  })

  it('9. a gateway changed the request id: the explanation names it', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-request-id': 'of-the-gateway' } })
    expect(await explainSignature(request, { secrets: secret })).toContain('in between changed x-request-id')
  })

  it('10. the notification has its own id: it is not the signed one', async () => {
    const request = await signNotification({ ...confirmed, fields: { id: 'event-1' } })
    await expect(verifies(request)).resolves.toMatchObject({ resourceId: agreement_id })
  })

  it('11. v1 is not hex: the delivery is refused as a mismatch', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': `ts=1,v1=${'z'.repeat(64)}` } })
    expect(await reasonOf(verifies(request))).toBe('mismatch')
  })

  it('12. a query parser nested data.id: the raw address is used', async () => {
    const request = await signNotification(confirmed)
    const headers = Object.fromEntries(request.headers)
    const { pathname, search } = new URL(request.url)
    const parsed = { url: pathname + search, headers, query: { data: { id: agreement_id } }, body: await request.json() }
    await expect(verifyNotification(parsed, { secrets: secret })).resolves.toBeDefined()
  })

  it('13. the body was changed: it is not signed, so the delivery is still valid', async () => {
    const request = await altered(await signNotification(confirmed), { body: '{"type":"wallet_connect","of":"somebody"}' })
    await expect(verifies(request)).resolves.toMatchObject({ resourceId: agreement_id })
  })
})

describe('explainSignature', () => {
  const text = (id: string, requestId: string, ts: string): string => `id:${id};request-id:${requestId};ts:${ts};`
  const delivery = async (
    signed: string,
    { id = 'Ab12', requestId = 'REQ-1', ts = '1704908010', key = secret, body = {} as object },
  ) => {
    const bytes = new TextEncoder()
    const imported = await crypto.subtle.importKey('raw', bytes.encode(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const hash = new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytes.encode(signed)))
    const v1 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
    return { url: `/?data.id=${id}`, headers: { 'x-request-id': requestId, 'x-signature': `ts=${ts},v1=${v1}` }, body }
  }
  const ts = '1704908010'

  it.each([
    ['nothing is wrong', text('Ab12', 'REQ-1', ts), {}, 'The signature matches; nothing is wrong with it.'],
    ['the id was lower-cased', text('ab12', 'REQ-1', ts), {}, 'data.id were lower-cased'],
    ['the id was upper-cased', text('AB12', 'REQ-1', ts), {}, 'data.id were upper-cased'],
    ['the id was left out', `request-id:REQ-1;ts:${ts};`, {}, 'data.id were left out'],
    ['the id of the body was signed', text('777', 'REQ-1', ts), { body: { data: { id: 777 } } }, 'data.id of the body'],
    ['the id of the notification was signed', text('99', 'REQ-1', ts), { body: { id: 99 } }, "notification's own id"],
    ['the request id was lower-cased', text('Ab12', 'req-1', ts), {}, 'x-request-id were lower-cased'],
    ['the request id was left out', `id:Ab12;ts:${ts};`, {}, 'x-request-id were left out'],
    ['ts was in milliseconds', text('Ab12', 'REQ-1', `${ts}000`), {}, 'ts were in milliseconds'],
    ['two parts were changed', text('ab12', 'req-1', ts), {}, 'data.id were lower-cased and x-request-id were lower-cased'],
    [
      'the secret is of another application',
      text('Ab12', 'REQ-1', ts),
      { key: 'secret-of-another-application' },
      'belongs to another application',
    ],
  ])('says that %s', async (_, signed, change, sentence) => {
    const explanation = await explainSignature(await delivery(signed, change), { secrets: secret })
    expect(explanation).toContain(sentence)
    expect(explanation).not.toContain(secret)
    expect(explanation).not.toMatch(/[0-9a-f]{32}/)
  })

  it('says which of several secrets would match', async () => {
    const request = await delivery(text('ab12', 'REQ-1', ts), { key: 'old-secret-1' })
    expect(await explainSignature(request, { secrets: [secret, 'old-secret-1'] })).toContain('secret 2 of 2')
  })

  it.each([
    [null, 'never signed'],
    ['nonsense', 'form ts='],
    ['v1=abc', 'no ts'],
    ['ts=1', 'no v1'],
    ['ts=1,v1=é', 'not 64 lower-case hex digits'],
  ])('says what is wrong with the header %j', async (header, sentence) => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': header && encodeURI(header) } })
    expect(await explainSignature(request, { secrets: secret })).toContain(sentence)
  })
})

describe('a delivery to an address with parameters of its own', () => {
  it.each([
    ['/hook?id=7&topic=shop&data.id=1&type=payment', 'payment', '1'],
    ['/hook?type=shop&data.id=7&data.id=1&type=payment', 'payment', '1'],
    ['/hook?type=shop&id=7&topic=payment&id=1', 'payment', '1'],
  ])('%s is of %s %s', async (url, resource, resourceId) => {
    for (const body of [undefined, { type: resource, data: { id: resourceId } }]) {
      expect(await parseNotification({ url, headers: {}, body })).toMatchObject({ resource, resourceId })
    }
  })

  it('is verified by the last data.id, the one that Mercado Pago appended', async () => {
    const signed = await signNotification({ secret, topic: 'payment', data: { id: 1 } })
    const { search } = new URL(signed.url)
    const delivery = { url: `/hook?id=7&data.id=7&topic=shop&${search.slice(1)}`, headers: signed.headers, body: undefined }
    expect(await verifyNotification(delivery, { secrets: secret })).toMatchObject({ resource: 'payment', resourceId: '1' })
  })
})

describe('eventKey', () => {
  const part = fc.option(fc.constantFrom('1', 'a:b', '\ud800', 7, ''), { nil: undefined })
  const event = fc.record({
    id: part,
    version: part,
    status: part,
    action: fc.constantFrom(undefined, 'payment.updated', 'splitter.update'),
    data: fc.record({ id: part, version: part, status: part }),
  })
  const topic = fc.constantFrom('payment', 'wallet_connect', 'order', 'shop', '')
  const dataId = fc.constantFrom('1', 'ORD01AB', undefined)

  /** A signed delivery of this body. Without an id, the signature does not cover one. */
  async function signedDelivery(body: object, topic: string, id: string | undefined, requestId: string) {
    const { url, headers } = await signNotification({ secret, topic, data: { id: id ?? '' }, requestId })
    return { url, headers: Object.fromEntries(headers), body }
  }
  const verified = (delivery: Parameters<typeof verifyNotification>[0]) => verifyNotification(delivery, { secrets: secret })
  const isReadable = (body: { action?: unknown; data: { id?: unknown } }, topic: string, id?: string): boolean =>
    Boolean(topic || body.action || id || body.data.id)

  it('of a signed delivery is never made of its body alone: a replay with any body has no key of another resource', async () => {
    await fc.assert(
      fc.asyncProperty(event, topic, topic, dataId, async (body, topic, replayedAs, id) => {
        fc.pre(isReadable(body, topic, 'other') && isReadable(body, replayedAs, id))
        const genuine = await verified(await signedDelivery(body, topic, 'other', 'request-1'))
        const replay = await verified(await signedDelivery(body, replayedAs, id, 'request-2'))
        expect(replay.eventKey).not.toBe(genuine.eventKey)
      }),
    )
  })

  it('of a delivery that was not verified is never that of one that was', async () => {
    await fc.assert(
      fc.asyncProperty(event, topic, dataId, async (body, topic, id) => {
        fc.pre(isReadable(body, topic, id))
        const delivery = await signedDelivery(body, topic, id, 'request-1')
        expect((await parseNotification(delivery)).eventKey).not.toBe((await verified(delivery)).eventKey)
      }),
    )
  })

  it('is the same when a signed event is repeated with another request id, and never the same for two without a name', async () => {
    await fc.assert(
      fc.asyncProperty(event, topic, async (body, topic) => {
        const isSplit = body.action === 'splitter.update' && (topic === 'shop' || topic === '')
        const named = [body.id, body.version, body.data.version].some(
          (part) => part !== undefined && part !== '' && part !== '\ud800',
        )
        const [first, second] = await Promise.all(
          ['request-1', 'request-2'].map(async (id) => verified(await signedDelivery(body, topic, '1', id))),
        )
        expect(first?.eventKey === second?.eventKey).toBe(named && !isSplit)
      }),
    )
  })

  it.each([
    ['with its runtime’s randomness', crypto],
    ['in a runtime without any', undefined],
  ])('is another for each delivery that names neither an event nor a request, %s', async (_, runtime) => {
    vi.stubGlobal('crypto', runtime)
    try {
      const bodies = [undefined, { type: 'payment', data: { id: 1 } }, { type: 'payment', data: { id: 1, status: 'approved' } }]
      const deliveries = bodies.flatMap((body) => Array(20).fill({ url: '/?topic=payment&id=1', headers: {}, body }))
      const keys = await Promise.all(deliveries.map(async (delivery) => (await parseNotification(delivery)).eventKey))
      expect(new Set(keys).size).toBe(60)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('an old IPN delivery', () => {
  const delivery = { url: '/ipn?id=1&topic=payment', headers: { 'x-signature': `ts=1704908010,v1=${'0'.repeat(64)}` } }

  it('is parsed, and each has an event key of its own, also without a request id', async () => {
    const [first, second] = await Promise.all([parseNotification(delivery), parseNotification(delivery)])
    expect(first).toMatchObject({ resource: 'payment', resourceId: '1' })
    expect(first.eventKey).not.toBe(second.eventKey)
  })

  it('with an x-signature is explained as IPN, not as a wrong secret', async () => {
    expect(await explainSignature(delivery, { secrets: secret })).toMatch(/IPN/)
  })
})

it('explainSignature names the version digit of a request id that a gateway rewrote', async () => {
  const requestId = '0b1f6a8e-2f0f-4c0d-9d29-5a4c3f1e2d3c'
  const signed = await signNotification({ secret, topic: 'payment', data: { id: 1 }, requestId })
  const headers = { ...Object.fromEntries(signed.headers), 'x-request-id': requestId.replace('-4c0d', '-9c0d') }
  expect(await reasonOf(verifyNotification({ url: signed.url, headers }, { secrets: secret }))).toBe('mismatch')
  expect(await explainSignature({ url: signed.url, headers }, { secrets: secret })).toContain('were 4 instead of 9')
})
