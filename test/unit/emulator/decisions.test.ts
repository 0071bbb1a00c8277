import { type Card, DECISIONS, type Decision, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it } from 'vitest'
import { payments, type RawPayment, start } from '../../support/emulator/raw-emulator.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const visa: Card = { payment_type_id: 'credit_card', payment_method_id: 'visa' }
const maestro: Card = { payment_type_id: 'debit_card', payment_method_id: 'maestro' }
const undecided: Decision = { status: 'pending', status_detail: 'pending_challenge' }
const approved: Decision = { status: 'approved', status_detail: 'accredited' }
const refused: Decision = { status: 'rejected', status_detail: 'cc_rejected_high_risk' }

const stateOf = ({ status, payments: [inner] }: RawPayment) => [status, inner.status, inner.status_detail]

/** A linked buyer with 1 000 in the wallet. */
async function linked(options: EmulatorOptions = {}, card?: Card) {
  const started = start({ balance: 1_000, ...options })
  const { token, id } = await started.link('buyer', card)
  const decide = (decision: Decision) => started.emulator.processor.decideNext(decision)
  const settle = (payment: number, status: string, status_detail: string) =>
    started.emulator.processor.settle(payment, { status, status_detail })
  const charge = async (amount = 100, more = {}) => (await started.pay(token, amount, more)).body
  const change = (payment: number, body: object) => started.call('PUT', `${payments}/${payment}`, body)
  return { ...started, token, id, decide, settle, charge, change, spendable: () => started.balance(token) }
}

type Linked = Awaited<ReturnType<typeof linked>>

const AT_CREATION = DECISIONS.filter(
  ({ status, status_detail }) =>
    ['approved', 'in_process', 'pending', 'rejected'].includes(status) && status_detail !== 'partially_refunded',
)
const LATER = DECISIONS.filter(({ status }) => ['in_mediation', 'cancelled', 'charged_back', 'refunded'].includes(status))

describe('processor.decideNext', () => {
  it.each(AT_CREATION)('gives the next payment $status/$status_detail', async ({ status, status_detail }) => {
    const { decide, pay, token, read, moves, spendable } = await linked()
    decide({ status, status_detail })
    const { status: code, body } = await pay(token, 100, { binary_mode: false })
    expect(code).toBe(201)
    expect(stateOf(body)).toEqual([status, status, status_detail])
    expect(stateOf(await read(body.id))).toEqual([status, status, status_detail])
    const kind = { approved: 'payment_charged', rejected: 'payment_rejected' }[status] ?? 'payment_undecided'
    expect(moves()).toEqual([`${kind} 100`])
    expect(await spendable()).toBe(status === 'rejected' ? 1_000 : 900)
  })

  it.each(['approved', 'authorized'])('approves for %s with capture, and reserves without', async (status) => {
    const { decide, charge, moves } = await linked()
    const [decision = approved] = DECISIONS.filter((each) => each.status === status)
    decide(decision)
    expect(stateOf(await charge(100, { capture: false }))).toEqual(['authorized', 'authorized', 'pending_capture'])
    decide(decision)
    expect(stateOf(await charge())).toEqual(['approved', 'approved', 'accredited'])
    expect(moves()).toEqual(['payment_reserved 100', 'payment_charged 100'])
  })

  it.each(['pending', 'in_process'])('rejects for %s in binary mode', async (status) => {
    const { decide, charge, spendable } = await linked()
    const [decision = undecided] = DECISIONS.filter((each) => each.status === status)
    decide(decision)
    expect(stateOf(await charge(100, { binary_mode: true }))).toEqual(['rejected', 'rejected', 'rejected_high_risk'])
    expect(await spendable()).toBe(1_000)
  })

  it('shows a card and an inner id for a reason of the issuer', async () => {
    const { decide, charge } = await linked()
    decide(refused)
    expect((await charge()).payments[0]).toMatchObject({
      id: expect.any(Number),
      payment_type_id: 'credit_card',
      payment_method_id: 'visa',
    })
    decide({ status: 'rejected', status_detail: 'rejected_by_bank' })
    expect((await charge()).payments[0]).toMatchObject({ id: null, payment_method_id: 'account_money' })
  })

  it("shows the buyer's card for a reason of the issuer, if there is one", async () => {
    const { decide, charge } = await linked({}, maestro)
    decide(refused)
    expect((await charge()).payments[0]).toMatchObject({ payment_type_id: 'debit_card', payment_method_id: 'maestro' })
  })

  it('takes precedence over the balance and the limit of the card', async () => {
    const { decide, charge } = await linked({ balance: 0 }, { ...visa, limit: 1 })
    decide(approved)
    expect((await charge()).status).toBe('approved')
    expect((await charge()).status).toBe('rejected')
  })

  it('decides as many payments as times says, and then no more', async () => {
    const { emulator, charge } = await linked()
    emulator.processor.decideNext(refused, { times: 2 })
    emulator.processor.decideNext({ ...refused, status_detail: 'bank_error' })
    const details = []
    for (let i = 0; i < 4; i++) details.push((await charge()).payments[0].status_detail)
    expect(details).toEqual(['cc_rejected_high_risk', 'cc_rejected_high_risk', 'bank_error', 'accredited'])
  })

  it('decides only for the given user', async () => {
    const { emulator, link, pay, token } = await linked()
    const other = await link('other')
    emulator.processor.decideNext(refused, { user: 'other' })
    expect((await pay(token)).body.status).toBe('approved')
    expect((await pay(other.token)).body.status).toBe('rejected')
    expect((await pay(other.token)).body.status).toBe('approved')
  })

  it('is not used up by a refused request or a repeat', async () => {
    const { decide, pay, token, moves } = await linked({}, maestro)
    await pay(token, 50, {}, 'k')
    decide(refused)
    expect((await pay(token, 50, {}, 'k')).status).toBe(200)
    expect((await pay(token, 0)).status).toBe(400)
    expect((await pay('unknown')).status).toBe(401)
    expect((await pay(token, 5_000, { capture: false })).status).toBe(400)
    await pay(token, 60)
    expect(moves()).toEqual(['payment_charged 50', 'payment_rejected 60'])
  })

  it.each<[object, object | undefined, string]>([
    [{ status: 'paid', status_detail: 'accredited' }, undefined, 'the status is one of approved, authorized'],
    [{ status: 'approved', status_detail: 'pending_capture' }, undefined, 'status_detail of approved is one of accredited'],
    [{ status: 'approved' }, undefined, 'No source documents approved/undefined'],
    [approved, { times: 0 }, 'times must be a whole number from 1'],
    [approved, { times: 1.5 }, 'times must be a whole number from 1'],
    ...LATER.map((decision): [object, undefined, string] => [decision, undefined, 'use settle for what happens later']),
  ])('refuses %j %j', async (decision, options, message) => {
    const { emulator, charge } = await linked()
    expect(() => emulator.processor.decideNext(decision as Decision, options)).toThrow(message)
    expect((await charge()).status).toBe('approved')
  })
})

/** How a payment of 100 gets to each place that can be settled. */
const PLACES: Record<string, (shop: Linked) => Promise<number>> = {
  approved: async ({ charge }) => (await charge()).id,
  authorized: async ({ charge }) => (await charge(100, { capture: false })).id,
  pending: async ({ charge, decide }) => {
    decide(undecided)
    return (await charge(100, { binary_mode: false })).id
  },
  in_process: async ({ charge, decide }) => {
    decide({ status: 'in_process', status_detail: 'pending_review_manual' })
    return (await charge(100, { binary_mode: false })).id
  },
  rejected: async ({ charge }) => (await charge(1_001)).id,
  cancelled: async (shop) => {
    const id = (await shop.charge(100, { capture: false })).id
    await shop.change(id, { status: 'cancelled' })
    return id
  },
  partially_refunded: async ({ charge, refund }) => {
    const { id } = await charge()
    await refund(id, 40)
    return id
  },
  refunded: async ({ charge, refund }) => {
    const { id } = await charge()
    await refund(id)
    return id
  },
  disputed: async ({ charge, settle }) => {
    const { id } = await charge()
    settle(id, 'charged_back', 'in_process')
    return id
  },
  charged_back: async ({ charge, settle }) => {
    const { id } = await charge()
    settle(id, 'charged_back', 'settled')
    return id
  },
}

const place = (name: string, shop: Linked): Promise<number> => PLACES[name]?.(shop) ?? Promise.reject(new Error(name))

/** From, decision, then status and inner status, what happened to the money, and what the buyer can spend. */
const TRANSITIONS: [string, string, string, [string, string], string | null, number][] = [
  ...['pending', 'in_process'].flatMap((from): typeof TRANSITIONS => [
    [from, 'approved', 'accredited', ['approved', 'approved'], 'payment_charged 100', 900],
    [from, 'rejected', 'cc_rejected_high_risk', ['rejected', 'rejected'], 'payment_rejected 100', 1_000],
    [from, 'cancelled', 'by_payer', ['cancelled', 'cancelled'], 'payment_cancelled 100', 1_000],
    [from, 'pending', 'pending_waiting_transfer', ['pending', 'pending'], null, 900],
    [from, 'in_process', 'deferred_retry', ['in_process', 'in_process'], null, 900],
  ]),
  ['authorized', 'cancelled', 'expired', ['cancelled', 'cancelled'], 'payment_cancelled 100', 1_000],
  ['authorized', 'rejected', 'cc_rejected_time_out', ['rejected', 'rejected'], 'payment_rejected 100', 1_000],
  ['approved', 'in_mediation', 'accredited', ['approved', 'in_mediation'], null, 900],
  ['approved', 'refunded', 'by_admin', ['refunded', 'refunded'], 'payment_refunded 100', 1_000],
  ['approved', 'charged_back', 'in_process', ['charged_back', 'charged_back'], null, 900],
  ['approved', 'charged_back', 'settled', ['charged_back', 'charged_back'], 'payment_charged_back 100', 1_000],
  ['approved', 'charged_back', 'reimbursed', ['charged_back', 'charged_back'], null, 900],
  ['partially_refunded', 'in_mediation', 'accredited', ['partially_refunded', 'in_mediation'], null, 940],
  ['partially_refunded', 'refunded', 'refunded', ['refunded', 'refunded'], 'payment_refunded 60', 1_000],
  ['partially_refunded', 'charged_back', 'settled', ['charged_back', 'charged_back'], 'payment_charged_back 60', 1_000],
  ['disputed', 'charged_back', 'settled', ['charged_back', 'charged_back'], 'payment_charged_back 100', 1_000],
  ['disputed', 'charged_back', 'reimbursed', ['charged_back', 'charged_back'], null, 900],
]

describe('processor.settle', () => {
  it.each(TRANSITIONS)('changes %s to %s/%s', async (from, status, detail, [outer, inner], move, spendable) => {
    const shop = await linked()
    const id = await place(from, shop)
    const before = shop.moves()
    await shop.emulator.clock.advance(1_000)
    shop.settle(id, status, detail)
    const payment = await shop.read(id)
    expect(stateOf(payment)).toEqual([outer, inner, detail])
    if (outer !== 'rejected') expect(payment).toMatchObject({ date_last_updated: '2025-12-31T20:00:01.000-04:00' })
    expect(shop.moves()).toEqual(move ? [...before, move] : before)
    expect(await shop.spendable()).toBe(spendable)
  })

  const possible = new Set(TRANSITIONS.map(([from, status]) => `${from} ${status}`))
  // Back to approved after a mediation; what is undecided comes to a reservation without capture: tests of their own below.
  for (const from of ['approved', 'partially_refunded']) possible.add(`${from} approved`)
  for (const from of ['pending', 'in_process']) possible.add(`${from} authorized`)
  const statuses = [...new Set(DECISIONS.map(({ status }) => status))]
  const impossible = Object.keys(PLACES).flatMap((from) =>
    statuses.filter((status) => !possible.has(`${from} ${status}`)).map((status) => [from, status] as const),
  )

  it.each(impossible)('refuses to change %s to %s, and moves no money', async (from, status) => {
    const shop = await linked()
    const id = await place(from, shop)
    const [before, moves] = [await shop.read(id), shop.moves()]
    const { status_detail = '' } = DECISIONS.find((each) => each.status === status) ?? {}
    const words = from === 'charged_back' ? /cannot become|is settled already/ : /A payment that is \w+ cannot become/
    expect(() => shop.settle(id, status, status_detail)).toThrow(words)
    expect(await shop.read(id)).toEqual(before)
    expect(shop.moves()).toEqual(moves)
  })

  it.each([
    [7, approved, 'There is no payment 7'],
    [Number.NaN, approved, 'There is no payment NaN'],
    ['constructor' as never, approved, 'There is no payment constructor'],
    [undefined, { status: 'paid', status_detail: 'x' }, 'No source documents paid/x: the status is one of'],
    [undefined, { status: 'refunded', status_detail: 'accredited' }, 'status_detail of refunded is one of refunded, by_admin'],
  ])('refuses %s %j', async (id, decision, message) => {
    const { emulator, charge } = await linked()
    const payment = await charge()
    expect(() => emulator.processor.settle(id ?? payment.id, decision)).toThrow(message)
  })

  it('can end a mediation', async () => {
    const { settle, charge, read, refund } = await linked()
    const { id } = await charge()
    settle(id, 'in_mediation', 'accredited')
    settle(id, 'approved', 'accredited')
    expect(stateOf(await read(id))).toEqual(['approved', 'approved', 'accredited'])
    expect((await refund(id)).status).toBe(200)
  })

  it.each(['approved', 'authorized'])('reserves a payment without capture for the decision %s', async (status) => {
    const { settle, decide, charge, read, moves, change } = await linked()
    decide(undecided)
    const { id } = await charge(100, { binary_mode: false, capture: false })
    settle(id, status, status === 'approved' ? 'accredited' : 'pending_capture')
    expect(stateOf(await read(id))).toEqual(['authorized', 'authorized', 'pending_capture'])
    await change(id, { capture: true })
    expect((await read(id)).status).toBe('approved')
    expect(moves()).toEqual(['payment_undecided 100', 'payment_reserved 100', 'payment_captured 100'])
  })

  it('reserves an approved payment without capture for authorizationLifetimeMs', async () => {
    const { settle, decide, charge, read, emulator } = await linked({ authorizationLifetimeMs: DAY_MS })
    decide(undecided)
    const { id } = await charge(100, { binary_mode: false, capture: false })
    await emulator.clock.advance(HOUR_MS)
    settle(id, 'approved', 'accredited')
    await emulator.clock.advance(DAY_MS - 1)
    expect((await read(id)).status).toBe('authorized')
    await emulator.clock.advance(1)
    expect(stateOf(await read(id))).toEqual(['cancelled', 'cancelled', 'expired'])
  })

  it('does not refund again what the seller has refunded', async () => {
    const { settle, charge, read, refund, call, moves } = await linked({ refundDelayMs: 1_000 })
    const { id } = await charge()
    await refund(id)
    settle(id, 'refunded', 'by_admin')
    expect((await read(id)).status).toBe('refunded')
    expect((await call('GET', `${payments}/${id}/refunds`)).body).toHaveLength(1)
    expect(moves()).toEqual(['payment_charged 100', 'payment_refunded 100'])
  })

  it('refunds at once, in spite of refundDelayMs', async () => {
    const { emulator, settle, charge, read, refund, spendable } = await linked({ refundDelayMs: 1_000 })
    const { id } = await charge()
    await refund(id, 40)
    settle(id, 'refunded', 'by_admin')
    const states = [stateOf(await read(id))]
    await emulator.clock.advance(1_000)
    states.push(stateOf(await read(id)))
    expect(states).toEqual(Array(2).fill(['refunded', 'refunded', 'by_admin']))
    expect(await spendable()).toBe(1_000)
  })

  it('keeps charged_back when an earlier refund is settled', async () => {
    const { emulator, settle, charge, read, refund } = await linked({ refundDelayMs: 1_000 })
    const { id } = await charge()
    await refund(id, 40)
    settle(id, 'charged_back', 'settled')
    await emulator.clock.advance(1_000)
    expect((await read(id)).status).toBe('charged_back')
  })

  it.each(['disputed', 'charged_back'])('does not let the seller refund a payment that is %s', async (from) => {
    const shop = await linked()
    const id = await place(from, shop)
    expect(await shop.refund(id)).toMatchObject({ status: 400, body: { message: "Can't set status refunded." } })
  })
})

describe('the card', () => {
  it('is charged in full when the balance is too low, which stays untouched', async () => {
    const { charge, spendable, moves } = await linked({}, visa)
    expect((await charge(1_000.01)).payments[0]).toMatchObject({
      id: expect.any(Number),
      status: 'approved',
      payment_type_id: 'credit_card',
      payment_method_id: 'visa',
      transaction_amount: 1_000.01,
    })
    expect((await charge(1_000)).payments[0]).toMatchObject({ payment_type_id: 'account_money' })
    expect(await spendable()).toBeGreaterThan(1_000)
    expect(moves()).toEqual(['payment_charged 1000.01', 'payment_charged 1000'])
  })

  it('receives refunds, and the balance does not', async () => {
    const { emulator, charge, refund, id, spendable } = await linked({}, visa)
    await refund((await charge(1_500)).id)
    emulator.buyer.changePaymentMethod(id, null)
    expect(await spendable()).toBe(1_000)
  })

  it('is rejected above its limit, which applies to each charge separately', async () => {
    const { charge } = await linked({ balance: 0 }, { ...visa, limit: 100 })
    expect(stateOf(await charge(100.01))).toEqual(['rejected', 'rejected', 'cc_rejected_insufficient_amount'])
    expect((await charge(100)).status).toBe('approved')
    expect((await charge(100)).status).toBe('approved')
  })

  it('can be replaced and removed by changePaymentMethod', async () => {
    const { emulator, charge, id } = await linked({ balance: 0 })
    const methodOf = async () => {
      const [inner] = (await charge()).payments
      return [(inner as { payment_method_id?: string }).payment_method_id, inner.status_detail]
    }
    expect(await methodOf()).toEqual(['account_money', 'insufficient_money'])
    emulator.buyer.changePaymentMethod(id, maestro)
    expect(await methodOf()).toEqual(['maestro', 'accredited'])
    emulator.buyer.changePaymentMethod(id, visa)
    expect(await methodOf()).toEqual(['visa', 'accredited'])
    emulator.buyer.changePaymentMethod(id, null)
    expect(await methodOf()).toEqual(['account_money', 'insufficient_money'])
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_method_updated')).toHaveLength(3)
  })

  it.each(['pending', 'cancelled', 'expired'])('cannot be changed while the agreement is %s', async (status) => {
    const { emulator, propose } = start()
    const id = await propose()
    if (status === 'cancelled') emulator.buyer.cancel(id)
    if (status === 'expired') await emulator.clock.advance(365 * DAY_MS)
    expect(() => emulator.buyer.changePaymentMethod(id, visa)).toThrow(`The agreement is ${status}`)
  })

  it('cannot be reserved if it is a debit card, unlike a credit card or the balance', async () => {
    const deferred = { capture: false }
    const { pay, token, emulator, id, moves } = await linked({}, maestro)
    const answer = await pay(token, 2_000, deferred, 'k')
    const message = "Some of the payment methods don't support deferred capture"
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request', message } })
    expect(moves()).toEqual([])
    expect((await pay(token, 100, deferred)).body.status).toBe('authorized')
    emulator.buyer.changePaymentMethod(id, visa)
    expect((await pay(token, 2_000, deferred, 'k')).body.status).toBe('authorized')
  })
})

describe('an undecided or reserved payment', () => {
  it.each(['pending', 'in_process'])('expires after 30 days and returns the money: %s', async (from) => {
    const shop = await linked()
    const id = await place(from, shop)
    await shop.emulator.clock.advance(30 * DAY_MS - 1)
    expect((await shop.read(id)).status).toBe(from)
    expect(await shop.spendable()).toBe(900)
    await shop.emulator.clock.advance(1)
    expect(stateOf(await shop.read(id))).toEqual(['cancelled', 'cancelled', 'expired'])
    expect(await shop.spendable()).toBe(1_000)
    expect(shop.moves()).toEqual(['payment_undecided 100', 'payment_cancelled 100'])
  })

  it.each([
    ['pending', 'in_process', 'deferred_retry'],
    ['in_process', 'pending', 'pending_challenge'],
  ])('expires after 30 days even if it changed from %s to %s', async (from, to, detail) => {
    const shop = await linked()
    const id = await place(from, shop)
    shop.settle(id, to, detail)
    await shop.emulator.clock.advance(30 * DAY_MS)
    expect(stateOf(await shop.read(id))).toEqual(['cancelled', 'cancelled', 'expired'])
  })

  it('does not expire once it has been decided', async () => {
    const shop = await linked()
    const id = await place('pending', shop)
    shop.settle(id, 'approved', 'accredited')
    await shop.emulator.clock.advance(60 * DAY_MS)
    expect((await shop.read(id)).status).toBe('approved')
  })

  it('expires after authorizationLifetimeMs if it is reserved, but not once it is captured', async () => {
    const { charge, change, read, emulator, moves, spendable } = await linked({ authorizationLifetimeMs: 7 * DAY_MS })
    const [first, second] = [await charge(100, { capture: false }), await charge(200, { capture: false })]
    await change(second.id, { capture: true })
    await emulator.clock.advance(7 * DAY_MS - 1)
    expect((await read(first.id)).status).toBe('authorized')
    await emulator.clock.advance(1)
    expect(stateOf(await read(first.id))).toEqual(['cancelled', 'cancelled', 'expired'])
    expect((await read(second.id)).status).toBe('approved')
    expect(await change(first.id, { capture: true })).toMatchObject({ body: { message: 'Invalid capture payment status' } })
    expect(moves().slice(2)).toEqual(['payment_captured 200', 'payment_cancelled 100'])
    expect(await spendable()).toBe(800)
  })
})
