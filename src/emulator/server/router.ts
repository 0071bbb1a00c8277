import { authenticate, GUARDED, isAgreementPath } from '../rules/access-rules.ts'
import { cancelAgreement, createAgreement, createPayerToken, getAgreement } from '../rules/agreement-rules.ts'
import { ApiError, agreementError, invalidParameters, paymentError } from '../rules/api-error.ts'
import { approvalPage } from '../rules/approval-page.ts'
import { createDiscount, validateCoupon } from '../rules/discount-rules.ts'
import { type Done, once, requireKey } from '../rules/idempotency-rules.ts'
import { createPayment, getPayment, updatePayment } from '../rules/payment-rules.ts'
import { showPayment } from '../rules/payment-view.ts'
import { listRefunds, refundPayment } from '../rules/refund-rules.ts'
import { searchPayments } from '../rules/search-rules.ts'
import type { Json } from '../world/json.ts'
import type { OperationName } from '../world/operations.ts'
import type { WireRequest } from '../world/state.ts'
import { identified, jsonAnswer, parse, type WireResponse } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'

/** One request, taken apart. */
interface Call {
  id: string
  query: URLSearchParams
  body: Json
  key: string | null
  payerToken: string | null
}

interface Route {
  operation: OperationName | ((body: Json) => OperationName)
  method: string
  path: RegExp
  /** Status of success; 200 if left out. */
  status?: number
  /** Answers twice the same to the same key; `required`: not at all without one. */
  key?: 'optional' | 'required'
  /** `payment` is what was made. */
  rule: (world: World, call: Call) => { body: unknown; payment?: number }
}

const connect = '/v2/wallet_connect'
const payments = '/v1/advanced_payments'
const path = (pattern: string): RegExp => new RegExp(`^${pattern.replace('{id}', '([^/]+)')}$`)

const routes: readonly Route[] = [
  {
    operation: 'payments.create',
    method: 'POST',
    path: path(payments),
    status: 201,
    key: 'required',
    rule(world, { body, key }) {
      const payment = createPayment(world, body, requireKey(key))
      return { body: showPayment(world, payment), payment: payment.id }
    },
  },
  {
    operation: 'payments.search',
    method: 'GET',
    path: path(`${payments}/search`),
    rule: (world, { query }) => ({ body: searchPayments(world, query) }),
  },
  {
    operation: 'payments.get',
    method: 'GET',
    path: path(`${payments}/{id}`),
    rule: (world, { id }) => ({ body: getPayment(world, id) }),
  },
  {
    operation: ({ capture }) => (capture === true ? 'payments.capture' : 'payments.cancel'),
    method: 'PUT',
    path: path(`${payments}/{id}`),
    key: 'optional',
    rule: (world, { id, body, key }) => ({ body: updatePayment(world, id, body, key) }),
  },
  {
    operation: 'payments.refund',
    method: 'POST',
    path: path(`${payments}/{id}/refunds`),
    key: 'optional',
    rule: (world, { id, body, key }) => ({ body: refundPayment(world, id, body, key) }),
  },
  {
    operation: 'payments.listRefunds',
    method: 'GET',
    path: path(`${payments}/{id}/refunds`),
    rule: (world, { id }) => ({ body: listRefunds(world, id) }),
  },
  {
    operation: 'agreements.create',
    method: 'POST',
    path: path(`${connect}/agreements`),
    rule: (world, { body }) => ({ body: createAgreement(world, body) }),
  },
  {
    operation: 'agreements.get',
    method: 'GET',
    path: path(`${connect}/agreements/{id}`),
    rule: (world, { id }) => ({ body: getAgreement(world, id) }),
  },
  {
    operation: 'agreements.cancel',
    method: 'DELETE',
    path: path(`${connect}/agreements/{id}`),
    rule: (world, { id }) => ({ body: cancelAgreement(world, id) }),
  },
  {
    operation: 'agreements.createPayerToken',
    method: 'POST',
    path: path(`${connect}/agreements/{id}/payer_token`),
    rule: (world, { id, body }) => ({ body: createPayerToken(world, id, body) }),
  },
  {
    operation: 'discounts.validateCoupon',
    method: 'POST',
    path: path(`${connect}/coupons`),
    rule: (world, { body, payerToken }) => ({ body: validateCoupon(world, body, payerToken) }),
  },
  {
    operation: 'discounts.create',
    method: 'POST',
    path: path(`${connect}/discounts`),
    rule: (world, { body, payerToken }) => ({ body: createDiscount(world, body, payerToken, false) }),
  },
  {
    operation: 'discounts.create',
    method: 'POST',
    path: path(`${connect}/payment/discounts`),
    rule: (world, { body, payerToken }) => ({ body: createDiscount(world, body, payerToken, true) }),
  },
]

const findRoute = (method: string, pathname: string): Route | undefined =>
  routes.find((route) => route.method === method && route.path.test(pathname))

/** What this request asks for, as far as one can tell. */
export function operationOf(method: string, pathname: string, body: Json): OperationName | undefined {
  const operation = findRoute(method, pathname)?.operation
  return typeof operation === 'function' ? operation(body) : operation
}

/** What goes on around a rule. */
export interface Hooks {
  /** Awaited after the key is taken and before anything happens. */
  beforeEffect: () => void | Promise<void>
  /** Runs the rule itself. */
  around: <Value>(rule: () => Value) => Value
}

/** Answers a request as the API would. */
export async function answer(world: World, request: WireRequest, surroundings: Hooks): Promise<WireResponse> {
  const url = new URL(request.url)
  const approval = /^\/v1\/wallet_agreement\/([^/]+)$/.exec(url.pathname)
  if (approval) return identified(world, approvalPage(world, request, approval[1] ?? ''))
  try {
    const { status, text } = await dispatch(world, request, url, surroundings)
    return identified(world, jsonAnswer(status, text))
  } catch (error) {
    if (error instanceof ApiError) return identified(world, jsonAnswer(error.status, JSON.stringify(error.body)))
    throw error
  }
}

async function dispatch(
  world: World,
  { method, headers, text }: WireRequest,
  { pathname, searchParams }: URL,
  { beforeEffect, around }: Hooks,
): Promise<Done> {
  const route = findRoute(method, pathname)
  if (route || GUARDED.test(pathname)) authenticate(world, headers.authorization, pathname)
  if (!route) throw notFound(pathname)
  const key = headers['x-idempotency-key'] ?? null
  if (route.key === 'required') requireKey(key)
  const id = route.path.exec(pathname)?.[1] ?? ''
  const payerToken = headers['x-payer-token'] ?? null
  const call: Call = { id, query: searchParams, body: readBody(text, pathname), key, payerToken }
  return once(world, [method, pathname], route.key ? key : null, text, async () => {
    if (method !== 'GET') await beforeEffect()
    const { body, payment = null } = around(() => route.rule(world, call))
    return { status: route.status ?? 200, text: body === undefined ? '' : JSON.stringify(body), payment }
  })
}

const notFound = (pathname: string): ApiError =>
  isAgreementPath(pathname) ? agreementError(404, 'Not found') : paymentError(404, 'Not found')

function readBody(text: string, pathname: string): Json {
  const body = parse(text)
  if (body) return body
  throw isAgreementPath(pathname) ? agreementError(400, 'bad_request') : invalidParameters()
}
