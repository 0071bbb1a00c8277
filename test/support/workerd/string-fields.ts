import { type OperationInput, type OperationName, operations } from 'mercadopago-wallet-connect'
import { document } from '../client/documents.ts'
import { asBackend, RETURN_URI } from './fixtures.ts'
import { inputs, type Known } from './recorded.ts'

/** An input that nobody has checked. */
export type Fields = Record<string, unknown>

/** A good input of each operation, with text in every place that takes some. */
export function fullInputs(about: Known): Record<OperationName, Fields> {
  const good = inputs(about) as Record<OperationName, object> as Record<OperationName, Fields>
  const payment = document<OperationInput<'payments.create'>>('create-payment.reference.request')
  const wallet_payment = { transaction_amount: '125.98', description: 'Chairs', external_reference: 'order' }
  const filters = Object.keys(operations['payments.search'].input.entries)
  return {
    ...good,
    'agreements.create': {
      return_uri: RETURN_URI,
      external_flow_id: 'flow',
      external_user: { id: 'buyer', description: 'Ana' },
      agreement_data: { validation_amount: '3.14', description: 'Chairs' },
    },
    'discounts.create': { payer_token: about.payer_token, amount: '550', coupon: 'COUPON' },
    'payments.create': {
      ...payment,
      wallet_payment: { ...payment.wallet_payment, ...wallet_payment, statement_descriptor: 'Chairs' },
      payer: { token: about.payer_token, type_token: 'wallet-token' },
      external_reference: 'x',
      description: 'x',
      application_id: 'x',
      metadata: { note: 'x' },
      additional_info: { note: 'x' },
      payments: [{ note: 'x' }],
      disbursements: [{ note: 'x' }],
    },
    'payments.search': Object.fromEntries(filters.map((name) => [name, 'x'])),
    'payments.capture': { ...good['payments.capture'], wallet_payment },
    'payments.cancel': { ...good['payments.cancel'], status: 'cancelled', wallet_payment },
    'payments.refund': { ...good['payments.refund'], amount: '25' },
  }
}

/** Paths of all texts in an input; the id in an address is one, however it is given. */
export function placesIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string' || path === 'advanced_payment_id') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => placesIn(each, path ? `${path}/${key}` : key))
}

/** The same with this text in this place. */
export function put<Value>(value: Value, place: string, text: string): Value {
  const [key = '', ...rest] = place.split('/')
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Fields
  copy[key] = rest.length === 0 ? text : put(copy[key], rest.join('/'), text)
  return copy as Value
}

/** What somebody sends who checks nothing: not by way of our client. */
export function rawRequest(
  name: OperationName,
  input: Fields,
  headers: Record<string, string>,
): [path: string, init: RequestInit] {
  const { method, path } = operations[name]
  const { agreement_id, advanced_payment_id, payer_token, ...fields } = input
  const id = encodeURIComponent(wellFormed(String(agreement_id ?? advanced_payment_id)))
  const address = path.replace(/\{\w+\}/, () => (/^\.+$/.test(id) ? id.replaceAll('.', '%2e') : id))
  const all = { ...asBackend(), ...headers, ...(payer_token !== undefined && { 'x-payer-token': String(payer_token) }) }
  if (method === 'GET') return [`${address}?${new URLSearchParams(fields as Record<string, string>)}`, { method, headers: all }]
  const body = name === 'payments.capture' ? { capture: true, ...fields } : fields
  return [address, { method, headers: all, body: JSON.stringify(body) }]
}

/** Half a character cannot stand in an address. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

/** Can it be sent as a header at all? Blanks around it are lost on the way. */
export const isHeader = (text: string): boolean => /^[^\0\r\n]*$/.test(text) && [...text].every((each) => each <= '\xff')
