import { WorkerEntrypoint } from 'cloudflare:workers'
import type { PreparedRequest } from 'mercadopago-wallet-connect'
import { readAccessTokens, readConfiguration, readShards } from './configuration.ts'
import type { Pointed } from './inbox-object.ts'
import { createInboxes } from './inboxes.ts'
import type { Ending } from './ledger.ts'
import { createLedgers } from './ledgers.ts'
import { bury, followUp } from './notification-consumer.ts'
import { createProxy } from './proxy.ts'
import { createUpstream } from './upstream.ts'

export { Inbox } from './inbox-object.ts'
export { Ledger } from './ledger-object.ts'

const DEAD_LETTERS = 'wallet-connect-dead-notifications'

/** How the ledger reaches Mercado Pago: in an invocation of its own for each request. */
export class Upstream extends WorkerEntrypoint<Env> {
  /** How requests leave; the runtime's `fetch` unless a subclass says otherwise. */
  protected fetchUpstream(): typeof fetch | undefined {
    return undefined
  }

  send(prepared: PreparedRequest): Promise<Ending> {
    return createUpstream(readAccessTokens(this.env), this.fetchUpstream()).send(prepared)
  }

  settle(prepared: PreparedRequest): Promise<Ending> {
    return createUpstream(readAccessTokens(this.env), this.fetchUpstream()).settle(prepared)
  }
}

/** @param upstreamOf how reads leave; the runtime's `fetch` in production */
export function createWorker(upstreamOf: (env: Env) => typeof fetch | undefined = () => undefined) {
  const proxy = createProxy(upstreamOf)
  return {
    fetch: (request, env, ctx) => proxy.fetch(request, env, ctx),
    async queue(batch, env) {
      const inboxes = createInboxes(env.INBOX, readShards(env.LEDGER_SHARDS))
      if (batch.queue === DEAD_LETTERS) return bury(batch, { inboxes })
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
  } satisfies ExportedHandler<Env, Pointed>
}

export default createWorker()
