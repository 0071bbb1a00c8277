import { DAY_MS } from '../world/clock.ts'
import type { Json } from '../world/json.ts'
import { operationsWhere } from '../world/operations.ts'
import { parse, type WireResponse } from '../world/wire-response.ts'
import { BEFORE_OR_AFTER, type FaultContext, fault, never, performIfAfter } from './fault.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The response with a body that arrives in pieces, and breaks when the sender aborts. */
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
/** The first half of a body; a space for an empty one. */
const firstHalf = (text: string): string => half(text) || ' '

/** The response with another text; a response without a body stays as it is. */
const rewrite = (answer: WireResponse, change: (text: string) => string): WireResponse =>
  answer.text === '' ? answer : { ...answer, text: change(answer.text) }

/** The response with one more field before the others: of the object, or of the first object in a list. */
const withFirstField = (answer: WireResponse, entry: string): WireResponse =>
  rewrite(answer, (text) => text.replace(/^(\[?\{)(.)/, (_, start, next) => `${start}${entry}${next === '}' ? '' : ','}${next}`))

const WITH_BODY = { operations: operationsWhere(({ hasResponseBody }) => hasResponseBody) }

const MEGABYTE = ' '.repeat(1_048_576)
const DEPTH = 10_000

const html = (title: string): string => `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`
export const HTML = { 'content-type': 'text/html; charset=utf-8' }

export const BODY_FAULTS = [
  fault(
    'slow_body',
    'The headers arrive at once, the second half of the body when the clock has moved by `delayMs`.',
    async (context) => {
      const over = context.wait(context.delayMs)
      const answer = await context.perform()
      const pieces = async function* () {
        yield firstHalf(answer.text)
        await over
        yield answer.text.slice(half(answer.text).length) || ' '
      }
      return streamed(context, answer, pieces())
    },
    { delayMs: 60_000 },
  ),
  fault('stalled_body', 'The headers and half of the body arrive, and then nothing more.', async (context) => {
    const answer = await context.perform()
    const pieces = async function* () {
      yield firstHalf(answer.text)
      await never(context)
    }
    return streamed(context, answer, pieces())
  }),
  fault(
    'body_cut_by_length',
    'Half of the body arrives, and ends as if it were complete; only Content-Length shows that it is not.',
    async ({ perform }) => {
      const answer = await perform()
      const length = String(encode(answer.text).byteLength)
      return { ...rewrite(answer, half), headers: { ...answer.headers, 'content-length': length } }
    },
  ),
  fault('body_cut_by_chunk', 'Half of the body arrives, and then the connection breaks.', async (context) => {
    const answer = await context.perform()
    const pieces = async function* () {
      yield firstHalf(answer.text)
      throw new TypeError('terminated')
    }
    return streamed(context, answer, pieces())
  }),
  fault('wrong_content_length', 'The whole body arrives, with a Content-Length that is too small.', async ({ perform }) => {
    const answer = await perform()
    return { ...answer, headers: { ...answer.headers, 'content-length': '2' } }
  }),
  fault(
    'empty_success',
    'A 200 without a body.',
    async (context) => {
      await performIfAfter(context)
      return { status: 200, text: '', headers: { 'content-type': 'application/json' } }
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'no_content',
    'A 204.',
    async (context) => {
      await performIfAfter(context)
      return { status: 204, text: '', headers: {} }
    },
    BEFORE_OR_AFTER,
  ),
  fault(
    'html_success',
    'A 200 with an HTML page.',
    async (context) => {
      await performIfAfter(context)
      return { status: 200, text: html('Mercado Pago'), headers: HTML }
    },
    BEFORE_OR_AFTER,
  ),
  fault('wrong_content_type', 'The right body, with the content type of HTML.', async ({ perform }) => ({
    ...(await perform()),
    headers: HTML,
  })),
  fault('wrong_charset', 'The right text in UTF-16, labelled as UTF-8.', async ({ perform }) => {
    const { status, headers, text } = await perform()
    const units = Uint16Array.from(text, (character) => character.charCodeAt(0))
    return new Response(text === '' ? null : new Uint8Array(units.buffer), { status, headers })
  }),
  fault('bom', 'A byte order mark before the right body.', async ({ perform }) =>
    rewrite(await perform(), (text) => `\ufeff${text}`),
  ),
  fault('huge_body', 'The right body, followed by 10 MB of spaces.', async (context) => {
    const answer = await context.perform()
    const pieces = async function* () {
      yield answer.text
      for (let megabytes = 0; megabytes < 10; megabytes++) yield MEGABYTE
    }
    return streamed(context, answer, pieces())
  }),
  fault(
    'deep_nesting',
    'An extra field with ten thousand nested lists.',
    async ({ perform }) => withFirstField(await perform(), `"nested":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`),
    WITH_BODY,
  ),
  fault(
    'duplicate_keys',
    'A duplicate id and status before the right ones; in JSON the last one counts.',
    async ({ perform }) => withFirstField(await perform(), '"id":1,"status":"rejected"'),
    WITH_BODY,
  ),
  fault(
    'proto_key',
    'An extra `__proto__` with another id and status.',
    async ({ perform }) => withFirstField(await perform(), '"__proto__":{"id":1,"status":"approved","polluted":true}'),
    WITH_BODY,
  ),
  fault(
    'another_resource',
    'The response is about another payment or agreement.',
    async ({ perform }) =>
      rewrite(await perform(), (text) => rewriteFields(text, (name, value) => OTHER_IDS[name]?.(value) ?? value)),
    { isBreach: true },
  ),
  fault(
    'wrong_amount',
    'Every amount in the response is ten times too large.',
    async ({ perform }) =>
      rewrite(await perform(), (text) => rewriteFields(text, (name, value) => (isAmount(name) ? tenfold(value) : value))),
    { isBreach: true },
  ),
  fault(
    'clock_skew',
    'The clock of the API is a day ahead: the Date header and the dates in the response.',
    async ({ perform, world }) => {
      const answer = await perform()
      const date = new Date(world.state.now + DAY_MS).toUTCString()
      return {
        ...rewrite(answer, (text) => rewriteFields(text, (_, value) => aDayLater(value))),
        headers: { ...answer.headers, date },
      }
    },
  ),
] as const

/** The JSON text with every field changed. */
const rewriteFields = (text: string, change: (name: string, value: unknown) => unknown): string =>
  parse(text) || text.startsWith('[') ? JSON.stringify(JSON.parse(text), change) : text

const isAmount = (name: string): boolean => /amount$|^cap$/.test(name)

/** Ten times the amount, as a number or as text with as many decimals. */
function tenfold(value: unknown): unknown {
  if (typeof value === 'number') return value * 10
  const text = typeof value === 'string' ? /^\d+(?:\.(\d+))?$/.exec(value) : null
  return text ? (Number(text[0]) * 10).toFixed(text[1]?.length ?? 0) : value
}

const otherId = (value: unknown): unknown =>
  typeof value === 'number' ? value + 1_000 : typeof value === 'string' ? value.replace(/^.{4}/, '0000') : value

const OTHER_IDS: Json & Record<string, (value: unknown) => unknown> = {
  id: otherId,
  agreement_id: otherId,
  payer_token: otherId,
  external_reference: (value) => (typeof value === 'string' ? 'another-order' : value),
  transaction_amount: (value) => (typeof value === 'number' ? value + 1 : value),
}

/** An ISO date a day later, in the same format. */
function aDayLater(value: unknown): unknown {
  const match = typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value) : null
  if (!match) return value
  const [, date = '', fraction = '', zone = ''] = match
  return new Date(Date.parse(`${date}Z`) + DAY_MS).toISOString().slice(0, 19) + fraction + zone
}
