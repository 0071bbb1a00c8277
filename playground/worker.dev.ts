import { createDemo } from './demo/demo.ts'
import { CONNECTION_LOST } from './demo/emulator-object.ts'
import { type DemoEnv, emulatorOf } from './demo/env.ts'
import type { WriteOutcome, WriteRequest } from './ledger/write-request.ts'
import type { QueuedPointer } from './notifications/inbox-object.ts'
import { createProxy } from './proxy.ts'
import { createWorker, Ledger as ProductionLedger, UpstreamEntrypoint as ProductionUpstream } from './worker.ts'

export { EmulatorObject } from './demo/emulator-object.ts'
export { ShopObject } from './demo/shop-object.ts'
export { Inbox } from './worker.ts'

/** The demo's bindings; undefined if `.dev.vars` has a real access token: then it is Mercado Pago itself, without a demo. */
function demoEnvOf(env: Env): DemoEnv | undefined {
  if (env.MERCADOPAGO_ACCESS_TOKEN !== 'TEST-emulator') return undefined
  if (!env.EMULATOR) throw new TypeError('This Worker is for `npm start`: it needs the bindings of env.dev')
  return env as unknown as DemoEnv
}

function upstreamOf(env: Env): typeof fetch | undefined {
  const demoEnv = demoEnvOf(env)
  return (
    demoEnv &&
    (async (input, init) => {
      const response = await emulatorOf(demoEnv).fetch(new Request(input, init))
      if (response.headers.has(CONNECTION_LOST)) throw new TypeError('fetch failed')
      return response
    })
  )
}

/** The ledger's entrypoint, which leads to the emulator, too. */
export class UpstreamEntrypoint extends ProductionUpstream {
  protected override fetchUpstream(): typeof fetch | undefined {
    return upstreamOf(this.env)
  }
}

/** The ledger, whose calls are written into the demo's journal. */
export class Ledger extends ProductionLedger {
  override async submit(request: WriteRequest): Promise<WriteOutcome> {
    const demoEnv = demoEnvOf(this.env)
    if (!demoEnv) return super.submit(request)
    const journal = emulatorOf(demoEnv)
    const { operation: what, key, name: row } = request
    const id = await journal.begin({ from: 'proxy', to: 'ledger', what, key, row })
    const outcome = await super.submit(request)
    const isReplayed = outcome.kind === 'reply' && outcome.replayed
    this.ctx.waitUntil(journal.end(id, { outcome: isReplayed ? 'replayed' : outcome.kind }))
    return outcome
  }
}

const worker = createWorker(upstreamOf)
const proxy = createProxy(upstreamOf)
const demo = createDemo((request, env, ctx) => proxy.fetch(request, env as unknown as Env, ctx))

/** The proxy with the emulator as Mercado Pago, and a shop and the inspector around it. */
export default {
  ...worker,
  fetch: (request, env, ctx) => (demoEnvOf(env) ? demo.fetch(request, env, ctx) : worker.fetch(request, env, ctx)),
} satisfies ExportedHandler<Env, QueuedPointer>
