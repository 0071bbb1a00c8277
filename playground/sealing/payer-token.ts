import type { PreparedRequest } from 'mercadopago-wallet-connect'
import type { ProxyResponse } from '../ledger/ledger.ts'
import { digest } from './digest.ts'
import type { KeyRing } from './key-ring.ts'
import { open, seal, toBase64 } from './seal.ts'

/** Whose wallet a payer token charges. */
export interface Wallet {
  client: string
  /** Digest of the buyer's id. */
  user: string
  agreement: string
}

/** Two halves of a character look alike once they are encoded: such ids would be one. */
export const isDigestible = (user: string): boolean => !/\p{Surrogate}/u.test(user)

/** How buyers are known at rest and in handles: not by the shop's own ids, which may be addresses. */
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

/** Whose wallet a handle says that it charges. Believe it when it opens. */
export function readHandle(handle: string): { sealed: string; user: string; agreement: string } {
  const parts = handle.split('.')
  const [user = '', agreement = ''] = parts.splice(-2)
  return { sealed: parts.join('.'), user, agreement }
}

/** The payer token behind a handle; undefined if it is none, or one of another client. */
export function openHandle(ring: KeyRing, handle: string, client: string): Promise<string | undefined> {
  const { sealed, user, agreement } = readHandle(handle)
  return open(ring, sealed, contextOf({ client, user, agreement }))
}

/** The handle in a request, if it is of a kind that has one. */
export function handleIn({ operation, headers, body }: PreparedRequest): string | undefined {
  return operation === 'payments.create' ? JSON.parse(body ?? '{}').payer?.token : headers['x-payer-token']
}

/** The request with the payer token where the handle was. */
export function withPayerToken<Prepared extends PreparedRequest>(prepared: Prepared, payerToken: string): Prepared {
  if (prepared.operation !== 'payments.create') {
    return { ...prepared, headers: { ...prepared.headers, 'x-payer-token': payerToken } }
  }
  const { payer, ...rest } = JSON.parse(prepared.body ?? '{}')
  return { ...prepared, body: JSON.stringify({ ...rest, payer: { ...payer, token: payerToken } }) }
}
