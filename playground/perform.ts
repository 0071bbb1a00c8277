import type { PreparedRequest } from 'mercadopago-wallet-connect'
import type { Caller } from './access/authenticate.ts'
import { buyerOfHandle, openPayerToken, ownerOf, walletOwnerOf } from './access/ownership.ts'
import { permit } from './access/policy.ts'
import { keyUsed, problem, stillProcessing } from './http/envelope.ts'
import { RETRY_AFTER_MS } from './http/failure.ts'
import type { ProxyResponse } from './http/response.ts'
import { fingerprintOf } from './ledger/fingerprint.ts'
import type { OwnedResource } from './ledger/ledger-store.ts'
import type { Ledgers } from './ledger/ledgers.ts'
import type { WriteOutcome } from './ledger/write-request.ts'
import { isWrite, type ReadName, type WriteName } from './operation-kinds.ts'
import { performRead, unavailable } from './perform-read.ts'
import type { KeyRing } from './sealing/key-ring.ts'
import { digestUser, handleIn, PAYER_TOKEN_IN, type Wallet } from './sealing/payer-token.ts'
import type { Breaker } from './upstream/breaker.ts'
import type { Upstream } from './upstream/upstream.ts'
import { writeKeyOf } from './write-key.ts'

/** What an operation is performed with. */
export interface Dependencies {
  upstream: Upstream
  ledgers: Ledgers
  sealingKeys: KeyRing
  /** Guards reads; each shard of the ledger has its own for writes. */
  breaker: Breaker
  /** Keeps the Worker running, so that a caller who disconnects does not interrupt a write. */
  waitUntil(work: Promise<unknown>): void
}

/** A request, who makes it, and the parameters of its path. */
export interface Call {
  caller: Caller
  request: PreparedRequest
  parameters: Record<string, string>
}

/** A call of a caller whose rights have been checked. */
interface PermittedCall extends Call {
  /** Digest of the buyer that the caller's ticket is for. */
  user: string | undefined
  /** The resource that the request is about, and whose it is. */
  owner: OwnedResource | undefined
  /** Digest of the buyer whose handle the request has. */
  payer: string | undefined
}

/** The response to an operation, and how it came about. */
export interface OperationResult extends ProxyResponse {
  /** The key that counts, of a write. */
  key?: string
  outcome: 'read' | 'fresh' | 'replayed' | 'busy' | 'key_used' | 'upstream_down' | 'ledger_unavailable'
}

/**
 * Performs one operation for one caller: a read at once, a write through the ledger.
 *
 * @throws {Declined} the caller may not do this, or it is about something that is not the caller's
 * @throws the library's errors of a read
 */
export async function perform(call: Call, dependencies: Dependencies): Promise<OperationResult> {
  const { caller, request } = call
  permit(caller, request)
  const user = caller.ticket && (await digestUser(caller.ticket.user))
  const owner = await ownerOf({ ...call, user }, dependencies.ledgers)
  const payer = buyerOfHandle(request, user)
  const permitted = { ...call, user, owner, payer }
  if (isWrite(request)) return performWrite({ ...permitted, request }, dependencies)
  const prepared = handleIn(request) === undefined ? request : await openPayerToken(caller, request, dependencies.sealingKeys)
  // Whatever is no write is a read.
  return { ...(await performRead(caller, prepared as PreparedRequest<ReadName>, dependencies)), outcome: 'read' }
}

async function performWrite(
  call: PermittedCall & { request: PreparedRequest<WriteName> },
  dependencies: Dependencies,
): Promise<OperationResult> {
  const { caller, user, request, owner, payer } = call
  const { ledgers, sealingKeys, waitUntil } = dependencies
  const { key, name } = await writeKeyOf(caller, user, request)
  const fingerprint = await fingerprintOf(request)
  let prepared: PreparedRequest<WriteName>
  let wallet: Wallet | undefined
  try {
    prepared = await openPayerToken(caller, request, sealingKeys)
    if (PAYER_TOKEN_IN[request.operation] === 'response') wallet = await walletOwnerOf(caller, user, owner, dependencies)
  } catch (error) {
    // That it cannot be started now says nothing about what was started before.
    const outcome = await ledgers.recall(name, fingerprint).catch((): WriteOutcome => ({ kind: 'ledger_unavailable' }))
    if (outcome) return { ...toResult(outcome), key }
    throw error
  }
  const outcome = submit(ledgers, {
    name,
    key,
    client: caller.client.id,
    user: payer ?? owner?.user ?? (await buyerNamedIn(prepared)),
    operation: request.operation,
    fingerprint,
    prepared: { ...prepared, idempotencyKey: name, headers: { ...prepared.headers, 'x-idempotency-key': name } },
    ...(wallet && { wallet }),
  })
  waitUntil(outcome)
  return { ...toResult(await outcome), key }
}

/** Digest of the buyer whom a new agreement is for. Every other write is about something that has a buyer. */
async function buyerNamedIn({ operation, body }: PreparedRequest<WriteName>): Promise<string | null> {
  return operation === 'agreements.create' ? digestUser(JSON.parse(body ?? '{}').external_user.id) : null
}

/** An object that fails does not say what it did; repeating the request with the same key finds out. */
async function submit(ledgers: Ledgers, write: Parameters<Ledgers['submit']>[0]): Promise<WriteOutcome> {
  try {
    return await ledgers.submit(write)
  } catch {
    return { kind: 'ledger_unavailable' }
  }
}

function toResult(outcome: WriteOutcome): OperationResult {
  switch (outcome.kind) {
    case 'reply': {
      const { answer, replayed } = outcome
      if (!replayed) return { ...answer, outcome: 'fresh' }
      return { ...answer, status: answer.status < 300 ? 200 : answer.status, outcome: 'replayed' }
    }
    case 'busy':
      return { ...stillProcessing(outcome.retryAfterMs, outcome.isInReview), outcome: 'busy' }
    case 'key_used':
      return { ...keyUsed(), outcome: 'key_used' }
    case 'upstream_down':
      return { ...unavailable(outcome.retryAfterMs), outcome: 'upstream_down' }
    case 'ledger_unavailable':
      return {
        ...problem(503, 'The ledger did not answer. Repeat the request with the same key.', { retryAfterMs: RETRY_AFTER_MS }),
        outcome: 'ledger_unavailable',
      }
  }
}
