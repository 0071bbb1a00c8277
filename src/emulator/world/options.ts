import { DAY_MS } from './clock.ts'
import { checkFields } from './known-fields.ts'

const MINUTE_MS = 60_000

/**
 * What the emulator does where the sources are silent or disagree; each default is listed, with the reason, in `guesses`.
 * Times are milliseconds of the virtual clock, and `Infinity` means never.
 */
export interface Rules {
  /** The country, which decides the currency and its decimals. */
  site: 'MLA' | 'MLB' | 'MLC' | 'MCO' | 'MLM' | 'MPE' | 'MLU'
  /** The origin of the hosted approval page in `agreement_uri`. */
  origin: string
  /** The access tokens that are accepted; left out: all. */
  accessTokens: readonly string[] | undefined
  /** The access tokens of an application that Mercado Pago has not enabled for Wallet Connect: 403 from the policy agent. */
  disabledAccessTokens: readonly string[]
  /** Sends `X-Request-Id` with every response. */
  requestIds: boolean

  /** How long an agreement is valid. */
  agreementLifetimeMs: number
  /** How long the code of an approval can be exchanged. */
  codeLifetimeMs: number
  /** The response to a second exchange of a code. */
  codeReuse: 'refused' | 'same_token'
  requireExternalFlowId: boolean
  /** The maximum length of `return_uri` and `external_flow_id`: 2048 and 64 characters (newer), or 300 each (older). */
  lengthLimits: 'newer' | 'older'
  /** The beginnings of `return_uri` that are registered for the application; left out: any web address is. */
  redirectUris: readonly string[] | undefined
  /** Accepts the old name `return_url` too; the effect records it. */
  acceptReturnUrl: boolean
  /** Sends the CamelCase codes of 2026 as `code` in errors of agreements. */
  agreementErrorCodes: boolean
  unconfirmedStatus: string
  confirmedStatus: string
  expiredStatus: string
  /** The name of the date of cancellation. */
  cancelDate: 'date_canceled' | 'date_cancelled' | 'both'
  /** The name of the code in an agreement. */
  codeName: 'validation_code' | 'agreement_code'
  /** The body of the response to a cancellation. */
  deleteBody: 'none' | 'object'
  /** What happens when a cancelled agreement is cancelled. */
  cancelTwice: 'accepted' | 'refused'
  oneAgreementPerUser: boolean
  /** Whether the buyer's refusal cancels the agreement. */
  refusal: 'leaves_open' | 'cancels'
  /** Adds `external_flow_id` to the redirect. */
  returnExternalFlowId: boolean
  /** A buyer whose balance does not cover `validation_amount` can only approve with a card. */
  enforceValidationAmount: boolean

  /** The name of the discount's details in a coupon. */
  couponDetail: 'detail' | 'details' | 'both'
  /** The type of a percentage discount in a coupon. */
  couponPercentName: 'percent' | 'percentage'
  /** The type of a percentage discount in a promise. */
  promisePercentName: 'percent' | 'percentage'
  /** Where the `legal_terms` of a promise are: at the top level or inside `discount`. */
  legalTerms: 'top' | 'inside' | 'both'
  discountRounding: 'half_up' | 'down'
  /** How long an unused promise without coupon is kept. */
  promiseReleaseMs: number
  /** How long an unused promise with coupon is kept. */
  couponPromiseReleaseMs: number

  /** Whether amounts in responses are numbers or strings. */
  amounts: 'number' | 'string'
  /** The decimals of the Colombian peso. */
  copDecimals: 2 | 0
  requireExternalReference: boolean
  /** The seller is a payment facilitator: in MLB every payment names its sub-merchant. */
  facilitator: boolean
  typeTokens: readonly string[]
  /** The `binary_mode` of a payment that does not give one. */
  defaultBinaryMode: boolean
  /** Allows `capture: false`. */
  deferredCapture: boolean
  /** Allows `capture: false` together with `binary_mode: true`. */
  deferredCaptureInBinaryMode: boolean
  /** The HTTP status for a payer token that is not valid. */
  payerTokenError: 401 | 400
  disbursements: 'array' | 'object' | 'null'
  cancelledSpelling: 'cancelled' | 'canceled'
  /** Which payments show `capture` at the top level, besides inside `payments`. */
  topLevelCapture: 'with_discount' | 'always' | 'never'
  /** Whether a payment shows the `external_reference` that its request had at the top level. */
  topLevelReference: 'dropped' | 'returned'
  /** The statuses in which a payment can be cancelled. */
  cancellable: readonly string[]
  /** Requires captures and cancellations to repeat `wallet_payment`. */
  requireWalletPayment: boolean
  /** How long after its creation a payment cannot yet be captured, cancelled or refunded. */
  consistencyDelayMs: number
  /** How long a reserved payment can be captured before it is cancelled. */
  authorizationLifetimeMs: number
  /** How long a payment stays pending before it is cancelled. */
  undecidedLifetimeMs: number

  /** How long after a refund the payment's status changes. */
  refundDelayMs: number
  /** How long a payment can be refunded. */
  refundWindowMs: number
  refundIds: 'number' | 'string'
  refundAnswer: 'array' | 'object' | 'empty'

  /** The maximum number of results on a search page, and the number without `limit`. */
  searchLimit: number
  /** How long after its creation the search finds a payment; read by its id it is there at once. */
  searchDelayMs: number

  /** How long an idempotency key is remembered. */
  keyRetentionMs: number
  /** The maximum number of characters of an idempotency key. */
  maxKeyLength: number
  /** Whether the key of a refused request can be used again. */
  keyAfterRefusal: 'free' | 'spent'
  /** The HTTP status for a repeat of the request for a payment that is paid. */
  replayOfPaid: 200 | 409
  /** What the key of a refund does; ignored: a repeat refunds again. */
  refundKeys: 'honoured' | 'ignored'
  /** What the key of a capture or cancellation does; ignored: a repeat is refused, as the status has changed. */
  changeKeys: 'honoured' | 'ignored'

  /** Sends `payment.created` and `payment.updated`. */
  paymentEvents: boolean
  /** Sends `splitter.insert` and `splitter.update` of 2019 too. */
  splitterEvents: boolean
  /** Sends notifications although the credentials are test credentials. */
  testEvents: boolean
  /** The `id` of an agreement's notification. */
  eventIds: 'distinct' | 'agreement_id'
  signNotifications: boolean
  /** The `User-Agent` of a notification: `MercadoPago WebHook v1.0` alone, or with the type behind it. */
  notificationUserAgent: 'bare' | 'with_type'
  /** The case of `data.id` in the signed text: `lower_case` is documented, and makes a difference for ids such as `ORD01…`. */
  signedId: 'as_received' | 'lower_case'
  /** The unit of `ts` in the signature. */
  timestampUnit: 's' | 'ms'
  /** How long the merchant has to answer a notification. */
  deliveryTimeoutMs: number
  /** The wait before each repeat of a notification that was not accepted. */
  retryDelaysMs: readonly number[]
  /** Whether a repeat has a new `x-request-id` and `ts`; `id` and `version` never change. */
  redeliveryHeaders: 'new_request_id_and_ts' | 'the_same'
}

/** The rules of an emulator that is created without options. */
export const DEFAULT_RULES: Rules = {
  site: 'MLA',
  origin: 'https://mercadopago.test',
  accessTokens: undefined,
  disabledAccessTokens: [],
  requestIds: true,

  agreementLifetimeMs: 365 * DAY_MS,
  codeLifetimeMs: 10 * MINUTE_MS,
  codeReuse: 'refused',
  requireExternalFlowId: true,
  lengthLimits: 'newer',
  redirectUris: undefined,
  acceptReturnUrl: true,
  agreementErrorCodes: true,
  unconfirmedStatus: 'pending',
  confirmedStatus: 'confirmed_by_user',
  expiredStatus: 'expired',
  cancelDate: 'date_canceled',
  codeName: 'validation_code',
  deleteBody: 'none',
  cancelTwice: 'accepted',
  oneAgreementPerUser: true,
  refusal: 'leaves_open',
  returnExternalFlowId: false,
  enforceValidationAmount: false,

  couponDetail: 'detail',
  couponPercentName: 'percent',
  promisePercentName: 'percentage',
  legalTerms: 'top',
  discountRounding: 'half_up',
  promiseReleaseMs: 200,
  couponPromiseReleaseMs: 10_000,

  amounts: 'number',
  copDecimals: 2,
  requireExternalReference: false,
  facilitator: false,
  typeTokens: ['wallet-token', 'wallet-tokens'],
  defaultBinaryMode: true,
  deferredCapture: true,
  deferredCaptureInBinaryMode: true,
  payerTokenError: 401,
  disbursements: 'array',
  cancelledSpelling: 'cancelled',
  topLevelCapture: 'with_discount',
  topLevelReference: 'dropped',
  cancellable: ['pending', 'in_process', 'authorized'],
  requireWalletPayment: false,
  consistencyDelayMs: 0,
  authorizationLifetimeMs: Number.POSITIVE_INFINITY,
  undecidedLifetimeMs: 30 * DAY_MS,

  refundDelayMs: 0,
  refundWindowMs: Number.POSITIVE_INFINITY,
  refundIds: 'number',
  refundAnswer: 'array',

  searchLimit: 30,
  searchDelayMs: 0,

  keyRetentionMs: Number.POSITIVE_INFINITY,
  maxKeyLength: 128,
  keyAfterRefusal: 'free',
  replayOfPaid: 200,
  refundKeys: 'honoured',
  changeKeys: 'honoured',

  paymentEvents: true,
  splitterEvents: false,
  testEvents: true,
  eventIds: 'distinct',
  signNotifications: true,
  notificationUserAgent: 'bare',
  signedId: 'as_received',
  timestampUnit: 's',
  deliveryTimeoutMs: 22_000,
  retryDelaysMs: [15, 15, 15, 30, 60, 120, 240, 480, 960].map((minutes) => minutes * MINUTE_MS),
  redeliveryHeaders: 'new_request_id_and_ts',
}

/** The values of each rule that is a choice; the default comes first. */
export const CHOICES: { readonly [Name in keyof Rules]?: readonly Rules[Name][] } = {
  site: ['MLA', 'MLB', 'MLC', 'MCO', 'MLM', 'MPE', 'MLU'],
  codeReuse: ['refused', 'same_token'],
  lengthLimits: ['newer', 'older'],
  cancelDate: ['date_canceled', 'date_cancelled', 'both'],
  codeName: ['validation_code', 'agreement_code'],
  deleteBody: ['none', 'object'],
  cancelTwice: ['accepted', 'refused'],
  refusal: ['leaves_open', 'cancels'],
  couponDetail: ['detail', 'details', 'both'],
  couponPercentName: ['percent', 'percentage'],
  promisePercentName: ['percentage', 'percent'],
  legalTerms: ['top', 'inside', 'both'],
  discountRounding: ['half_up', 'down'],
  amounts: ['number', 'string'],
  copDecimals: [2, 0],
  payerTokenError: [401, 400],
  disbursements: ['array', 'object', 'null'],
  cancelledSpelling: ['cancelled', 'canceled'],
  topLevelCapture: ['with_discount', 'always', 'never'],
  topLevelReference: ['dropped', 'returned'],
  refundIds: ['number', 'string'],
  refundAnswer: ['array', 'object', 'empty'],
  keyAfterRefusal: ['free', 'spent'],
  replayOfPaid: [200, 409],
  refundKeys: ['honoured', 'ignored'],
  changeKeys: ['honoured', 'ignored'],
  eventIds: ['distinct', 'agreement_id'],
  notificationUserAgent: ['bare', 'with_type'],
  signedId: ['as_received', 'lower_case'],
  timestampUnit: ['s', 'ms'],
  redeliveryHeaders: ['new_request_id_and_ts', 'the_same'],
}

/**
 * The rules: what is given, and the defaults for the rest.
 *
 * @throws {TypeError} an option is misspelt, which would silently change nothing, or has a value that cannot be used
 */
export function readRules(given: Partial<Rules>, others: readonly string[]): Rules {
  checkFields('createEmulator', given, [...others, ...Object.keys(DEFAULT_RULES)])
  const rules: Rules = { ...DEFAULT_RULES }
  for (const name of Object.keys(given) as (keyof Rules)[]) {
    if (given[name] === undefined) continue
    const expected = findMistake(name, given[name])
    if (expected) throw new TypeError(`${name} must be ${expected}`)
    Object.assign(rules, { [name]: given[name] })
  }
  return rules
}

const CANCELLABLE: readonly unknown[] = DEFAULT_RULES.cancellable
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isOrigin = (value: unknown): boolean => typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value

/** What the value must be; undefined if it is right. */
function findMistake(name: keyof Rules, value: unknown): string | undefined {
  const choices: readonly unknown[] | undefined = CHOICES[name]
  if (choices) return choices.includes(value) ? undefined : `one of ${choices.join(', ')}`
  const standard = DEFAULT_RULES[name]
  if (Array.isArray(standard) || name === 'accessTokens' || name === 'redirectUris') {
    const kind = name === 'retryDelaysMs' ? 'number' : 'string'
    const isFine = Array.isArray(value) && value.every((each) => typeof each === kind && (kind === 'string' || each >= 0))
    if (name === 'cancellable') {
      return isFine && value.every((each) => CANCELLABLE.includes(each)) ? undefined : `a list of ${CANCELLABLE.join(', ')}`
    }
    return isFine ? undefined : `a list of ${kind === 'number' ? 'milliseconds, 0 or more' : 'strings'}`
  }
  if (name === 'searchLimit' || name === 'maxKeyLength') return isCount(value) ? undefined : 'a whole number, 0 or more'
  if (typeof standard === 'number') return typeof value === 'number' && value >= 0 ? undefined : 'a number, 0 or more'
  if (typeof standard === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false'
  if (name === 'origin') return isOrigin(value) ? undefined : 'an origin, such as https://mercadopago.test'
  return typeof value === 'string' && value !== '' ? undefined : 'a string that is not empty'
}
