import { DurableObject } from 'cloudflare:workers'
import { createEmulator, type Emulator } from 'mercadopago-wallet-connect/emulator'
import { createProxy, type Env } from './worker.ts'

interface DevEnv extends Env {
  EMULATOR: DurableObjectNamespace<EmulatorObject>
  /** Address of this Worker, so that `agreement_uri` leads back to it. */
  ORIGIN: string
}

/** The emulator, once for all requests: in memory, gone when the Worker stops. */
export class EmulatorObject extends DurableObject<DevEnv> {
  readonly #emulator: Emulator = createEmulator({ origin: this.env.ORIGIN, balance: 100_000 })

  constructor(state: DurableObjectState, env: DevEnv) {
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

/** The proxy with the emulator as Mercado Pago, and the buyer's page of the emulator beside it. */
export default {
  fetch(request: Request, env: DevEnv): Response | Promise<Response> {
    const emulator = env.EMULATOR.getByName('emulator')
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/v1/wallet_agreement/')) return emulator.fetch(request)
    return createProxy((input, init) => emulator.fetch(new Request(input, init))).fetch(request, env)
  },
}
