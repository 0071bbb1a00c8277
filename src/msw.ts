import { http } from 'msw'
import type { Emulator } from './emulator/index.ts'

/** The options of `emulatorHandlers`. */
export interface EmulatorHandlersOptions {
  /** The address that your code sends its requests to, with the path prefix of a proxy. Default `https://api.mercadopago.com`. */
  baseURL?: string
}

/** The parts of a request that the handlers read. */
type InterceptedRequest = Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'text'>

const WALLET_CONNECT = '/(?:v2/wallet_connect/|v1/advanced_payments(?:/|$))'
const APPROVAL_PAGE = '/v1/wallet_agreement/'

/**
 * Handlers for `setupServer` or `setupWorker` that answer the requests of Wallet Connect from the emulator, and those to
 * the page where the buyer approves. All other requests are left to `onUnhandledRequest`.
 *
 * @throws {TypeError} `baseURL` is not a URL, or an option is misspelt
 */
export function emulatorHandlers(
  emulator: Pick<Emulator, 'fetch' | 'origin'>,
  options: EmulatorHandlersOptions = {},
): ReturnType<typeof http.all>[] {
  const { baseURL = 'https://api.mercadopago.com', ...unknown } = options
  if (Object.keys(unknown).length > 0)
    throw new TypeError(`emulatorHandlers only knows baseURL, not ${Object.keys(unknown).join(', ')}`)
  const { origin, pathname } = new URL(baseURL)
  const prefix = pathname.replace(/\/+$/, '')
  return [
    http.all(under(origin + prefix, WALLET_CONNECT), ({ request }) => answer(emulator, request, prefix)),
    http.all(under(emulator.origin, APPROVAL_PAGE), ({ request }) => answer(emulator, request, '')),
  ]
}

/** A RegExp, as msw reads `:`, `(` and `*` in a string as patterns, and decodes what they match, which may not be UTF-8. */
function under(base: string, path: string): RegExp {
  const literal = base.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${literal}${path}`)
}

async function answer(emulator: Pick<Emulator, 'fetch'>, request: InterceptedRequest, prefix: string): Promise<Response> {
  const { method, headers, signal } = request
  const url = new URL(request.url)
  url.pathname = url.pathname.slice(prefix.length)
  // As text: copying a Request to another address loses its body where request streams are not supported.
  const text = method === 'GET' || method === 'HEAD' ? '' : await request.text()
  try {
    // The sender follows redirects or not; msw does not always pass on which one it wants.
    const init: RequestInit = { method, headers, signal, redirect: 'manual', ...(text !== '' && { body: text }) }
    return relocate(await emulator.fetch(url, init), prefix)
  } catch (error) {
    // A TypeError is what fetch rejects with when the network fails; msw would turn it into a 500, which is a response.
    // After an abort nobody waits for a response, and msw would report the error as a bug.
    if (error instanceof TypeError || signal.aborted) return Response.error()
    throw error
  }
}

/** Adds the prefix to a redirect within the same origin. */
function relocate(response: Response, prefix: string): Response {
  const location = response.headers.get('location')
  if (!prefix || !location?.startsWith('/')) return response
  const headers = new Headers(response.headers)
  headers.set('location', prefix + location)
  return new Response(response.body, { status: response.status, headers })
}
