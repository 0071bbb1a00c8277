import { type ApiError, agreementError, paymentError } from '../rules/api-error.ts'
import { OPERATION_FACTS, OPERATIONS, type OperationName } from '../world/operations.ts'

/** An error that the documentation prints, even if no rule of the emulator leads to it. */
export interface DocumentedError {
  /** The message as it is printed; for the catalogue of 2019, which prints no messages, the meaning of the code. */
  message: string
  status: number
  /** A code of six digits, or a word. */
  code?: string
  operations: readonly OperationName[]
}

/** The groups of operations for which the documentation prints the same errors. */
type Group = 'connect' | 'agreement' | 'discount' | 'payment' | 'payment_change' | 'payment_read'

const GROUPS: Record<OperationName, readonly Group[]> = {
  'agreements.create': ['connect'],
  'agreements.get': ['connect', 'agreement'],
  'agreements.cancel': ['connect', 'agreement'],
  'agreements.createPayerToken': ['connect', 'agreement'],
  'discounts.validateCoupon': ['discount'],
  'discounts.create': ['discount'],
  'payments.create': ['payment', 'payment_change'],
  'payments.get': ['payment', 'payment_read'],
  'payments.search': ['payment', 'payment_read'],
  'payments.capture': ['payment', 'payment_change'],
  'payments.cancel': ['payment', 'payment_change'],
  'payments.refund': ['payment'],
  'payments.listRefunds': ['payment'],
}

const groupOf = (group: Group): OperationName[] => OPERATIONS.filter((name) => GROUPS[name].includes(group))

const CONNECT = groupOf('connect')
const AGREEMENT = groupOf('agreement')
const DISCOUNT = groupOf('discount')
const PAYMENT = groupOf('payment')
const CHANGE = groupOf('payment_change')
const READ = groupOf('payment_read')

const errors = (status: number, operations: readonly OperationName[], ...messages: string[]): DocumentedError[] =>
  messages.map((message) => ({ message, status, operations }))

/** Errors of the catalogue of 2019: codes and meanings. */
const catalogue = (status: number, operations: readonly OperationName[], meanings: Record<string, string>): DocumentedError[] =>
  Object.entries(meanings).map(([code, message]) => ({ message, status, code, operations }))

/** Every documented error, which the fault `documented_error` can answer with. */
export const DOCUMENTED_ERRORS: readonly DocumentedError[] = [
  ...errors(400, ['agreements.create'], 'Field return_uri is required', 'Field external_flow_id is required'),
  ...errors(400, ['agreements.create'], 'Field return_uri must not be grater than 300 characters'),
  ...errors(400, ['agreements.create'], 'Field external_flow_id must not be grater than 300 characters'),
  ...errors(400, ['agreements.create'], 'Field external_user must not be blank', 'Field id must not be blank'),
  ...errors(400, AGREEMENT, 'Parameter agreement_id is required', 'Parameter agreementId has more than 32 characters'),
  ...errors(400, AGREEMENT, 'Parameter agreement_id must be an alfanumeric value'),
  ...errors(404, ['agreements.get', 'agreements.cancel'], 'The Agreement with that id'),
  ...errors(400, ['agreements.createPayerToken'], 'Invalid value for back_url. Must be a valid URL'),
  ...errors(
    400,
    ['agreements.createPayerToken'],
    'Parameter client.id must be a valid id',
    'Parameter caller.id must be a valid id',
  ),
  ...errors(404, ['agreements.createPayerToken'], 'The agreement_id does not exist', 'The client.id does not exist'),
  ...errors(404, ['agreements.createPayerToken'], 'The caller.id does not exist'),
  ...errors(400, ['discounts.validateCoupon'], 'Invalid coupon_id.'),
  ...errors(400, [...DISCOUNT, 'payments.create'], 'Invalid payer token.'),
  ...errors(400, ['discounts.create'], 'transaction_amount must be greater than 0', 'transaction_amount must not be null.'),
  ...errors(400, ['discounts.create'], 'Invalid amount in discount.', 'Invalid coupon in discount.'),
  ...errors(404, ['discounts.create'], 'Not found manual input code'),
  ...errors(400, PAYMENT, 'Some parameters are invalid for search.'),
  ...errors(400, CHANGE, 'Invalid transaction amount in wallet payments.', 'Field transaction_amount is required.'),
  ...errors(400, CHANGE, 'Invalid capture payment status', "Some of the payment methods don't support deferred capture"),
  ...errors(400, CHANGE, 'Field payment_type_id is required.', 'Maximum disbursements allowed is 100'),
  ...errors(400, CHANGE, 'Field id must not be blank', 'external_reference is required.'),
  ...errors(400, ['payments.capture', 'payments.cancel'], 'Unable to complete process.'),
  ...errors(404, ['payments.get'], 'Client ID not found in whitelist.', 'collector_id not found in the merchant list.'),
  ...errors(404, [...READ, 'payments.capture', 'payments.cancel'], 'Advanced payment not found.'),
  ...errors(400, ['payments.refund'], 'AdvancedPayment too old to be refunded.', "Can't set status refunded."),
  ...errors(400, ['payments.refund'], 'Payment already refunded', 'Invalid amount'),
  { message: 'Invalid splitter id.', status: 400, code: '400048', operations: ['payments.refund', 'payments.listRefunds'] },
  {
    message: 'Advanced payment not found.',
    status: 404,
    code: '404002',
    operations: ['payments.refund', 'payments.listRefunds'],
  },
  ...errors(500, [...CONNECT, ...DISCOUNT, ...CHANGE], 'Internal server error'),
  ...errors(500, ['discounts.create', 'payments.create'], 'Internal Error in Discarded List.'),
  { message: 'Invalid splitter id.', status: 500, code: '500000', operations: ['payments.refund', 'payments.listRefunds'] },
  { message: 'Invalid payer token.', status: 401, code: '401003', operations: ['payments.create'] },
  ...catalogue(400, PAYMENT, {
    400004: 'application invalid',
    400005: 'application required',
    400006: 'release date of a disbursement invalid',
    400007: 'release date of a disbursement invalid',
    400013: 'email invalid',
    400014: 'number of payments invalid',
    400015: 'payer id required for account money',
    400016: 'payment type invalid',
    400017: 'transaction amount required',
    400018: 'transaction amount invalid',
    400019: 'payment method required',
    400020: 'payment type required',
    400021: 'transaction amount badly formatted',
    400022: 'processing mode invalid',
    400023: 'payer type required',
    400024: 'first name required',
    400025: 'last name required',
    400026: 'identification type required',
    400027: 'identification number required',
    400028: 'expiration date required',
    400029: 'payment token required',
    400030: 'installments required',
    400031: 'disbursement amount required',
    400032: 'collector id required',
    400033: 'marketplace fee invalid',
    400034: 'disbursement amount invalid',
    400035: 'money_release_date invalid',
    400036: 'marketplace has no permission on payer',
    400037: 'collector id not found',
    400039: 'request invalid',
    400040: 'status invalid',
    400041: 'begin date invalid',
    400042: 'end date invalid',
    400043: 'email invalid',
    400044: 'payer id invalid',
    400045: 'collector id invalid',
    400046: 'external_reference invalid',
    400047: 'search parameters invalid',
    400049: 'last modification date invalid',
    400051: 'money_release_date required',
    400052: 'processing mode required',
    400053: 'content invalid',
    400054: 'marketplace has no permission on collector',
    400055: 'external_reference required',
    400056: 'money_release_days invalid',
    400057: 'collector_id and external_reference duplicated',
    400058: 'idempotency key invalid',
  }),
  ...catalogue(401, PAYMENT, { 401000: 'access token invalid', 401002: 'access token invalid' }),
  ...catalogue(404, PAYMENT, { 404001: 'disbursement not found', 404003: 'payer not found' }),
  ...catalogue(406, PAYMENT, { 406001: 'error in the payments API' }),
]

/** The error of an operation with this message or code; the first one if no name is given. */
export const findDocumentedError = (operation: OperationName, name: string | undefined): DocumentedError | undefined =>
  DOCUMENTED_ERRORS.find(
    ({ message, code, operations }) =>
      operations.includes(operation) && (name === undefined || name === message || name === code),
  )

/** The error in the format of its half of the API. */
export function toApiError({ message, status, code }: DocumentedError, operation: OperationName): ApiError {
  const isPayment = OPERATION_FACTS[operation].family === 'advanced_payments'
  return isPayment ? paymentError(status, message, code) : agreementError(status, message)
}
