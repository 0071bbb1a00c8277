import * as v from 'valibot'
import { type Fetch, resolveOptions, type WalletConnectOptions } from '../client/client-options.ts'
import { InvalidInputError, RefusedError, UnavailableError } from '../errors.ts'
import { isSecret } from '../notifications/signature.ts'
import type { OperationInput, OperationName } from '../operations/operation-types.ts'
import { prepare, validate } from '../request/prepared-request.ts'
import { type SendOptions, sendChecked } from '../request/send.ts'
import { type Site, sites } from '../schema/money.ts'
import { strictObject } from '../schema/object.ts'

/** The result of one check of `doctor`. */
export interface CheckResult {
  check: 'access_token' | 'application' | 'site' | 'clock' | 'webhook_secret'
  /** `unknown`: the check was not possible, and `message` says why. */
  verdict: 'ok' | 'problem' | 'unknown'
  /** What was found and what to do, in one sentence. Holds nothing secret. */
  message: string
}

/** What `doctor` takes besides the client's options. */
export interface DoctorOptions extends SendOptions {
  /** The secret that signs notifications, from Mercado Pago's dashboard, or a list. It is only inspected, never sent. */
  webhookSecret?: string | readonly string[]
}

const SecretsSchema = v.union([v.string(), v.array(v.string())])
const DoctorOptionsSchema = strictObject({ webhookSecret: v.optional(SecretsSchema), signal: v.optional(v.any()) })

/** The largest harmless clock difference: signatures and tickets are valid for minutes. */
const MAX_SKEW_MS = 120_000
/** An agreement id that nobody has: a 404 for it shows that the application may use the API. */
const UNUSED_AGREEMENT_ID = '00000000000000000000000000000000'
/** The form of access tokens in samples. The documentation does not promise it. */
const TOKEN = /^(?:APP_USR|TEST)-\d+-\d{6}-[0-9a-f]{32}-\d+$/

/** The result of a read, or its error. */
type ReadResult = { data: unknown; error?: never } | { data?: never; error: unknown }

/**
 * Checks what most often keeps a first payment from working: access token, application, site, clock and webhook secret.
 * Sends two reads, `GET /v2/wallet_connect/agreements/{agreement_id}` for an agreement that does not exist and
 * `GET /v1/advanced_payments/search` for one payment. Changes nothing.
 *
 * @param options the options of the client, as `createWalletConnect` takes them
 * @returns one result for each check, in a fixed order
 * @throws {InvalidInputError} an option is missing, unknown or out of bounds
 */
export async function doctor(options: WalletConnectOptions, own: DoctorOptions = {}): Promise<CheckResult[]> {
  const { webhookSecret, signal } = validate(DoctorOptionsSchema, own)
  resolveOptions(options)
  const { fetch = globalThis.fetch } = options
  let skewMs: number | undefined
  const fetchAndMeasure: Fetch = async (input, init) => {
    const response = await fetch(input, init)
    const sentAt = Date.parse(response.headers.get('date') ?? '')
    const ageMs = Number(response.headers.get('age') ?? 0) * 1_000
    if (Number.isFinite(sentAt + ageMs)) skewMs = sentAt + ageMs - Date.now()
    return response
  }
  const { transport } = resolveOptions({ ...options, fetch: fetchAndMeasure })
  const { credential } = transport
  let token = credential
  if (typeof credential === 'function') transport.credential = async () => (token = await credential())
  const read = <Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<ReadResult> =>
    sendChecked(transport, prepare(name, input), { signal }).then(
      ({ data }) => ({ data }),
      (error) => {
        if (error instanceof InvalidInputError && !isTokenIssue(error)) throw error
        return { error }
      },
    )
  const [agreement, payments] = await Promise.all([
    read('agreements.get', { agreement_id: UNUSED_AGREEMENT_ID }),
    read('payments.search', { limit: 1 }),
  ])
  return [
    checkToken(String(token), options.proxy !== undefined, [agreement, payments]),
    checkApplication(agreement, payments),
    checkSite(payments, options.site),
    checkClock(skewMs),
    checkSecrets([webhookSecret ?? []].flat()),
  ]
}

const isRefusedWith = ({ error }: ReadResult, status: number): boolean => error instanceof RefusedError && error.status === status

/** There is no code for it, only this sentence. */
const isNotLiveYet = ({ error }: ReadResult): boolean =>
  error instanceof RefusedError && /unauthorized use of live credentials/i.test(error.apiMessage ?? '')

/** True if the caller's function returned something that cannot be sent as a token. */
const isTokenIssue = (error: unknown): boolean => error instanceof InvalidInputError && error.issues[0]?.path === 'accessToken'

const resultOf =
  (check: CheckResult['check']) =>
  (verdict: CheckResult['verdict'], message: string): CheckResult => ({ check, verdict, message })

function checkToken(token: string, isTicket: boolean, reads: ReadResult[]): CheckResult {
  const result = resultOf('access_token')
  if (reads.some((read) => isRefusedWith(read, 401))) {
    if (isTicket) return result('problem', 'The ticket was refused with 401: get a new one from your backend.')
    if (reads.some(isNotLiveYet)) {
      return result('problem', 'The application is not approved for production yet: activate its production credentials.')
    }
    return result('problem', 'The access token was refused with 401: copy it again from your application in the dashboard.')
  }
  const unanswered = reads.filter((read) => !isFromApi(read))
  const [first] = unanswered
  if (isTokenIssue(first?.error)) {
    return result('problem', 'Your token function returned a value that cannot be a token: return one word of visible ASCII.')
  }
  if (first && unanswered.length === reads.length) return result('unknown', explainMissingAnswer(first.error))
  if (isTicket) return result('ok', 'The proxy accepts the ticket; the access token stays in the proxy.')
  if (TOKEN.test(token)) return result('ok', 'The access token has the usual form, and it was not refused.')
  return result(
    'unknown',
    "The access token does not look like one of Mercado Pago's; with a proxy or an emulator that is expected.",
  )
}

/** False for a page of a gateway, or of another server at a wrong address. */
const isFromApi = ({ error }: ReadResult): boolean =>
  !error || (error instanceof RefusedError && (error.apiCode ?? error.apiMessage) !== undefined)

/** True for a refusal by the policy agent, which stops applications that are not enabled. Gateways answer 403 too. */
const isDisabled = ({ error }: ReadResult): boolean => error instanceof RefusedError && /^PA_/.test(error.apiCode ?? '')

/** Why there is no answer of the API, and what to check. */
function explainMissingAnswer(error: unknown): string {
  if (!(error instanceof UnavailableError)) {
    return 'The answer did not come from the API: check baseURL, and any gateway in front of it.'
  }
  const { reason, attempts } = error
  if (reason === 'server' || reason === 'rate_limited') return 'The API cannot answer right now: try again later.'
  if (attempts === 0) return 'Nothing was sent: your token function failed or took too long, or the check was aborted.'
  return 'No answer arrived: check the network and baseURL.'
}

function checkApplication(agreement: ReadResult, payments: ReadResult): CheckResult {
  const result = resultOf('application')
  if (isDisabled(agreement) || isDisabled(payments)) {
    const message = 'Wallet Connect is not enabled for this application (403): ask Mercado Pago to enable it for its id.'
    return result('problem', message)
  }
  if (isRefusedWith(agreement, 401)) {
    return result('unknown', 'The application cannot be checked while the access token or ticket is refused.')
  }
  const isAllowed = agreement.data || isRefusedWith(agreement, 404) || isRefusedWith(agreement, 400)
  // Both reads are needed: a proxy answers 404 for an agreement it does not know without asking Mercado Pago.
  if (payments.data && isFromApi(agreement) && isAllowed) return result('ok', 'The application may use Wallet Connect.')
  const [unanswered] = [agreement, payments].filter((read) => !isFromApi(read))
  if (unanswered) return result('unknown', explainMissingAnswer(unanswered.error))
  if (isRefusedWith(agreement, 403) || isRefusedWith(payments, 403)) {
    return result(
      'unknown',
      'The 403 is not from the policy agent: this access token or ticket, or a gateway, does not allow the check.',
    )
  }
  return result('unknown', 'The answers do not show whether the application may use Wallet Connect; a proxy hides it.')
}

/** Compares the site with that of a payment, or with its currency, which is the only other trace of a country. */
function checkSite({ data }: ReadResult, site: Site | undefined): CheckResult {
  const result = resultOf('site')
  if (!site) {
    return result('unknown', 'No site is set: amounts with more decimals than your currency has are not refused before sending.')
  }
  const { currency } = sites[site]
  const [payment] = (data as { results: { site_id?: unknown; currency_id?: unknown }[] } | undefined)?.results ?? []
  const { site_id, currency_id } = payment ?? {}
  if (typeof site_id !== 'string' && typeof currency_id !== 'string') {
    return result(
      'unknown',
      `No payment shows the country of the account yet: make sure that it is ${site}, with amounts in ${currency}.`,
    )
  }
  if (site_id === site || (site_id == null && currency_id === currency)) {
    return result('ok', `A payment of this account is from ${site}, with amounts in ${currency}.`)
  }
  return result(
    'problem',
    `A payment of this account is not from ${site}, with amounts in ${currency}: set site to the country of the account.`,
  )
}

function checkClock(skewMs: number | undefined): CheckResult {
  const result = resultOf('clock')
  if (skewMs === undefined) return result('unknown', 'No answer showed its time in the header Date, which browsers hide.')
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return result('ok', "This clock and Mercado Pago's agree to within two minutes.")
  const direction = skewMs > 0 ? 'behind' : 'ahead of'
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  return result(
    'problem',
    `This clock is ${seconds} s ${direction} Mercado Pago's: set it, or valid signatures may look too old or too new.`,
  )
}

function checkSecrets(secrets: readonly string[]): CheckResult {
  const result = resultOf('webhook_secret')
  if (secrets.length === 0) return result('unknown', 'No webhookSecret was given, so none was checked.')
  for (const secret of secrets) {
    if (secret.trim() === '') return result('problem', 'The webhook secret is empty: copy it from the dashboard.')
    if (secret !== secret.trim()) return result('problem', 'The webhook secret has spaces or line breaks around it: remove them.')
    if (!isSecret(secret)) return result('problem', 'The webhook secret is a placeholder: copy the real one from the dashboard.')
    if (/^(?:APP_USR|TEST)-/.test(secret)) {
      return result('problem', 'This is an access token or a public key: the secret is on the webhooks page of the dashboard.')
    }
    if (secret.startsWith('whsec_')) {
      return result('problem', "This secret signs the proxy's own events: use the one that Mercado Pago's dashboard shows.")
    }
  }
  return result(
    'ok',
    'The webhook secret looks usable. Only a delivery shows whether it is the right one: if not, explainSignature helps.',
  )
}
