import { type CreatePaymentInput, createWalletConnect, isApproved } from 'mercadopago-wallet-connect'
import { createEmulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { createLedger, createLinks, type LedgerOptions, type LedgerStore } from 'mercadopago-wallet-connect/ledger'
import { describe, expect, it } from 'vitest'
import { linkWallet, rejection } from '../client/wallet.ts'
import { SEALING_KEYS } from './sealing-keys.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

async function open(store: LedgerStore, options: Partial<LedgerOptions> = {}, rules: EmulatorOptions = {}) {
  const emulator = createEmulator(rules)
  const { payer_token } = await linkWallet(emulator)
  const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch, timeoutMs: 50, maxRetries: 0 })
  const events: unknown[] = []
  const make = (more: Partial<LedgerOptions> = {}) =>
    createLedger({
      wallet,
      store,
      sealingKeys: SEALING_KEYS,
      now: () => emulator.clock.now(),
      deliver: async (event) => void events.push(event),
      ...options,
      ...more,
    })
  const order = (reference: string, amount = '10.00'): CreatePaymentInput => ({
    wallet_payment: { transaction_amount: amount, external_reference: reference },
    payer: { token: payer_token },
  })
  const count = (kind: string) => emulator.effects.filter((effect) => effect.kind === kind).length
  /** Lives on for a while, and settles what is due every now and then. */
  const pass = async (ms: number, ledger = make()): Promise<void> => {
    for (let at = 0; at < ms; at += 30_000) {
      await emulator.clock.advance(30_000)
      await ledger.settle()
    }
  }
  return { emulator, wallet, ledger: make(), make, order, count, events, pass }
}

async function openLinks(store: LedgerStore) {
  const opened = await open(store)
  const { wallet, emulator } = opened
  const links = createLinks({ wallet, store, sealingKeys: SEALING_KEYS, now: () => emulator.clock.now() })
  return { ...opened, links }
}

/** What a ledger promises, whatever store it is over. */
export function describeLedger(name: string, newStore: () => Promise<LedgerStore>): void {
  describe(`the ledger over ${name}`, () => {
    it('charges once, and tells the stored answer again', async () => {
      const { ledger, order, count } = await open(await newStore())
      const first = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      const again = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      expect(first).toMatchObject({ state: 'done', key: 'order-1', isReplayed: false })
      expect(first.state === 'done' && isApproved(first.data)).toBe(true)
      expect(again).toEqual({ ...first, isReplayed: true })
      expect(await ledger.find('order-1')).toEqual(again)
      expect(count('payment_charged')).toBe(1)
    })

    it('refuses a key that was used for another request, and a key that is none', async () => {
      const { ledger, order, count } = await open(await newStore())
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      const other = ledger.write('payments.create', order('order-1', '11.00'), { key: 'order-1' })
      expect(await rejection(other)).toMatchObject({ code: 'invalid_input', issues: [{ path: 'key' }] })
      const none = ledger.write('payments.create', order('order-1'), { key: '' })
      expect(await rejection(none)).toMatchObject({ code: 'invalid_input', issues: [{ path: 'key' }] })
      expect(count('payment_charged')).toBe(1)
    })

    it('charges once if two processes are asked at the same time', async () => {
      const { make, order, count } = await open(await newStore())
      const input = order('order-1')
      const results = await Promise.all(
        Array.from({ length: 4 }, () => make().write('payments.create', input, { key: 'order-1' })),
      )
      expect(results.filter(({ state }) => state === 'done').length).toBeGreaterThan(0)
      expect(count('payment_charged')).toBe(1)
    })

    it('settles a charge whose answer was lost, and tells it once', async () => {
      const { emulator, ledger, order, count, events, pass } = await open(await newStore())
      emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
      const first = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      expect(first).toMatchObject({ state: 'unknown', retryAfterMs: expect.any(Number) })
      expect((await ledger.list()).writes).toMatchObject([{ key: 'order-1', state: 'UNKNOWN' }])
      await pass(MINUTE_MS)
      expect(await ledger.find('order-1')).toMatchObject({ state: 'done', data: { status: 'approved' } })
      expect(events).toMatchObject([{ id: 'order-1:DONE', operation: 'payments.create', state: 'done' }])
      expect(count('payment_charged')).toBe(1)
      expect(await ledger.nextDue()).toBeNull()
    })

    it('looks again when it is asked again', async () => {
      const { emulator, ledger, order, count } = await open(await newStore())
      emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      await emulator.clock.advance(6_000)
      expect(await ledger.write('payments.create', order('order-1'), { key: 'order-1' })).toMatchObject({ state: 'done' })
      expect(count('payment_charged')).toBe(1)
    })

    it('does not repeat a charge whose key is not trusted any more', async () => {
      const { emulator, ledger, order, count, pass } = await open(await newStore(), {}, { keyRetentionMs: 30 * MINUTE_MS })
      emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
      emulator.faults.inject({ fault: 'search_lagging', operation: 'payments.search', delayMs: 9 * DAY_MS, times: 9_999 })
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      await emulator.clock.advance(61 * MINUTE_MS)
      await pass(10 * MINUTE_MS)
      expect(count('payment_charged')).toBe(1)
      expect(await ledger.find('order-1')).toMatchObject({ state: 'unknown' })
      await emulator.clock.advance(DAY_MS)
      await pass(MINUTE_MS)
      expect(await ledger.find('order-1')).toMatchObject({ state: 'review', reason: 'nothing proved it within a day' })
      const word = { outcome: 'done', data: { id: 7 }, reason: 'seen in the panel' } as const
      expect(await ledger.resolve('order-1', word)).toMatchObject({ state: 'done', data: { id: 7 } })
      expect(await rejection(ledger.resolve('order-1', word))).toMatchObject({ code: 'invalid_input' })
    })

    it('says refused only if a later payment shows that the search is up to date', async () => {
      const { emulator, ledger, order, count, pass } = await open(await newStore())
      emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'before' })
      emulator.faults.inject({
        fault: 'policy_agent',
        operation: 'payments.create',
        times: 50,
        match: ({ body }) => JSON.stringify(body).includes('order-1'),
      })
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      await pass(61 * MINUTE_MS)
      expect(await ledger.find('order-1')).toMatchObject({ state: 'unknown' })
      await ledger.write('payments.create', order('later'), { key: 'later' })
      await emulator.clock.advance(3 * 3_600_000)
      await pass(MINUTE_MS)
      expect(await ledger.find('order-1')).toMatchObject({ state: 'refused', error: undefined })
      expect(count('payment_charged')).toBe(1)
    })

    it('refunds once, also beside other refunds and with keys that refunds do not honour', async () => {
      const { emulator, ledger, order, count, pass } = await open(await newStore(), {}, { refundKeys: 'ignored' })
      const charge = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      const advanced_payment_id = charge.state === 'done' ? charge.data.id : 0
      await ledger.write('payments.refund', { advanced_payment_id, amount: '2.00' }, { key: 'refund-1' })
      emulator.faults.inject({ fault: 'reset', operation: 'payments.refund', phase: 'after' })
      const lost = await ledger.write('payments.refund', { advanced_payment_id, amount: '2.00' }, { key: 'refund-2' })
      expect(lost.state).toBe('unknown')
      await pass(5 * MINUTE_MS)
      expect(await ledger.find('refund-2')).toMatchObject({ state: 'done', data: [{ amount: 2 }] })
      expect(count('payment_refunded')).toBe(2)
    })

    it('begins no refund whose payment cannot be read', async () => {
      const { emulator, ledger, order } = await open(await newStore())
      const charge = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      const advanced_payment_id = charge.state === 'done' ? charge.data.id : 0
      emulator.faults.inject({ fault: 'reset', operation: 'payments.listRefunds', phase: 'before' })
      const refund = () => ledger.write('payments.refund', { advanced_payment_id }, { key: 'refund-1' })
      expect(await rejection(refund())).toMatchObject({ code: 'unavailable', outcome: 'none' })
      expect(await refund()).toMatchObject({ state: 'done' })
    })

    it('captures and cancels, and settles what was lost of it', async () => {
      const { emulator, ledger, order, count, pass } = await open(await newStore())
      for (const [operation, kind] of [
        ['payments.capture', 'payment_captured'],
        ['payments.cancel', 'payment_cancelled'],
      ] as const) {
        const reserved = await ledger.write('payments.create', { ...order(operation), capture: false }, { key: operation })
        const advanced_payment_id = reserved.state === 'done' ? reserved.data.id : 0
        emulator.faults.inject({ fault: 'reset', operation, phase: 'after' })
        await ledger.write(operation, { advanced_payment_id }, { key: `${operation} it` })
        await pass(MINUTE_MS)
        expect(await ledger.find(`${operation} it`)).toMatchObject({ state: 'done' })
        expect(count(kind)).toBe(1)
      }
    })

    it('keeps nothing of a write that certainly did nothing', async () => {
      const { emulator, ledger, order, count } = await open(await newStore())
      emulator.faults.inject({ fault: 'invalid_access_token', operation: 'payments.create' })
      const charge = () => ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      expect(await rejection(charge())).toMatchObject({ code: 'refused', status: 401 })
      expect(await charge()).toMatchObject({ state: 'done', isReplayed: false })
      expect(count('payment_charged')).toBe(1)
    })

    it('hands an answer about something else to a person', async () => {
      const { emulator, ledger, order } = await open(await newStore())
      emulator.faults.inject({ fault: 'wrong_amount', operation: 'payments.create' })
      const charge = await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      expect(charge).toMatchObject({ state: 'review', reason: 'the answer is about something else than the request' })
    })

    it('delivers an event until it is taken', async () => {
      let fails = 2
      const told: string[] = []
      const deliver = async ({ id }: { id: string }): Promise<void> => {
        told.push(id)
        if (fails-- > 0) throw new Error('not now')
      }
      const { emulator, ledger, order, pass, make } = await open(await newStore(), { deliver })
      emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      await pass(10 * MINUTE_MS, make())
      expect(told).toEqual(['order-1:DONE', 'order-1:DONE', 'order-1:DONE'])
    })

    it('forgets old answers, and never a key', async () => {
      const { emulator, ledger, order, count } = await open(await newStore(), { keepAnswersMs: DAY_MS })
      await ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      await emulator.clock.advance(2 * DAY_MS)
      await ledger.settle()
      const again = ledger.write('payments.create', order('order-1'), { key: 'order-1' })
      expect(await rejection(again)).toMatchObject({ issues: [{ path: 'key' }] })
      expect(count('payment_charged')).toBe(1)
    })

    it('links a buyer, charges the wallet, and unlinks it', async () => {
      const { emulator, wallet, ledger, links } = await openLinks(await newStore())
      const { redirect_uri, session } = await links.start('ana', { return_uri: 'https://shop.example/linked' })
      expect(redirect_uri).toContain(session)
      expect(await links.get('ana')).toEqual({ state: 'pending' })
      const { redirect_uri: back } = emulator.buyer.approve(session)
      expect(await links.finish(back, 'somebody-elses')).toEqual({ state: 'stranger' })
      const link = { state: 'linked', agreement_id: session, payer_token: expect.any(String) }
      expect(await links.finish(new Request(back), session)).toEqual({ buyer: 'ana', link })
      expect(await links.finish(back, session)).toEqual({ buyer: 'ana', link })
      const linked = await links.get('ana')
      const token = linked.state === 'linked' ? linked.payer_token : ''
      const order = { wallet_payment: { transaction_amount: '5', external_reference: 'order-9' }, payer: { token } }
      expect(await ledger.write('payments.create', order, { key: 'order-9' })).toMatchObject({ state: 'done' })
      await links.unlink('ana')
      expect(await links.get('ana')).toEqual({ state: 'unlinked' })
      expect((await wallet.agreements.get(session)).status).toBe('cancelled')
      expect(await links.get('bruno')).toEqual({ state: 'none' })
    })

    it('says that a buyer refused, that the answer with the token was lost, and that the wallet was unlinked elsewhere', async () => {
      const { emulator, links } = await openLinks(await newStore())
      const refused = await links.start('ana', { return_uri: 'https://shop.example/linked' })
      const back = emulator.buyer.refuse(refused.session).redirect_uri
      expect(await links.finish(back, refused.session)).toEqual({ buyer: 'ana', link: { state: 'refused' } })
      const lost = await links.start('bruno', { return_uri: 'https://shop.example/linked' })
      emulator.faults.inject({ fault: 'reset', operation: 'agreements.createPayerToken', phase: 'after' })
      const { redirect_uri } = emulator.buyer.approve(lost.session)
      expect(await links.finish(redirect_uri, lost.session)).toEqual({ buyer: 'bruno', link: { state: 'lost' } })
      const linked = await links.start('carla', { return_uri: 'https://shop.example/linked' })
      await links.finish(emulator.buyer.approve(linked.session).redirect_uri, linked.session)
      emulator.buyer.cancel(linked.session)
      const told = {
        topic: 'wallet_connect',
        action: undefined,
        resource: 'agreement',
        eventKey: 'k',
        unverifiedBody: {},
      } as const
      expect(await links.applyNotification({ ...told, resourceId: linked.session })).toEqual({
        buyer: 'carla',
        link: { state: 'unlinked' },
      })
      expect(await links.applyNotification({ ...told, resourceId: 'nobodys' })).toBeUndefined()
    })

    it('lists page by page', async () => {
      const { emulator, ledger, order } = await open(await newStore())
      for (const reference of ['a', 'b', 'c']) {
        emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
        await ledger.write('payments.create', order(reference), { key: reference })
      }
      const first = await ledger.list({ limit: 2 })
      const second = await ledger.list({ limit: 2, after: first.next })
      expect([...first.writes, ...second.writes].map(({ key }) => key)).toEqual(['a', 'b', 'c'])
      expect(second.next).toBeUndefined()
    })
  })
}
