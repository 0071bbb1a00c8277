import * as v from 'valibot'
import { resolveOptions, type WalletConnectOptions } from './client-options.ts'
import { InvalidInputError, RefusedError } from './errors.ts'
import { type Site, sites } from './money.ts'
import { prepare, validate } from './prepared-request.ts'
import type { OperationInput, OperationName } from './requests.ts'
import { deliver, type SendOptions } from './send.ts'

/** One thing that `doctor` has looked at. */
export interface Finding {
  check: 'access_token' | 'application' | 'site' | 'clock' | 'webhook_secret'
  /** `unknown`: it could not be told, and `says` why. */
  verdict: 'ok' | 'problem' | 'unknown'
  /** What was found and what to do, in a sentence. Holds nothing secret. */
  says: string
}

/** What `doctor` is given to look at. */
export interface DoctorOptions extends SendOptions {
  /** The secret of the dashboard that signs notifications. It is looked at and sent nowhere. */
  webhookSecret?: string
}

const DoctorOptionsSchema = v.strictObject({ webhookSecret: v.optional(v.string()), signal: v.optional(v.any()) })

/** Signatures and tickets last minutes. */
const MOST_SKEW_MS = 120_000
/** Nobody has it: that it is not found says that one may ask. */
const NO_AGREEMENT = '00000000000000000000000000000000'
/** As samples print it; the documentation does not promise it. */
const TOKEN = /^(?:APP_USR|TEST)-\d+-\d{6}-[0-9a-f]{32}-\d+$/

/** What a read came to: its answer, or its error. */
type Seen = { data: unknown } | { error: unknown }

/**
 * Looks at what most often keeps a first payment from working. Two reads; nothing is changed.
 *
 * @throws {InvalidInputError} an option is unknown, or what your provider gives cannot be an access token
 */
export async function examine(options: WalletConnectOptions, own: DoctorOptions = {}): Promise<Finding[]> {
  const { webhookSecret, signal } = validate(DoctorOptionsSchema, own)
  const { fetch = globalThis.fetch } = options
  let skewMs: number | undefined
  const listening: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const serverTime = Date.parse(response.headers.get('date') ?? '')
    if (Number.isFinite(serverTime)) skewMs = serverTime - Date.now()
    return response
  }
  const { transport } = resolveOptions({ ...options, fetch: listening })
  const read = <Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<Seen> =>
    deliver(transport, prepare(name, input), { signal }).then(
      ({ data }) => ({ data }),
      (error) => {
        if (error instanceof InvalidInputError) throw error
        return { error }
      },
    )
  const [agreement, payments] = await Promise.all([
    read('agreements.get', { agreement_id: NO_AGREEMENT }),
    read('payments.search', { limit: 1 }),
  ])
  return [
    await examineToken(options, [agreement, payments]),
    examineApplication(agreement, payments),
    examineSite(payments, options.site),
    examineClock(skewMs),
    examineSecret(webhookSecret),
  ]
}

const isRefusedWith = (seen: Seen, status: number): boolean =>
  'error' in seen && seen.error instanceof RefusedError && seen.error.status === status

const isAnswered = (seen: Seen): boolean => 'data' in seen || seen.error instanceof RefusedError

const finding =
  (check: Finding['check']) =>
  (verdict: Finding['verdict'], says: string): Finding => ({ check, verdict, says })

async function examineToken({ accessToken, proxy }: WalletConnectOptions, reads: Seen[]): Promise<Finding> {
  const says = finding('access_token')
  if (reads.some((seen) => isRefusedWith(seen, 401))) {
    const what = proxy ? 'ticket: get a fresh one from your backend' : 'access token: copy it anew from your application'
    return says('problem', `The ${what}; this one was refused with 401.`)
  }
  if (!reads.some(isAnswered)) return says('unknown', 'Nobody answered: look at the network and at baseURL first.')
  if (proxy) return says('ok', 'The proxy takes the ticket; the access token stays there.')
  const text = typeof accessToken === 'function' ? await accessToken() : accessToken
  if (TOKEN.test(String(text))) return says('ok', 'The access token has the form that samples show, and is not refused.')
  return says('unknown', 'The access token has not the form that samples show; with a proxy or an emulator that is right.')
}

function examineApplication(...reads: Seen[]): Finding {
  const says = finding('application')
  if (reads.some((seen) => isRefusedWith(seen, 403))) {
    return says('problem', 'The application may not use Wallet Connect (403): ask Mercado Pago to enable it, and give its id.')
  }
  const [agreement] = reads
  if (agreement && ('data' in agreement || isRefusedWith(agreement, 404) || isRefusedWith(agreement, 400))) {
    return says('ok', 'The application may use Wallet Connect.')
  }
  return says('unknown', 'Wallet Connect gave no readable answer: look at the network, baseURL and the access token first.')
}

/** The only trace of the account's country in these answers is the currency of a payment. */
function examineSite(payments: Seen, site: Site | undefined): Finding {
  const says = finding('site')
  if (!site) return says('unknown', 'No site is given: amounts with more decimals than your currency has are not noticed.')
  const [payment] = 'data' in payments ? (payments.data as { results: { currency_id?: unknown }[] }).results : []
  const { currency } = sites[site]
  if (typeof payment?.currency_id !== 'string')
    return says('unknown', `No payment shows its currency yet: ${site} stands for ${currency}.`)
  if (payment.currency_id === currency) return says('ok', `The last payment is in ${currency}, as ${site} has it.`)
  return says('problem', `The last payment is in another currency than ${currency}: is the account really of ${site}?`)
}

function examineClock(skewMs: number | undefined): Finding {
  const says = finding('clock')
  if (skewMs === undefined) return says('unknown', 'No answer told its time; to browsers it is not shown.')
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return says('ok', 'The clocks agree within two minutes.')
  const ahead = skewMs > 0 ? 'behind' : 'ahead of'
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  return says('problem', `This clock is ${seconds} s ${ahead} Mercado Pago's: set it, or signatures look old or forged.`)
}

function examineSecret(secret: string | undefined): Finding {
  const says = finding('webhook_secret')
  if (secret === undefined) return says('unknown', 'No webhookSecret was given to look at.')
  if (secret.trim() === '') return says('problem', 'The webhook secret is empty.')
  if (secret !== secret.trim()) return says('problem', 'The webhook secret has blanks around it: cut them off.')
  if (/^(?:APP_USR|TEST)-/.test(secret)) {
    return says('problem', 'That is an access token, or a public key; the secret stands on the page of webhooks.')
  }
  if (secret.startsWith('whsec_')) return says('problem', "That is a secret of the proxy's own events, not Mercado Pago's.")
  return says('ok', 'The webhook secret can be one; a delivery shows whether it fits: explainSignature says what is wrong.')
}
