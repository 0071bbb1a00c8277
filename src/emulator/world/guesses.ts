import type { Rules } from './options.ts'

/** Something that the emulator decides because no source documents it, or because sources disagree. */
export interface Guess {
  id: string
  /** What the emulator does. */
  decision: string
  /** `silent`: no source says anything. `disagree`: sources contradict each other, and the emulator follows one of them. */
  because: 'silent' | 'disagree'
  /** The option that changes it; left out where the opposite would be of no use to a test. */
  option?: keyof Rules
}

const silent = (id: string, decision: string, option?: keyof Rules): Guess => ({
  id,
  decision,
  because: 'silent',
  ...(option && { option }),
})
const disagree = (id: string, decision: string, option?: keyof Rules): Guess => ({
  ...silent(id, decision, option),
  because: 'disagree',
})

/** Everything that the emulator decides and no source documents. */
export const guesses: readonly Guess[] = [
  // The API as a whole.
  silent(
    'request-id',
    'Every response of the API has an X-Request-Id, a UUID; an error page of a gateway has none.',
    'requestIds',
  ),
  disagree('countries', 'Wallet Connect exists in all seven countries; one source says in three.', 'site'),
  disagree(
    'test-tokens',
    'Access tokens are not parsed: those that begin with TEST- and with APP_USR- work alike.',
    'accessTokens',
  ),
  silent(
    'disabled-application',
    'An application that is not enabled gets a 403 from the policy agent on every path.',
    'disabledAccessTokens',
  ),
  disagree('platform-id', 'x-platform-id, client.id and caller.id are ignored.'),
  silent('currency-of-amounts', 'An amount with more decimals than the currency has is refused with 400.'),
  disagree('cop-decimals', 'The Colombian peso has two decimals.', 'copDecimals'),

  // Agreements.
  silent('agreement-uri', 'The approval page is at the origin of the emulator, on the documented path.', 'origin'),
  disagree('external-flow-id', 'external_flow_id is required, as return_uri and external_user are.', 'requireExternalFlowId'),
  disagree('length-limits', 'return_uri has at most 2048 characters, external_flow_id 64, the description 256.', 'lengthLimits'),
  disagree('return-url', 'return_url is accepted in place of return_uri; the effect records it.', 'acceptReturnUrl'),
  silent('error-codes', 'The CamelCase error codes of 2026 are in the field `code`.', 'agreementErrorCodes'),
  silent('unconfirmed', 'Until the buyer decides, an agreement is `pending`.', 'unconfirmedStatus'),
  disagree('confirmed', 'A confirmed agreement is `confirmed_by_user`.', 'confirmedStatus'),
  silent('expired', 'After its date_expire an agreement is `expired`; no notification is sent.', 'expiredStatus'),
  silent('agreement-lifetime', 'An agreement is valid for a year from its creation.', 'agreementLifetimeMs'),
  silent(
    'code-lifetime',
    'The code of an approval can be exchanged for ten minutes, as in the product that Wallet Connect replaced.',
    'codeLifetimeMs',
  ),
  silent('code-reuse', 'A code can be exchanged once; a second exchange is refused with 400.', 'codeReuse'),
  disagree('cancel-date', 'The date of a cancellation is called date_canceled.', 'cancelDate'),
  disagree('code-name', 'The code of an agreement is called validation_code.', 'codeName'),
  disagree('delete-body', 'A cancellation is answered with 200 and no body.', 'deleteBody'),
  silent(
    'cancel-twice',
    'An agreement can be cancelled in every status; a second cancellation is answered with 200 too, and sends no second notification.',
    'cancelTwice',
  ),
  silent('second-agreement', 'A buyer cannot approve a second agreement while one is confirmed: 400.', 'oneAgreementPerUser'),
  silent('refusal', 'A refusal leaves the agreement unconfirmed; the redirect has `agreement` and no `code`.', 'refusal'),
  silent(
    'return',
    'The redirect keeps the query of return_uri and adds code and agreement, but not external_flow_id.',
    'returnExternalFlowId',
  ),
  silent('validation-amount', 'validation_amount is returned, but never prevents an approval.', 'enforceValidationAmount'),
  silent('second-method', 'An amount that the balance does not cover is charged to the card in full, if there is one.'),

  // Coupons and discounts.
  disagree('coupon-status', 'A coupon is success, pending or invalid.'),
  disagree('coupon-detail', 'The discount of a coupon is in `detail`.', 'couponDetail'),
  disagree('coupon-percent', 'The type of a percentage discount is `percent` in a coupon.', 'couponPercentName'),
  disagree(
    'promise-percent',
    'The type of a percentage discount is `percentage` in a promise; a payment may send percent, percentage or percentual.',
    'promisePercentName',
  ),
  disagree('legal-terms', 'The legal_terms of a promise are at the top level.', 'legalTerms'),
  disagree(
    'promise-paths',
    "Promises can be created at /discounts and at the guide's /payment/discounts, with or without a coupon.",
  ),
  silent('discount-rounding', 'A percentage discount is rounded half up to the decimals of the currency.', 'discountRounding'),
  silent('promise-identity', 'A second request for the same buyer, amount and coupon returns the same promise and extends it.'),
  silent(
    'promise-lifetime',
    'A promise without a coupon that no payment uses is released 200 ms after its creation, or after the payment failed.',
    'promiseReleaseMs',
  ),
  silent('coupon-promise-lifetime', 'A promise with a coupon is released after 10 s.', 'couponPromiseReleaseMs'),
  silent(
    'unknown-coupon',
    'A promise for an unknown coupon is refused with 400; for a coupon that does not apply to the amount, the discount is empty.',
  ),

  // Advanced payments.
  disagree('amounts', 'Amounts in responses are numbers.', 'amounts'),
  disagree('external-reference', 'external_reference is optional and may contain any characters.', 'requireExternalReference'),
  disagree(
    'sub-merchant',
    'sub_merchant is required, with all its fields, only if the seller is a payment facilitator in Brazil; sub_merchant_id and phone may be of any type.',
    'facilitator',
  ),
  disagree('type-token', 'The type_token values `wallet-token` and `wallet-tokens` mean the same.', 'typeTokens'),
  disagree('binary-mode', 'binary_mode is true by default.', 'defaultBinaryMode'),
  disagree('deferred-capture', '`capture: false` reserves the amount for a later capture.', 'deferredCapture'),
  silent('deferred-binary', '`capture: false` is allowed together with `binary_mode: true`.', 'deferredCaptureInBinaryMode'),
  silent(
    'card-decision',
    'A decision with a card-related status_detail charges the second payment method, or a Visa if there is none; one that approves may overdraw the balance.',
  ),
  silent('debit-card', 'A debit card does not support deferred capture.'),
  silent('binary-undecided', 'In binary mode a payment that would be pending or in_process is rejected, as rejected_high_risk.'),
  silent('undecided-money', 'A pending or in_process payment holds the money until it is decided.'),
  disagree(
    'payer-token-error',
    'A payer token that is unknown, or whose agreement has ended, is refused with 401/401003.',
    'payerTokenError',
  ),
  disagree('status-detail', 'The status_detail of an approved payment is `accredited`.'),
  disagree('disbursements', 'disbursements is a list.', 'disbursements'),
  disagree('cancelled-spelling', 'Responses say cancelled; requests may also say canceled.', 'cancelledSpelling'),
  disagree('top-level-capture', 'A payment shows `capture` at the top level only if it has a discount.', 'topLevelCapture'),
  silent(
    'top-level-reference',
    'An external_reference outside wallet_payment is accepted and dropped: a payment with a discount shows null there, any other nothing.',
    'topLevelReference',
  ),
  disagree('cancellable', 'Pending, in_process and authorized payments can be cancelled.', 'cancellable'),
  disagree(
    'wallet-payment-in-put',
    'A capture or cancellation need not repeat wallet_payment; if it does, that changes nothing.',
    'requireWalletPayment',
  ),
  silent('consistency', 'A payment can be captured, cancelled and refunded immediately.', 'consistencyDelayMs'),
  silent('authorization-lifetime', 'A reserved payment can be captured at any later time.', 'authorizationLifetimeMs'),
  silent(
    'undecided-lifetime',
    'A pending payment is cancelled after 30 days, with status_detail expired.',
    'undecidedLifetimeMs',
  ),
  silent('chargeback', 'A chargeback takes the money from the seller when it is settled.'),

  // Refunds and search.
  silent('refund-delay', 'The status of a payment changes as soon as it is refunded.', 'refundDelayMs'),
  silent('refund-window', 'A payment can be refunded at any later time, in any number of parts.', 'refundWindowMs'),
  silent('refund-of-discount', 'A discounted payment can be refunded up to the amount that was charged.'),
  disagree('refund-ids', 'The ids of refunds are numbers.', 'refundIds'),
  disagree('refund-answer', 'A refund is answered with 200 and a list of one.', 'refundAnswer'),
  silent('search-page', 'A page of search results has at most 30 entries.', 'searchLimit'),
  silent(
    'search-delay',
    'The search finds a payment as soon as it is created; users have reported an index that was a day late.',
    'searchDelayMs',
  ),
  silent('search-order', 'Search results are sorted from newest to oldest; sort accepts id, date_created and date_last_updated.'),
  silent(
    'search-dates',
    'The filter date_created matches the beginning of the date as it is printed; begin_date and end_date are ISO 8601.',
  ),
  silent('search-unknown', 'Unknown search filters are ignored.'),
  silent('payer-email', "The buyer's email address is test_user_<payer id>@testuser.com."),

  // Idempotency keys.
  silent('key-scope', 'An idempotency key can be used once for each method and path; the emulator is a single application.'),
  silent('key-body', 'The same key with another body is refused with 422/422001.'),
  disagree(
    'paid-replay',
    'A repeat of the request for a payment that is paid is answered with 200 and the payment.',
    'replayOfPaid',
  ),
  silent('key-retention', 'A key is never forgotten; a limit counts from the end of its request.', 'keyRetentionMs'),
  silent('key-length', 'A key has 1 to 128 characters.', 'maxKeyLength'),
  silent('key-after-refusal', 'A refused request leaves its key free.', 'keyAfterRefusal'),
  silent('refund-keys', 'A refund honours a key but does not require one.', 'refundKeys'),
  silent('change-keys', 'A capture or cancellation honours a key but does not require one.', 'changeKeys'),
  silent('key-elsewhere', 'Agreements and discounts ignore a key.'),

  // Several of the above.
  silent('redirect-uris', 'Any web address is allowed as return_uri.', 'redirectUris'),
  silent('code-shown', 'An agreement always shows its code, even after the code is exchanged or the agreement is cancelled.'),
  silent(
    'promise-use',
    'A payment that is approved, reserved or undecided uses its promise; one that is rejected or cancelled returns it, a refunded one does not.',
  ),
  silent('inner-id', 'A payment that is rejected before a card is charged has no inner id.'),
  silent('messages', 'Where only an error code or a rule is documented, the message of the error is made up.'),

  // Notifications.
  silent('payment-events', 'Payments send payment.created and payment.updated.', 'paymentEvents'),
  silent('splitter-events', 'Payments do not send the splitter events of 2019.', 'splitterEvents'),
  disagree('test-events', 'Test credentials send notifications too.', 'testEvents'),
  disagree('event-ids', 'Each event has its own id, other than that of its agreement.', 'eventIds'),
  silent('signed', 'Notifications of Wallet Connect are signed, with data.id and type in the query.', 'signNotifications'),
  disagree(
    'user-agent',
    'The User-Agent of a notification is MercadoPago WebHook v1.0, without the type behind it.',
    'notificationUserAgent',
  ),
  disagree('signed-id', 'data.id is signed exactly as it is sent.', 'signedId'),
  disagree('timestamp-unit', 'ts is in seconds.', 'timestampUnit'),
  disagree('answer-within', 'A notification that is not answered with a 2xx within 22 s is sent again.', 'deliveryTimeoutMs'),
  disagree(
    'retry-schedule',
    'A notification is repeated at most nine times: three times after 15 minutes, then after waits that double.',
    'retryDelaysMs',
  ),
  silent('repeats', 'A repeat has the same id and version, a new x-request-id and a new ts.', 'redeliveryHeaders'),
]
