import { DurableObject } from 'cloudflare:workers'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import type { Pointed } from './inbox-object.ts'
import { createWorker, Upstream as ProductionUpstream } from './worker.ts'

export { Inbox, Ledger } from './worker.ts'

/** The emulator, once for all requests: in memory, gone when the Worker stops. */
export class EmulatorObject extends DurableObject<Env> {
  /** `agreement_uri` leads back to this Worker. */
  readonly #emulator: Emulator = createEmulator({ ...(this.env.ORIGIN && { origin: this.env.ORIGIN }), balance: 100_000 })

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    // An object that idles is evicted after seconds, and all agreements and payments with it.
    setInterval(() => {}, 5_000)
  }

  override fetch(request: Request): Promise<Response> {
    const { clock, fetch } = this.#emulator
    clock.advance(Math.max(0, Date.now() - clock.now()))
    return fetch(request)
  }
}

function emulatorOf({ EMULATOR }: Env) {
  if (!EMULATOR) throw new TypeError('This Worker is for `npm start`: it needs the bindings of env.dev')
  return EMULATOR.getByName('emulator')
}

/** With an access token of one's own in `.dev.vars` it is Mercado Pago, else the emulator. */
function upstreamOf(env: Env): typeof fetch | undefined {
  if (env.MERCADOPAGO_ACCESS_TOKEN !== 'TEST-emulator') return undefined
  return (input, init) => emulatorOf(env).fetch(new Request(input, init))
}

/** The ledger's way to Mercado Pago leads to the emulator, too. */
export class Upstream extends ProductionUpstream {
  protected override fetchUpstream(): typeof fetch | undefined {
    return upstreamOf(this.env)
  }
}

const worker = createWorker(upstreamOf)

/** The proxy with the emulator as Mercado Pago, and the buyer's page of the emulator beside it. */
export default {
  ...worker,
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    return pathname.startsWith('/v1/wallet_agreement/') ? emulatorOf(env).fetch(request) : worker.fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env, Pointed>
