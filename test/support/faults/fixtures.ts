import { createWalletConnect, type OperationName, type PreparedRequest, type WalletConnect } from 'mercadopago-wallet-connect'
import {
  createEmulator,
  type Effect,
  type Emulator,
  FAULTS,
  type Fault,
  type FaultName,
  type Phase,
} from 'mercadopago-wallet-connect/emulator'

/** A fault in one of its phases. */
export interface Row {
  fault: Fault<FaultName>
  phase?: Phase
}

/** A row of the table for each fault in each of its phases. */
export const rowsOf = (faults: readonly Fault<FaultName>[]): Row[] =>
  faults.flatMap((fault): Row[] => (fault.phases.length > 0 ? fault.phases.map((phase) => ({ fault, phase })) : [{ fault }]))

/** The rows of request faults. Faults of notifications change no response. */
export const REQUEST_ROWS = rowsOf(FAULTS.filter(({ name }) => !name.startsWith('notification_')))

export const nameOf = ({ fault, phase }: Row): string =>
  phase && fault.phases.length > 1 ? `${fault.name} ${phase}` : fault.name

/** The effect that each operation has; null: none, it only reads. */
export const EFFECT: Record<OperationName, Effect['kind'] | null> = {
  'agreements.create': 'agreement_created',
  'agreements.get': null,
  'agreements.cancel': 'agreement_cancelled',
  'agreements.createPayerToken': 'payer_token_created',
  'discounts.validateCoupon': null,
  'discounts.create': 'discount_promised',
  'payments.create': 'payment_charged',
  'payments.get': null,
  'payments.search': null,
  'payments.capture': 'payment_captured',
  'payments.cancel': 'payment_cancelled',
  'payments.refund': 'payment_refunded',
  'payments.listRefunds': null,
}

/** An emulator that is ready for an operation, and the request for it. */
export interface Fixture {
  emulator: Emulator
  wallet: WalletConnect
  prepared: PreparedRequest
  /** The number of times that the request has taken effect. */
  effects(): number
}

const agreement = { return_uri: 'https://shop.example/linked', external_flow_id: 'flow-1', external_user: { id: 'buyer-1' } }

export async function fixtureFor(operation: OperationName, accessToken = 'TEST-1'): Promise<Fixture> {
  const emulator = createEmulator()
  emulator.coupons.add({ code: 'WALLET10', type: 'percent', value: 10 })
  const wallet = createWalletConnect({ accessToken, fetch: emulator.fetch, timeoutMs: 800, maxRetries: 1, deadlineMs: 5_000 })
  const { agreement_id } = await wallet.agreements.create(agreement)
  const { code } = emulator.buyer.approve(agreement_id)
  const payer_token =
    operation === 'agreements.createPayerToken'
      ? ''
      : (await wallet.agreements.createPayerToken(agreement_id, { code })).payer_token
  const wallet_payment = { transaction_amount: 700.5, description: 'Two chairs', external_reference: 'order-1' }
  const pay = async (capture: boolean) => {
    const { id } = await wallet.payments.create({ wallet_payment, payer: { token: payer_token }, capture })
    return { advanced_payment_id: id }
  }
  const inputs: Record<OperationName, () => Promise<object> | object> = {
    'agreements.create': () => agreement,
    'agreements.get': () => ({ agreement_id }),
    'agreements.cancel': () => ({ agreement_id }),
    'agreements.createPayerToken': () => ({ agreement_id, code }),
    'discounts.validateCoupon': () => ({ payer_token, id: 'WALLET10' }),
    'discounts.create': () => ({ payer_token, amount: 700.5, coupon: 'WALLET10' }),
    'payments.create': () => ({ wallet_payment, payer: { token: payer_token } }),
    'payments.get': () => pay(true),
    'payments.search': async () => {
      await pay(true)
      return { external_reference: 'order-1' }
    },
    'payments.capture': () => pay(false),
    'payments.cancel': () => pay(false),
    'payments.refund': () => pay(true),
    'payments.listRefunds': async () => {
      const payment = await pay(true)
      await wallet.payments.refund(payment.advanced_payment_id, { amount: 1 })
      return payment
    },
  }
  const prepared = wallet.prepare(operation, (await inputs[operation]()) as never)
  const before = emulator.effects.length
  const kind = EFFECT[operation]
  return {
    emulator,
    wallet,
    prepared,
    effects: () => emulator.effects.slice(before).filter((effect) => effect.kind === kind).length,
  }
}

/** Runs many at the same time, as most of them wait for a timer. */
export async function inParallel<Input, Output>(
  inputs: readonly Input[],
  work: (input: Input) => Promise<Output>,
): Promise<Output[]> {
  const outputs: Output[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < inputs.length; index = next++) outputs[index] = await work(inputs[index] as Input)
  }
  await Promise.all(Array.from({ length: 96 }, worker))
  return outputs
}
