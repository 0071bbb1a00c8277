import type { OperationName, PreparedRequest } from 'mercadopago-wallet-connect'
import type { ProxyResponse } from '../http/response.ts'
import { digest } from './digest.ts'
import type { KeyRing } from './key-ring.ts'
import { open, seal, toBase64 } from './seal.ts'

/** The wallet that a payer token charges. */
export interface Wallet {
  client: string
  /** Digest of the buyer's id. */
  user: string
  agreement: string
}

/** True for well-formed Unicode. Different lone surrogates encode to the same bytes, so two such ids would look like one. */
export const isDigestible = (user: string): boolean => !/\p{Surrogate}/u.test(user)

/** The digest that stands for a buyer in storage and in handles, because the shop's own ids may be e-mail addresses. */
export async function digestUser(user: string): Promise<string> {
  return toBase64(new Uint8Array(await digest(user)))
}

const contextOf = ({ client, user, agreement }: Wallet): string[] => ['payer token', client, user, agreement]

/** The answer of `createPayerToken` with a handle in place of the payer token, which never leaves in clear. */
export async function sealPayerToken(ring: KeyRing, answer: ProxyResponse, wallet: Wallet): Promise<ProxyResponse> {
  const { payer_token, ...rest } = JSON.parse(answer.body)
  const sealed = await seal(ring, payer_token, contextOf(wallet))
  const handle = [sealed, wallet.user, wallet.agreement].join('.')
  return { ...answer, body: JSON.stringify({ ...rest, payer_token: handle }) }
}

/** The parts of a handle. Who it says the wallet belongs to is proved only when it opens. */
export function readHandle(handle: string): { sealed: string; user: string; agreement: string } {
  const parts = handle.split('.')
  const [user = '', agreement = ''] = parts.splice(-2)
  return { sealed: parts.join('.'), user, agreement }
}

/** Opens a handle; undefined if it is not one, or belongs to another client. */
export function openHandle(ring: KeyRing, handle: string, client: string): Promise<string | undefined> {
  const { sealed, user, agreement } = readHandle(handle)
  return open(ring, sealed, contextOf({ client, user, agreement }))
}

/** Where each operation has a payer token: in a request the handle there is opened, in a response the token is sealed. */
export const PAYER_TOKEN_IN: Record<OperationName, 'body' | 'header' | 'response' | 'nothing'> = {
  'agreements.create': 'nothing',
  'agreements.get': 'nothing',
  'agreements.cancel': 'nothing',
  'agreements.createPayerToken': 'response',
  'discounts.validateCoupon': 'header',
  'discounts.create': 'header',
  'payments.create': 'body',
  'payments.get': 'nothing',
  'payments.search': 'nothing',
  'payments.capture': 'nothing',
  'payments.cancel': 'nothing',
  'payments.refund': 'nothing',
  'payments.listRefunds': 'nothing',
}

/** The handle in a request; undefined if the operation takes none. */
export function handleIn({ operation, headers, body }: PreparedRequest): string | undefined {
  switch (PAYER_TOKEN_IN[operation]) {
    case 'body':
      return JSON.parse(body ?? '{}').payer?.token
    case 'header':
      return headers['x-payer-token']
    case 'response':
    case 'nothing':
      return undefined
  }
}

/** The request with the payer token where the handle was. */
export function withPayerToken<Prepared extends PreparedRequest>(prepared: Prepared, payerToken: string): Prepared {
  if (PAYER_TOKEN_IN[prepared.operation] === 'header') {
    return { ...prepared, headers: { ...prepared.headers, 'x-payer-token': payerToken } }
  }
  const { payer, ...rest } = JSON.parse(prepared.body ?? '{}')
  return { ...prepared, body: JSON.stringify({ ...rest, payer: { ...payer, token: payerToken } }) }
}
