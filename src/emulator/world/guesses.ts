import type { Rules } from './options.ts'

/** Something that the emulator decides because no source documents it, or because sources disagree. */
export interface Guess {
  id: string
  /** What it does. */
  decision: string
  /** `silent`: no source says. `disagree`: sources say different things, and this is the one it follows. */
  because: 'silent' | 'disagree'
  /** The option that decides otherwise; none where the opposite would be of no use to a test. */
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
  silent('request-id', 'Every answer of the API has an X-Request-Id, a UUID; a page of a gateway has none.', 'requestIds'),
  disagree('countries', 'All seven countries have the product; one source says three.', 'site'),
  disagree('test-tokens', 'Access tokens are opaque: TEST- and APP_USR- alike.', 'accessTokens'),
  silent(
    'disabled-application',
    'An application that is not enabled gets 403 of the policy agent on every path.',
    'disabledAccessTokens',
  ),
  disagree('platform-id', 'x-platform-id, client.id and caller.id are ignored.'),
  silent('currency-of-amounts', 'An amount with more decimals than the currency has is refused with 400.'),
  disagree('cop-decimals', 'The Colombian peso has two decimals.', 'copDecimals'),

  // Agreements.
  silent('agreement-uri', 'The approval page lives at the origin of the emulator, on the documented path.', 'origin'),
  disagree('external-flow-id', 'external_flow_id is required, as return_uri and external_user are.', 'requireExternalFlowId'),
  disagree('length-limits', 'return_uri has at most 2048 characters, external_flow_id 64, the description 256.', 'lengthLimits'),
  disagree('return-url', 'return_url is taken for return_uri; the effect says so.', 'acceptReturnUrl'),
  silent('error-codes', 'The CamelCase codes of 2026 are in the field `code` of an error.', 'agreementErrorCodes'),
  silent('unconfirmed', 'Before the buyer decides an agreement is `pending`.', 'unconfirmedStatus'),
  disagree('confirmed', 'A confirmed agreement is `confirmed_by_user`.', 'confirmedStatus'),
  silent('expired', 'After its date_expire an agreement is `expired`; nobody is notified.', 'expiredStatus'),
  silent('agreement-lifetime', 'An agreement lives a year from its creation.', 'agreementLifetimeMs'),
  silent(
    'code-lifetime',
    'The code of an approval can be exchanged for ten minutes, as that of the product before this one.',
    'codeLifetimeMs',
  ),
  silent('code-reuse', 'A code is exchanged once; a second exchange is refused with 400.', 'codeReuse'),
  disagree('cancel-date', 'The date of cancellation is date_canceled.', 'cancelDate'),
  disagree('code-name', 'The code of an agreement is validation_code.', 'codeName'),
  disagree('delete-body', 'A cancellation is answered with 200 and no body.', 'deleteBody'),
  silent(
    'cancel-twice',
    'An agreement can be cancelled in every state; a second time is 200 again, and nobody is told twice.',
    'cancelTwice',
  ),
  silent('second-agreement', 'A buyer cannot approve a second agreement while one is confirmed: 400.', 'oneAgreementPerUser'),
  silent('refusal', 'A refusal leaves the agreement unconfirmed; the return brings `agreement` and no `code`.', 'refusal'),
  silent(
    'return',
    'The return keeps the query of return_uri and adds code and agreement, not external_flow_id.',
    'returnExternalFlowId',
  ),
  silent('validation-amount', 'validation_amount is shown and does not stop an approval.', 'enforceValidationAmount'),
  silent('second-method', 'What the balance does not cover is charged to the card, if there is one, in whole.'),

  // Coupons and discounts.
  disagree('coupon-status', 'A coupon is success, pending or invalid.'),
  disagree('coupon-detail', 'A coupon has its discount in `detail`.', 'couponDetail'),
  disagree('coupon-percent', 'A percentage is called `percent` in a coupon.', 'couponPercentName'),
  disagree(
    'promise-percent',
    'A percentage is called `percentage` in a promise; a payment may call it percent, percentage or percentual.',
    'promisePercentName',
  ),
  disagree('legal-terms', 'A promise has its legal_terms on top.', 'legalTerms'),
  disagree('promise-paths', "Promises are made on /discounts and on the guide's /payment/discounts, with coupon or without."),
  silent('discount-rounding', 'A percentage is rounded half up to the decimals of the currency.', 'discountRounding'),
  silent('promise-identity', 'Asking again for the same buyer, amount and coupon gives the same promise and keeps it longer.'),
  silent(
    'promise-lifetime',
    'A promise without coupon that no payment has used is released 200 ms after it was made, or after the payment failed.',
    'promiseReleaseMs',
  ),
  silent('coupon-promise-lifetime', 'A promise with coupon is released after 10 s.', 'couponPromiseReleaseMs'),
  silent(
    'unknown-coupon',
    'A promise for an unknown coupon is refused with 400; one for a coupon that does not fit is an empty discount.',
  ),

  // Advanced payments.
  disagree('amounts', 'Amounts in answers are numbers.', 'amounts'),
  disagree('external-reference', 'external_reference is optional and may have any characters.', 'requireExternalReference'),
  disagree(
    'sub-merchant',
    'sub_merchant is asked for only if the seller is a facilitator in Brazil, in full; sub_merchant_id and phone may be of any type.',
    'facilitator',
  ),
  disagree('type-token', '`wallet-token` and `wallet-tokens` are the same.', 'typeTokens'),
  disagree('binary-mode', 'binary_mode is true if nobody says.', 'defaultBinaryMode'),
  disagree('deferred-capture', '`capture: false` reserves, to be captured later.', 'deferredCapture'),
  silent('deferred-binary', '`capture: false` goes together with `binary_mode: true`.', 'deferredCaptureInBinaryMode'),
  silent(
    'card-decision',
    'A decision for a reason of cards charges the second method, a visa if there is none; one of approved may overdraw the balance.',
  ),
  silent('debit-card', 'A debit card does not support deferred capture.'),
  silent('binary-undecided', 'In binary mode what would be pending or in process is rejected, as rejected_high_risk.'),
  silent('undecided-money', 'A pending or in_process payment holds the money until it is decided.'),
  disagree('payer-token-error', 'A payer token that is unknown, or whose agreement has ended, is 401/401003.', 'payerTokenError'),
  disagree('status-detail', 'An approved payment is `accredited`.'),
  disagree('disbursements', 'disbursements is a list.', 'disbursements'),
  disagree('cancelled-spelling', 'Answers say cancelled; requests may say canceled.', 'cancelledSpelling'),
  disagree('cancellable', 'Pending, in_process and authorized payments can be cancelled.', 'cancellable'),
  disagree(
    'wallet-payment-in-put',
    'A capture or cancellation need not repeat wallet_payment, and what it repeats changes nothing.',
    'requireWalletPayment',
  ),
  silent('consistency', 'A payment can be captured, cancelled and refunded at once.', 'consistencyDelayMs'),
  silent('authorization-lifetime', 'A reserved payment waits for its capture for ever.', 'authorizationLifetimeMs'),
  silent('undecided-lifetime', 'A pending payment is cancelled after 30 days, as expired.', 'undecidedLifetimeMs'),
  silent('chargeback', 'A chargeback takes the money from the seller when it is settled.'),

  // Refunds and search.
  silent('refund-delay', 'The payment follows its refund at once.', 'refundDelayMs'),
  silent('refund-window', 'A payment can be refunded for ever, in any number of parts.', 'refundWindowMs'),
  silent('refund-of-discount', 'Of a discounted payment what was charged can be refunded.'),
  disagree('refund-ids', 'Ids of refunds are numbers.', 'refundIds'),
  disagree('refund-answer', 'A refund is answered with a list of one, 200.', 'refundAnswer'),
  silent('search-page', 'A page has at most 30 results.', 'searchLimit'),
  silent('search-order', 'Results come newest first; sort knows id, date_created and date_last_updated.'),
  silent('search-dates', 'date_created is the beginning of a printed date; begin_date and end_date are ISO 8601.'),
  silent('search-unknown', 'Filters that are not known are ignored.'),
  silent('payer-email', "The buyer's address is test_user_<payer id>@testuser.com."),

  // Idempotency keys.
  silent('key-scope', 'A key may be used once for each method and path; the emulator is one application.'),
  silent('key-body', 'The same key with another body is 422/422001.'),
  disagree('paid-replay', 'A repeat of a payment that is paid is answered with it, 200.', 'replayOfPaid'),
  silent('key-retention', 'A key is remembered for ever; a limit counts from the end of its request.', 'keyRetentionMs'),
  silent('key-length', 'A key has 1 to 128 characters.', 'maxKeyLength'),
  silent('key-after-refusal', 'A refused request leaves its key free.', 'keyAfterRefusal'),
  silent('key-elsewhere', 'Refunds, captures and cancellations honour a key and need none; agreements and discounts ignore it.'),

  // Of several.
  silent('redirect-uris', 'Any web address may be a return_uri.', 'redirectUris'),
  silent('code-shown', 'An agreement shows its code for ever, also once it is exchanged or cancelled.'),
  silent(
    'promise-use',
    'A payment that is approved, reserved or undecided uses its promise; one that comes to nothing gives it back, a refunded one does not.',
  ),
  silent('inner-id', 'A payment that is rejected before a card is tried has no inner id.'),
  silent('messages', 'Where only a code or a rule is documented, the sentence of the error is ours.'),

  // Notifications.
  silent('payment-events', 'Payments send payment.created and payment.updated.', 'paymentEvents'),
  silent('splitter-events', 'Payments do not send the splitter events of 2019.', 'splitterEvents'),
  disagree('test-events', 'Test credentials send notifications too.', 'testEvents'),
  disagree('event-ids', 'An event has an id of its own.', 'eventIds'),
  silent('signed', 'Notifications of Wallet Connect are signed, with data.id and type in the query.', 'signNotifications'),
  disagree('signed-id', 'data.id is signed as it is sent.', 'signedId'),
  disagree('timestamp-unit', 'ts counts seconds.', 'timestampUnit'),
  disagree('answer-within', 'A notification that is not answered with 2xx within 22 s is sent again.', 'deliveryTimeoutMs'),
  disagree(
    'retry-schedule',
    'Repeats come after 15 minutes three times, then after doubling waits, nine in all.',
    'retryDelaysMs',
  ),
  silent('repeats', 'A repeat has the same id and version, a new x-request-id and a new ts.', 'redeliveryHeaders'),
]
