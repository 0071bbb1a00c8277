import {
  type AdvancedPayment,
  isWalletConnectError,
  type OperationInput,
  type Refund,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { createEmulator, type Effect, type EffectKind, FAULTS, type FaultName } from 'mercadopago-wallet-connect/emulator'
import type { Ledger, LedgerStore, WriteResult } from 'mercadopago-wallet-connect/ledger'
import { createClient } from '../../../src/client/create-wallet-connect.ts'
import { createRandom } from '../../../src/emulator/world/random.ts'
import { assembleLedger } from '../../../src/ledger/create-ledger.ts'
import { step } from '../../../src/ledger/state-machine.ts'
import { createEmulatorClock } from '../client/emulator-clock.ts'
import { walletWith } from '../client/wallet.ts'
import type { Start } from '../worlds/run-world.ts'
import { SEALING_KEYS } from './sealing-keys.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** One life of a write in a ledger: everything follows from the seed. */
export interface LedgerLife {
  seed: number
  operation: 'payments.create' | 'payments.capture' | 'payments.refund'
  /** How likely each request is given a fault. */
  faultRate: number
  /** How likely the process dies at each access to the store. */
  crashRate: number
  /** Whether refunds and captures honour their keys. */
  keys: 'honoured' | 'ignored'
  searchDelayMs: number
  /** Whether another write, a minute before, was for the same reference and amount, as in a subscription. */
  hasTwin: boolean
  /** How far the clock of the process may jump. */
  jumpMs: number
}

export interface LifeEnd {
  broken: string[]
  state: WriteResult['state'] | 'none'
  crashes: number
}

/** The parts of the design that a bug may be in. */
export interface Design {
  rules?: typeof step
  store?: (store: LedgerStore) => LedgerStore
  wallet?: (wallet: WalletConnect) => Pick<WalletConnect, 'prepare' | 'send'>
}

/** Dies with its process: what the store was asked for may have happened or not, and nothing is told. */
class Crash extends Error {}

const KINDS: Record<LedgerLife['operation'], EffectKind> = {
  'payments.create': 'payment_charged',
  'payments.capture': 'payment_captured',
  'payments.refund': 'payment_refunded',
}
const REFERENCE = 'order-1'
const REPEATING: readonly string[] = ['late_arrival', 'request_duplicated'] satisfies FaultName[]
/** Not those in which the API breaks its promises. */
const USUAL = FAULTS.filter(({ name, isBreach }) => !isBreach && !name.startsWith('notification_')).map(({ name }) => name)

/** Lives through one life over a store, and judges it by what really happened. */
export async function liveInLedger(life: LedgerLife, start: Start, given: LedgerStore, design: Design = {}): Promise<LifeEnd> {
  const store = design.store?.(given) ?? given
  const random = createRandom({ seed: life.seed })
  const roll = (): number => random.below(2 ** 32) / 2 ** 32
  const emulator = createEmulator({
    keyRetentionMs: 40 * MINUTE_MS,
    searchDelayMs: life.searchDelayMs,
    refundKeys: life.keys,
    changeKeys: life.keys,
  })
  emulator.restore(start.snapshot)
  const { input, payment: prepared } = await prepareInput(life, start, emulator)
  const before = emulator.effects.length
  emulator.faults.injectRandomly({ rate: life.faultRate, seed: life.seed, faults: USUAL })

  let skewMs = 0
  let isHealed = false
  let generation = 0
  let crashes = 0
  const open = () => {
    const mine = ++generation
    const risk = (): void => {
      if (mine !== generation) throw new Crash('of a process that is gone')
      if (isHealed || roll() >= life.crashRate) return
      crashes += 1
      generation += 1
      throw new Crash('now')
    }
    const mortal = Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        async (...values: unknown[]) => {
          risk()
          const value = await (method as (...values: unknown[]) => Promise<unknown>)(...values)
          risk()
          return value
        },
      ]),
    ) as unknown as LedgerStore
    const wallet = createClient(
      { accessToken: 'TEST-1', fetch: emulator.fetch, maxRetries: 1 },
      createEmulatorClock(emulator, roll),
    )
    const now = () => emulator.clock.now() + skewMs
    const options = { store: mortal, sealingKeys: SEALING_KEYS, now, keyTrustMs: 30 * MINUTE_MS }
    return assembleLedger({ ...options, wallet: design.wallet?.(wallet) ?? wallet }, design.rules ?? step)
  }

  const key = `life-${life.seed}`
  const told: WriteResult[] = []
  let claimed: string | undefined
  const ask = async (ledger: Ledger): Promise<void> => {
    try {
      told.push(await ledger.write(life.operation, input as never, { key, idempotencyKey: key }))
    } catch (error) {
      if (isWalletConnectError(error) && error.code !== 'invalid_input' && error.outcome === 'none') claimed = error.code
      else if (!(error instanceof Crash)) throw error
    }
  }
  const look = (ledger: Ledger): Promise<unknown> =>
    ledger.settle().catch((error) => {
      if (!(error instanceof Crash)) throw error
    })

  let ledger = open()
  if (life.hasTwin) await ledger.write('payments.create', input as never, { key: `twin-${life.seed}` }).catch(() => undefined)
  // The first attempt may be made by two processes at once; later ones come after restarts.
  await Promise.all([ask(ledger), roll() < 0.3 ? ask(ledger) : undefined])
  for (let round = 0; round < 6; round++) {
    await emulator.clock.advance([1_000, 30_000, 3 * MINUTE_MS, HOUR_MS][random.below(4)] ?? 0)
    if (roll() < 0.3) skewMs = (roll() - 0.5) * 2 * life.jumpMs
    ledger = roll() < 0.5 ? open() : ledger
    await (roll() < 0.4 ? ask(ledger) : look(ledger))
  }
  const isRepeating = emulator.faults.injected.some(({ fault }) => REPEATING.includes(fault))
  isHealed = true
  skewMs = 0
  emulator.faults.clear()
  ledger = open()
  for (let round = 0; round < 70; round++) {
    await emulator.clock.advance(round < 10 ? MINUTE_MS : HOUR_MS)
    if (round === 20) await makeLaterPayment(ledger, start, life.seed)
    await look(ledger)
  }
  const end = await ledger.find(key)
  const effects = emulator.effects.slice(before).filter(({ kind, idempotency_key, payment_id }) => {
    const isThis = idempotency_key === key || (life.operation !== 'payments.create' && payment_id === prepared)
    return kind === KINDS[life.operation] && isThis
  })
  return { broken: judge({ life, end, told, claimed, effects, isRepeating }), state: end?.state ?? 'none', crashes }
}

async function prepareInput(
  { operation }: LedgerLife,
  { payer_token: token }: Start,
  emulator: ReturnType<typeof createEmulator>,
) {
  const order: OperationInput<'payments.create'> = {
    wallet_payment: { transaction_amount: 10, external_reference: REFERENCE },
    payer: { token },
  }
  if (operation === 'payments.create') return { input: order }
  const { payments } = walletWith(emulator.fetch)
  const isRefund = operation === 'payments.refund'
  const { id: advanced_payment_id } = await payments.create({ ...order, capture: isRefund })
  if (isRefund) await payments.refund(advanced_payment_id, { amount: 2 })
  const input = isRefund ? { advanced_payment_id, amount: 2 } : { advanced_payment_id }
  return { input, payment: advanced_payment_id }
}

const makeLaterPayment = (ledger: Ledger, { payer_token: token }: Start, seed: number) =>
  ledger.write(
    'payments.create',
    { wallet_payment: { transaction_amount: 1, external_reference: `later-${seed}` }, payer: { token } },
    { key: `later ${seed}` },
  )

function judge({
  life,
  end,
  told,
  claimed,
  effects,
  isRepeating,
}: {
  life: LedgerLife
  end: WriteResult | undefined
  told: readonly WriteResult[]
  claimed: string | undefined
  effects: readonly Effect[]
  isRepeating: boolean
}): string[] {
  const broken: string[] = []
  const check = (holds: boolean, rule: string): void => {
    if (!holds) broken.push(rule)
  }
  // The network may bring a refund twice, or a clock that jumps by hours hide that a key is forgotten: then nobody can see to it.
  const isOnce =
    life.jumpMs < 10 * MINUTE_MS && (life.operation !== 'payments.refund' || life.keys === 'honoured' || !isRepeating)
  if (isOnce) check(effects.length <= 1, `done ${effects.length} times`)
  if (end === undefined) check(effects.length === 0, `forgotten, although it was done; told ${claimed}`)
  check(end?.state !== 'unknown', 'still unknown')
  for (const result of [...told, ...(end ? [end] : [])]) {
    if (result.state === 'refused') check(effects.length === 0, 'told refused, although it was done')
    if (result.state === 'done') check(isAbout(life, result.data, effects), 'told done with something else')
  }
  const finals = told.filter(({ state }) => state === 'done' || state === 'refused').map(({ state }) => state)
  check(
    finals.every((state) => state === end?.state),
    'what was told did not stay',
  )
  return broken
}

function isAbout({ operation }: LedgerLife, data: unknown, effects: readonly Effect[]): boolean {
  if (operation === 'payments.refund') return (data as Refund[]).some(({ amount }) => amount === 2) && effects.length > 0
  return effects.some(({ payment_id }) => payment_id === (data as AdvancedPayment).id)
}
