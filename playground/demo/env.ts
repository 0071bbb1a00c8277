import type { EmulatorObject } from './emulator-object.ts'
import type { ShopObject } from './shop-object.ts'

/** The bindings of `env.dev` in wrangler.toml. */
export interface DemoEnv extends Required<Omit<Env, 'EMULATOR' | 'SHOP'>> {
  EMULATOR: DurableObjectNamespace<EmulatorObject>
  SHOP: DurableObjectNamespace<ShopObject>
}

/** The bindings and variables of a request to the demo. */
export interface DemoScope {
  Bindings: DemoEnv
  Variables: { buyer: string }
}

/** The one emulator object. */
export const emulatorOf = ({ EMULATOR }: DemoEnv) => EMULATOR.getByName('emulator')
