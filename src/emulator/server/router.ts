import { authenticate, GUARDED, isAgreementPath } from '../rules/access-rules.ts'
import { ApiError, agreementError, invalidParameters, paymentError } from '../rules/api-error.ts'
import { approvalPage } from '../rules/approval-page.ts'
import { honoursKey, once, type RuleResult, requireKey } from '../rules/idempotency-rules.ts'
import { OPERATION_FACTS } from '../world/operations.ts'
import type { WireRequest } from '../world/state.ts'
import { jsonResponse, parse, type WireResponse, withRequestId } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'
import { type Call, findRoute } from './routes.ts'

/** What the server does before and while a rule runs. */
export interface Hooks {
  /** Awaited after the key is taken and before anything happens. */
  beforeEffect: () => void | Promise<void>
  /** Runs the rule. */
  runRule: <Value>(rule: () => Value) => Value
}

/** Answers a request as the API would. */
export async function answer(world: World, request: WireRequest, hooks: Hooks): Promise<WireResponse> {
  const url = new URL(request.url)
  const approval = /^\/v1\/wallet_agreement\/([^/]+)$/.exec(url.pathname)
  if (approval) return withRequestId(world, approvalPage(world, request, approval[1] ?? ''))
  try {
    const { status, text } = await dispatch(world, request, url, hooks)
    return withRequestId(world, jsonResponse(status, text))
  } catch (error) {
    if (error instanceof ApiError) return withRequestId(world, jsonResponse(error.status, JSON.stringify(error.body)))
    throw error
  }
}

async function dispatch(
  world: World,
  { method, headers, text }: WireRequest,
  { pathname, searchParams: query }: URL,
  { beforeEffect, runRule }: Hooks,
): Promise<RuleResult> {
  const body = parse(text)
  const route = findRoute(method, pathname, body ?? {})
  if (route || GUARDED.test(pathname)) authenticate(world, headers.authorization, pathname)
  if (!route) throw notFound(pathname)
  const key = headers['x-idempotency-key'] ?? null
  if (OPERATION_FACTS[route.operation].idempotencyKey === 'required') requireKey(key)
  if (!body) throw unreadableBody(pathname)
  const id = route.path.exec(pathname)?.[1] ?? ''
  const call: Call = { id, query, body, key, payerToken: headers['x-payer-token'] ?? null }
  const request = { method, path: pathname, key: honoursKey(world, route.operation) ? key : null, body: text }
  return once(world, request, async () => {
    if (method !== 'GET') await beforeEffect()
    const { body, payment = null } = runRule(() => route.rule(world, call))
    return { status: route.status ?? 200, text: body === undefined ? '' : JSON.stringify(body), payment }
  })
}

const notFound = (pathname: string): ApiError =>
  isAgreementPath(pathname) ? agreementError(404, 'Not found') : paymentError(404, 'Not found')

const unreadableBody = (pathname: string): ApiError =>
  isAgreementPath(pathname) ? agreementError(400, 'bad_request') : invalidParameters()
