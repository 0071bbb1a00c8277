import {
  type CreateAgreementInput,
  type CreatePaymentInput,
  createWalletConnect,
  idempotencyKeyFrom,
  isApproved,
  isFinal,
  isWalletConnectError,
  type WalletConnect,
} from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { createNotificationVerifier } from 'mercadopago-wallet-connect/notifications'
import { type World, walletOf } from './world.ts'

/** How long the runtime may take to notice, on a machine with much else to do. */
const SLACK_MS = 3_000
const TIMEOUT_MS = 200
/** Enough for headers to arrive first. */
const BODY_TIMEOUT_MS = 700
/** More often than anybody repeats. */
const ALWAYS = 99

/** What some runtimes do not let us promise: they send a request again by themselves when a kept connection breaks. */
export const ONCE = 'what nobody may repeat leaves once, and its lost answer is unknown'

/** Plain functions, and nothing but what every runtime has: the same file runs in all of them. Each throws if it fails. */
export const cases: Record<string, (world: World) => Promise<void>> = {
  async 'an access token is taken, but not in a page'({ baseURL }) {
    const error = await rejection(async () => createWalletConnect({ accessToken: 'TEST-1', baseURL }))
    same(isWalletConnectError(error) ? error.code : 'taken', 'document' in globalThis ? 'invalid_input' : 'taken')
  },

  async 'link and unlink'(world) {
    const wallet = walletOf(world)
    const { agreement_id, payer_token } = await link(world, wallet)
    same((await wallet.agreements.get(agreement_id)).status, 'confirmed_by_user')
    same(payer_token.length > 0, true)
    await wallet.agreements.cancel(agreement_id)
    same((await wallet.agreements.get(agreement_id)).status, 'cancelled')
  },

  async pay(world) {
    const wallet = walletOf(world)
    const payment = await wallet.payments.create(purchase(await link(world, wallet)))
    same([isApproved(payment), isFinal(payment)], [true, true])
    same((await wallet.payments.get(payment.id)).status, 'approved')
    same(await money(world), ['payment_charged 700.5'])
  },

  async 'a refusal has its code'(world) {
    const error = await rejection(() => walletOf(world).payments.create(purchase({ payer_token: 'nobody' })))
    same([code(error), field(error, 'status'), field(error, 'apiCode')], ['refused', 401, '401003'])
  },

  async capture(world) {
    const wallet = walletOf(world)
    const reserved = await wallet.payments.create({ ...purchase(await link(world, wallet)), capture: false })
    same([reserved.status, isApproved(reserved)], ['authorized', false])
    same(isApproved(await wallet.payments.capture(reserved.id)), true)
    same(await money(world), ['payment_reserved 700.5', 'payment_captured 700.5'])
  },

  async cancel(world) {
    const wallet = walletOf(world)
    const reserved = await wallet.payments.create({ ...purchase(await link(world, wallet)), capture: false })
    const cancelled = await wallet.payments.cancel(reserved.id)
    same([isApproved(cancelled), isFinal(cancelled)], [false, true])
    same(await money(world), ['payment_reserved 700.5', 'payment_cancelled 700.5'])
  },

  async refund(world) {
    const wallet = walletOf(world)
    const { id } = await wallet.payments.create(purchase(await link(world, wallet)))
    await wallet.payments.refund(id, { amount: '0.29' })
    await wallet.payments.refund(id)
    const refunds = await wallet.payments.listRefunds(id)
    same(refunds.map(({ amount }) => amount).sort(), [0.29, 700.21])
    same((await wallet.payments.get(id)).status, 'refunded')
  },

  async 'an answer that is lost is asked for again, with the same key and bytes'(world) {
    const wallet = walletOf(world)
    const input = purchase(await link(world, wallet))
    // Twice: of a connection that was used before, Chromium takes the first loss upon itself.
    await world.ask('inject', { fault: 'reset', operation: 'payments.create', times: 2 })
    same(isApproved(await wallet.payments.create(input)), true)
    await chargedOnce(world)
  },

  async 'a body that is cut is asked for again, with the same key and bytes'(world) {
    const wallet = walletOf(world)
    const input = purchase(await link(world, wallet))
    await world.ask('inject', { fault: 'body_cut_by_chunk', operation: 'payments.create' })
    await world.ask('inject', { fault: 'body_cut_by_length', operation: 'payments.create' })
    same(isApproved(await wallet.payments.create(input)), true)
    await chargedOnce(world)
  },

  async 'an answer that stays lost is unknown, and is reconciled'(world) {
    const wallet = walletOf(world)
    const prepared = wallet.prepare('payments.create', purchase(await link(world, wallet)))
    await world.ask('inject', { fault: 'reset', operation: 'payments.create', times: ALWAYS })
    const error = await rejection(() => wallet.send(prepared))
    same([code(error), field(error, 'outcome')], ['unknown_outcome', 'unknown'])
    const settled = await wallet.reconcile(JSON.parse(JSON.stringify(prepared)))
    same(settled.outcome, 'done')
    await chargedOnce(world)
  },

  async [ONCE](world) {
    let attempts = 0
    const { agreements } = walletOf(world, { onAttempt: () => attempts++ })
    const { agreement_id } = await agreements.create(agreement)
    // What we do of ourselves, and what the server sees of it: for the first there is no excuse.
    await world.ask('inject', { fault: 'reset', operation: 'agreements.create', times: ALWAYS })
    const lost = await rejection(() => agreements.create(agreement))
    same([attempts, code(lost)], [2, 'unknown_outcome'])
    const approved = await world.ask('approve', { agreement_id })
    await world.ask('inject', { fault: 'reset', operation: 'agreements.createPayerToken' })
    const error = await rejection(() => agreements.createPayerToken(agreement_id, approved))
    const { requests } = await world.ask('report', {})
    const heard = requests.filter(({ path }) => path.endsWith('/payer_token'))
    const isSame = heard.every(({ body }) => body === heard[0]?.body)
    same(
      { attempts, heard: heard.length, isSame, code: code(error) },
      { attempts: 3, heard: 1, isSame: true, code: 'unknown_outcome' },
    )
  },

  async 'a body that is too large is let go, and its connection with it'(world) {
    const { id } = await payOnce(world)
    await world.ask('inject', { fault: 'huge_body', operation: 'payments.get', times: ALWAYS })
    // Held, so that no garbage collector lets go of it in our stead.
    const held: Response[] = []
    const holding = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const response = await fetch(input, init)
      held.push(response)
      return response
    }
    const wallet = walletOf(world, { fetch: holding as typeof fetch, maxRetries: 0 })
    same(code(await rejection(() => soon(wallet.payments.get(id)))), 'invalid_response')
    await nothingOpen(world)
    same(held.length, 1)
  },

  async 'a body that stalls ends by timeoutMs, and its connection with it'(world) {
    const wallet = walletOf(world, { timeoutMs: BODY_TIMEOUT_MS, maxRetries: 0 })
    const { id } = await payOnce(world)
    await world.ask('inject', { fault: 'stalled_body', operation: 'payments.get', times: ALWAYS })
    const error = await rejection(() => soon(wallet.payments.get(id)))
    same([code(error), field(error, 'reason'), field(error, 'status')], ['unavailable', 'timeout', 200])
    await nothingOpen(world)
  },

  async 'a request without an answer ends by timeoutMs, and its connection with it'(world) {
    const wallet = walletOf(world, { timeoutMs: TIMEOUT_MS, maxRetries: 0 })
    const input = purchase(await link(world, walletOf(world)))
    await world.ask('inject', { fault: 'hang', operation: 'payments.create', times: ALWAYS })
    same(code(await rejection(() => soon(wallet.payments.create(input)))), 'unknown_outcome')
    await nothingOpen(world)
  },

  async 'an abort ends the wait for an answer, and its connection with it'(world) {
    const { id } = await payOnce(world)
    await world.ask('inject', { fault: 'hang', operation: 'payments.get', times: ALWAYS })
    await aborted(world, (signal) => walletOf(world).payments.get(id, { signal }))
  },

  async 'an abort ends a body, and its connection with it'(world) {
    const { id } = await payOnce(world)
    await world.ask('inject', { fault: 'stalled_body', operation: 'payments.get', times: ALWAYS })
    await aborted(world, (signal) => walletOf(world).payments.get(id, { signal }))
  },

  async 'no redirect is followed with the token'(world) {
    const wallet = walletOf(world)
    const { id } = await payOnce(world)
    await world.ask('inject', { fault: 'redirect_same_origin', operation: 'payments.get' })
    const error = await rejection(() => wallet.payments.get(id))
    same(isWalletConnectError(error), true)
    const { requests } = await world.ask('report', {})
    same(requests.filter(({ method, path }) => method === 'GET' && path.includes('moved')).length, 0)
  },

  async 'a notification is verified'() {
    const { secret, deliveries } = await twoDeliveries()
    const verify = createNotificationVerifier({ secrets: ['another secret', secret] })
    for (const delivery of deliveries) {
      const { resource, resourceId, matched } = await verify(delivery)
      same([resource, resourceId.length > 0, matched?.secret], ['agreement', true, 1])
    }
  },

  async 'a forged notification is refused'() {
    const { secret, deliveries } = await twoDeliveries()
    const [delivery] = deliveries
    if (!delivery) throw new Error('nothing was delivered')
    const url = new URL(delivery.url)
    url.searchParams.set('data.id', 'another')
    const forgery = new Request(url, delivery.clone())
    const verify = createNotificationVerifier({ secrets: secret })
    same(field(await rejection(() => verify(forgery)), 'reason'), 'mismatch')
    const stranger = createNotificationVerifier({ secrets: 'another secret' })
    same(field(await rejection(() => stranger(delivery)), 'reason'), 'mismatch')
  },

  async 'a key made of the order is the same everywhere'() {
    const source = { account: '783789745', operation: 'payments.create', reference: 'order-1', attempt: 1 } as const
    same(await idempotencyKeyFrom(source), 'a537af86-1207-8db6-af3e-04b6f7248f44')
  },
}

const agreement: CreateAgreementInput = {
  return_uri: 'https://shop.example/linked',
  external_flow_id: 'flow-1',
  external_user: { id: 'buyer-1' },
}

/** A buyer who has approved. */
async function link(world: World, wallet: WalletConnect): Promise<{ agreement_id: string; payer_token: string }> {
  const { agreement_id } = await wallet.agreements.create(agreement)
  const { code } = await world.ask('approve', { agreement_id })
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  return { agreement_id, payer_token }
}

const purchase = ({ payer_token }: { payer_token: string }): CreatePaymentInput => ({
  wallet_payment: { transaction_amount: '700.50', description: 'Two chairs – «sillas» 🪑', external_reference: 'order-1' },
  payer: { token: payer_token },
})

async function payOnce(world: World): Promise<{ id: number | string }> {
  const wallet = walletOf(world)
  return wallet.payments.create(purchase(await link(world, wallet)))
}

/** What happened to money. */
async function money(world: World): Promise<string[]> {
  const { effects } = await world.ask('report', {})
  return effects.filter(({ kind }) => kind.startsWith('payment_')).map(({ kind, amount }) => `${kind} ${amount}`)
}

/** However often it was asked for, and always in the same words. */
async function chargedOnce(world: World): Promise<void> {
  same(await money(world), ['payment_charged 700.5'])
  const { requests } = await world.ask('report', {})
  const asked = requests.filter(({ method, path }) => method === 'POST' && path === '/v1/advanced_payments')
  const words = new Set(asked.map(({ key, body }) => `${key} ${body}`))
  same([asked.length > 1, words.size], [true, 1])
}

/** The emulator in this very runtime tells a shop of an agreement and of its end. */
async function twoDeliveries(): Promise<{ secret: string; deliveries: Request[] }> {
  const secret = 'a secret that signs'
  const deliveries: Request[] = []
  const emulator = createEmulator()
  const shop = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    deliveries.push(new Request(input, init))
    return new Response(null, { status: 200 })
  }
  emulator.notifications.configure({ url: 'https://shop.example/hooks', secret, fetch: shop as typeof fetch })
  const options = { fetch: emulator.fetch }
  const wallet = walletOf({ baseURL: emulator.origin, ask: () => Promise.reject(new Error('nobody is there')) }, options)
  const { agreement_id } = await wallet.agreements.create(agreement)
  emulator.buyer.approve(agreement_id)
  await wallet.agreements.cancel(agreement_id)
  await emulator.notifications.drain()
  same(deliveries.length, 2)
  return { secret, deliveries }
}

/** A read that hangs ends at once when its signal aborts, and the runtime lets go of the connection. */
async function aborted(world: World, read: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController()
  const call = soon(read(controller.signal))
  const end = rejection(() => call)
  await until(async () => (await world.ask('report', {})).open === 1, 'the request has arrived')
  controller.abort()
  const error = await end
  same([code(error), field(error, 'reason')], ['unavailable', 'aborted'])
  await nothingOpen(world)
}

/** The server sees that nobody listens any more. */
const nothingOpen = (world: World): Promise<void> =>
  until(async () => (await world.ask('report', {})).open === 0, 'the connection is closed')

async function until(test: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + SLACK_MS; Date.now() < end; await sleep(20)) if (await test()) return
  throw new Error(`never came: ${what}`)
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The same promise, which must not take long. */
async function soon<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not end')), BODY_TIMEOUT_MS + SLACK_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** What it rejects with; undefined if it does not. */
async function rejection(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}

/** Its code; of anything that is not of this package, what it says. */
const code = (error: unknown): string => (isWalletConnectError(error) ? error.code : String(error))
const field = (value: unknown, name: string): unknown => (value as Record<string, unknown> | undefined)?.[name]

function same(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${is} instead of ${should}`)
}
