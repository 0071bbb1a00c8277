import type { WireResponse } from '../world/wire-response.ts'
import { BEFORE, BEFORE_OR_AFTER, type FaultContext, fault, never, performIfAfter } from './fault.ts'

/** The error with which `fetch` rejects when the network fails; in Node it has such a cause. */
const networkError = (code: 'ECONNREFUSED' | 'ECONNRESET'): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

async function redirect(context: FaultContext, location: string): Promise<WireResponse> {
  await performIfAfter(context)
  return { status: 307, text: '', headers: { location } }
}

export const CONNECTION_FAULTS = [
  fault(
    'connection_refused',
    'The connection is refused: the request is never sent.',
    async () => {
      throw networkError('ECONNREFUSED')
    },
    BEFORE,
  ),
  fault(
    'reset',
    'The connection breaks before a response arrives.',
    async (context) => {
      await performIfAfter(context)
      throw networkError('ECONNRESET')
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'hang',
    'No response ever arrives; only an abort ends the wait.',
    async (context) => {
      await performIfAfter(context)
      return never(context)
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'late_arrival',
    'The connection breaks, but the request still reaches the API `delayMs` later.',
    async ({ receiveLater, delayMs }) => {
      receiveLater(delayMs)
      throw networkError('ECONNRESET')
    },
    { delayMs: 60_000 },
  ),
  fault(
    'request_duplicated',
    'The network, or a runtime such as Bun, Deno or Chromium, sends the request twice, and the client sees the second response.',
    async ({ perform }) => {
      await perform()
      return perform()
    },
  ),
  fault(
    'slow_headers',
    'The API carries out the request at once, but the response arrives when the clock has moved by `delayMs`.',
    async ({ perform, wait, delayMs }) => {
      const over = wait(delayMs)
      const answer = await perform()
      await over
      return answer
    },
    { delayMs: 60_000 },
  ),
  fault(
    'redirect_same_origin',
    'A redirect to another URL of the same origin.',
    async (context) =>
      redirect(context, `${context.request.path}?${new URLSearchParams({ ...context.request.query, moved: '1' })}`),
    { phases: ['before', 'after'] },
  ),
  fault(
    'redirect_other_origin',
    'A redirect to another origin: a client that follows it sends the access token there.',
    async (context) => redirect(context, `https://elsewhere.test${context.request.path}`),
    { phases: ['before', 'after'] },
  ),
] as const
