import { operations } from 'mercadopago-wallet-connect'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { readOptions } from '../support/package/compile.ts'

const root = new URL('../..', import.meta.url).pathname
const entries = ['index', 'notifications/index', 'doctor/index', 'ledger/index', 'emulator/index', 'msw'].map(
  (entry) => `${root}src/${entry}.ts`,
)
const program = ts.createProgram(entries, readOptions(root))
const checker = program.getTypeChecker()

/** What an entry exports, by name; an export of an export is what it stands for. */
function exportsOf(entry: string): Map<string, ts.Symbol> {
  const file = program.getSourceFile(entry)
  const module = file && checker.getSymbolAtLocation(file)
  if (!module) throw new Error(`${entry} is no module`)
  const origin = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, origin(symbol)]))
}

/** Each method of an interface, also those of its namespaces. */
function* methodsOf(type: ts.Type, prefix = ''): Generator<[string, ts.Symbol]> {
  for (const property of type.getProperties()) {
    const own = checker.getTypeOfSymbol(property)
    if (own.getCallSignatures().length > 0) yield [prefix + property.name, property]
    else yield* methodsOf(own, `${prefix}${property.name}.`)
  }
}

/** A method as an editor shows it. */
function show(method: ts.Symbol): string {
  const [signature] = checker.getTypeOfSymbol(method).getCallSignatures()
  const parameters = signature?.getParameters().map((parameter) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter))
    return `${parameter.name}: ${checker.typeToString(type)}`
  })
  return `(${parameters?.join(', ')}) => ${signature && checker.typeToString(signature.getReturnType())}`
}

const [index = ''] = entries
const client = exportsOf(index).get('WalletConnect')
const methods = new Map(client && methodsOf(checker.getDeclaredTypeOfSymbol(client)))

/** Some words and a full stop. */
const SENTENCE = /^[A-Z`].* .*[.?]/s

describe('an editor', () => {
  it('shows names for what every method takes and answers', () => {
    expect(Object.fromEntries([...methods].map(([name, method]) => [name, show(method)]))).toEqual({
      'agreements.create': '(input: CreateAgreementInput, options: WriteOptions) => Promise<CreatedAgreement>',
      'agreements.get': '(agreement_id: string, options: SendOptions) => Promise<Agreement>',
      'agreements.cancel': '(agreement_id: string, options: WriteOptions) => Promise<undefined>',
      'agreements.createPayerToken':
        '(agreement_id: string, input: CreatePayerTokenInput, options: WriteOptions) => Promise<PayerToken>',
      'discounts.validateCoupon': '(input: ValidateCouponInput, options: SendOptions) => Promise<Coupon>',
      'discounts.create': '(input: CreateDiscountInput, options: WriteOptions) => Promise<DiscountPromise>',
      'payments.create': '(input: CreatePaymentInput, options: PaymentOptions) => Promise<AdvancedPayment>',
      'payments.get': '(advanced_payment_id: string | number, options: SendOptions) => Promise<AdvancedPayment>',
      'payments.search': '(filters: SearchPaymentsInput, options: SendOptions) => Promise<PaymentPage>',
      'payments.capture':
        '(advanced_payment_id: string | number, input: CapturePaymentInput, options: WriteOptions) => Promise<AdvancedPayment>',
      'payments.cancel':
        '(advanced_payment_id: string | number, input: CancelPaymentInput, options: WriteOptions) => Promise<AdvancedPayment>',
      'payments.refund':
        '(advanced_payment_id: string | number, input: RefundPaymentInput, options: WriteOptions) => Promise<Refund[]>',
      'payments.listRefunds': '(advanced_payment_id: string | number, options: SendOptions) => Promise<Refund[]>',
      'notifications.resolve': '(notification: N, options: SendOptions) => Promise<Resolved<N>>',
      prepare: '(name: Name, input: OperationInput<Name>, options: PrepareOptions) => PreparedRequest<Name>',
      send: '(prepared: PreparedRequest<Name>, options: SendPreparedOptions) => Promise<Answer<OperationOutput<Name>>>',
      reconcile: '(prepared: PreparedRequest<Name>, options: ReconcileOptions) => Promise<Settlement<OperationOutput<Name>>>',
    })
  })

  it('shows, of every call that leaves, its endpoint, its errors and its source', () => {
    for (const [name, { method, path, retry }] of Object.entries(operations)) {
      const call = methods.get(name)
      const words = ts.displayPartsToString(call?.getDocumentationComment(checker))
      const tags = new Map(call?.getJsDocTags(checker).map(({ name, text }) => [name, ts.displayPartsToString(text)]))
      expect(words, name).toContain(`\`${method} ${path}\``)
      expect(tags.get('throws'), name).toContain(retry === 'read' ? 'InvalidResponseError' : 'UnknownOutcomeError')
      expect(tags.get('see'), name).toBeDefined()
    }
  })

  it('shows names for what goes in and comes out of each operation', () => {
    const row = exportsOf(index).get('OperationInput')?.declarations?.find(ts.isTypeAliasDeclaration)?.type
    if (!row || !ts.isIndexedAccessTypeNode(row) || !ts.isIndexedAccessTypeNode(row.objectType))
      throw new Error('no table of types')
    const rows = checker.getTypeFromTypeNode(row.objectType.objectType).getProperties()
    const halves = rows.flatMap((each) => checker.getTypeOfSymbol(each).getProperties())
    const names = halves.map((half) => checker.typeToString(checker.getTypeOfSymbol(half)))
    expect(names).toHaveLength(2 * Object.keys(operations).length)
    expect(names.filter((name) => /[{}]/.test(name))).toEqual([])
  })

  it.each(entries.map((entry) => [entry.slice(root.length), entry] as const))(
    'has a sentence for every export of %s',
    (_, entry) => {
      const symbols = [...exportsOf(entry)]
      expect(symbols.length).toBeGreaterThan(0)
      const said = symbols.map(
        ([name, symbol]) => [name, ts.displayPartsToString(symbol.getDocumentationComment(checker))] as const,
      )
      expect(said.filter(([, words]) => !SENTENCE.test(words))).toEqual([])
    },
  )
})
