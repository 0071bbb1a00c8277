import { WorkerEntrypoint } from 'cloudflare:workers'
import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { readAccessTokens, readConfiguration, readShards } from './configuration/configuration.ts'
import type { AttemptResult } from './ledger/ledger.ts'
import { createLedgers } from './ledger/ledgers.ts'
import { deadLetter, followUp } from './notifications/consumer.ts'
import type { QueuedPointer } from './notifications/inbox-object.ts'
import { createInboxes } from './notifications/inboxes.ts'
import type { WriteName } from './operation-kinds.ts'
import { createProxy } from './proxy.ts'
import { createUpstream } from './upstream/upstream.ts'

export { Ledger } from './ledger/ledger-object.ts'
export { Inbox } from './notifications/inbox-object.ts'

const DEAD_LETTERS = 'wallet-connect-dead-notifications'

/** The ledger's entrypoint to Mercado Pago: each request is sent in an invocation of its own. */
export class UpstreamEntrypoint extends WorkerEntrypoint<Env> {
  /** The `fetch` for requests; the runtime's own if it is undefined. */
  protected fetchUpstream(): typeof fetch | undefined {
    return undefined
  }

  send(prepared: PreparedRequest<WriteName>): Promise<AttemptResult> {
    return createUpstream(readAccessTokens(this.env), this.fetchUpstream()).send(prepared)
  }

  settle(prepared: PreparedRequest<WriteName>): Promise<AttemptResult> {
    return createUpstream(readAccessTokens(this.env), this.fetchUpstream()).settle(prepared)
  }
}

/** @param upstreamOf the `fetch` for reads; the runtime's own if it is undefined, as in production */
export function createWorker(upstreamOf: (env: Env) => typeof fetch | undefined = () => undefined) {
  const proxy = createProxy(upstreamOf)
  return {
    fetch: (request, env, ctx) => proxy.fetch(request, env, ctx),
    async queue(batch, env) {
      const inboxes = createInboxes(env.INBOX, readShards(env.LEDGER_SHARDS))
      if (batch.queue === DEAD_LETTERS) return deadLetter(batch, { inboxes })
      const configuration = readConfiguration(env)
      const upstream = createUpstream(configuration.accessTokens, upstreamOf(env))
      await followUp(batch, {
        configuration,
        upstream,
        ledgers: createLedgers(env.LEDGER, configuration.shards),
        inboxes,
        fetch: (input, init) => fetch(input, init),
      })
    },
  } satisfies ExportedHandler<Env, QueuedPointer>
}

export default createWorker()
