import fc from 'fast-check'
import {
  createNotificationVerifier,
  explainSignature,
  InvalidNotificationError,
  parseNotification,
  signNotification,
  verifyNotification,
} from 'mercadopago-wallet-connect/notifications'
import { describe, expect, it } from 'vitest'
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
  it.each(vectors.map((vector) => [vector.name, vector] as const))('accepts the published vector: %s', async (_, vector) => {
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
  })

  it('gives a pointer, and the body as something that nobody signed', async () => {
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

  it('says which of several secrets matched', async () => {
    const secrets = ['old-secret-1', secret, 'test-secret-2']
    expect((await verifyNotification(await signNotification(confirmed), { secrets })).matched?.secret).toBe(1)
  })

  it('accepts an order signed as it is and lower-cased, and says which', async () => {
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

  it('reads ts in seconds and in milliseconds', async () => {
    const timestamp = Date.UTC(2026, 10, 21, 12, 0, 7)
    for (const unit of ['s', 'ms'] as const) {
      const options = { secrets: secret, toleranceMs: 1_000, now: () => timestamp + 500 }
      const notification = await verifyNotification(await signNotification({ ...confirmed, timestamp, unit }), options)
      expect(notification).toMatchObject({ timestamp, matched: { unit } })
    }
  })

  it('believes the signed id of the query, not that of the body', async () => {
    const request = await altered(await signNotification(confirmed), {
      body: JSON.stringify({ type: 'payment', data: { id: 'other' } }),
    })
    expect(await verifyNotification(request, { secrets: secret })).toMatchObject({
      resourceId: agreement_id,
      resource: 'agreement',
    })
  })

  it('takes a plain object of a framework: a path, any case of header, a body as text, bytes or value', async () => {
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
    ['parts in another order', ({ ts, v1 }) => `v1=${v1},ts=${ts}`],
    ['spaces', ({ ts, v1 }) => ` ts = ${ts} , v1 = ${v1} `],
    ['parts that nobody knows', ({ ts, v1 }) => `foo=1,ts=${ts},v2=abc,v1=${v1},bar`],
    ['names in upper case', ({ ts, v1 }) => `TS=${ts},V1=${v1}`],
    ['a repeated part, of which the last counts', ({ ts, v1 }) => `ts=1,v1=${'0'.repeat(64)},ts=${ts},v1=${v1}`],
  ] as [string, (signature: { ts: string; v1: string }) => string][])('accepts a header with %s', async (_, header) => {
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
  ])('refuses with %s the header %j', async (reason, header) => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': header } })
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe(reason)
  })

  it('refuses a v1 of many-byte characters without throwing anything else', async () => {
    const headers = { 'x-signature': `ts=1704908010,v1=${'é'.repeat(64)}` }
    expect(await reasonOf(verifyNotification({ url: '/', headers, body: {} }, { secrets: secret }))).toBe('mismatch')
  })

  it('refuses what is too old or too new for the tolerance, and nothing without one', async () => {
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
  ])('refuses with %s a body that is signed all the same', async (reason, body) => {
    const request = await altered(await signNotification(confirmed), { body })
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe(reason)
  })

  it('refuses a body that was read before', async () => {
    const request = await signNotification(confirmed)
    await request.text()
    expect(await reasonOf(verifyNotification(request, { secrets: secret }))).toBe('unreadable')
  })

  it.each(['//[', '?', '', '#?data.id=1', 'http://['])('survives the address %j', async (url) => {
    expect(await reasonOf(verifyNotification({ url, headers: {} }, { secrets: secret }))).toBe('missing_header')
  })

  it('refuses a tolerance that would be none', async () => {
    for (const toleranceMs of [Number.NaN, -1, '5 minutes' as never]) {
      expect(() => createNotificationVerifier({ secrets: secret, toleranceMs })).toThrow('toleranceMs must be a number')
    }
  })

  it('refuses a request of which one bit is flipped in signature, id, request id or ts', async () => {
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
  ])('refuses the secret %j when it is made', (secrets) => {
    expect(() => createNotificationVerifier({ secrets: secrets as string })).toThrow(InvalidNotificationError)
  })

  const FORGED = draws(5_000, 100_000)
  it(`lets no forged request pass: ${FORGED} of them`, { timeout: 120_000 }, async () => {
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
  it.each(shapes)('reads %s, unsigned', async (file, expected) => {
    const notification = await parseNotification({ url: '/', headers: {}, body: document(file) })
    expect(notification).toMatchObject({ ...expected, matched: null, timestamp: undefined, unverifiedBody: document(file) })
  })

  it('gives every documented event a key of its own, and the same one each time', async () => {
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

  it.each(['topic_claims_integration_wh', 'of_tomorrow', 'constructor', '__proto__'])(
    'gives the unknown topic %s as a value',
    async (type) => {
      const notification = await parseNotification({ url: '/', headers: {}, body: { type, data: { id: 5 } } })
      expect(notification).toMatchObject({ topic: type, resource: 'unknown', resourceId: '5' })
    },
  )

  it('refuses what points at nothing', async () => {
    for (const body of [undefined, '', '{}', {}, { live_mode: true }, { data: 'text' }]) {
      expect(await reasonOf(parseNotification({ url: '/', headers: {}, body }))).toBe('unknown_shape')
    }
  })
})

describe('what a stranger may send', () => {
  it('costs no time before the secret is asked', { timeout: 1_000 }, async () => {
    const headers = { 'x-signature': `ts=1${' '.repeat(500_000)}x` }
    expect(await reasonOf(verifyNotification({ url: '/', headers }, { secrets: secret }))).toBe('malformed_header')
  })

  it('cannot shift the border between id and request id', async () => {
    const request = await signNotification({ ...confirmed, requestId: 'r1' })
    const url = request.url.replace(agreement_id, `${agreement_id}%3Brequest-id%3Ar1`)
    expect(
      await reasonOf(verifyNotification(await altered(request, { url, headers: { 'x-request-id': null } }), { secrets: secret })),
    ).toBe('mismatch')
  })

  it('cannot turn a signed topic into a split event', async () => {
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
  ])('gives a bounded key or one of our errors, and an explanation: %#', async (body) => {
    const delivery = { url: '/?data.id=1', headers: {}, body }
    expect((await parseNotification(delivery)).eventKey.length).toBeLessThan(512)
    const signed = { ...delivery, headers: { 'x-signature': `ts=1,v1=${'a'.repeat(64)}` } }
    expect(await explainSignature(signed, { secrets: secret })).toContain('No known reading')
  })

  it('two IPN deliveries are not one event', async () => {
    const keys = ['a', 'b'].map(
      async (id) => (await parseNotification({ url: '/?topic=payment&id=1', headers: { 'x-request-id': id } })).eventKey,
    )
    expect(await keys[0]).not.toBe(await keys[1])
  })

  it('changes nothing in secrets that were checked', async () => {
    const secrets = [secret]
    const verify = createNotificationVerifier({ secrets })
    secrets[0] = ''
    await expect(verify(await signNotification(confirmed))).resolves.toBeDefined()
  })
})

describe('the thirteen known causes of a signature that does not fit', () => {
  const verifies = (request: Request) => verifyNotification(request, { secrets: secret })
  const id = (request: Request, change: (url: URL) => void): string => {
    const url = new URL(request.url)
    change(url)
    return url.href
  }

  it('1. the id is taken from the query, whatever the body says', async () => {
    const request = await altered(await signNotification(confirmed), { body: '{"type":"wallet_connect","data":{"id":"other"}}' })
    await expect(verifies(request)).resolves.toMatchObject({ resourceId: agreement_id })
  })

  it('2. both cases of an alphanumeric id are tried', async () => {
    for (const lowerCaseId of [true, false])
      await expect(verifies(await signNotification({ ...order, lowerCaseId }))).resolves.toBeDefined()
  })

  it('3. both units of ts are understood', async () => {
    for (const unit of ['s', 'ms'] as const) {
      const request = await signNotification({ ...confirmed, unit })
      await expect(verifyNotification(request, { secrets: secret, toleranceMs: 60_000 })).resolves.toBeDefined()
    }
  })

  it('4. an absent part is left out with its label, and one that was signed may not be missing', async () => {
    const request = await signNotification(confirmed)
    expect(await reasonOf(verifies(await altered(request, { headers: { 'x-request-id': null } })))).toBe('mismatch')
    expect(
      await reasonOf(verifies(await altered(request, { url: id(request, (url) => url.searchParams.delete('data.id')) }))),
    ).toBe('mismatch')
  })

  it('5. an IPN delivery is not signed: it is parsed, never verified', async () => {
    const request = () => new Request('https://shop.test/?id=1&topic=payment', { method: 'POST' })
    expect(await reasonOf(verifies(request()))).toBe('missing_header')
    await expect(parseNotification(request())).resolves.toMatchObject({ resourceId: '1' })
  })

  it('6. test and production secrets are tried together', async () => {
    await expect(
      verifyNotification(await signNotification(confirmed), { secrets: ['production-1', secret] }),
    ).resolves.toBeDefined()
  })

  it('7. a secret that is empty or padded is refused at once', () => {
    for (const secrets of ['', `${secret} `]) expect(() => createNotificationVerifier({ secrets })).toThrow('bad secret')
  })

  it('8. a topic that is never signed says so', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': null } })
    expect(await explainSignature(request, { secrets: secret })).toContain('never signed')
  })

  it('9. a request id that something on the way has changed is suspected', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-request-id': 'of-the-gateway' } })
    expect(await explainSignature(request, { secrets: secret })).toContain('in between changed x-request-id')
  })

  it("10. the notification's own id is not what is signed", async () => {
    const request = await signNotification({ ...confirmed, fields: { id: 'event-1' } })
    await expect(verifies(request)).resolves.toMatchObject({ resourceId: agreement_id })
  })

  it('11. a v1 that is not hex is a mismatch', async () => {
    const request = await altered(await signNotification(confirmed), { headers: { 'x-signature': `ts=1,v1=${'z'.repeat(64)}` } })
    expect(await reasonOf(verifies(request))).toBe('mismatch')
  })

  it('12. the address is read by us: no query parser nests data.id', async () => {
    const request = await signNotification(confirmed)
    const headers = Object.fromEntries(request.headers)
    const { pathname, search } = new URL(request.url)
    const parsed = { url: pathname + search, headers, query: { data: { id: agreement_id } }, body: await request.json() }
    await expect(verifyNotification(parsed, { secrets: secret })).resolves.toBeDefined()
  })

  it('13. the body is not signed: another one changes nothing', async () => {
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
    ['it is right', text('Ab12', 'REQ-1', ts), {}, 'The signature matches; nothing is wrong with it.'],
    ['the id was lower-cased', text('ab12', 'REQ-1', ts), {}, 'data.id were lower-cased'],
    ['the id was upper-cased', text('AB12', 'REQ-1', ts), {}, 'data.id were upper-cased'],
    ['the id was left out', `request-id:REQ-1;ts:${ts};`, {}, 'data.id were left out'],
    ['the id of the body was signed', text('777', 'REQ-1', ts), { body: { data: { id: 777 } } }, 'data.id of the body'],
    ['the id of the notification was signed', text('99', 'REQ-1', ts), { body: { id: 99 } }, "notification's own id"],
    ['the request id was lower-cased', text('Ab12', 'req-1', ts), {}, 'x-request-id were lower-cased'],
    ['the request id was left out', `id:Ab12;ts:${ts};`, {}, 'x-request-id were left out'],
    ['ts was in milliseconds', text('Ab12', 'REQ-1', `${ts}000`), {}, 'ts were in milliseconds'],
    ['two things at once', text('ab12', 'req-1', ts), {}, 'data.id were lower-cased and x-request-id were lower-cased'],
    [
      'the secret is another',
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

  it('says which of several secrets', async () => {
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
