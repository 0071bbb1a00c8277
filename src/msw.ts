import { http } from 'msw'
import type { Emulator } from './emulator/index.ts'

/** What `emulatorHandlers` takes. */
export interface EmulatorHandlersOptions {
  /** Where your code sends its requests, with the path prefix of a proxy if it has one. Default `https://api.mercadopago.com`. */
  baseURL?: string
}

/** What is read of a request. */
type InterceptedRequest = Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'text'>

const WALLET_CONNECT = '/(?:v2/wallet_connect/|v1/advanced_payments(?:/|$))'
const APPROVAL_PAGE = '/v1/wallet_agreement/'

/**
 * Handlers for `setupServer` or `setupWorker` that answer with the emulator: Wallet Connect's paths, and the page where
 * the buyer approves. Every other request is left to `onUnhandledRequest`.
 *
 * @throws {TypeError} `baseURL` is no address, or an option is misspelt
 */
export function emulatorHandlers(
  emulator: Pick<Emulator, 'fetch' | 'origin'>,
  options: EmulatorHandlersOptions = {},
): ReturnType<typeof http.all>[] {
  const { baseURL = 'https://api.mercadopago.com', ...unknown } = options
  if (Object.keys(unknown).length > 0)
    throw new TypeError(`emulatorHandlers knows baseURL, not ${Object.keys(unknown).join(', ')}`)
  const { origin, pathname } = new URL(baseURL)
  const prefix = pathname.replace(/\/+$/, '')
  return [
    http.all(under(origin + prefix, WALLET_CONNECT), ({ request }) => play(emulator, request, prefix)),
    http.all(under(emulator.origin, APPROVAL_PAGE), ({ request }) => play(emulator, request, '')),
  ]
}

/** No string: msw reads `:`, `(` and `*` in an address as patterns, and decodes what they match, which may be no UTF-8. */
function under(base: string, path: string): RegExp {
  const literal = base.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${literal}${path}`)
}

async function play(emulator: Pick<Emulator, 'fetch'>, request: InterceptedRequest, prefix: string): Promise<Response> {
  const { method, headers, signal } = request
  const url = new URL(request.url)
  url.pathname = url.pathname.slice(prefix.length)
  // As text: a request made from another one with a new address loses its body where there are no request streams.
  const text = method === 'GET' || method === 'HEAD' ? '' : await request.text()
  try {
    // A redirect is followed, or not, by whoever asked; msw does not always say who wants what.
    const init: RequestInit = { method, headers, signal, redirect: 'manual', ...(text !== '' && { body: text }) }
    return relocate(await emulator.fetch(url, init), prefix)
  } catch (error) {
    // What fetch rejects with when the network fails: msw would make a 500 of it, which is an answer. After an abort
    // nobody waits any more, and msw would print it as a bug.
    if (error instanceof TypeError || signal.aborted) return Response.error()
    throw error
  }
}

/** A redirect within the origin stays under the prefix. */
function relocate(response: Response, prefix: string): Response {
  const location = response.headers.get('location')
  if (!prefix || !location?.startsWith('/')) return response
  const headers = new Headers(response.headers)
  headers.set('location', prefix + location)
  return new Response(response.body, { status: response.status, headers })
}
