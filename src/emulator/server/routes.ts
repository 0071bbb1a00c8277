import { cancelAgreement, createAgreement, createPayerToken, getAgreement } from '../rules/agreement-rules.ts'
import { createDiscount, validateCoupon } from '../rules/discount-rules.ts'
import { requireKey } from '../rules/idempotency-rules.ts'
import { createPayment, getPayment, updatePayment } from '../rules/payment-rules.ts'
import { showPayment } from '../rules/payment-view.ts'
import { listRefunds, refundPayment } from '../rules/refund-rules.ts'
import { searchPayments } from '../rules/search-rules.ts'
import type { Json } from '../world/json.ts'
import type { OperationName } from '../world/operations.ts'
import type { World } from '../world/world.ts'

/** The parts of a request that rules read. */
export interface Call {
  /** The id in the path; empty if the path has none. */
  id: string
  query: URLSearchParams
  body: Json
  key: string | null
  payerToken: string | null
}

/** The method and path of an operation, and the rule that carries it out. */
interface Route {
  method: string
  path: RegExp
  /** Tells operations that share method and path apart by the body. */
  matches?: (body: Json) => boolean
  /** The status of a successful response; 200 if left out. */
  status?: number
  /** `payment` is the id of the payment that was created. */
  rule: (world: World, call: Call) => { body: unknown; payment?: number }
}

const connect = '/v2/wallet_connect'
const payments = '/v1/advanced_payments'
const path = (pattern: string): RegExp => new RegExp(`^${pattern.replace('{id}', '([^/]+)')}$`)

const updateRoute: Route = {
  method: 'PUT',
  path: path(`${payments}/{id}`),
  rule: (world, { id, body, key }) => ({ body: updatePayment(world, id, body, key) }),
}

/** The route of each operation. The first that matches a request answers it. */
const ROUTES: Record<OperationName, Route | readonly Route[]> = {
  'payments.create': {
    method: 'POST',
    path: path(payments),
    status: 201,
    rule(world, { body, key }) {
      const payment = createPayment(world, body, requireKey(key))
      return { body: showPayment(world, payment), payment: payment.id }
    },
  },
  // Before payments.get, whose pattern matches this path too.
  'payments.search': {
    method: 'GET',
    path: path(`${payments}/search`),
    rule: (world, { query }) => ({ body: searchPayments(world, query) }),
  },
  'payments.get': {
    method: 'GET',
    path: path(`${payments}/{id}`),
    rule: (world, { id }) => ({ body: getPayment(world, id) }),
  },
  'payments.capture': { ...updateRoute, matches: ({ capture }) => capture === true },
  'payments.cancel': { ...updateRoute, matches: ({ capture }) => capture !== true },
  'payments.refund': {
    method: 'POST',
    path: path(`${payments}/{id}/refunds`),
    rule: (world, { id, body, key }) => ({ body: refundPayment(world, id, body, key) }),
  },
  'payments.listRefunds': {
    method: 'GET',
    path: path(`${payments}/{id}/refunds`),
    rule: (world, { id }) => ({ body: listRefunds(world, id) }),
  },
  'agreements.create': {
    method: 'POST',
    path: path(`${connect}/agreements`),
    rule: (world, { body }) => ({ body: createAgreement(world, body) }),
  },
  'agreements.get': {
    method: 'GET',
    path: path(`${connect}/agreements/{id}`),
    rule: (world, { id }) => ({ body: getAgreement(world, id) }),
  },
  'agreements.cancel': {
    method: 'DELETE',
    path: path(`${connect}/agreements/{id}`),
    rule: (world, { id }) => ({ body: cancelAgreement(world, id) }),
  },
  'agreements.createPayerToken': {
    method: 'POST',
    path: path(`${connect}/agreements/{id}/payer_token`),
    rule: (world, { id, body }) => ({ body: createPayerToken(world, id, body) }),
  },
  'discounts.validateCoupon': {
    method: 'POST',
    path: path(`${connect}/coupons`),
    rule: (world, { body, payerToken }) => ({ body: validateCoupon(world, body, payerToken) }),
  },
  'discounts.create': [
    {
      method: 'POST',
      path: path(`${connect}/discounts`),
      rule: (world, { body, payerToken }) => ({ body: createDiscount(world, body, { payerToken, isGuidePath: false }) }),
    },
    {
      method: 'POST',
      path: path(`${connect}/payment/discounts`),
      rule: (world, { body, payerToken }) => ({ body: createDiscount(world, body, { payerToken, isGuidePath: true }) }),
    },
  ],
}

const routes = (Object.keys(ROUTES) as OperationName[]).flatMap((operation) =>
  [ROUTES[operation]].flat().map((route) => ({ ...route, operation })),
)

/** The operation that a request asks for, and its route; undefined if there is none. */
export const findRoute = (method: string, pathname: string, body: Json): (Route & { operation: OperationName }) | undefined =>
  routes.find((route) => route.method === method && route.path.test(pathname) && (route.matches?.(body) ?? true))
