import {
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
import { answerOf } from './answer.ts'
import { failure, isOurTokenRefused } from './failure.ts'
import type { Answer, Ending } from './ledger.ts'

/** Mercado Pago, as the proxy sees it. Nothing else holds the access token. */
export interface Upstream {
  /** @throws the library's errors */
  read<Name extends OperationName>(prepared: PreparedRequest<Name>): Promise<OperationOutput<Name>>
  /** Sends a write once. Never rejects. */
  send(prepared: PreparedRequest): Promise<Ending>
  /** Sends the very same write again, then reads. Never rejects. */
  settle(prepared: PreparedRequest): Promise<Ending>
  /** A read as the caller's answer. */
  answer(operation: OperationName, data: unknown): Answer
}

/** For what a caller waits for, and for what nobody does. With two access tokens it all still ends within the ledger's lease. */
const READ = { timeoutMs: 6_000, deadlineMs: 12_000, maxRetries: 1 }
const SEND = { timeoutMs: 10_000, deadlineMs: 10_000, maxRetries: 0 }
const SETTLE = { timeoutMs: 10_000, deadlineMs: 20_000, maxRetries: 1 }

/**
 * @param accessTokens the current one first; the one before it is used when the current one is refused
 * @param fetch how requests leave; the runtime's in production
 */
export function createUpstream(accessTokens: readonly string[], fetch?: typeof globalThis.fetch): Upstream {
  const walletWith = (accessToken: string, limits: typeof READ): WalletConnect =>
    createWalletConnect({ accessToken, ...limits, ...(fetch && { fetch }) })

  /** With the first access token that is not refused. */
  async function withTokens<Result>(limits: typeof READ, ask: (wallet: WalletConnect) => Promise<Result>): Promise<Result> {
    const [current = '', ...previous] = accessTokens
    let result = ask(walletWith(current, limits))
    for (const token of previous) {
      result = result.catch((error) => (mayBeOurToken(error) ? ask(walletWith(token, limits)) : Promise.reject(error)))
    }
    return result
  }

  const done = (prepared: PreparedRequest, data: unknown): Ending => ({
    kind: 'done',
    answer: answerOf(prepared.operation, data, [...accessTokens, ...payerTokensIn(prepared)]),
  })

  return {
    async read(prepared) {
      const { data } = await withTokens(READ, (wallet) => wallet.send(prepared) as Promise<Received>)
      return data as never
    },

    async send(prepared) {
      try {
        return done(prepared, (await withTokens(SEND, (wallet) => wallet.send(prepared) as Promise<Received>)).data)
      } catch (error) {
        return endingOf(error)
      }
    },

    async settle(prepared) {
      if (operations[prepared.operation].retry === 'never') return { kind: 'stuck' }
      try {
        const settled = await withTokens(SETTLE, async (wallet) => {
          const settlement = await wallet.reconcile(prepared)
          if (settlement.outcome !== 'done') throw settlement.error
          return settlement
        })
        return done(prepared, settled.data)
      } catch (error) {
        const ending = endingOf(error)
        return ending.kind === 'refused' ? ending : { kind: 'unknown' }
      }
    },

    answer: (operation, data) => answerOf(operation, data, accessTokens),
  }
}

/** A repeat that is refused leaves the outcome as unknown as it was, whatever it was refused for. */
const mayBeOurToken = (error: unknown): boolean =>
  isOurTokenRefused(error) || (error instanceof UnknownOutcomeError && (error.status === 401 || error.status === 403))

/** May money have moved? */
function endingOf(error: unknown): Ending {
  if (!isWalletConnectError(error) || error instanceof UnknownOutcomeError) return { kind: 'unknown' }
  const answer = failure(error)
  if (error instanceof RefusedError) return { kind: isOurTokenRefused(error) ? 'nothing' : 'refused', answer }
  return error instanceof UnavailableError || error.outcome === 'none' ? { kind: 'nothing', answer } : { kind: 'unknown' }
}

/** So that an answer which says them back does not. */
export function payerTokensIn({ headers, body }: PreparedRequest): string[] {
  const inBody: unknown = body?.includes('"token"') ? JSON.parse(body).payer?.token : undefined
  return [headers['x-payer-token'], inBody].filter((token): token is string => typeof token === 'string')
}
