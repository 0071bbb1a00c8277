import type {
  AdvancedPayment,
  Agreement,
  Answer,
  CancelPaymentInput,
  CapturePaymentInput,
  Coupon,
  CreateAgreementInput,
  CreateDiscountInput,
  CreatedAgreement,
  CreatePayerTokenInput,
  CreatePaymentInput,
  DiscountPromise,
  OperationInput,
  OperationName,
  OperationOutput,
  operations,
  PayerToken,
  PaymentOptions,
  PaymentPage,
  PreparedRequest,
  Refund,
  RefundPaymentInput,
  SearchPaymentsInput,
  SendOptions,
  Settlement,
  ValidateCouponInput,
  WalletConnect,
  WriteOptions,
} from 'mercadopago-wallet-connect'
import type { OperationName as EmulatorOperation } from 'mercadopago-wallet-connect/emulator'
import type * as v from 'valibot'
import { type Equal, expectTrue, type Members } from './equal.ts'

type Table = typeof operations
/** The names of operations whose written type differs from that of the schema. */
type Differing = {
  [Name in OperationName]:
    | (Equal<Members<OperationInput<Name>>, Members<v.InferInput<Table[Name]['input']>>> extends true ? never : Name)
    | (Equal<Members<OperationOutput<Name>>, Members<v.InferOutput<Table[Name]['output']>>> extends true ? never : Name)
}[OperationName]

expectTrue<[Equal<Differing, never>]>()
// The emulator has a list of its own, so that no mistake is shared; here it is held against the client's.
expectTrue<[Equal<Exclude<OperationName, EmulatorOperation>, never>, Equal<Exclude<EmulatorOperation, OperationName>, never>]>()

// The inputs, field by field.
type Amount = number | string
type Id = number | string
type Filter = string | number | undefined
interface PaymentReference {
  transaction_amount: Amount
  description?: string | undefined
  external_reference?: string | undefined
}
type Keys<T> = keyof T
expectTrue<
  [
    Equal<Keys<CreateAgreementInput>, 'return_uri' | 'external_flow_id' | 'external_user' | 'agreement_data'>,
    Equal<CreateAgreementInput['return_uri'], string>,
    Equal<CreateAgreementInput['external_flow_id'], string>,
    Equal<CreateAgreementInput['external_user'], { id: string; description?: string | undefined }>,
    Equal<
      CreateAgreementInput['agreement_data'],
      { validation_amount?: Amount | undefined; description?: string | undefined } | undefined
    >,
    Equal<Members<CreatePayerTokenInput>, { code: string }>,
    Equal<Members<OperationInput<'agreements.get'>>, { agreement_id: string }>,
    Equal<Members<OperationInput<'agreements.cancel'>>, { agreement_id: string }>,
    Equal<Members<OperationInput<'agreements.createPayerToken'>>, { agreement_id: string; code: string }>,
    Equal<Members<ValidateCouponInput>, { payer_token: string; id: string }>,
    Equal<Members<CreateDiscountInput>, { payer_token: string; amount: Amount; coupon?: string | undefined }>,
    Equal<
      Keys<CreatePaymentInput>,
      | 'wallet_payment'
      | 'payer'
      | 'binary_mode'
      | 'capture'
      | 'external_reference'
      | 'description'
      | 'application_id'
      | 'metadata'
      | 'additional_info'
      | 'payments'
      | 'disbursements'
    >,
    Equal<
      Keys<CreatePaymentInput['wallet_payment']>,
      'transaction_amount' | 'description' | 'external_reference' | 'statement_descriptor' | 'forward_data' | 'discount'
    >,
    Equal<CreatePaymentInput['wallet_payment']['transaction_amount'], Amount>,
    Equal<CreatePaymentInput['payer'], { token: string; type_token?: string | undefined }>,
    Equal<CreatePaymentInput['capture'], boolean | undefined>,
    Equal<CreatePaymentInput['binary_mode'], boolean | undefined>,
    Equal<Members<OperationInput<'payments.get'>>, { advanced_payment_id: Id }>,
    Equal<Members<OperationInput<'payments.listRefunds'>>, { advanced_payment_id: Id }>,
    Equal<SearchPaymentsInput[keyof SearchPaymentsInput], Filter>,
    Equal<Members<CapturePaymentInput>, { capture?: true | undefined; wallet_payment?: PaymentReference | undefined }>,
    Equal<
      Members<CancelPaymentInput>,
      {
        status?: 'cancelled' | 'canceled' | undefined
        capture?: false | undefined
        wallet_payment?: PaymentReference | undefined
      }
    >,
    // Not `| undefined`: a failed computation must not refund everything.
    Equal<Members<RefundPaymentInput>, { amount?: Amount }>,
  ]
>()

// The outputs, field by field.
type Nullish<T> = T | null | undefined
expectTrue<
  [
    Equal<CreatedAgreement['agreement_id'], string>,
    Equal<CreatedAgreement['agreement_uri'], string>,
    Equal<Agreement['id'], string>,
    Equal<Agreement['validation_code'], Nullish<string>>,
    Equal<NonNullable<Agreement['agreement_data']>['validation_amount'], Nullish<number>>,
    Equal<PayerToken['payer_token'], string>,
    Equal<Coupon['description'], Nullish<string>>,
    Equal<NonNullable<Coupon['detail']>['cap'], Nullish<number>>,
    Equal<DiscountPromise['discount']['amount'], number | undefined>,
    Equal<AdvancedPayment['id'], number>,
    Equal<NonNullable<AdvancedPayment['wallet_payment']>['transaction_amount'], Nullish<number>>,
    Equal<AdvancedPayment['date_created'], Nullish<string>>,
    Equal<PaymentPage['results'], v.InferOutput<Table['payments.get']['output']>[]>,
    Equal<Refund['id'], string>,
    Equal<Refund['amount'], Nullish<number>>,
    // Unknown fields are kept, and their type must be checked before use.
    Equal<AdvancedPayment['something_new'], unknown>,
    Equal<Agreement['something_new'], unknown>,
  ]
>()

// The methods of the client.
type Api = WalletConnect
expectTrue<
  [
    Equal<Api['agreements']['create'], (input: CreateAgreementInput, options?: WriteOptions) => Promise<CreatedAgreement>>,
    Equal<Api['agreements']['get'], (agreement_id: string, options?: SendOptions) => Promise<Agreement>>,
    Equal<Api['agreements']['cancel'], (agreement_id: string, options?: WriteOptions) => Promise<undefined>>,
    Equal<
      Api['agreements']['createPayerToken'],
      (agreement_id: string, input: CreatePayerTokenInput, options?: WriteOptions) => Promise<PayerToken>
    >,
    Equal<Api['discounts']['validateCoupon'], (input: ValidateCouponInput, options?: SendOptions) => Promise<Coupon>>,
    Equal<Api['discounts']['create'], (input: CreateDiscountInput, options?: WriteOptions) => Promise<DiscountPromise>>,
    Equal<Api['payments']['create'], (input: CreatePaymentInput, options?: PaymentOptions) => Promise<AdvancedPayment>>,
    Equal<Api['payments']['get'], (id: Id, options?: SendOptions) => Promise<AdvancedPayment>>,
    Equal<Api['payments']['search'], (filters: SearchPaymentsInput, options?: SendOptions) => Promise<PaymentPage>>,
    Equal<Api['payments']['capture'], (id: Id, input?: CapturePaymentInput, options?: WriteOptions) => Promise<AdvancedPayment>>,
    Equal<Api['payments']['cancel'], (id: Id, input?: CancelPaymentInput, options?: WriteOptions) => Promise<AdvancedPayment>>,
    Equal<Api['payments']['refund'], (id: Id, input?: RefundPaymentInput, options?: WriteOptions) => Promise<Refund[]>>,
    Equal<Api['payments']['listRefunds'], (id: Id, options?: SendOptions) => Promise<Refund[]>>,
    Equal<Members<SendOptions>, { signal?: AbortSignal | undefined }>,
    Equal<Members<WriteOptions>, { signal?: AbortSignal | undefined; idempotencyKey?: string | undefined }>,
    Equal<
      Members<PaymentOptions>,
      { signal?: AbortSignal | undefined; idempotencyKey?: string | undefined; deviceId?: string | undefined }
    >,
  ]
>()

// The name of an operation decides its input and its output.
export async function byName(wallet: WalletConnect, order: CreatePaymentInput): Promise<void> {
  const prepared = wallet.prepare('payments.create', order)
  const answer = await wallet.send(prepared)
  const settled = await wallet.reconcile(prepared)
  expectTrue<
    [
      Equal<typeof prepared, PreparedRequest<'payments.create'>>,
      Equal<typeof answer, Answer<AdvancedPayment>>,
      Equal<typeof settled, Settlement<AdvancedPayment>>,
    ]
  >()
  // @ts-expect-error: no operation has this name
  wallet.prepare('payments.charge', order)
  // @ts-expect-error: the input of another operation
  wallet.prepare('agreements.create', order)
  // @ts-expect-error: an unknown field
  wallet.prepare('payments.capture', { advanced_payment_id: 1, amount: 5 })
  // @ts-expect-error: an amount that may be undefined would refund everything
  await wallet.payments.refund(1, { amount: undefined })
  // @ts-expect-error: a read has no idempotency key
  await wallet.payments.get(1, { idempotencyKey: 'k' })
  // @ts-expect-error: the device belongs to a payment
  await wallet.payments.refund(1, {}, { deviceId: 'd' })
}
