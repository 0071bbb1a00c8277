import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as library from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { samplesOf } from '../../playground/page/code/samples.ts'
import { RUNTIMES, type Runtime, STEPS, type Step } from '../../playground/page/code/steps.ts'
import { walletWith } from '../support/client/wallet.ts'
import { type Checkout, chargesOf, checkoutAt, effectsOf } from '../support/page-code/checkout.ts'
import { KEY, keep, ticketOf } from '../support/page-code/proxy.ts'
import { curl, type Sent, send, variablesOf } from '../support/page-code/run-curl.ts'
import { codeOf, type Result, runSample } from '../support/page-code/run-sample.ts'

const root = fileURLToPath(new URL('../..', import.meta.url).href)
const SAMPLES = `${root}playground/page/code/samples`
const BACKENDS = ['Workers', 'Deno', 'Bun', 'Node'] as const
const OF_A_PAGE: Step[] = ['link', 'return', 'coupon', 'pay', 'lost-answer', 'reserve', 'unlink']
const all = STEPS.flatMap((step) => samplesOf(step).map((sample) => ({ step, ...sample })))

const walletOf = ({ emulator }: Checkout) => walletWith(emulator.fetch)
const pay = (checkout: Checkout, wallet_payment: library.CreatePaymentInput['wallet_payment'], token: string) =>
  walletOf(checkout).payments.create({ wallet_payment, payer: { token } })

/** Runs the sample of a step at its place in a checkout. */
async function play(
  step: Step,
  runtime: Runtime,
  prepare: (checkout: Checkout) => void = () => {},
  args: Record<string, string> = {},
): Promise<Checkout & Result> {
  const checkout = await checkoutAt(step, args)
  prepare(checkout)
  return { ...checkout, ...(await runSample(step, runtime, checkout)) }
}

describe('the samples', () => {
  it.each(all)('of $step for $runtime have at most fifteen lines that fit, and no secret in clear', ({ step, runtime, code }) => {
    const lines = code.split('\n')
    expect(lines.length).toBeLessThanOrEqual(15)
    expect(lines.filter((line) => line.length > 90 || line !== line.trimEnd())).toEqual([])
    expect(code).not.toMatch(/APP_USR|TEST-|[0-9a-f]{16}/)
    const credential = runtime === 'Browser' ? 'ticket' : step === 'session' ? 'PROXY_CLIENT_KEY' : 'MERCADOPAGO_ACCESS_TOKEN'
    expect(code).toContain(credential)
    if (runtime === 'Browser') expect(code).not.toMatch(/accessToken|ACCESS_TOKEN|CLIENT_KEY/)
  })

  it('are there for every backend, and for the browser only where a page may do the step', () => {
    const runtimesOf = (step: Step) => samplesOf(step).map(({ runtime }) => runtime)
    expect(STEPS.filter((step) => runtimesOf(step)[0] === 'Browser').sort()).toEqual([...OF_A_PAGE].sort())
    for (const step of STEPS) expect(runtimesOf(step).filter((each) => each !== 'Browser')).toEqual(RUNTIMES.slice(1))
    expect(codeOf('refund', 'Browser')).toBeUndefined()
  })

  it('are all shown: no file is left over', () => {
    const files = readdirSync(SAMPLES, { recursive: true }).filter((name) => /\.(ts|sh)$/.test(String(name)))
    expect(files).toHaveLength(all.length)
  })

  it.each(RUNTIMES.filter((runtime) => runtime !== 'curl'))(
    'for %s compile strictly, with the types of this runtime',
    (runtime) => {
      const compiler = [`${root}node_modules/typescript-7/bin/tsc`, '-p', `${SAMPLES}/${runtime.toLowerCase()}`]
      const { stdout, status } = spawnSync(process.execPath, compiler, { encoding: 'utf8' })
      expect(stdout).toBe('')
      expect(status).toBe(0)
    },
  )
})

describe.each(['Browser', ...BACKENDS] as const)('the %s sample', (runtime) => {
  const isPage = runtime === 'Browser'

  it('link asks for an agreement, and says where to send the buyer', async () => {
    const { shown, ...checkout } = await play('link', runtime)
    const agreement_uri = expect.stringContaining('/wallet_agreement/')
    expect(shown).toEqual(isPage ? agreement_uri : { agreement_uri })
    const pending = isPage ? checkout.local.get('pending') : checkout.kept[0]?.what.pending
    expect(pending).toBe(effectsOf(checkout, 'agreement_created')[0]?.agreement_id)
  })

  it('return exchanges the code, and shows the payer token to nobody', async () => {
    const { shown, printed, ...checkout } = await play('return', runtime)
    const { agreement, kept, local } = checkout
    expect(effectsOf(checkout, 'payer_token_created')).toHaveLength(1)
    const stored = isPage ? JSON.parse(local.get('wallet') ?? '') : kept[0]?.what
    expect(stored).toMatchObject({ agreement })
    expect(shown).toBe(isPage ? '/' : 'Linked.')
    expect(JSON.stringify(printed)).not.toContain(stored.payer_token)
    expect(library.isApproved(await pay(checkout, { transaction_amount: 1 }, stored.payer_token))).toBe(true)
    if (isPage) expect(local.has('pending')).toBe(false)
  })

  it.each(['', 'another'])('return takes no agreement that this buyer was not sent for, when %j is pending', async (pending) => {
    const checkout = await checkoutAt('return', { pending })
    const returned = runSample('return', runtime, checkout)
    if (runtime === 'Workers') expect(await returned).toMatchObject({ status: 403 })
    else await expect(returned).rejects.toThrow('Unexpected agreement')
    expect(checkout.kept).toEqual([])
    expect(effectsOf(checkout, 'payer_token_created')).toEqual([])
  })

  it.each([
    ['WALLET10', 90, 'less, as promised'],
    ['LATER', 100, 'all of it where nothing is promised'],
  ])('coupon says how to pay with %s: %d, %s', async (coupon, amount) => {
    const later = { code: 'LATER', type: 'fixed', value: 5, min_payment_amount: 1_000 } as const
    const { shown, ...checkout } = await play('coupon', runtime, ({ emulator }) => emulator.coupons.add(later), { coupon })
    expect(chargesOf(checkout)).toBe(0)
    const wallet_payment = shown as library.CreatePaymentInput['wallet_payment']
    expect(library.isApproved(await pay(checkout, wallet_payment, checkout.payerToken))).toBe(true)
    expect(effectsOf(checkout, 'payment_charged')).toMatchObject([{ amount }])
  })

  it('pay charges once, also if it is run twice', async () => {
    const checkout = await checkoutAt('pay')
    const first = await runSample('pay', runtime, checkout)
    const second = await runSample('pay', runtime, checkout)
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'approved', paid: true })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(checkout, 'payment_charged')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
    // The shop had it before it left.
    if (isPage) expect(checkout.kept.find(({ what }) => 'request' in what)?.charges).toBe(0)
  })

  it('pay does not call a rejected payment paid', async () => {
    const { shown } = await play('pay', runtime, ({ emulator }) => emulator.buyer.setBalance(1))
    expect(shown).toMatchObject({ status: 'rejected', paid: false })
  })

  /** A page finds the request that the shop has stored. */
  function storeRequest(checkout: Checkout): void {
    if (!isPage) return
    const wallet_payment = { transaction_amount: '700.50', external_reference: 'order-1' }
    const payment = { wallet_payment, payer: { token: checkout.payerToken } }
    const request = library.prepare('payments.create', payment, { idempotencyKey: KEY })
    keep(checkout, { request: JSON.parse(JSON.stringify(request)) })
  }

  it.each([0, 1, 3, 100])('lost-answer charges once and finds the payment when %d answers are lost', async (times) => {
    const { shown, status, ...checkout } = await play('lost-answer', runtime, (before) => {
      storeRequest(before)
      if (times > 0) before.emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create', times })
    })
    const [charge, ...others] = effectsOf(checkout, 'payment_charged')
    expect(others).toEqual([])
    expect(shown).toMatchObject({ data: { id: charge?.payment_id, status: 'approved' } })
    if (runtime === 'Workers') expect(status).toBe(200)
    // It was stored before it left, and whoever reads it back learns the same.
    const { what, charges } = checkout.kept.find((entry) => 'prepared' in entry.what || 'request' in entry.what) ?? {}
    expect(charges).toBe(0)
    checkout.emulator.faults.clear()
    const prepared = JSON.parse(JSON.stringify(what?.prepared ?? what?.request))
    const again = await walletOf(checkout).reconcile(prepared)
    expect(again).toMatchObject({ outcome: 'done', data: { id: charge?.payment_id } })
    expect(chargesOf(checkout)).toBe(1)
  })

  it('lost-answer shows a refusal as one: no money moved', async () => {
    const { shown, status, ...checkout } = await play('lost-answer', runtime, (before) => {
      storeRequest(before)
      before.emulator.buyer.cancel(before.agreement)
    })
    const refusal = { status: 401, apiCode: '401003' }
    expect(shown).toMatchObject(isPage ? refusal : { error: refusal })
    if (runtime === 'Workers') expect(status).toBe(502)
    expect(chargesOf(checkout)).toBe(0)
  })

  it('reserve holds the money once, also if it is run twice, and charges nothing', async () => {
    const checkout = await checkoutAt('reserve')
    const first = await runSample('reserve', runtime, checkout)
    const second = await runSample('reserve', runtime, checkout)
    expect(first.shown).toEqual({ id: expect.any(Number), status: 'authorized', ...(isPage && { paid: false }) })
    expect(second.shown).toEqual(first.shown)
    expect(effectsOf(checkout, 'payment_reserved')).toMatchObject([{ amount: 700.5, external_reference: 'order-1' }])
    expect(chargesOf(checkout)).toBe(0)
  })

  it('unlink ends the agreement', async () => {
    const { shown, ...checkout } = await play('unlink', runtime)
    expect(shown).toEqual({ agreement: checkout.agreement, status: 'cancelled' })
    expect(effectsOf(checkout, 'agreement_cancelled')).toHaveLength(1)
    if (isPage) expect(checkout.local.has('wallet')).toBe(false)
  })

  // A page learns what it needs from its shop. A return without an agreement is refused, which is another test.
  const given = isPage ? (['coupon', 'unlink', 'pay', 'reserve'] as const) : STEPS
  it.each(given.filter((step) => step !== 'notification' && step !== 'return'))(
    '%s fails with InvalidInputError, and does nothing, if it is given nothing',
    async (step) => {
      const checkout = await checkoutAt(step)
      const before = checkout.emulator.effects.length
      const empty = { ...checkout, args: {}, agreement: '', payerToken: '', local: new Map<string, string>() }
      await expect(runSample(step, runtime, empty)).rejects.toThrow(library.InvalidInputError)
      expect(checkout.emulator.effects).toHaveLength(before)
    },
  )
})

describe.each(BACKENDS)('the %s sample of what only a backend does', (runtime) => {
  it('session gets a ticket for exactly one charge, with the key of the order', async () => {
    const { shown, status } = await play('session', runtime)
    if (runtime === 'Workers') expect(status).toBe(201)
    const key = { account: 'my-shop', operation: 'charge', reference: 'order-1', attempt: 1 }
    expect(await ticketOf((shown as { ticket: string }).ticket)).toMatchObject({
      user: 'buyer-1',
      origin: 'https://shop.example',
      operations: ['payments.create', 'payments.get'],
      charge: { amount: '700.5', external_reference: 'order-1', idempotency_key: await library.idempotencyKeyFrom(key) },
    })
  })

  it('pay has the key of lost-answer: one after the other charges once', async () => {
    const checkout = await checkoutAt('pay')
    await runSample('pay', runtime, checkout)
    expect((await runSample('lost-answer', runtime, checkout)).shown).toMatchObject({ data: { status: 'approved' } })
    expect(chargesOf(checkout)).toBe(1)
  })

  it('capture charges what was reserved', async () => {
    const { shown, ...checkout } = await play('capture', runtime)
    const { id } = checkout.args
    expect(shown).toEqual({ id, status: 'approved', paid: true })
    expect(effectsOf(checkout, 'payment_captured')).toMatchObject([{ payment_id: Number(id), amount: 700.5 }])
  })

  it('cancel releases what was reserved', async () => {
    const { shown, ...checkout } = await play('cancel', runtime)
    expect(shown).toEqual({ id: checkout.args.id, status: 'cancelled' })
    expect(effectsOf(checkout, 'payment_cancelled')).toHaveLength(1)
  })

  it.each([
    ['200.25', 200.25, 'partially_refunded'],
    ['all', 700.5, 'refunded'],
  ])('refund gives back %s, once, also if it is run twice', async (amount, refunded, status) => {
    const checkout = await checkoutAt('refund', { amount })
    const expected = { id: checkout.args.id, status, refunded: [refunded] }
    expect((await runSample('refund', runtime, checkout)).shown).toEqual(expected)
    expect((await runSample('refund', runtime, checkout)).shown).toEqual(expected)
    expect(effectsOf(checkout, 'payment_refunded')).toMatchObject([{ amount: refunded }])
  })

  it('refund gives back nothing if nobody says how much', async () => {
    const checkout = await checkoutAt('refund')
    delete checkout.args.amount
    await expect(runSample('refund', runtime, checkout)).rejects.toThrow(library.InvalidInputError)
    expect(effectsOf(checkout, 'payment_refunded')).toEqual([])
  })

  it('notification reads what a signed one points at, and refuses a forged one', async () => {
    const { handle, printed, emulator } = await play('notification', runtime)
    const [delivery] = await emulator.notifications.drain()
    if (!delivery || !handle) throw new Error('nothing was delivered, or nobody listens')
    expect(await handle(delivery)).toBe(200)
    expect(printed).toEqual([[expect.stringContaining('wallet_connect'), 'confirmed_by_user']])
    expect(await handle({ ...delivery, url: delivery.url.replace(/data\.id=\w{4}/, 'data.id=0000') })).toBe(500)
    expect(printed.slice(1)).toEqual([[undefined, undefined]])
  })
})

/** Amounts may be sent as numbers or as decimal text. */
const bodyOf = (body: string | null): unknown =>
  JSON.parse(body || 'null', (name, value) => (/amount$/.test(name) && typeof value === 'string' ? Number(value) : value))

const hasShell = spawnSync('sh', ['-c', ':']).error === undefined

describe.skipIf(!hasShell)('the curl sample', () => {
  const sendOnce = STEPS.filter((step) => step !== 'notification' && step !== 'lost-answer')

  it.each(sendOnce)('%s makes one request, which succeeds', async (step) => {
    const checkout = await checkoutAt(step)
    const statuses = []
    for (const sent of curl(step, variablesOf(checkout))) statuses.push((await send(checkout, sent)).status)
    expect(statuses).toEqual([['session', 'pay', 'reserve'].includes(step) ? 201 : 200])
  })

  it('session gets a ticket for exactly one charge, with the key that was stored', async () => {
    const checkout = await checkoutAt('session')
    const [sent] = curl('session', variablesOf(checkout))
    if (!sent) throw new Error('nothing was sent')
    const { ticket } = (await (await send(checkout, sent)).json()) as { ticket: string }
    expect(await ticketOf(ticket)).toMatchObject({
      user: 'buyer-1',
      operations: ['payments.create', 'payments.get'],
      charge: { amount: '700.5', external_reference: 'order-1', idempotency_key: KEY },
    })
  })

  it.each(sendOnce.filter((step) => step !== 'session'))('%s sends what the library sends', async (step) => {
    const checkout = await checkoutAt(step)
    const seen: Sent[] = []
    const { fetch } = checkout.emulator
    checkout.emulator.fetch = async (input, init) => {
      const request = new Request(input, init)
      const { method, url, headers } = request
      seen.push({ method, url, headers: Object.fromEntries(headers), body: await request.clone().text() })
      return fetch(request)
    }
    await runSample(step, 'Node', checkout)
    const ours = curl(step, variablesOf(await checkoutAt(step)))
    const essence = ({ method, url, headers, body }: Sent) => ({
      method,
      url,
      body: bodyOf(body),
      authorization: headers.authorization,
      payerToken: headers['x-payer-token'],
      type: headers['content-type'],
    })
    // The library may read before and afterwards.
    const same = seen.filter(({ method, url }) => ours.some((each) => each.method === method && each.url === url))
    expect(ours.map(essence)).toEqual(same.slice(0, ours.length).map(essence))
  })

  it.each(['pay', 'reserve', 'lost-answer'] as const)(
    '%s sends the key that was stored, and nothing without one',
    async (step) => {
      const { KEY: key, ...others } = variablesOf(await checkoutAt(step))
      expect(curl(step, { ...others, KEY: key ?? '' })[0]?.headers['x-idempotency-key']).toBe(KEY)
      expect(() => curl(step, others)).toThrow()
      expect(() => curl(step, { ...others, KEY: '' })).toThrow()
    },
  )

  it('refund has one key for one refund: sent twice, it refunds once', async () => {
    const checkout = await checkoutAt('refund')
    for (const _ of [1, 2]) for (const sent of curl('refund', variablesOf(checkout))) await send(checkout, sent)
    expect(effectsOf(checkout, 'payment_refunded')).toMatchObject([{ amount: 200.25 }])
    expect(() => curl('refund', { ...variablesOf(checkout), ID: '' })).toThrow()
  })

  it('return sends nothing for an agreement that this buyer was not sent for', async () => {
    expect(curl('return', { ...variablesOf(await checkoutAt('return')), PENDING: 'another' })).toEqual([])
  })

  it('lost-answer sends the same key and bytes again, then looks the order up: one charge, found', async () => {
    const checkout = await checkoutAt('lost-answer')
    expect(curl('lost-answer', variablesOf(checkout))).toHaveLength(1)
    const [first, second, search, ...others] = curl('lost-answer', variablesOf(checkout), 56)
    expect(others).toEqual([])
    if (!first || !second || !search) throw new Error('three requests were expected')
    expect(second).toEqual(first)
    expect(first.headers['x-idempotency-key']).toBe(KEY)
    checkout.emulator.faults.inject({ fault: 'reset', phase: 'after', operation: 'payments.create' })
    await expect(send(checkout, first)).rejects.toThrow()
    expect((await send(checkout, second)).status).toBe(200)
    const [charge, ...more] = effectsOf(checkout, 'payment_charged')
    expect(more).toEqual([])
    const answer = await send(checkout, search)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ results: [{ id: charge?.payment_id }] })
  })

  it('notification reads what one points at, an agreement or an inner payment', async () => {
    const checkout = await checkoutAt('notification')
    const [agreement] = curl('notification', variablesOf(checkout))
    if (!agreement) throw new Error('nothing was sent')
    const read = await send(checkout, agreement)
    expect(await read.json()).toMatchObject({ id: checkout.agreement, status: 'confirmed_by_user' })
    const { id, payments } = await pay(checkout, { transaction_amount: 5 }, checkout.payerToken)
    const [, payment] = curl('notification', { ...variablesOf(checkout), DATA_ID: String(payments?.[0]?.id) })
    if (!payment) throw new Error('nothing was searched')
    expect(await (await send(checkout, payment)).json()).toMatchObject({ results: [{ id }] })
  })
})
