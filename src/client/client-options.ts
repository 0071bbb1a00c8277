import { createFetch } from 'ofetch'
import * as v from 'valibot'
import { InvalidInputError, type Issue } from '../errors.ts'
import { type Clock, systemClock } from '../request/clock.ts'
import { createAbortListeners } from '../request/deadline.ts'
import { type PrepareOptions, validate } from '../request/prepared-request.ts'
import type { AttemptEvent, DriftEvent, Transport } from '../request/transport.ts'
import { isSendableToken, parseUrl, SENDABLE_TOKEN, token } from '../schema/fields.ts'
import { SITES, type Site } from '../schema/money.ts'
import { strictObject } from '../schema/object.ts'

/** A function that is called as `fetch` is. Not `typeof fetch`: Bun's has more members, which nobody calls here. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

type Credential = string | (() => string | Promise<string>)

interface CommonOptions {
  /** The account's country, which decides how many decimals an amount may have. Without it, two. */
  site?: Site
  /** Your id as a platform or plugin vendor, sent as `x-platform-id`. */
  platformId?: string
  /** The `fetch` that sends the requests. Default: the runtime's, looked up at each request. */
  fetch?: Fetch
  /** Milliseconds for one attempt, the response body included. Default 10 000. */
  timeoutMs?: number
  /** Milliseconds for a whole call: getting the token, all attempts, and the waits between them. Default 30 000. */
  deadlineMs?: number
  /** Maximum number of repeats after the first attempt, 0 to 20. Default 2. */
  maxRetries?: number
  /** Called after each attempt, for logs and metrics. The event holds nothing secret. */
  onAttempt?: (event: AttemptEvent) => void
  /** Called when optional fields of a response differ from the documentation. The call succeeds all the same. */
  onDrift?: (event: DriftEvent) => void
}

/** Options for servers and Workers, which hold the access token. */
export interface ServerOptions extends CommonOptions {
  /** Access token of the seller's application, or a function that returns it. Never use it in a browser. */
  accessToken: Credential
  /** Address of the API. Default `https://api.mercadopago.com`. Set it for an emulator, or for your proxy with a client key. */
  baseURL?: string
  /** Cannot be combined with `accessToken`. */
  proxy?: never
}

/** Options for web pages, which hold a ticket of an edge proxy. */
export interface BrowserOptions extends CommonOptions {
  /** Address of the edge proxy, and a ticket that it issued or a function that returns one. */
  proxy: { url: string; ticket: Credential }
  /** Not beside `proxy`. */
  accessToken?: never
  /** Not beside `proxy`, which has its `url`. */
  baseURL?: never
}

/** What `createWalletConnect` takes: an `accessToken` on a server, or a `proxy` in a browser. Times are milliseconds. */
export type WalletConnectOptions = ServerOptions | BrowserOptions

const MERCADO_PAGO = 'https://api.mercadopago.com'
/** The longest delay that `setTimeout` supports. */
const MAX_TIMER_MS = 2_147_483_647

const callback = <F extends (...args: never) => unknown>() =>
  v.optional(v.custom<F>((value) => typeof value === 'function', 'must be a function'))
const CredentialSchema = v.custom<Credential>(
  (value) => typeof value === 'function' || isSendableToken(value),
  SENDABLE_TOKEN.concat(', or a function that returns such a word'),
)
const wholeNumber = (min: number, max: number, defaultValue: number) =>
  v.optional(
    v.pipe(
      v.number(),
      v.check((value) => Number.isInteger(value) && value >= min && value <= max, `must be a whole number from ${min} to ${max}`),
    ),
    defaultValue,
  )

const OptionsSchema = strictObject({
  accessToken: v.optional(CredentialSchema),
  baseURL: v.optional(v.string()),
  proxy: v.optional(strictObject({ url: v.string(), ticket: CredentialSchema })),
  site: v.optional(v.picklist(SITES)),
  platformId: v.optional(token(256)),
  fetch: callback<Fetch>(),
  timeoutMs: wholeNumber(1, MAX_TIMER_MS, 10_000),
  deadlineMs: wholeNumber(1, MAX_TIMER_MS, 30_000),
  maxRetries: wholeNumber(0, 20, 2),
  onAttempt: callback<(event: AttemptEvent) => void>(),
  onDrift: callback<(event: DriftEvent) => void>(),
})

/**
 * Checks the client's options and resolves their defaults.
 *
 * @throws {InvalidInputError} an option is missing, unknown or out of bounds, or there is an access token in a browser
 */
export function resolveOptions(
  options: WalletConnectOptions,
  clock: Clock = systemClock,
): { transport: Transport; defaults: PrepareOptions } {
  const { accessToken, proxy, baseURL, fetch = globalFetch, site, platformId, ...rest } = validate(OptionsSchema, options)
  const credential = accessToken ?? proxy?.ticket
  const url = proxy?.url ?? baseURL ?? MERCADO_PAGO
  const issues: Issue[] = []
  if (!credential || (accessToken && proxy)) {
    issues.push({ path: 'accessToken', message: 'must be given, or proxy in its place, but not both' })
  }
  if (proxy && baseURL !== undefined)
    issues.push({ path: 'baseURL', message: 'cannot be combined with proxy: set proxy.url instead' })
  if (accessToken && 'document' in globalThis) {
    const message = 'must not be used in a browser: give proxy, with the address of your edge proxy and a ticket'
    issues.push({ path: 'accessToken', message })
  }
  if (!isSafeAddress(url)) {
    const message =
      'must be an https address (http only for localhost and names such as emulator.test), without user, query or fragment'
    issues.push({ path: proxy ? 'proxy.url' : 'baseURL', message })
  }
  if (issues.length > 0 || !credential) throw new InvalidInputError(issues)

  return {
    transport: {
      ...rest,
      clock,
      aborts: createAbortListeners(),
      freshRead: takesNoStore() ? { cache: 'no-store' } : {},
      // Called as a plain function: workerd and browsers refuse a `fetch` that is called as a method of another object.
      fetch: createFetch({ fetch: ((request, init) => fetch(request, init)) as typeof globalThis.fetch }),
      baseURL: url.replace(/\/+$/, ''),
      credential,
    },
    defaults: { site, platformId },
  }
}

/** False where a request cannot say how it is cached, as in older versions of workerd. */
function takesNoStore(): boolean {
  try {
    return new Request('https://api.mercadopago.com', { cache: 'no-store' }).method === 'GET'
  } catch {
    return false
  }
}

const globalFetch: Fetch = (request, init) => globalThis.fetch(request, init)

/** True for an address that the access token may be sent to: encrypted or local, and without misleading parts. */
function isSafeAddress(address: string): boolean {
  const { protocol, hostname, username, password } = parseUrl(address) ?? {}
  if (hostname === undefined || /[?#]/.test(address)) return false
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\]|.+\.(localhost|test|example|invalid))$/.test(hostname)
  return (protocol === 'https:' || (protocol === 'http:' && isLocal)) && !(username || password)
}
