import { DAY_MS } from '../world/clock.ts'
import type { Json } from '../world/json.ts'
import { operationsWhere } from '../world/operations.ts'
import { parse, type WireResponse } from '../world/wire-response.ts'
import { act, BEFORE_OR_AFTER, type FaultContext, fault, never } from './fault.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The answer with a body that comes in pieces, and breaks when the sender aborts. */
function streamed({ signal }: FaultContext, { status, headers }: WireResponse, pieces: AsyncGenerator<string>): Response {
  let stop = (): void => {}
  const body = new ReadableStream({
    start(controller) {
      const abort = () => controller.error(signal?.reason)
      stop = () => signal?.removeEventListener('abort', abort)
      signal?.addEventListener('abort', abort, { once: true })
    },
    async pull(controller) {
      const { done, value = '' } = await pieces.next().catch((error: unknown) => {
        stop()
        throw error
      })
      if (!done) return controller.enqueue(encode(value))
      stop()
      controller.close()
    },
    cancel: () => stop(),
  })
  return new Response(body, { status, headers })
}

const half = (text: string): string => text.slice(0, Math.ceil(text.length / 2))
/** Of a body that is empty there is a blank. */
const firstHalf = (text: string): string => half(text) || ' '

/** The answer with other text; one without a body stays as it is. */
const rewrite = (answer: WireResponse, tell: (text: string) => string): WireResponse =>
  answer.text === '' ? answer : { ...answer, text: tell(answer.text) }

/** One key more, in front of the others: of the object, or of the first in a list. */
const withFirst = (answer: WireResponse, entry: string): WireResponse =>
  rewrite(answer, (text) => text.replace(/^(\[?\{)(.)/, (_, start, next) => `${start}${entry}${next === '}' ? '' : ','}${next}`))

const WITH_BODY = { operations: operationsWhere(({ hasResponseBody }) => hasResponseBody) }

const MEGABYTE = ' '.repeat(1_048_576)
const DEPTH = 10_000

const html = (title: string): string => `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`
export const HTML = { 'content-type': 'text/html; charset=utf-8' }

export const BODY_FAULTS = [
  fault(
    'slow_body',
    'The headers come at once, the second half of the body when the clock has been moved by `delayMs`.',
    async (scene) => {
      const over = scene.wait(scene.delayMs)
      const answer = await scene.perform()
      const pieces = async function* () {
        yield firstHalf(answer.text)
        await over
        yield answer.text.slice(half(answer.text).length) || ' '
      }
      return streamed(scene, answer, pieces())
    },
    { delayMs: 60_000 },
  ),
  fault('stalled_body', 'Headers and half of the body, and then nothing more.', async (scene) => {
    const answer = await scene.perform()
    const pieces = async function* () {
      yield firstHalf(answer.text)
      await never(scene)
    }
    return streamed(scene, answer, pieces())
  }),
  fault(
    'body_cut_by_length',
    'Half of the body, which ends as if it were whole; Content-Length knows better.',
    async ({ perform }) => {
      const answer = await perform()
      const length = String(encode(answer.text).byteLength)
      return { ...rewrite(answer, half), headers: { ...answer.headers, 'content-length': length } }
    },
  ),
  fault('body_cut_by_chunk', 'Half of the body, and then the connection breaks.', async (scene) => {
    const answer = await scene.perform()
    const pieces = async function* () {
      yield firstHalf(answer.text)
      throw new TypeError('terminated')
    }
    return streamed(scene, answer, pieces())
  }),
  fault('wrong_content_length', 'The whole body under a Content-Length that is too small.', async ({ perform }) => {
    const answer = await perform()
    return { ...answer, headers: { ...answer.headers, 'content-length': '2' } }
  }),
  fault(
    'empty_success',
    'A 200 without a body.',
    async (scene) => {
      await act(scene)
      return { status: 200, text: '', headers: { 'content-type': 'application/json' } }
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'no_content',
    'A 204.',
    async (scene) => {
      await act(scene)
      return { status: 204, text: '', headers: {} }
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'html_success',
    'A 200 with a page of HTML.',
    async (scene) => {
      await act(scene)
      return { status: 200, text: html('Mercado Pago'), headers: HTML }
    },
    BEFORE_OR_AFTER,
  ),
  fault('wrong_content_type', 'The right body, called HTML.', async ({ perform }) => ({ ...(await perform()), headers: HTML })),
  fault('wrong_charset', 'The right text in UTF-16, called UTF-8.', async ({ perform }) => {
    const { status, headers, text } = await perform()
    const units = Uint16Array.from(text, (character) => character.charCodeAt(0))
    return new Response(text === '' ? null : new Uint8Array(units.buffer), { status, headers })
  }),
  fault('bom', 'A byte order mark before the right body.', async ({ perform }) =>
    rewrite(await perform(), (text) => `\ufeff${text}`),
  ),
  fault('huge_body', 'The right body, and 10 MB of blanks after it.', async (scene) => {
    const answer = await scene.perform()
    const pieces = async function* () {
      yield answer.text
      for (let megabytes = 0; megabytes < 10; megabytes++) yield MEGABYTE
    }
    return streamed(scene, answer, pieces())
  }),
  fault(
    'deep_nesting',
    'One more field: ten thousand lists in each other.',
    async ({ perform }) => withFirst(await perform(), `"nested":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`),
    WITH_BODY,
  ),
  fault(
    'duplicate_keys',
    'A second id and status before the right ones; in JSON the last one counts.',
    async ({ perform }) => withFirst(await perform(), '"id":1,"status":"rejected"'),
    WITH_BODY,
  ),
  fault(
    'proto_key',
    'A `__proto__` that claims another id and status.',
    async ({ perform }) => withFirst(await perform(), '"__proto__":{"id":1,"status":"approved","polluted":true}'),
    WITH_BODY,
  ),
  fault(
    'another_resource',
    'The answer tells of another payment or agreement of the same form.',
    async ({ perform }) => rewrite(await perform(), (text) => retell(text, (name, value) => OTHER_IDS[name]?.(value) ?? value)),
    { isBreach: true },
  ),
  fault(
    'wrong_amount',
    'Every amount in the answer is ten times too large.',
    async ({ perform }) =>
      rewrite(await perform(), (text) => retell(text, (name, value) => (isAmount(name) ? tenfold(value) : value))),
    { isBreach: true },
  ),
  fault(
    'clock_skew',
    'The API believes that it is a day later: its Date and the dates in its answer.',
    async ({ perform, world }) => {
      const answer = await perform()
      const date = new Date(world.state.now + DAY_MS).toUTCString()
      return { ...rewrite(answer, (text) => retell(text, (_, value) => aDayLater(value))), headers: { ...answer.headers, date } }
    },
  ),
] as const

/** Goes through all fields of a JSON text. */
const retell = (text: string, change: (name: string, value: unknown) => unknown): string =>
  parse(text) || text.startsWith('[') ? JSON.stringify(JSON.parse(text), change) : text

const isAmount = (name: string): boolean => /amount$|^cap$/.test(name)

/** Ten times as much, as number or as text with as many decimals. */
function tenfold(value: unknown): unknown {
  if (typeof value === 'number') return value * 10
  const text = typeof value === 'string' ? /^\d+(?:\.(\d+))?$/.exec(value) : null
  return text ? (Number(text[0]) * 10).toFixed(text[1]?.length ?? 0) : value
}

const alien = (value: unknown): unknown =>
  typeof value === 'number' ? value + 1_000 : typeof value === 'string' ? value.replace(/^.{4}/, '0000') : value

const OTHER_IDS: Json & Record<string, (value: unknown) => unknown> = {
  id: alien,
  agreement_id: alien,
  payer_token: alien,
  external_reference: (value) => (typeof value === 'string' ? 'another-order' : value),
  transaction_amount: (value) => (typeof value === 'number' ? value + 1 : value),
}

/** An ISO date, in the same form a day later. */
function aDayLater(value: unknown): unknown {
  const match = typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value) : null
  if (!match) return value
  const [, date = '', fraction = '', zone = ''] = match
  return new Date(Date.parse(`${date}Z`) + DAY_MS).toISOString().slice(0, 19) + fraction + zone
}
