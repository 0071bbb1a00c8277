import { createFetch } from 'ofetch'
import * as v from 'valibot'
import { InvalidInputError, type Issue } from '../errors.ts'
import { type Clock, systemClock } from '../request/clock.ts'
import { type PrepareOptions, validate } from '../request/prepared-request.ts'
import type { AttemptEvent, DriftEvent, Transport } from '../request/transport.ts'
import { isSendableToken, SENDABLE_TOKEN, token } from '../schema/fields.ts'
import { SITES, type Site } from '../schema/money.ts'

type Credential = string | (() => string | Promise<string>)

interface CommonOptions {
  /** Country, to know how many decimals its currency has. Without it two are allowed. */
  site?: Site
  /** Your id as a platform or plugin vendor, sent as `x-platform-id`. */
  platformId?: string
  /** Default: the runtime's `fetch`, looked up at each request. */
  fetch?: typeof fetch
  /** Milliseconds for one attempt, its body included. Default 10 000. */
  timeoutMs?: number
  /** Milliseconds for a whole call: token provider, attempts and waits. Default 30 000. */
  deadlineMs?: number
  /** Repeats after the first attempt. Default 2. */
  maxRetries?: number
  /** Told after each attempt; holds nothing secret. */
  onAttempt?: (event: AttemptEvent) => void
  /** Told when an answer differs from the documentation where it does not matter. */
  onDrift?: (event: DriftEvent) => void
}

/** The form for servers and Workers: with the access token. */
export interface ServerOptions extends CommonOptions {
  /** Access token of the seller's application, or a function that gets it. Never in a browser. */
  accessToken: Credential
  /** Default `https://api.mercadopago.com`; an emulator, or your proxy with a client key as `accessToken`. */
  baseURL?: string
  /** Not beside `accessToken`. */
  proxy?: never
}

/** The form for pages: with an edge proxy and its ticket. */
export interface BrowserOptions extends CommonOptions {
  /** Address of the edge proxy and a ticket that it issued: the form for browsers, where no access token may be. */
  proxy: { url: string; ticket: Credential }
  /** Not beside `proxy`. */
  accessToken?: never
  /** Not beside `proxy`, which has its `url`. */
  baseURL?: never
}

/** What `createWalletConnect` takes: an `accessToken` on a server, or a `proxy` in a browser. Times are milliseconds. */
export type WalletConnectOptions = ServerOptions | BrowserOptions

const MERCADO_PAGO = 'https://api.mercadopago.com'
const LONGEST_TIMER_MS = 2_147_483_647

const callback = <F extends (...args: never) => unknown>() =>
  v.optional(v.custom<F>((value) => typeof value === 'function', 'must be a function'))
const CredentialSchema = v.custom<Credential>(
  (value) => typeof value === 'function' || isSendableToken(value),
  SENDABLE_TOKEN.concat(', or a function that gives one'),
)
const between = (least: number, most: number, standard: number) =>
  v.optional(
    v.pipe(
      v.number(),
      v.check(
        (value) => Number.isInteger(value) && value >= least && value <= most,
        `must be a whole number from ${least} to ${most}`,
      ),
    ),
    standard,
  )

const OptionsSchema = v.strictObject({
  accessToken: v.optional(CredentialSchema),
  baseURL: v.optional(v.string()),
  proxy: v.optional(v.strictObject({ url: v.string(), ticket: CredentialSchema })),
  site: v.optional(v.picklist(SITES)),
  platformId: v.optional(token(256)),
  fetch: callback<typeof fetch>(),
  timeoutMs: between(1, LONGEST_TIMER_MS, 10_000),
  deadlineMs: between(1, LONGEST_TIMER_MS, 30_000),
  maxRetries: between(0, 20, 2),
  onAttempt: callback<(event: AttemptEvent) => void>(),
  onDrift: callback<(event: DriftEvent) => void>(),
})

/** @throws {InvalidInputError} an option is missing, unknown or out of bounds, or an access token is given in a browser */
export function resolveOptions(
  options: WalletConnectOptions,
  clock: Clock = systemClock,
): { transport: Transport; defaults: PrepareOptions } {
  const { accessToken, proxy, baseURL, fetch = globalFetch, site, platformId, ...rest } = validate(OptionsSchema, options)
  const credential = accessToken ?? proxy?.ticket
  const url = proxy?.url ?? baseURL ?? MERCADO_PAGO
  const issues: Issue[] = []
  if (!credential || (accessToken && proxy)) {
    issues.push({ path: 'accessToken', message: 'or proxy must be given, and only one of them' })
  }
  if (proxy && baseURL !== undefined) issues.push({ path: 'baseURL', message: 'goes with accessToken; a proxy has its url' })
  if (accessToken && 'document' in globalThis) {
    const message = 'must not be in a browser: give proxy, the address of your edge proxy and a ticket'
    issues.push({ path: 'accessToken', message })
  }
  if (!isSafeAddress(url)) {
    const message = 'must be https (http only for localhost and names such as emulator.test), without user, query or fragment'
    issues.push({ path: proxy ? 'proxy.url' : 'baseURL', message })
  }
  if (issues.length > 0 || !credential) throw new InvalidInputError(issues)

  return {
    transport: {
      ...rest,
      clock,
      // Called as a plain function: workerd and browsers refuse `fetch` as a method of something else.
      fetch: createFetch({ fetch: ((request, init) => fetch(request, init)) as typeof globalThis.fetch }),
      baseURL: url.replace(/\/+$/, ''),
      credential,
    },
    defaults: { site, platformId },
  }
}

const globalFetch: typeof fetch = (request, init) => globalThis.fetch(request, init)

/** The access token must not travel in clear, nor to a place that the address only seems to name. */
function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address) || /[?#]/.test(address)) return false
  const { protocol, hostname, username, password } = new URL(address)
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\]|.+\.(localhost|test|example|invalid))$/.test(hostname)
  return (protocol === 'https:' || (protocol === 'http:' && isLocal)) && !(username || password)
}
