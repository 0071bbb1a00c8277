import { reset } from 'cloudflare:test'
import { createWalletConnect, type OperationName } from 'mercadopago-wallet-connect'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { document, documentNames } from '../support/client/documents.ts'
import { json } from '../support/client/scripted-fetch.ts'
import { ACCESS_TOKEN } from '../support/secrets/secrets.ts'
import { backend } from '../support/workerd/fixtures.ts'
import { ask, echoing, known, playDocuments, preparedOf, visible } from '../support/workerd/recorded.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

/** Of a documented answer, the operation that gives it. */
const operationBy: [RegExp, OperationName][] = [
  [/^create-agreement\./, 'agreements.create'],
  [/^get-agreement\./, 'agreements.get'],
  [/^cancel-agreement\./, 'agreements.cancel'],
  [/^create-payer-token\./, 'agreements.createPayerToken'],
  [/^validate-coupon\./, 'discounts.validateCoupon'],
  [/^create-discount\./, 'discounts.create'],
  [/^create-payment\./, 'payments.create'],
  [/^get-payment\./, 'payments.get'],
  [/^update-payment\./, 'payments.capture'],
  [/^cancel-payment\./, 'payments.cancel'],
  [/^refund-payment\./, 'payments.refund'],
]
const documentedAnswers = documentNames
  .filter((name) => /^(?!orders).*\.response\.2\d\d$/.test(name))
  .map((file) => [file, operationBy.find(([pattern]) => pattern.test(file))?.[1]] as const)

const inner = (field: string): string => `payments[].${field}`
const ofPayer = (field: string): string => `payer.${field}`

/** In a document, and not in the table of operations: kept from the caller. */
const KEPT_BACK: Record<string, string[]> = {
  'create-payment.discount.response.201': [
    ...['subscription_data', 'user_present', 'payment_preference'].map((field) => `wallet_payment.${field}`),
    ...['token', 'processing_mode', 'merchant_account_id'].map(inner),
    ...['payment_method_option_id', 'additional_info', 'transaction_details', 'taxes'].map(inner),
    ...['email', 'address', 'identification', 'first_name', 'last_name', 'phone', 'token', 'external_payer_id'].map(ofPayer),
    ...['marketplace', 'sponsor_id', 'metadata', 'additional_info', 'pos_id', 'store_id', 'wallet_connect_discount'],
  ],
}

/** Each field of a value, as a path. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => fieldsOf(each, `${path}[]`))
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, each]) => [
    path ? `${path}.${name}` : name,
    ...fieldsOf(each, path ? `${path}.${name}` : name),
  ])
}

describe('an answer', () => {
  it.each(documentedAnswers)(
    '%s is returned by %s with every documented field and its value',
    async (file, name = 'payments.get') => {
      const { plays } = playDocuments()
      const about = await known(name)
      const answer = json(Number(file.slice(-3)), document(file))
      plays(name, answer)
      const prepared = preparedOf(name, about)
      const { data } = await backend().send(prepared)
      const direct = createWalletConnect({
        accessToken: ACCESS_TOKEN,
        fetch: (_, init) => (name === 'payments.create' ? echoing(answer(), String(init?.body)) : Promise.resolve(answer())),
      })
      const { data: documented } = await direct.send(prepared)
      const came = fieldsOf(data)
      const lost = fieldsOf(documented).filter((field) => !came.includes(field))
      const outermost = lost.filter((field) => !lost.some((other) => field.startsWith(`${other}.`)))
      expect(new Set(outermost)).toEqual(new Set(KEPT_BACK[file]))
      expect(documented ?? {}).toMatchObject(name === 'agreements.createPayerToken' ? {} : (data ?? {}))
    },
  )

  it.each(documentedAnswers)('%s is returned by %s without undocumented fields', async (file, name = 'payments.get') => {
    const { plays } = playDocuments()
    const about = await known(name)
    plays(name, json(Number(file.slice(-3)), withUndocumented(document(file)), { 'x-of-tomorrow': 'stranger' }))
    const response = await ask(name, about)
    expect(response.status).toBeLessThan(300)
    expect(await visible(response)).not.toMatch(/of_tomorrow|stranger/)
  })
})

/** The value with fields that no page documents, in each object. */
function withUndocumented(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUndocumented)
  if (typeof value !== 'object' || value === null) return value
  const known = Object.entries(value).map(([name, each]) => [name, withUndocumented(each)])
  return { ...Object.fromEntries(known), of_tomorrow: { stranger: ['stranger'] } }
}
