import {
  type AdvancedPayment,
  type CreatedAgreement,
  createWalletConnect,
  isWalletConnectError,
  type OperationName,
  type OperationOutput,
  operations,
  type PreparedRequest,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
  type WalletConnect,
  type Answer as WalletResponse,
} from 'mercadopago-wallet-connect'
import { answerOf } from '../http/answer.ts'
import { failure, isOurTokenRefused } from '../http/failure.ts'
import type { ProxyResponse } from '../http/response.ts'
import type { AttemptResult } from '../ledger/ledger.ts'
import type { WriteName } from '../operation-kinds.ts'

/** The connection to Mercado Pago. Nothing else in the proxy holds the access token. */
export interface Upstream {
  /** @throws the library's errors */
  read<Name extends OperationName>(prepared: PreparedRequest<Name>): Promise<OperationOutput<Name>>
  /** Sends a write once. Never rejects. */
  send(prepared: PreparedRequest<WriteName>): Promise<AttemptResult>
  /** Finds out what became of a write: sends the very same request again, then reads. Never rejects. */
  settle(prepared: PreparedRequest<WriteName>): Promise<AttemptResult>
  /** The caller's response to a read. */
  answer(prepared: PreparedRequest, data: unknown): ProxyResponse
}

/**
 * Time limits of reads and first attempts, for which a caller waits, and of settling, for which nobody does. Even with two access
 * tokens they all end within the ledger's lease.
 */
export const LIMITS = {
  read: { timeoutMs: 6_000, deadlineMs: 12_000, maxRetries: 1 },
  send: { timeoutMs: 10_000, deadlineMs: 10_000, maxRetries: 0 },
  settle: { timeoutMs: 10_000, deadlineMs: 12_000, maxRetries: 0 },
}
type Limits = (typeof LIMITS)['read']

/**
 * @param accessTokens the current one first; the one before it is used when the current one is refused
 * @param fetch how requests leave; the runtime's in production
 */
export function createUpstream(
  accessTokens: readonly string[],
  fetch?: typeof globalThis.fetch,
  { read, send, settle } = LIMITS,
): Upstream {
  const walletsFor = (limits: Limits) => {
    const made = new Map<string, WalletConnect>()
    return (accessToken: string): WalletConnect => {
      const wallet = made.get(accessToken) ?? createWalletConnect({ accessToken, ...limits, ...(fetch && { fetch }) })
      made.set(accessToken, wallet)
      return wallet
    }
  }
  const readers = walletsFor(read)
  const senders = walletsFor(send)
  const settlers = walletsFor(settle)

  /** Calls with the first access token that is not refused. */
  async function withTokens<Result>(
    walletOf: (accessToken: string) => WalletConnect,
    call: (wallet: WalletConnect) => Promise<Result>,
  ): Promise<Result> {
    const [current = '', ...previous] = accessTokens
    let result = call(walletOf(current))
    for (const token of previous) {
      result = result.catch((error) => (mayBeOurToken(error) ? call(walletOf(token)) : Promise.reject(error)))
    }
    return result
  }

  const secretsOf = (prepared: PreparedRequest): string[] => [...accessTokens, ...payerTokensIn(prepared)]

  const done = (prepared: PreparedRequest<WriteName>, data: unknown): AttemptResult =>
    isBelievable(prepared, data)
      ? { kind: 'done', answer: answerOf(prepared.operation, data, secretsOf(prepared)) }
      : { kind: 'unknown' }

  const sendWith = async (walletOf: typeof senders, prepared: PreparedRequest<WriteName>): Promise<AttemptResult> => {
    try {
      return done(prepared, (await withTokens(walletOf, (wallet) => wallet.send(prepared) as Promise<WalletResponse>)).data)
    } catch (error) {
      return resultOf(error)
    }
  }

  /** Reads what became of a write. A reached state is proof; a payment that only looks like this one is not. */
  const reconcile = async (prepared: PreparedRequest<WriteName>): Promise<AttemptResult> => {
    const reconciled = await withTokens(settlers, async (wallet) => {
      const reconciled = await wallet.reconcile(prepared)
      if (reconciled.outcome === 'unknown') throw reconciled.error
      return reconciled
    })
    if (reconciled.outcome === 'not_done') return resultOf(reconciled.error)
    return operations[prepared.operation].retry === 'state' ? done(prepared, reconciled.data) : { kind: 'unknown' }
  }

  return {
    async read(prepared) {
      const { data } = await withTokens(readers, (wallet) => wallet.send(prepared) as Promise<WalletResponse>)
      return data as never
    },

    send: (prepared) => sendWith(senders, prepared),

    async settle(prepared) {
      const { retry } = operations[prepared.operation]
      if (retry === 'never') return { kind: 'unprovable' }
      // Only the key proves whose effect a payment or a refund is: a search would find those of others, too.
      const repeated = retry === 'keyed' ? await sendWith(settlers, prepared) : undefined
      if (repeated?.kind === 'done') return repeated
      const mayRead = repeated === undefined || repeated.kind === 'refused'
      const result = mayRead ? await reconcile(prepared).catch(() => undefined) : undefined
      return result?.kind === 'done' || result?.kind === 'refused' ? result : { kind: 'unknown' }
    },

    answer: (prepared, data) => answerOf(prepared.operation, data, secretsOf(prepared)),
  }
}

/** True if the access token may be what was refused. A refused repeat has an unknown outcome, whatever it was refused for. */
const mayBeOurToken = (error: unknown): boolean =>
  isOurTokenRefused(error) || (error instanceof UnknownOutcomeError && (error.status === 401 || error.status === 403))

/** The result of an attempt that failed: whether money may have moved. */
function resultOf(error: unknown): AttemptResult {
  if (!isWalletConnectError(error) || error instanceof UnknownOutcomeError) return { kind: 'unknown' }
  const answer = failure(error)
  if (error instanceof RefusedError) return { kind: isOurTokenRefused(error) ? 'no_effect' : 'refused', answer }
  return error instanceof UnavailableError || error.outcome === 'none' ? { kind: 'no_effect', answer } : { kind: 'unknown' }
}

/**
 * True if an answer can be about this request. One with another amount or reference is not the answer to this payment, and no
 * page may be sent to an address that is not a web page.
 */
function isBelievable({ operation, body }: PreparedRequest<WriteName>, data: unknown): boolean {
  switch (operation) {
    case 'agreements.create':
      return WEB_PAGE.test((data as CreatedAgreement).agreement_uri)
    case 'payments.create':
      return isAboutPayment(JSON.parse(body ?? '{}').wallet_payment ?? {}, (data as AdvancedPayment).wallet_payment ?? {})
    case 'agreements.cancel':
    case 'agreements.createPayerToken':
    case 'discounts.create':
    case 'payments.capture':
    case 'payments.cancel':
    case 'payments.refund':
      return true
  }
}

type WalletPayment = Pick<NonNullable<AdvancedPayment['wallet_payment']>, 'transaction_amount' | 'external_reference'>

const isAboutPayment = (requested: WalletPayment, answered: WalletPayment): boolean =>
  (answered.transaction_amount ?? requested.transaction_amount) === requested.transaction_amount &&
  // It may come back shorter, but not as another one.
  String(requested.external_reference ?? '')
    .trim()
    .startsWith(String(answered.external_reference ?? '').trim())

/** Plain http only for the emulator of `npm start`, which is on this machine. */
const WEB_PAGE = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/

/** The payer tokens in a request, to be redacted from an answer that repeats them. */
export function payerTokensIn({ headers, body }: PreparedRequest): string[] {
  const inBody: unknown = body?.includes('"token"') ? JSON.parse(body).payer?.token : undefined
  return [headers['x-payer-token'], inBody].filter((token): token is string => typeof token === 'string')
}
