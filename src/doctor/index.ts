import * as v from 'valibot'
import { resolveOptions, type WalletConnectOptions } from '../client/client-options.ts'
import { InvalidInputError, RefusedError, UnavailableError } from '../errors.ts'
import { isSecret } from '../notifications/signature.ts'
import type { OperationInput, OperationName } from '../operations/operation-types.ts'
import { prepare, validate } from '../request/prepared-request.ts'
import { type SendOptions, sendChecked } from '../request/send.ts'
import { type Site, sites } from '../schema/money.ts'

/** What `doctor` found in one check. */
export interface CheckResult {
  check: 'access_token' | 'application' | 'site' | 'clock' | 'webhook_secret'
  /** `unknown`: it could not be told, and `message` says why. */
  verdict: 'ok' | 'problem' | 'unknown'
  /** What was found and what to do, in a sentence. Holds nothing secret. */
  message: string
}

/** What `doctor` takes beside the client's options. */
export interface DoctorOptions extends SendOptions {
  /** The secret of the dashboard that signs notifications, or a list. It is looked at and sent nowhere. */
  webhookSecret?: string | readonly string[]
}

const SecretsSchema = v.union([v.string(), v.array(v.string())])
const DoctorOptionsSchema = v.strictObject({ webhookSecret: v.optional(SecretsSchema), signal: v.optional(v.any()) })

/** Signatures and tickets last minutes. */
const MOST_SKEW_MS = 120_000
/** Nobody has it: that it is not found says that one may ask. */
const NO_AGREEMENT = '00000000000000000000000000000000'
/** As samples print it; the documentation does not promise it. */
const TOKEN = /^(?:APP_USR|TEST)-\d+-\d{6}-[0-9a-f]{32}-\d+$/

/** What a read came to: its answer, or its error. */
type Seen = { data: unknown; error?: never } | { data?: never; error: unknown }

/**
 * Checks what most often keeps a first payment from working: access token, application, site, clock and webhook secret.
 * Makes two reads, `GET /v2/wallet_connect/agreements/{agreement_id}` of an agreement that nobody has and
 * `GET /v1/advanced_payments/search` for one payment; changes nothing.
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
  const listening: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const saidAt = Date.parse(response.headers.get('date') ?? '')
    const ageMs = Number(response.headers.get('age') ?? 0) * 1_000
    if (Number.isFinite(saidAt + ageMs)) skewMs = saidAt + ageMs - Date.now()
    return response
  }
  const { transport } = resolveOptions({ ...options, fetch: listening })
  const { credential } = transport
  let token = credential
  if (typeof credential === 'function') transport.credential = async () => (token = await credential())
  const read = <Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<Seen> =>
    sendChecked(transport, prepare(name, input), { signal }).then(
      ({ data }) => ({ data }),
      (error) => {
        if (error instanceof InvalidInputError && !isOfToken(error)) throw error
        return { error }
      },
    )
  const [agreement, payments] = await Promise.all([
    read('agreements.get', { agreement_id: NO_AGREEMENT }),
    read('payments.search', { limit: 1 }),
  ])
  return [
    examineToken(String(token), options.proxy !== undefined, [agreement, payments]),
    examineApplication(agreement, payments),
    examineSite(payments, options.site),
    examineClock(skewMs),
    examineSecret([webhookSecret ?? []].flat()),
  ]
}

const isRefusedWith = ({ error }: Seen, status: number): boolean => error instanceof RefusedError && error.status === status

/** Your provider gave something that cannot be sent as a token. */
const isOfToken = (error: unknown): boolean => error instanceof InvalidInputError && error.issues[0]?.path === 'accessToken'

const checked =
  (check: CheckResult['check']) =>
  (verdict: CheckResult['verdict'], message: string): CheckResult => ({ check, verdict, message })

function examineToken(token: string, isTicket: boolean, reads: Seen[]): CheckResult {
  const result = checked('access_token')
  if (reads.some((seen) => isRefusedWith(seen, 401))) {
    const what = isTicket ? 'ticket: get a fresh one from your backend' : 'access token: copy it anew from your application'
    return result('problem', `The ${what}; this one was refused with 401.`)
  }
  const silent = reads.filter((seen) => !isOfTheApi(seen))
  const [first] = silent
  if (isOfToken(first?.error)) return result('problem', 'What your provider gives cannot be an access token.')
  if (first && silent.length === reads.length) return result('unknown', silence(first.error))
  if (isTicket) return result('ok', 'The proxy takes the ticket; the access token stays there.')
  if (TOKEN.test(token)) return result('ok', 'The access token has the form that samples show, and is not refused.')
  return result('unknown', 'The access token has not the form that samples show; with a proxy or an emulator that is right.')
}

/** Not the page of a gateway, nor of another server at a wrong address. */
const isOfTheApi = ({ error }: Seen): boolean =>
  !error || (error instanceof RefusedError && (error.apiCode ?? error.apiMessage) !== undefined)

/** The policy agent refuses applications that are not enabled; anybody on the way may say 403, too. */
const isDisabled = ({ error }: Seen): boolean => error instanceof RefusedError && /^PA_/.test(error.apiCode ?? '')

/** Why there is no answer, and where to look. */
function silence(error: unknown): string {
  if (!(error instanceof UnavailableError)) return 'What answered is not the API: look at baseURL, and at what stands before it.'
  const { reason, attempts } = error
  if (reason === 'server' || reason === 'rate_limited') return 'The API could not answer now: try again later.'
  if (attempts === 0) return 'Your provider of the access token did not give one.'
  return 'Nobody answered: look at the network and at baseURL.'
}

function examineApplication(agreement: Seen, payments: Seen): CheckResult {
  const result = checked('application')
  if (isDisabled(agreement) || isDisabled(payments)) {
    return result('problem', 'The application may not use Wallet Connect (403): ask Mercado Pago to enable it, and give its id.')
  }
  if (isRefusedWith(agreement, 401)) return result('unknown', 'Not to be told while the credential is refused.')
  const isLookedFor = agreement.data || isRefusedWith(agreement, 404) || isRefusedWith(agreement, 400)
  // Both: a proxy answers for agreements that it does not know without asking.
  if (payments.data && isOfTheApi(agreement) && isLookedFor) return result('ok', 'The application may use Wallet Connect.')
  const [silent] = [agreement, payments].filter((seen) => !isOfTheApi(seen))
  if (silent) return result('unknown', silence(silent.error))
  if (isRefusedWith(agreement, 403) || isRefusedWith(payments, 403)) {
    return result(
      'unknown',
      'A 403 that is not of the policy agent: this credential, or somebody on the way, does not let one ask.',
    )
  }
  return result('unknown', 'Not to be told from these answers; a proxy does not tell.')
}

/** A payment names its country; the only other trace of it is the currency. */
function examineSite({ data }: Seen, site: Site | undefined): CheckResult {
  const result = checked('site')
  if (!site) return result('unknown', 'No site is given: amounts with more decimals than your currency has are not noticed.')
  const { currency } = sites[site]
  const [payment] = (data as { results: { site_id?: unknown; currency_id?: unknown }[] } | undefined)?.results ?? []
  const { site_id, currency_id } = payment ?? {}
  if (typeof site_id !== 'string' && typeof currency_id !== 'string') {
    return result('unknown', `No payment shows its country yet: ${site} stands for ${currency}.`)
  }
  if (site_id === site || (site_id == null && currency_id === currency)) {
    return result('ok', `A payment is of ${site}, whose amounts are in ${currency}.`)
  }
  return result('problem', `A payment is not of ${site}, whose amounts are in ${currency}: which country is the account of?`)
}

function examineClock(skewMs: number | undefined): CheckResult {
  const result = checked('clock')
  if (skewMs === undefined) return result('unknown', 'No answer told its time; to browsers it is not shown.')
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return result('ok', 'The clocks agree within two minutes.')
  const ahead = skewMs > 0 ? 'behind' : 'ahead of'
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  return result('problem', `This clock is ${seconds} s ${ahead} Mercado Pago's: set it, or signatures look old or forged.`)
}

function examineSecret(secrets: readonly string[]): CheckResult {
  const result = checked('webhook_secret')
  if (secrets.length === 0) return result('unknown', 'No webhookSecret was given to look at.')
  for (const secret of secrets) {
    if (secret.trim() === '') return result('problem', 'The webhook secret is empty.')
    if (secret !== secret.trim()) return result('problem', 'The webhook secret has blanks around it: cut them off.')
    if (!isSecret(secret)) return result('problem', 'The webhook secret is a placeholder: copy the one of your dashboard.')
    if (/^(?:APP_USR|TEST)-/.test(secret)) {
      return result('problem', 'That is an access token, or a public key; the secret stands on the page of webhooks.')
    }
    if (secret.startsWith('whsec_')) return result('problem', "That is a secret of the proxy's own events, not Mercado Pago's.")
  }
  return result('ok', 'The webhook secret can be one; a delivery shows whether it fits: explainSignature says what is wrong.')
}
