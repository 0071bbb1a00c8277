import type { EmulatorObject } from './emulator-object.ts'
import type { ShopObject } from './shop-object.ts'

/** The bindings of `env.dev` in wrangler.toml. */
export interface DemoEnv extends Required<Omit<Env, 'EMULATOR' | 'SHOP'>> {
  EMULATOR: DurableObjectNamespace<EmulatorObject>
  SHOP: DurableObjectNamespace<ShopObject>
}

/** What a request of the demo brings along. */
export interface Scope {
  Bindings: DemoEnv
  Variables: { buyer: string }
}

/** There is one of it. */
export const emulatorOf = ({ EMULATOR }: DemoEnv) => EMULATOR.getByName('emulator')
