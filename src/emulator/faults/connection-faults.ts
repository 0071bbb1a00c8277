import type { WireResponse } from '../world/wire-response.ts'
import { act, BEFORE, BEFORE_OR_AFTER, type FaultContext, fault, never } from './fault.ts'

/** What `fetch` rejects with when the network fails; Node's has such a cause. */
const networkError = (code: 'ECONNREFUSED' | 'ECONNRESET'): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

async function redirect(scene: FaultContext, location: string): Promise<WireResponse> {
  await act(scene)
  return { status: 307, text: '', headers: { location } }
}

export const CONNECTION_FAULTS = [
  fault(
    'connection_refused',
    'Nobody listens: the request never leaves.',
    async () => {
      throw networkError('ECONNREFUSED')
    },
    BEFORE,
  ),
  fault(
    'reset',
    'The connection breaks before an answer comes.',
    async (scene) => {
      await act(scene)
      throw networkError('ECONNRESET')
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'hang',
    'No answer ever comes; only an abort ends the wait.',
    async (scene) => {
      await act(scene)
      return never(scene)
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'late_arrival',
    'The connection breaks, and the request reaches the API later all the same.',
    async ({ receiveLater, delayMs }) => {
      receiveLater(delayMs)
      throw networkError('ECONNRESET')
    },
    { delayMs: 60_000 },
  ),
  fault('request_duplicated', 'The network delivers the request twice; the second answer is shown.', async ({ perform }) => {
    await perform()
    return perform()
  }),
  fault(
    'slow_headers',
    'The answer is made at once and comes when the clock has been moved by `delayMs`.',
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
    'A redirect to another address of the same origin.',
    async (scene) => redirect(scene, `${scene.request.path}?${new URLSearchParams({ ...scene.request.query, moved: '1' })}`),
    { phases: ['before', 'after'] },
  ),
  fault(
    'redirect_other_origin',
    'A redirect to another origin: whoever follows it carries the access token there.',
    async (scene) => redirect(scene, `https://elsewhere.test${scene.request.path}`),
    { phases: ['before', 'after'] },
  ),
] as const
