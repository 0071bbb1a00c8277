/** The edge proxy as a sample meets it, with its own rules of tickets but no ledger, and what a shop's backend asks of it. */
import * as library from 'mercadopago-wallet-connect'
import { expect } from 'vitest'
import { permit } from '../../../playground/access/policy.ts'
import { openSession } from '../../../playground/access/sessions.ts'
import { readTicket } from '../../../playground/access/tickets.ts'
import { readKeyRing } from '../../../playground/sealing/key-ring.ts'
import { type Checkout, chargesOf } from './checkout.ts'

export const ACCESS_TOKEN = 'TEST-access'
export const CLIENT_KEY = 'wck_of_the_shop'
export const PROXY = 'https://proxy.example'
/** The idempotency key that the shop has stored with the order. */
export const KEY = '5b0c9f3e-1d2a-4c6b-8e7f-0a1b2c3d4e5f'

const ticketKeys = readKeyRing('TICKET_KEYS', `k1:${btoa('k'.repeat(32))}`)
const client = {
  id: 'shop',
  operations: Object.keys(library.operations) as library.OperationName[],
  origins: ['https://shop.example'],
  return_uris: ['https://shop.example/linked'],
} as unknown as Parameters<typeof openSession>[0]['client']
const session = (json: unknown) => openSession({ client }, json, { ticketKeys } as Parameters<typeof openSession>[2])

export const ticketOf = (ticket: string) => readTicket(ticketKeys, ticket, new Date())

/** By method and path, what a ticket has to allow. */
const NEEDED: [RegExp, library.OperationName][] = [
  [/^POST .*\/agreements$/, 'agreements.create'],
  [/^POST .*\/payer_token$/, 'agreements.createPayerToken'],
  [/^GET .*\/agreements\/\w+$/, 'agreements.get'],
  [/^DELETE .*\/agreements\/\w+$/, 'agreements.cancel'],
  [/^POST .*\/discounts$/, 'discounts.create'],
  [/^POST .*\/advanced_payments$/, 'payments.create'],
]

/** Answers a request to the proxy. */
export async function proxy({ emulator }: Checkout, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const credential = request.headers.get('authorization')?.replace('Bearer ', '') ?? ''
  const body = await request.text()
  if (pathname === '/sessions') {
    expect(credential).toBe(CLIENT_KEY)
    const { status, body: answer } = await session(JSON.parse(body))
    return new Response(answer, { status })
  }
  const ticket = await ticketOf(credential)
  const operation = NEEDED.find(([pattern]) => pattern.test(`${request.method} ${pathname}`))?.[1]
  if (!ticket || !operation) throw new Error(`${request.method} ${pathname} is not for a page`)
  expect(ticket.operations).toContain(operation)
  permit({ client, ticket }, { operation, body } as library.PreparedRequest)
  const headers = new Headers(request.headers)
  headers.set('authorization', `Bearer ${ACCESS_TOKEN}`)
  const init = { method: request.method, headers, ...(body && { body }) }
  return emulator.fetch(`https://api.mercadopago.com${pathname}`, init)
}

/** Stores something for the shop. */
export const keep = (checkout: Checkout, what: Record<string, unknown>): void =>
  void checkout.kept.push({ what, charges: chargesOf(checkout) })

/** Answers what a page asks of its shop. An order stays the same, and its first request is the one that counts. */
export async function shop(checkout: Checkout, path: string, body: string): Promise<object> {
  const user = { external_user: { id: 'buyer-1' }, origin: 'https://shop.example' }
  const ticketFor = async (more: object) => JSON.parse((await session({ ...user, ...more })).body ?? '').ticket as string
  if (path === '/shop/wallet-ticket') {
    const operations = NEEDED.map(([, operation]) => operation).filter((operation) => operation !== 'payments.create')
    return { buyer: 'buyer-1', ticket: await ticketFor({ operations }) }
  }
  const stored = (name: string): unknown => checkout.kept.find(({ what }) => name in what)?.what[name]
  const { request, reserve } = JSON.parse(body || '{}')
  if (path === '/shop/orders') {
    if (reserve !== undefined) keep(checkout, { reserve })
    return { id: 'order-1', amount: '700.50', idempotency_key: KEY, request: stored('request') }
  }
  expect(path).toBe('/shop/orders/order-1/ticket')
  expect(request.idempotencyKey).toBe(KEY)
  keep(checkout, { request })
  const charge = { amount: '700.50', external_reference: 'order-1', idempotency_key: KEY, capture: !stored('reserve') }
  return { ticket: await ticketFor({ operations: ['payments.create'], charge }) }
}
