import { DAY_MS } from './clock.ts'
import { checkFields } from './known-fields.ts'

const MINUTE_MS = 60_000

/**
 * What the emulator does where the sources are silent or disagree; each default is listed, with its reason, in `guesses`.
 * Times are milliseconds of the virtual clock; `Infinity` means never.
 */
export interface Rules {
  /** Country: decides currency and decimals. */
  site: 'MLA' | 'MLB' | 'MLC' | 'MCO' | 'MLM' | 'MPE' | 'MLU'
  /** Origin of the hosted approval page in `agreement_uri`. */
  origin: string
  /** Access tokens that are let in; all, if left out. */
  accessTokens: readonly string[] | undefined
  /** Access tokens of an application that Mercado Pago has not enabled for Wallet Connect: 403 of the policy agent. */
  disabledAccessTokens: readonly string[]
  /** `X-Request-Id` on every answer. */
  requestIds: boolean

  /** How long an agreement lives. */
  agreementLifetimeMs: number
  /** How long the code of an approval can be exchanged. */
  codeLifetimeMs: number
  /** What a second exchange of a code answers. */
  codeReuse: 'refused' | 'same_token'
  requireExternalFlowId: boolean
  /** Longest `return_uri`, `external_flow_id`: 2048 and 64 characters (newer) or 300 each (older). */
  lengthLimits: 'newer' | 'older'
  /** Beginnings of `return_uri` that are registered for the application; any web address, if left out. */
  redirectUris: readonly string[] | undefined
  /** Takes the old name `return_url` too; its effect says so. */
  acceptReturnUrl: boolean
  /** The CamelCase codes of 2026 as `code` in errors of agreements. */
  agreementErrorCodes: boolean
  unconfirmedStatus: string
  confirmedStatus: string
  expiredStatus: string
  /** Name of the date of cancellation. */
  cancelDate: 'date_canceled' | 'date_cancelled' | 'both'
  /** Name of the code in an agreement. */
  codeName: 'validation_code' | 'agreement_code'
  /** Body of a cancellation. */
  deleteBody: 'none' | 'object'
  /** What cancelling a cancelled agreement answers. */
  cancelTwice: 'accepted' | 'refused'
  oneAgreementPerUser: boolean
  /** What the buyer's refusal does to the agreement. */
  refusal: 'leaves_open' | 'cancels'
  /** Brings `external_flow_id` back in the redirect. */
  returnExternalFlowId: boolean
  /** A buyer whose balance does not cover `validation_amount` can only approve with a card. */
  enforceValidationAmount: boolean

  /** Name of the discount's details in a coupon. */
  couponDetail: 'detail' | 'details' | 'both'
  /** What a percentage is called in a coupon. */
  couponPercentName: 'percent' | 'percentage'
  /** What a percentage is called in a promise. */
  promisePercentName: 'percent' | 'percentage'
  /** Where a promise has its `legal_terms`. */
  legalTerms: 'top' | 'inside' | 'both'
  discountRounding: 'half_up' | 'down'
  /** How long an unused promise without coupon is kept. */
  promiseReleaseMs: number
  /** How long an unused promise with coupon is kept. */
  couponPromiseReleaseMs: number

  /** How amounts are printed. */
  amounts: 'number' | 'string'
  /** Decimals of the Colombian peso. */
  copDecimals: 2 | 0
  requireExternalReference: boolean
  /** The seller is a payment facilitator: in MLB every payment names its sub-merchant. */
  facilitator: boolean
  typeTokens: readonly string[]
  /** `binary_mode` of a payment that does not say. */
  defaultBinaryMode: boolean
  /** `capture: false` is possible. */
  deferredCapture: boolean
  /** `capture: false` is possible together with `binary_mode: true`. */
  deferredCaptureInBinaryMode: boolean
  /** Status of the answer to a bad payer token. */
  payerTokenError: 401 | 400
  disbursements: 'array' | 'object' | 'null'
  cancelledSpelling: 'cancelled' | 'canceled'
  /** Statuses from which a payment can be cancelled. */
  cancellable: readonly string[]
  /** A capture or cancellation has to repeat `wallet_payment`. */
  requireWalletPayment: boolean
  /** How long after its creation a payment cannot be captured, cancelled or refunded yet. */
  consistencyDelayMs: number
  /** How long a reserved payment waits for its capture before it is cancelled. */
  authorizationLifetimeMs: number
  /** How long a pending payment waits before it is cancelled. */
  undecidedLifetimeMs: number

  /** How long after a refund the payment's status changes. */
  refundDelayMs: number
  /** How long a payment can be refunded. */
  refundWindowMs: number
  refundIds: 'number' | 'string'
  refundAnswer: 'array' | 'object' | 'empty'

  /** Most results of a search page, and how many without `limit`. */
  searchLimit: number

  /** How long an idempotency key is remembered. */
  keyRetentionMs: number
  /** Characters. */
  maxKeyLength: number
  /** What a refused request does to its key. */
  keyAfterRefusal: 'free' | 'spent'
  /** Status of the answer to a repeat of a payment that is paid. */
  replayOfPaid: 200 | 409

  /** Sends `payment.created` and `payment.updated`. */
  paymentEvents: boolean
  /** Sends `splitter.insert` and `splitter.update` of 2019 as well. */
  splitterEvents: boolean
  /** Sends notifications at all, though the credentials are test ones. */
  testEvents: boolean
  /** `id` of an agreement's notification. */
  eventIds: 'distinct' | 'agreement_id'
  signNotifications: boolean
  /** Casing of `data.id` in the signed text. */
  signedId: 'as_received' | 'lower_case'
  /** Unit of `ts` in the signature. */
  timestampUnit: 's' | 'ms'
  /** How long the merchant may take to answer a notification. */
  deliveryTimeoutMs: number
  /** Waits before each repeat of a notification that was not accepted. */
  retryDelaysMs: readonly number[]
  /** What a repeat has anew; `id` and `version` stay in any case. */
  redeliveryHeaders: 'new_request_id_and_ts' | 'the_same'
}

/** The rules of an emulator that is told nothing. */
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

  keyRetentionMs: Number.POSITIVE_INFINITY,
  maxKeyLength: 128,
  keyAfterRefusal: 'free',
  replayOfPaid: 200,

  paymentEvents: true,
  splitterEvents: false,
  testEvents: true,
  eventIds: 'distinct',
  signNotifications: true,
  signedId: 'as_received',
  timestampUnit: 's',
  deliveryTimeoutMs: 22_000,
  retryDelaysMs: [15, 15, 15, 30, 60, 120, 240, 480, 960].map((minutes) => minutes * MINUTE_MS),
  redeliveryHeaders: 'new_request_id_and_ts',
}

/** Values of the rules that are a choice; the default comes first. */
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
  refundIds: ['number', 'string'],
  refundAnswer: ['array', 'object', 'empty'],
  keyAfterRefusal: ['free', 'spent'],
  replayOfPaid: [200, 409],
  eventIds: ['distinct', 'agreement_id'],
  signedId: ['as_received', 'lower_case'],
  timestampUnit: ['s', 'ms'],
  redeliveryHeaders: ['new_request_id_and_ts', 'the_same'],
}

/**
 * The defaults with what is given in their place.
 *
 * @throws {TypeError} an option is misspelt, which would change nothing silently, or has a value that means nothing
 */
export function readRules(given: Partial<Rules>, others: readonly string[]): Rules {
  checkFields('createEmulator', given, [...others, ...Object.keys(DEFAULT_RULES)])
  const rules: Rules = { ...DEFAULT_RULES }
  for (const name of Object.keys(given) as (keyof Rules)[]) {
    if (given[name] === undefined) continue
    const wrong = complaint(name, given[name])
    if (wrong) throw new TypeError(`${name} must be ${wrong}`)
    Object.assign(rules, { [name]: given[name] })
  }
  return rules
}

const CANCELLABLE: readonly unknown[] = DEFAULT_RULES.cancellable
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isOrigin = (value: unknown): boolean => typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value

/** What the value should have been; undefined if it is right. */
function complaint(name: keyof Rules, value: unknown): string | undefined {
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
