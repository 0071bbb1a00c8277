import { reset } from 'cloudflare:test'
import { type OperationName, operations } from 'mercadopago-wallet-connect'
import type { Emulator } from 'mercadopago-wallet-connect/emulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProxy } from '../../playground/proxy.ts'
import { asBackend, backend, linkThrough, PAGE, playMercadoPago, throughWorker, ticketFor } from '../support/workerd/fixtures.ts'
import { BROWSER_MAY, clientsWith, proxyWith } from '../support/workerd/with-configuration.ts'

const ROLES = ['anonymous', 'backend', 'backend without it', 'ticket', 'ticket without it', 'operator'] as const
type Role = (typeof ROLES)[number]
type Row = [...statuses: number[]] & { length: (typeof ROLES)['length'] }

/** Who gets what, in the order of ROLES. The request is a good one of a resource that is there and one's own. */
const TABLE: Record<string, Row> = {
  'GET /health': [200, 200, 200, 200, 200, 200],
  // Mercado Pago shows no credential; its signature is looked at elsewhere.
  'POST /notifications': [200, 200, 200, 200, 200, 200],
  'POST /sessions': [401, 201, 403, 403, 403, 400],
  'GET /operations': [401, 403, 403, 403, 403, 200],
  'GET /notifications': [401, 403, 403, 403, 403, 200],
  'POST /v2/wallet_connect/agreements': [401, 200, 403, 200, 403, 403],
  'GET /v2/wallet_connect/agreements/:agreement_id': [401, 200, 403, 200, 403, 403],
  'DELETE /v2/wallet_connect/agreements/:agreement_id': [401, 200, 403, 200, 403, 403],
  'POST /v2/wallet_connect/agreements/:agreement_id/payer_token': [401, 200, 403, 200, 403, 403],
  'POST /v2/wallet_connect/coupons': [401, 200, 403, 200, 403, 403],
  'POST /v2/wallet_connect/discounts': [401, 200, 403, 200, 403, 403],
  'POST /v1/advanced_payments': [401, 201, 403, 201, 403, 403],
  'GET /v1/advanced_payments/:advanced_payment_id': [401, 200, 403, 200, 403, 403],
  'PUT /v1/advanced_payments/:advanced_payment_id': [401, 200, 403, 403, 403, 403],
  'GET /v1/advanced_payments/search': [401, 200, 403, 403, 403, 403],
  'POST /v1/advanced_payments/:advanced_payment_id/refunds': [401, 200, 403, 403, 403, 403],
  'GET /v1/advanced_payments/:advanced_payment_id/refunds': [401, 200, 403, 403, 403, 403],
}

const routes = createProxy().routes.filter(({ method, path }) => `${method} ${path}` !== 'ALL /*')
const namesOf = (route: string): OperationName[] =>
  (Object.keys(operations) as OperationName[]).filter((name) => {
    const { method, path } = operations[name]
    return `${method} ${path.replace(/\{(\w+)\}/, ':$1')}` === route
  })

const PAYMENT = { transaction_amount: 10, external_reference: 'order-1' }
const OWN = { external_user: { id: 'buyer-1' }, origin: PAGE }

let emulator: Emulator
let ids: Record<string, string>
let bodies: Record<string, object>
let payer_token: string

beforeEach(async () => {
  vi.spyOn(console, 'log').mockReturnValue()
  emulator = playMercadoPago({ oneAgreementPerUser: false })
  emulator.coupons.add({ code: 'COUPON', type: 'fixed', value: 1 })
  const wallet = backend()
  payer_token = (await linkThrough(wallet, emulator)).payer_token
  const link = { return_uri: 'https://shop.example/linked', external_flow_id: 'f', external_user: OWN.external_user }
  const { agreement_id } = await wallet.agreements.create(link)
  const { code } = emulator.buyer.approve(agreement_id)
  const charge = (capture: boolean) => wallet.payments.create({ wallet_payment: PAYMENT, payer: { token: payer_token }, capture })
  ids = { agreement_id, advanced_payment_id: String((await charge(true)).id), reserved: String((await charge(false)).id) }
  bodies = {
    'POST /notifications': { type: 'payment', action: 'payment.updated', data: { id: ids.advanced_payment_id } },
    'POST /sessions': { ...OWN, operations: ['agreements.get'] },
    'POST /v2/wallet_connect/agreements': link,
    'POST /v2/wallet_connect/agreements/:agreement_id/payer_token': { code },
    'POST /v2/wallet_connect/coupons': { id: 'COUPON' },
    'POST /v2/wallet_connect/discounts': { amount: 10 },
    'POST /v1/advanced_payments': { wallet_payment: PAYMENT, payer: { token: payer_token } },
    'PUT /v1/advanced_payments/:advanced_payment_id': { capture: true },
    'POST /v1/advanced_payments/:advanced_payment_id/refunds': {},
  }
})
afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** What may be done with a ticket, as its backend asks for it. */
async function ticketOf(names: readonly OperationName[]): Promise<Record<string, string>> {
  const charge = names.includes('payments.create') && { charge: { amount: 10, external_reference: 'order-1' } }
  return { authorization: `Bearer ${await ticketFor({ ...OWN, operations: names, ...charge })}`, origin: PAGE }
}

async function credentialOf(role: Role, route: string): Promise<Record<string, string>> {
  if (role === 'anonymous') return {}
  if (role === 'operator') return asBackend('operator')
  if (role === 'ticket') return ticketOf(BROWSER_MAY)
  if (role !== 'ticket without it') return asBackend('shop')
  return ticketOf(BROWSER_MAY.filter((name) => !namesOf(route).includes(name)))
}

/** A good request of the route, by somebody. */
async function send(route: string, role: Role): Promise<Response> {
  const [method = '', pattern = ''] = route.split(' ')
  const id = route.startsWith('PUT') ? 'reserved' : 'advanced_payment_id'
  const path = pattern.replace(':advanced_payment_id', ids[id] ?? '').replace(':agreement_id', ids.agreement_id ?? '')
  const query = /^GET .(operations|notifications)$/.test(route) ? `?state=${pattern === '/operations' ? 'open' : 'dead'}` : ''
  const isDiscount = /coupons|discounts/.test(route)
  const init = {
    method,
    headers: {
      'content-type': 'application/json',
      'x-idempotency-key': 'key-1',
      ...(isDiscount && { 'x-payer-token': payer_token }),
      ...(await credentialOf(role, route)),
    },
    ...(bodies[route] && { body: JSON.stringify(bodies[route]) }),
  }
  if (role !== 'backend without it') return throughWorker(path + query, init)
  const every = namesOf(route).length === 0 ? [] : Object.keys(operations)
  const left = every.filter((name) => !namesOf(route).includes(name as OperationName))
  return proxyWith({ CLIENTS: clientsWith('shop', { operations: left }) })(path + query, init)
}

describe('the table of routes and roles', () => {
  it('has a row for every route, and a route for every row', () => {
    const served = routes.map(({ method, path }) => `${method} ${path}`)
    expect(Object.keys(TABLE).sort()).toEqual(served.sort())
  })

  it('has a row for every operation', () => {
    for (const { method, path } of Object.values(operations)) {
      expect(TABLE).toHaveProperty([`${method} ${path.replace(/\{(\w+)\}/, ':$1')}`])
    }
  })
})

describe.each(Object.entries(TABLE))('%s', (route, row) => {
  it.each(ROLES.map((role, i) => [role, row[i] ?? 0] as const))('answers a %s with %i', async (role, status) => {
    const before = emulator.effects
    const response = await send(route, role)
    expect(response.status, await response.clone().text()).toBe(status)
    if (status >= 300) {
      expect(emulator.effects).toEqual(before)
      expect(response.headers.get('content-type')).toBe('application/json')
    }
  })
})

describe('a route of two operations', () => {
  const put = (operation: OperationName, body: object, client = asBackend()) =>
    proxyWith({ CLIENTS: clientsWith('shop', { operations: [operation] }) })(`/v1/advanced_payments/${ids.reserved}`, {
      method: 'PUT',
      headers: client,
      body: JSON.stringify(body),
    })

  it('performs the operation that the client may do, and not the other', async () => {
    const before = emulator.effects
    expect((await put('payments.cancel', { capture: true })).status).toBe(403)
    expect((await put('payments.capture', { status: 'cancelled' })).status).toBe(403)
    expect((await put('payments.cancel', { capture: true, status: 'cancelled' })).status).toBe(400)
    expect((await put('payments.capture', { capture: true, status: 'cancelled' })).status).toBe(400)
    expect(emulator.effects).toEqual(before)
    expect((await put('payments.capture', { capture: true })).status).toBe(200)
    expect(emulator.effects.at(-1)).toMatchObject({ kind: 'payment_captured' })
  })
})

describe('a ticket of an operator', () => {
  it('does not show what its backend may see', async () => {
    const send = proxyWith({ CLIENTS: clientsWith('operator', { origins: [PAGE], operations: ['agreements.get'] }) })
    const body = JSON.stringify({ ...OWN, operations: ['agreements.get'] })
    const opened = await send('/sessions', { method: 'POST', headers: asBackend('operator'), body })
    const { ticket } = await opened.json<{ ticket: string }>()
    for (const path of ['/operations?state=open', '/notifications?state=dead']) {
      expect((await send(path, { headers: asBackend('operator') })).status).toBe(200)
      expect((await send(path, { headers: { authorization: `Bearer ${ticket}`, origin: PAGE } })).status).toBe(403)
    }
  })
})

describe('a path without a route', () => {
  it.each(['/', '/admin', '/v1/advanced_payments/7/refunds/8', '/v2/wallet_connect', '/sessions/', '/operations/7', '/.env'])(
    'does not reveal to an unauthenticated caller whether it exists: %s',
    async (path) => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        expect((await throughWorker(path, { method })).status).toBe(401)
        expect((await throughWorker(path, { method, headers: asBackend() })).status).toBe(404)
      }
    },
  )
})
