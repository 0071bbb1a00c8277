import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const path = `${root}tsconfig.json`
const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, root)
const entries = ['index', 'notifications', 'emulator/index', 'msw'].map((entry) => `${root}src/${entry}.ts`)
const program = ts.createProgram(entries, options)
const checker = program.getTypeChecker()

/** What an entry exports, by name; an export of an export is what it stands for. */
function exportsOf(entry: string): Map<string, ts.Symbol> {
  const file = program.getSourceFile(entry)
  const module = file && checker.getSymbolAtLocation(file)
  if (!module) throw new Error(`${entry} is no module`)
  const origin = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, origin(symbol)]))
}

/** Each method of an interface as an editor shows it, also those of its namespaces. */
function* methodsOf(type: ts.Type, prefix = ''): Generator<[string, string]> {
  for (const property of type.getProperties()) {
    const own = checker.getTypeOfSymbol(property)
    const [signature] = own.getCallSignatures()
    const show = (parameter: ts.Symbol): string =>
      `${parameter.name}: ${checker.typeToString(checker.getNonNullableType(checker.getTypeOfSymbol(parameter)))}`
    if (!signature) yield* methodsOf(own, `${prefix}${property.name}.`)
    else {
      const answer = checker.typeToString(signature.getReturnType())
      yield [prefix + property.name, `(${signature.getParameters().map(show).join(', ')}) => ${answer}`]
    }
  }
}

const [index = ''] = entries
const shown = (name: string): Record<string, string> => {
  const symbol = exportsOf(index).get(name)
  if (!symbol) throw new Error(`${name} is not exported`)
  return Object.fromEntries(methodsOf(checker.getDeclaredTypeOfSymbol(symbol)))
}

describe('an editor', () => {
  it('shows names for what every method takes and answers', () => {
    expect(shown('WalletConnect')).toEqual({
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
      send: '(prepared: PreparedRequest<Name>, options: SendOptions) => Promise<Answer<OperationOutput<Name>>>',
      reconcile: '(prepared: PreparedRequest<Name>, options: SendOptions) => Promise<Settlement<OperationOutput<Name>>>',
      doctor: '(options: DoctorOptions) => Promise<Finding[]>',
    })
  })

  it('shows names for what goes in and comes out of each operation', () => {
    const named = (of: string): string[] => {
      const alias = exportsOf(index).get(of)?.declarations?.find(ts.isTypeAliasDeclaration)
      if (!alias || !ts.isIndexedAccessTypeNode(alias.type)) throw new Error(`${of} is no list of names`)
      const list = checker.getTypeFromTypeNode(alias.type.objectType)
      return list.getProperties().map((name) => checker.typeToString(checker.getTypeOfSymbol(name)))
    }
    const names = [...named('OperationInput'), ...named('OperationOutput')]
    expect(names).toHaveLength(26)
    expect(names.filter((name) => /[{}]/.test(name))).toEqual([])
  })

  it.each(entries.map((entry) => [entry.slice(root.length), entry] as const))('has words for every export of %s', (_, entry) => {
    const symbols = [...exportsOf(entry)]
    expect(symbols.length).toBeGreaterThan(0)
    const silent = symbols.filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0)
    expect(silent.map(([name]) => name)).toEqual([])
  })
})
