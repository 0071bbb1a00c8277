import {
  type AdvancedPayment,
  type CreatedAgreement,
  createWalletConnect,
  isWalletConnectError,
  type OperationName,
  type OperationOutput,
  operations,
  type PreparedRequest,
  type Answer as Received,
  RefusedError,
  UnavailableError,
  UnknownOutcomeError,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { answerOf } from '../http/answer.ts'
import { failure, isOurTokenRefused } from '../http/failure.ts'
import type { AttemptResult, ProxyResponse } from '../ledger/ledger.ts'

/** Mercado Pago, as the proxy sees it. Nothing else holds the access token. */
export interface Upstream {
  /** @throws the library's errors */
  read<Name extends OperationName>(prepared: PreparedRequest<Name>): Promise<OperationOutput<Name>>
  /** Sends a write once. Never rejects. */
  send(prepared: PreparedRequest): Promise<AttemptResult>
  /** Sends the very same write again, then reads. Never rejects. */
  settle(prepared: PreparedRequest): Promise<AttemptResult>
  /** A read as the caller's answer. */
  answer(prepared: PreparedRequest, data: unknown): ProxyResponse
}

/** For what a caller waits for, and for what nobody does. With two access tokens it all still ends within the ledger's lease. */
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

  /** With the first access token that is not refused. */
  async function withTokens<Result>(
    walletOf: (accessToken: string) => WalletConnect,
    ask: (wallet: WalletConnect) => Promise<Result>,
  ): Promise<Result> {
    const [current = '', ...previous] = accessTokens
    let result = ask(walletOf(current))
    for (const token of previous) {
      result = result.catch((error) => (mayBeOurToken(error) ? ask(walletOf(token)) : Promise.reject(error)))
    }
    return result
  }

  const secretsOf = (prepared: PreparedRequest): string[] => [...accessTokens, ...payerTokensIn(prepared)]

  const done = (prepared: PreparedRequest, data: unknown): AttemptResult =>
    isBelievable(prepared, data)
      ? { kind: 'done', answer: answerOf(prepared.operation, data, secretsOf(prepared)) }
      : { kind: 'unknown' }

  const sendWith = async (walletOf: typeof senders, prepared: PreparedRequest): Promise<AttemptResult> => {
    try {
      return done(prepared, (await withTokens(walletOf, (wallet) => wallet.send(prepared) as Promise<Received>)).data)
    } catch (error) {
      return endingOf(error)
    }
  }

  /** What reading shows. A state that is reached is proof; a payment that only looks like this one is not. */
  const look = async (prepared: PreparedRequest): Promise<AttemptResult> => {
    const settlement = await withTokens(settlers, async (wallet) => {
      const settlement = await wallet.reconcile(prepared)
      if (settlement.outcome === 'unknown') throw settlement.error
      return settlement
    })
    if (settlement.outcome === 'not_done') return endingOf(settlement.error)
    return operations[prepared.operation].retry === 'state' ? done(prepared, settlement.data) : { kind: 'unknown' }
  }

  return {
    async read(prepared) {
      const { data } = await withTokens(readers, (wallet) => wallet.send(prepared) as Promise<Received>)
      return data as never
    },

    send: (prepared) => sendWith(senders, prepared),

    async settle(prepared) {
      const { retry } = operations[prepared.operation]
      if (retry === 'never') return { kind: 'stuck' }
      // Only its own key shows whose effect a payment or a refund is: a search would find those of others, too.
      const again = retry === 'keyed' ? await sendWith(settlers, prepared) : undefined
      if (again?.kind === 'done') return again
      const mayLook = again === undefined || again.kind === 'refused'
      const seen = mayLook ? await look(prepared).catch(() => undefined) : undefined
      return seen?.kind === 'done' || seen?.kind === 'refused' ? seen : { kind: 'unknown' }
    },

    answer: (prepared, data) => answerOf(prepared.operation, data, secretsOf(prepared)),
  }
}

/** A repeat that is refused leaves the outcome as unknown as it was, whatever it was refused for. */
const mayBeOurToken = (error: unknown): boolean =>
  isOurTokenRefused(error) || (error instanceof UnknownOutcomeError && (error.status === 401 || error.status === 403))

/** May money have moved? */
function endingOf(error: unknown): AttemptResult {
  if (!isWalletConnectError(error) || error instanceof UnknownOutcomeError) return { kind: 'unknown' }
  const answer = failure(error)
  if (error instanceof RefusedError) return { kind: isOurTokenRefused(error) ? 'nothing' : 'refused', answer }
  return error instanceof UnavailableError || error.outcome === 'none' ? { kind: 'nothing', answer } : { kind: 'unknown' }
}

/**
 * An answer about another amount or order is not the answer to this payment, whatever else it is; and no page should be
 * sent to an address that is none.
 */
function isBelievable({ operation, body }: PreparedRequest, data: unknown): boolean {
  if (operation === 'agreements.create') return PAGE.test((data as CreatedAgreement).agreement_uri)
  if (operation !== 'payments.create') return true
  const asked = JSON.parse(body ?? '{}').wallet_payment ?? {}
  const told = (data as AdvancedPayment).wallet_payment ?? {}
  return (
    (told.transaction_amount ?? asked.transaction_amount) === asked.transaction_amount &&
    // It may come back shorter, but not as another one.
    String(asked.external_reference ?? '')
      .trim()
      .startsWith(String(told.external_reference ?? '').trim())
  )
}

/** The emulator of `npm start` is on this machine. */
const PAGE = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])/

/** So that an answer which says them back does not. */
export function payerTokensIn({ headers, body }: PreparedRequest): string[] {
  const inBody: unknown = body?.includes('"token"') ? JSON.parse(body).payer?.token : undefined
  return [headers['x-payer-token'], inBody].filter((token): token is string => typeof token === 'string')
}
