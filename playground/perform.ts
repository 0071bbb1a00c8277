import {
  idempotencyKeyFrom,
  type OperationName,
  type OperationOutput,
  operations,
  type PreparedRequest,
  prepare,
} from 'mercadopago-wallet-connect'
import type { Caller } from './access/authenticate.ts'
import { isOwn, notFound, permit, subjectOf } from './access/policy.ts'
import { Declined, keyUsed, problem, stillProcessing } from './http/envelope.ts'
import { isFault, RETRY_AFTER_MS } from './http/failure.ts'
import { fingerprintOf } from './ledger/fingerprint.ts'
import type { ProxyResponse } from './ledger/ledger.ts'
import type { Outcome } from './ledger/ledger-object.ts'
import type { OwnedResource } from './ledger/ledger-store.ts'
import type { Ledgers } from './ledger/ledgers.ts'
import type { KeyRing } from './sealing/key-ring.ts'
import { digestUser, handleIn, openHandle, readHandle, type Wallet, withPayerToken } from './sealing/payer-token.ts'
import type { Breaker } from './upstream/breaker.ts'
import type { Upstream } from './upstream/upstream.ts'

/** What an operation is done with. */
export interface Dependencies {
  upstream: Upstream
  ledgers: Ledgers
  sealingKeys: KeyRing
  /** In front of reads; each part of the ledger has its own for writes. */
  breaker: Breaker
  /** So that a caller who hangs up does not end what was begun. */
  waitUntil(work: Promise<unknown>): void
}

/** An answer, and whether it was given before. */
export interface Performed extends ProxyResponse {
  /** The key that counts, of a write. */
  key?: string
  outcome: 'read' | 'fresh' | 'replayed' | 'busy' | 'key_used' | 'down' | 'unwritable'
}

/**
 * Does one operation for one caller: a read at once, a write through the ledger.
 *
 * @param parameters of the path
 * @throws {Declined} the caller may not, or it is about something that is not the caller's
 * @throws the library's errors of a read
 */
export async function perform(
  caller: Caller,
  asked: PreparedRequest,
  parameters: Record<string, string>,
  means: Dependencies,
): Promise<Performed> {
  permit(caller, asked)
  const user = caller.ticket && (await digestUser(caller.ticket.user))
  const owner = await ownerOf(caller, user, asked, parameters, means)
  const payer = payerOf(asked, user)
  if (operations[asked.operation].retry === 'read') {
    const prepared = payer === undefined ? asked : await opened(caller, asked, means)
    return { ...(await read(caller, prepared, means)), outcome: 'read' }
  }

  const { operation } = asked
  const key = keyOf(caller, asked)
  const name = await nameOf(caller, user, operation, key)
  const fingerprint = await fingerprintOf(asked)
  let prepared: PreparedRequest
  let wallet: Wallet | undefined
  try {
    prepared = await opened(caller, asked, means)
    if (owner && operation === 'agreements.createPayerToken') wallet = await walletOf(caller, user, owner, means)
  } catch (error) {
    // That it could not be begun now says nothing of what was begun before.
    const outcome = await means.ledgers.recall(name, fingerprint).catch((): Outcome => ({ kind: 'unwritable' }))
    if (outcome) return { ...answerTo(outcome), key }
    throw error
  }
  const outcome = ask(means.ledgers, {
    name,
    key,
    client: caller.client.id,
    user: payer ?? owner?.user ?? (await userNamedIn(prepared)),
    operation,
    fingerprint,
    prepared: { ...prepared, idempotencyKey: name, headers: { ...prepared.headers, 'x-idempotency-key': name } },
    ...(wallet && { wallet }),
  })
  means.waitUntil(outcome)
  return { ...answerTo(await outcome), key }
}

/** @throws {Declined} 404: it is another's, or nobody's, which looks the same */
async function ownerOf(
  caller: Caller,
  user: string | undefined,
  asked: PreparedRequest,
  parameters: Record<string, string>,
  { ledgers }: Dependencies,
): Promise<OwnedResource | undefined> {
  const subject = subjectOf(asked, parameters)
  if (!subject) return undefined
  const [owner] = await ledgers.owners([subject])
  if (isOwn(caller, owner, user)) return owner
  throw notFound(subject, asked.operation)
}

/** Worth nothing: the wallet has to be linked again. */
const invalidPayerToken = (): Declined =>
  new Declined(problem(401, 'Invalid payer token.', { cause: [{ code: '401003', message: 'Invalid payer token', data: null }] }))

/**
 * Digest of the buyer whose wallet a request is about, if it has a handle.
 *
 * @throws {Declined} 401: a browser's handle of another buyer
 */
function payerOf(asked: PreparedRequest, user: string | undefined): string | undefined {
  const handle = handleIn(asked)
  if (handle === undefined) return undefined
  const payer = readHandle(handle).user
  if (user !== undefined && payer !== user) throw invalidPayerToken()
  return payer
}

/** @throws {Declined} 401: the handle does not open for this client */
async function opened({ client }: Caller, asked: PreparedRequest, { sealingKeys }: Dependencies): Promise<PreparedRequest> {
  const handle = handleIn(asked)
  if (handle === undefined) return asked
  const payerToken = await openHandle(sealingKeys, handle, client.id)
  if (payerToken === undefined) throw invalidPayerToken()
  return withPayerToken(asked, payerToken)
}

async function read(caller: Caller, prepared: PreparedRequest, means: Dependencies): Promise<ProxyResponse> {
  const { upstream, breaker } = means
  const retryAfterMs = breaker.closedForMs()
  if (retryAfterMs !== undefined) throw new Declined(down(retryAfterMs))
  try {
    const data = await upstream.read(prepared)
    breaker.report(false)
    return upstream.answer(prepared, await shown(caller, prepared, data, means))
  } catch (error) {
    breaker.report(isFault(error))
    throw error
  }
}

type Page = OperationOutput<'payments.search'>

/** What of an answer is this caller's business. */
async function shown(caller: Caller, { operation }: PreparedRequest, data: unknown, means: Dependencies): Promise<unknown> {
  if (operation === 'payments.search') return ownOf(caller, data as Page, means)
  if (operation !== 'agreements.get' || !caller.ticket) return data
  // A buyer's page gets the code when the buyer comes back, which shows that it was this buyer who approved.
  const { validation_code: _, ...rest } = data as OperationOutput<'agreements.get'>
  return rest
}

/** The account's other payments are no business of this client's, and neither is how many there are: no total. */
async function ownOf({ client }: Caller, { results, paging }: Page, { ledgers }: Dependencies): Promise<Page> {
  const owners = await ledgers.owners(results.map(({ id }) => ({ kind: 'advanced_payment', id: String(id) })))
  const ids = new Set(owners.filter((owner) => owner.client === client.id).map(({ id }) => id))
  const own = results.filter(({ id }) => ids.has(String(id)))
  return { paging: paging && { limit: paging.limit, offset: paging.offset }, results: own }
}

/** Whose wallet an agreement is about, as Mercado Pago says: not as whoever came back from there says. */
async function walletOf(
  caller: Caller,
  user: string | undefined,
  owner: OwnedResource,
  { upstream }: Dependencies,
): Promise<Wallet> {
  const { external_user } = await upstream.read(prepare('agreements.get', { agreement_id: owner.id }))
  // Whatever does not fit the schema is passed on by the client: here only text counts.
  const id: unknown = external_user?.id
  const named = typeof id === 'string' && id !== '' ? await digestUser(id) : undefined
  // A backend may link for any of its buyers; a browser only for the one of its ticket.
  const digest = named ?? (caller.ticket ? undefined : (owner.user ?? undefined))
  if (digest === undefined || (user !== undefined && digest !== user)) throw notFound(owner)
  return { client: owner.client, user: digest, agreement: owner.id }
}

async function userNamedIn({ operation, body }: PreparedRequest): Promise<string | null> {
  return operation === 'agreements.create' ? digestUser(JSON.parse(body ?? '{}').external_user.id) : null
}

/** A charge by ticket has the key that the backend gave, whatever the page says. */
function keyOf({ ticket }: Caller, { operation, idempotencyKey }: PreparedRequest): string {
  const charge = operation === 'payments.create' ? ticket?.charge : undefined
  return charge?.idempotency_key ?? idempotencyKey ?? ''
}

/**
 * What stands for this wish, here and as the key in Mercado Pago: two clients with one key do not meet. Of a browser, all
 * but the charge is apart for each buyer.
 */
function nameOf({ client }: Caller, user: string | undefined, operation: OperationName, key: string): Promise<string> {
  const buyer = operation === 'payments.create' ? '' : (user ?? '')
  return idempotencyKeyFrom({ account: client.id, operation, reference: `${buyer}:${key}`, attempt: 1 })
}

/** An object that fails says nothing of what it did: whoever asks again with the same key will know. */
async function ask(ledgers: Ledgers, asked: Parameters<Ledgers['ask']>[0]): Promise<Outcome> {
  try {
    return await ledgers.ask(asked)
  } catch {
    return { kind: 'unwritable' }
  }
}

const down = (retryAfterMs: number): ProxyResponse =>
  problem(503, 'Mercado Pago does not answer; nothing was begun.', { retryAfterMs })

function answerTo(told: Outcome): Performed {
  switch (told.kind) {
    case 'reply': {
      const { answer, replayed } = told
      if (!replayed) return { ...answer, outcome: 'fresh' }
      return { ...answer, status: answer.status < 300 ? 200 : answer.status, outcome: 'replayed' }
    }
    case 'busy':
      return { ...stillProcessing(told.retryAfterMs, told.isInReview), outcome: 'busy' }
    case 'key_used':
      return { ...keyUsed(), outcome: 'key_used' }
    case 'down':
      return { ...down(told.retryAfterMs), outcome: 'down' }
    case 'unwritable':
      return {
        ...problem(503, 'The ledger did not answer. Ask again with the same key.', { retryAfterMs: RETRY_AFTER_MS }),
        outcome: 'unwritable',
      }
  }
}
