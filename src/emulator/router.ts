import { cancelAgreement, createAgreement, createPayerToken, getAgreement } from './agreement-rules.ts'
import { ApiError, agreementError, invalidParameters, paymentError } from './api-error.ts'
import { approvalPage } from './approval-page.ts'
import { type Answer, once, requireKey } from './idempotency-rules.ts'
import { createPayment, getPayment, searchPayments, updatePayment } from './payment-rules.ts'
import { listRefunds, refundPayment } from './refund-rules.ts'
import type { World } from './world.ts'

/** One request, taken apart. */
interface Call {
  id: string
  query: URLSearchParams
  body: Record<string, unknown>
  key: string | null
}

interface Route {
  method: string
  path: RegExp
  /** Status of success. */
  status: number
  /** Answers twice the same to the same key; `required`: not at all without one. */
  key?: 'optional' | 'required'
  rule: (world: World, call: Call) => unknown
}

const agreements = '/v2/wallet_connect/agreements'
const payments = '/v1/advanced_payments'
const path = (pattern: string): RegExp => new RegExp(`^${pattern.replace('{id}', '([^/]+)')}$`)

const routes: readonly Route[] = [
  { method: 'POST', path: path(agreements), status: 200, rule: (world, { body }) => createAgreement(world, body) },
  { method: 'GET', path: path(`${agreements}/{id}`), status: 200, rule: (world, { id }) => getAgreement(world, id) },
  { method: 'DELETE', path: path(`${agreements}/{id}`), status: 200, rule: (world, { id }) => cancelAgreement(world, id) },
  {
    method: 'POST',
    path: path(`${agreements}/{id}/payer_token`),
    status: 200,
    rule: (world, { id, body }) => createPayerToken(world, id, body),
  },
  {
    method: 'POST',
    path: path(payments),
    status: 201,
    key: 'required',
    rule: (world, { body, key }) => createPayment(world, body, requireKey(key)),
  },
  { method: 'GET', path: path(`${payments}/search`), status: 200, rule: (world, { query }) => searchPayments(world, query) },
  { method: 'GET', path: path(`${payments}/{id}`), status: 200, rule: (world, { id }) => getPayment(world, id) },
  {
    method: 'PUT',
    path: path(`${payments}/{id}`),
    status: 200,
    key: 'optional',
    rule: (world, { id, body, key }) => updatePayment(world, id, body, key),
  },
  {
    method: 'POST',
    path: path(`${payments}/{id}/refunds`),
    status: 200,
    key: 'optional',
    rule: (world, { id, body, key }) => refundPayment(world, id, body, key),
  },
  { method: 'GET', path: path(`${payments}/{id}/refunds`), status: 200, rule: (world, { id }) => listRefunds(world, id) },
]

/**
 * Answers a request as the API would.
 *
 * @param beforeEffect awaited after the key is taken and before anything happens
 */
export async function answer(world: World, request: Request, beforeEffect: () => void | Promise<void>): Promise<Response> {
  const url = new URL(request.url)
  const approval = /^\/v1\/wallet_agreement\/([^/]+)$/.exec(url.pathname)
  if (approval) return identified(world, await approvalPage(world, request, approval[1] ?? ''))
  try {
    const { status, body } = await dispatch(world, request, url, beforeEffect)
    return respond(world, status, body)
  } catch (error) {
    if (error instanceof ApiError) return respond(world, error.status, error.body)
    throw error
  }
}

async function dispatch(world: World, request: Request, url: URL, beforeEffect: () => void | Promise<void>): Promise<Answer> {
  const route = routes.find(({ method, path }) => method === request.method && path.test(url.pathname))
  if (route || GUARDED.test(url.pathname)) authenticate(world, request, url.pathname)
  if (!route) throw notFound(url.pathname)
  const key = request.headers.get('x-idempotency-key')
  if (route.key === 'required') requireKey(key)
  const text = await request.text()
  const id = route.path.exec(url.pathname)?.[1] ?? ''
  const call: Call = { id, query: url.searchParams, body: readBody(text, url.pathname), key }
  return once(world, `${request.method} ${url.pathname}`, route.key ? key : null, text, async () => {
    if (request.method !== 'GET') await beforeEffect()
    return { status: route.status, body: route.rule(world, call) }
  })
}

/** Where a credential is asked for before anything else, whatever the verb. */
const GUARDED = /^\/v2\/wallet_connect\/(agreements|coupons|discounts)(\/|$)/
const isAgreementPath = (pathname: string): boolean => pathname.startsWith('/v2/')

function notFound(pathname: string): ApiError {
  const isToCome = /\/wallet_connect\/(?:payment\/)?(?:coupons|discounts)$/.test(pathname)
  const message = isToCome ? 'This emulator does not know coupons and discounts yet' : 'Not found'
  return isAgreementPath(pathname) ? agreementError(404, message) : paymentError(404, message)
}

/** Without a credential the two families answer differently. */
function authenticate({ rules }: World, request: Request, pathname: string): void {
  const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  if (!token && isAgreementPath(pathname)) {
    throw new ApiError(403, {
      message: 'At least one policy returned UNAUTHORIZED.',
      code: 'PA_UNAUTHORIZED_RESULT_FROM_POLICIES',
      status: 403,
      blocked_by: 'PolicyAgent',
    })
  }
  if (!token) throw paymentError(401, 'authorization value not present')
  if (rules.accessTokens && !rules.accessTokens.includes(token)) {
    throw new ApiError(401, { status: 401, error: 'unauthorized', message: 'Invalid access token' })
  }
}

function readBody(text: string, pathname: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw isAgreementPath(pathname) ? agreementError(400, 'bad_request') : invalidParameters()
}

function respond(world: World, status: number, body: unknown): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  return identified(world, new Response(body === undefined ? null : JSON.stringify(body), { status, headers }))
}

function identified({ random }: World, response: Response): Response {
  response.headers.set('x-request-id', random.uuid())
  return response
}
