import type { World } from '../world/world.ts'
import { ApiError, paymentError } from './api-error.ts'

/** The paths that require a credential before anything else, whatever the method. */
export const GUARDED = /^\/v2\/wallet_connect\/(agreements|coupons|discounts)(\/|$)/
export const isAgreementPath = (pathname: string): boolean => pathname.startsWith('/v2/')

/** The 403 of the policy agent, which has its own format. */
export const refusedByPolicy = (): ApiError =>
  new ApiError(403, {
    message: 'At least one policy returned UNAUTHORIZED.',
    code: 'PA_UNAUTHORIZED_RESULT_FROM_POLICIES',
    status: 403,
    blocked_by: 'PolicyAgent',
  })

/** The generic 401. */
export const invalidAccessToken = (): ApiError =>
  new ApiError(401, { status: 401, error: 'unauthorized', message: 'Invalid access token' })

/** @throws {ApiError} the access token is missing, unknown or disabled; without a token the error depends on the path */
export function authenticate({ rules }: World, authorization: string | undefined, pathname: string): void {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
  if (!token && isAgreementPath(pathname)) throw refusedByPolicy()
  if (!token) throw paymentError(401, 'authorization value not present')
  if (rules.disabledAccessTokens.includes(token)) throw refusedByPolicy()
  if (rules.accessTokens && !rules.accessTokens.includes(token)) throw invalidAccessToken()
}
