/** A shop in the middle of a checkout: what a sample finds when it runs. */
import { createEmulator, type EffectKind, type Emulator } from 'mercadopago-wallet-connect/emulator'
import type { Step } from '../../../playground/page/code/steps.ts'
import { linkWallet, walletWith } from '../client/wallet.ts'

export const WEBHOOK_SECRET = 'a-secret-of-webhooks'

export interface Checkout {
  emulator: Emulator
  /** What the shop knows and what comes from outside, in the order in which a script takes them. */
  args: Record<string, string>
  agreement: string
  payerToken: string
  /** What the shop was given to keep, and how often the buyer had been charged by then. */
  kept: { what: Record<string, unknown>; charges: number }[]
  /** What a page keeps: its `localStorage`. */
  local: Map<string, string>
}

export const effectsOf = ({ emulator }: Checkout, kind: EffectKind) => emulator.effects.filter((effect) => effect.kind === kind)
export const chargesOf = (checkout: Checkout): number => effectsOf(checkout, 'payment_charged').length

const ORDER = { order: 'order-1', amount: '700.50' }
type Prepared = Pick<Checkout, 'agreement' | 'payerToken' | 'args'>

/** A buyer who comes back from Mercado Pago with a code. */
async function returning(emulator: Emulator): Promise<Prepared> {
  const { agreement_id: agreement } = await walletWith(emulator.fetch).agreements.create({
    return_uri: 'https://shop.example/linked',
    external_flow_id: 'link-buyer-1',
    external_user: { id: 'buyer-1' },
  })
  const { code } = emulator.buyer.approve(agreement)
  return { agreement, payerToken: '', args: { buyer: 'buyer-1', pending: agreement, agreement, code } }
}

/** A buyer whose wallet is linked, and a payment where the step is about one. */
async function linked(emulator: Emulator, step: Step): Promise<Prepared> {
  const { agreement_id: agreement, payer_token: payerToken } = await linkWallet(emulator)
  const payment = async (capture: boolean) => {
    const input = { wallet_payment: { transaction_amount: '700.50' }, payer: { token: payerToken }, capture }
    return { id: String((await walletWith(emulator.fetch).payments.create(input)).id) }
  }
  const argsOf: Partial<Record<Step, () => Record<string, string> | Promise<Record<string, string>>>> = {
    session: () => ({ buyer: 'buyer-1', ...ORDER }),
    coupon: () => ({ coupon: 'WALLET10' }),
    capture: () => payment(false),
    cancel: () => payment(false),
    refund: async () => ({ ...(await payment(true)), amount: '200.25' }),
    unlink: () => ({ agreement }),
    notification: () => ({}),
  }
  return { agreement, payerToken, args: await (argsOf[step]?.() ?? ORDER) }
}

/** @param own arguments that differ from the usual ones */
export async function checkoutAt(step: Step, own: Record<string, string> = {}): Promise<Checkout> {
  const emulator = createEmulator({ seed: 7 })
  emulator.notifications.configure({ url: 'https://shop.example/hooks', secret: WEBHOOK_SECRET })
  emulator.coupons.add({ code: 'WALLET10', type: 'percent', value: 10, cap: 50 })
  const prepared =
    step === 'link'
      ? { agreement: '', payerToken: '', args: { buyer: 'buyer-1' } }
      : await (step === 'return' ? returning(emulator) : linked(emulator, step))
  const args = { ...prepared.args, ...own }
  const local = new Map<string, string>()
  if (args.pending) local.set('pending', args.pending)
  if (prepared.payerToken) {
    local.set('wallet', JSON.stringify({ agreement: prepared.agreement, payer_token: prepared.payerToken }))
  }
  return { ...prepared, emulator, args, kept: [], local }
}
