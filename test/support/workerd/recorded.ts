import {
  isWalletConnectError,
  type OperationInput,
  type OperationName,
  operations,
  type PreparedRequest,
} from 'mercadopago-wallet-connect'
import { expect } from 'vitest'
import { document } from '../client/documents.ts'
import { json, type Sent, type Step, scriptedFetch, text } from '../client/scripted-fetch.ts'
import { asBackend, backend, ORIGIN, RETURN_URI, throughWorker, upstreamIs } from './fixtures.ts'

export const names = Object.keys(operations) as OperationName[]
export const isRead = (name: OperationName): boolean => operations[name].retry === 'read'
export const reads = names.filter(isRead)
export const writes = names.filter((name) => !isRead(name))

/** The payer token that Mercado Pago gives for a code. No caller may ever see it. */
export const PAYER_TOKEN = String(document('create-payer-token.response.200').payer_token)

/** The documented answer to each operation. */
export const answers: Record<OperationName, () => Response> = {
  'agreements.create': json(200, document('create-agreement.response.200')),
  'agreements.get': json(200, document('get-agreement.response.200')),
  'agreements.cancel': text(200, ''),
  'agreements.createPayerToken': json(200, document('create-payer-token.response.200')),
  'discounts.validateCoupon': json(200, document('validate-coupon.success.response.200')),
  'discounts.create': json(200, document('create-discount.with-coupon.response.200')),
  'payments.create': json(201, document('create-payment.approved.response.201')),
  'payments.get': json(200, document('get-payment.response.200')),
  'payments.search': json(200, {
    paging: { total: 1, limit: 10, offset: 0 },
    results: [document('create-payment.approved.response.201')],
  }),
  'payments.capture': json(200, document('update-payment.response.200')),
  'payments.cancel': json(200, document('cancel-payment.wallet-2019.response.200')),
  'payments.refund': json(200, document('refund-payment.response.200')),
  'payments.listRefunds': json(200, document('refund-payment.response.200')),
}

/** A request that reached Mercado Pago. */
export interface Reached extends Sent {
  operation: OperationName
}

export interface Recorded {
  /** The requests that reached it, in order. */
  reached: Reached[]
  /** Scripts what it does to this operation from now on, step by step; the last step repeats. */
  plays(operation: OperationName, ...steps: Step[]): void
}

/** A Mercado Pago that answers each operation as documented, until a script says otherwise. */
export function playDocuments(): Recorded {
  const reached: Reached[] = []
  const scripts = new Map<OperationName, typeof fetch>()
  const plays: Recorded['plays'] = (operation, ...steps) => void scripts.set(operation, scriptedFetch(...steps))
  for (const name of names) plays(name, answers[name])
  upstreamIs(async (input, init = {}) => {
    const url = String(input)
    const body = (init.body ?? null) as string | null
    const operation = operationOf(init.method ?? 'GET', new URL(url).pathname, body)
    const script = operation && scripts.get(operation)
    if (!script) throw new Error(`not in the table of operations: ${init.method} ${url}`)
    const headers = new Headers(init.headers as HeadersInit)
    reached.push({ operation, url, method: init.method ?? 'GET', headers, body, init: init as RequestInit })
    const response = await script(input, init)
    return operation === 'payments.create' ? echoing(response, body) : response
  })
  return { reached, plays }
}

/** The answer with the amount and reference of the request, because the proxy believes no other one. */
export async function echoing(response: Response, body: string | null): Promise<Response> {
  const { transaction_amount, external_reference } = JSON.parse(body ?? '{}').wallet_payment ?? {}
  const answer = await response
    .clone()
    .json<{ wallet_payment?: object }>()
    .catch(() => undefined)
  if (!answer?.wallet_payment) return response
  const wallet_payment = { ...answer.wallet_payment, transaction_amount, external_reference }
  return new Response(JSON.stringify({ ...answer, wallet_payment }), response)
}

/** The operation of a request; capture and cancellation differ in their bodies only. */
export function operationOf(method: string, path: string, body: string | null): OperationName | undefined {
  const isCancellation = body?.includes('"status"') ?? false
  return names.find((name) => {
    const pattern = new RegExp(`^${operations[name].path.replace(/\{\w+\}/, '[A-Za-z0-9_-]+')}$`)
    const isOther = name === (isCancellation ? 'payments.capture' : 'payments.cancel')
    const isSearch = name === 'payments.get' && path.endsWith('/search')
    return operations[name].method === method && pattern.test(path) && !isOther && !isSearch
  })
}

/** What each operation is about, of what must exist before. */
export const ABOUT: Record<OperationName, 'nothing' | 'agreement' | 'handle' | 'payment'> = {
  'agreements.create': 'nothing',
  'agreements.get': 'agreement',
  'agreements.cancel': 'agreement',
  'agreements.createPayerToken': 'agreement',
  'discounts.validateCoupon': 'handle',
  'discounts.create': 'handle',
  'payments.create': 'handle',
  'payments.get': 'payment',
  'payments.search': 'nothing',
  'payments.capture': 'payment',
  'payments.cancel': 'payment',
  'payments.refund': 'payment',
  'payments.listRefunds': 'payment',
}

/** The operations that take a handle of a payer token. */
export const withHandle = names.filter((name) => ABOUT[name] === 'handle')

/** What was created through the proxy. */
export interface Known {
  agreement_id: string
  /** The handle of the payer token. */
  payer_token: string
  advanced_payment_id: number
}

/** Ids of nothing, for requests that are declined before they are about something. */
export const unknown: Known = { agreement_id: 'abc', payer_token: 'PAYER_TOKEN', advanced_payment_id: 7 }

/**
 * Creates what an operation is about: an agreement, a payer token and a payment of the shop, as documented.
 *
 * @param name create only what this operation needs
 */
export async function known(name?: OperationName): Promise<Known> {
  const wallet = backend()
  const about = name === undefined ? 'payment' : ABOUT[name]
  if (about === 'nothing') return unknown
  const { agreement_id } = await wallet.agreements.create(inputs(unknown)['agreements.create'])
  if (about === 'agreement') return { ...unknown, agreement_id }
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code: 'the-code' })
  if (about === 'handle') return { ...unknown, agreement_id, payer_token }
  const { id } = await wallet.payments.create(inputs({ ...unknown, payer_token })['payments.create'])
  return { agreement_id, payer_token, advanced_payment_id: id }
}

type Inputs = { [Name in OperationName]: OperationInput<Name> }

/** A good input of each operation. */
export const inputs = ({ agreement_id, payer_token, advanced_payment_id }: Known): Inputs => ({
  'agreements.create': { ...document<Inputs['agreements.create']>('create-agreement.request'), return_uri: RETURN_URI },
  'agreements.get': { agreement_id },
  'agreements.cancel': { agreement_id },
  'agreements.createPayerToken': { agreement_id, code: 'the-code' },
  'discounts.validateCoupon': { payer_token, id: 'BLACKFRIDAY20' },
  'discounts.create': { payer_token, amount: 550, coupon: 'COUPON' },
  'payments.create': {
    ...document<Inputs['payments.create']>('create-payment.request'),
    payer: { token: payer_token, type_token: 'wallet-token' },
  },
  'payments.get': { advanced_payment_id },
  'payments.search': { external_reference: 'Pago_123', 'payment.id': 9, limit: 10 },
  'payments.capture': { advanced_payment_id },
  'payments.cancel': { advanced_payment_id },
  'payments.refund': { advanced_payment_id, amount: 25 },
  'payments.listRefunds': { advanced_payment_id },
})

/** A request for an operation as our client makes it, with a new key each time. */
export const preparedOf = (name: OperationName, about: Known): PreparedRequest =>
  backend().prepare(name, inputs(about)[name] as never)

/** One operation as a backend sends it. */
export function requestOf(name: OperationName, about: Known): { path: string; init: RequestInit } {
  const { path, method, headers, body } = preparedOf(name, about)
  return { path, init: { method, body, headers: { ...headers, ...asBackend() } } }
}

/** Sends a request for an operation with a new key. */
export function ask(name: OperationName, about: Known): Promise<Response> {
  const { path, init } = requestOf(name, about)
  return throughWorker(path, init)
}

export const write = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { ...asBackend(), ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

export interface Problem {
  status: string
  error: string
  message: string
  cause?: { code: string; message: string; data: null }[]
}

/** Reads an answer that declines, and fails if it is not in the documented envelope. */
export async function problemIn(response: Response): Promise<Problem> {
  const problem = await response.json<Problem>()
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(problem).toEqual({
    status: String(response.status),
    error: expect.stringMatching(/./),
    message: expect.stringMatching(/./),
    ...('cause' in problem && { cause: problem.cause?.map(() => CAUSE) ?? [] }),
  })
  if (response.status < 500) expect(problem.error).not.toBe('internal_error')
  return problem
}

const CAUSE = { code: expect.any(String), message: expect.any(String), data: null }

/** Everything that a caller can see of an answer. */
export const visible = async (response: Response): Promise<string> =>
  JSON.stringify([response.status, response.statusText, [...response.headers], await response.text()])

/** Everything that a caller of our client can see of a failure. */
export const visibleError = (error: unknown): string =>
  isWalletConnectError(error) ? JSON.stringify([error, error.stack, String(error)]) : String(error)

export const at = (path: string): string => new URL(path, ORIGIN).href
