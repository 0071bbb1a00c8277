import { cancelAgreement, findPayer } from '../rules/agreement-rules.ts'
import { nameOfKey } from '../rules/idempotency-rules.ts'
import { isObject } from '../world/json.ts'
import { OPERATION_FACTS, operationsWhere } from '../world/operations.ts'
import type { State } from '../world/state.ts'
import { parse, type WireResponse } from '../world/wire-response.ts'
import { type FaultContext, fault } from './fault.ts'

/** The operations that only their key keeps from taking effect twice. */
const PROTECTED_BY_KEY = operationsWhere(({ idempotencyKey, isAdditive }) => idempotencyKey !== 'ignored' && isAdditive)
const FOR_A_PAYER = operationsWhere(({ payerToken }) => payerToken !== 'none')

/** A search response that has every result twice. */
function doubled(answer: WireResponse): WireResponse {
  const page = parse(answer.text)
  if (!page || !Array.isArray(page.results) || !isObject(page.paging)) return answer
  const results = page.results.flatMap((each) => [each, each])
  return {
    ...answer,
    text: JSON.stringify({ ...page, paging: { ...page.paging, total: Number(page.paging.total) * 2 }, results }),
  }
}

/** The state without the payments that are younger than this. */
function withoutRecent(state: State, youngerThanMs: number): State {
  const old = Object.entries(state.payments).filter(([, { createdAt }]) => createdAt <= state.now - youngerThanMs)
  return { ...state, payments: Object.fromEntries(old) }
}

/** Has the buyer of the request unlink the seller. */
function unlink({ world, request }: FaultContext): void {
  const { payer } = request.body
  const isInBody = OPERATION_FACTS[request.operation].payerToken === 'body'
  const token = isInBody ? isObject(payer) && payer.token : request.headers['x-payer-token']
  const agreement = findPayer(world, token)
  if (agreement) cancelAgreement(world, agreement.id)
}

export const STATE_FAULTS = [
  fault(
    'executed_twice',
    'The API carries out the request twice in spite of the key, and answers once.',
    async ({ perform, replayWithoutKey }) => {
      const answer = await perform()
      if (answer.status < 300) await replayWithoutKey()
      return answer
    },
    { operations: PROTECTED_BY_KEY, isBreach: true },
  ),
  fault(
    'key_forgotten',
    'The API answers, and forgets the idempotency key after `delayMs`.',
    async ({ perform, world, request, delayMs }) => {
      const answer = await perform()
      const { method, path, idempotencyKey } = request
      const name = nameOfKey(method, path, idempotencyKey ?? '')
      const { since } = world.state.keys[name] ?? { since: 0 }
      if (delayMs > 0) world.schedule(delayMs, { kind: 'forget_key', name, since })
      else delete world.state.keys[name]
      return answer
    },
    { operations: PROTECTED_BY_KEY, delayMs: 0, isBreach: true },
  ),
  fault(
    'search_lagging',
    'The search does not find payments that were created in the last `delayMs`.',
    async ({ perform, world, delayMs }) => perform({ state: withoutRecent(world.state, delayMs) }),
    { operations: ['payments.search'], delayMs: 60_000 },
  ),
  fault('search_duplicating', 'The search returns every payment twice.', async ({ perform }) => doubled(await perform()), {
    operations: ['payments.search'],
  }),
  fault(
    'agreement_cancelled',
    'The buyer unlinks the seller while the request is on its way (before), or just after it took effect (after).',
    async (context) => {
      if (context.phase === 'before') unlink(context)
      const answer = await context.perform()
      if (context.phase === 'after') unlink(context)
      return answer
    },
    { operations: FOR_A_PAYER, phases: ['before', 'after'] },
  ),
] as const
