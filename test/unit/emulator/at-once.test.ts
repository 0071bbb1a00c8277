import { createEmulator, type Delivery, DOCUMENTED_ERRORS } from 'mercadopago-wallet-connect/emulator'
import { describe, expect, it, vi } from 'vitest'
import { payments, start } from '../../support/emulator/raw-emulator.ts'

const target = { url: 'https://shop.example/hooks', secret: 'a-secret' }
const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms))
const topics = (deliveries: readonly Delivery[]) => deliveries.map(({ body }) => JSON.parse(body).type)

/** An emulator that holds writes until they are released. */
function gated() {
  let gate: Promise<void> | undefined
  let release = (): void => {}
  const started = start({ beforeEffect: () => gate })
  return {
    ...started,
    hold() {
      gate = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => release(),
  }
}

describe('a delivery that is under way', () => {
  it('is part of a snapshot', async () => {
    const { emulator, propose } = start()
    emulator.notifications.configure(target)
    emulator.buyer.approve(await propose())
    emulator.restore(emulator.snapshot())
    expect(topics(await emulator.notifications.drain())).toEqual(['wallet_connect'])
  })

  it('is returned by drain after a restore if it was not before', async () => {
    const { emulator, propose } = start()
    emulator.notifications.configure(target)
    emulator.buyer.approve(await propose())
    await emulator.clock.advance(0)
    emulator.restore(emulator.snapshot())
    expect(emulator.notifications.deliveries).toHaveLength(1)
    expect(await emulator.notifications.drain()).toHaveLength(1)
    expect(await emulator.notifications.drain()).toEqual([])
  })

  it.each(['reset', 'hang', 'slow_headers'] as const)('is made although the fault %s hides the response', async (fault) => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    const received: string[] = []
    const hook: typeof fetch = async (_, init) => {
      received.push(JSON.parse(String(init?.body)).action)
      return new Response()
    }
    emulator.notifications.configure({ ...target, fetch: hook })
    emulator.faults.inject({ fault, operation: 'payments.create' })
    pay(token).catch(() => {})
    await vi.waitFor(() => expect(received).toEqual(['payment.created']))
  })

  it('is awaited by the request that caused it if it is early, and by no other', async () => {
    const { emulator, link, pay, call } = start()
    const { token } = await link()
    const order: string[] = []
    let answer = (): void => {}
    const hook: typeof fetch = async () => {
      order.push('notified')
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return new Response()
    }
    emulator.notifications.configure({ ...target, fetch: hook })
    emulator.faults.inject({ fault: 'notification_early' })
    const paid = pay(token).then(() => order.push('paid'))
    await vi.waitFor(() => expect(order).toEqual(['notified']))
    await call('GET', `${payments}/search`)
    order.push('searched')
    answer()
    await paid
    expect(order).toEqual(['notified', 'searched', 'paid'])
  })

  it('is made at its usual time if it is to be early but no request caused it', async () => {
    const { emulator, link } = start()
    const { id } = await link()
    emulator.notifications.configure(target)
    emulator.faults.inject({ fault: 'notification_early' })
    emulator.buyer.cancel(id)
    expect(await emulator.notifications.drain()).toHaveLength(1)
  })
})

describe('a request in flight during a reset or restore', () => {
  it.each(['reset', 'restore'] as const)('sends no notification and uses up no id after %s', async (how) => {
    const { emulator, link, pay, propose, hold, release } = gated()
    const { token } = await link()
    emulator.notifications.configure(target)
    const empty = createEmulator().snapshot()
    const back = () => (how === 'reset' ? emulator.reset() : emulator.restore(empty))
    back()
    const expected = await propose()
    back()
    // The token is of a world that is gone: link again, then hold.
    back()
    hold()
    const held = pay(token).catch(() => undefined)
    await tick()
    back()
    release()
    await held
    expect(await emulator.notifications.drain()).toEqual([])
    expect(await propose()).toBe(expected)
  })
})

describe('the clock', () => {
  it('adds up several advances, even if none is awaited', async () => {
    const { emulator, link } = start()
    const { id } = await link()
    emulator.notifications.configure(target)
    emulator.buyer.cancel(id)
    const before = emulator.clock.now()
    emulator.clock.advance(1_000)
    await emulator.clock.advance(500)
    expect(emulator.clock.now()).toBe(before + 1_500)
  })

  it('advances while a late request arrives and beforeEffect holds it', async () => {
    const { emulator, link, pay, hold } = gated()
    const { token } = await link()
    emulator.faults.inject({ fault: 'late_arrival', delayMs: 1_000 })
    await pay(token).catch(() => {})
    hold()
    await emulator.clock.advance(2_000)
    expect(emulator.effects.at(-1)?.kind).toBe('payment_charged')
  })

  it('refuses to advance beyond the last date', () => {
    expect(() => createEmulator().clock.advance(Number.MAX_SAFE_INTEGER)).toThrow('The clock cannot advance beyond the last date')
  })

  it.each(['slow_headers', 'slow_body'] as const)(
    'releases a response that %s holds back, if it is advanced right after the request was sent',
    async (fault) => {
      const { emulator, link, pay } = start()
      const { token } = await link()
      emulator.faults.inject({ fault, delayMs: 5_000 })
      const answer = pay(token)
      await emulator.clock.advance(5_000)
      expect((await answer).status).toBe(201)
    },
  )

  it('releases the second half of a body, if it is advanced before that is read', async () => {
    const { emulator, link } = start()
    await link()
    emulator.faults.inject({ fault: 'slow_body', delayMs: 5_000 })
    const response = await emulator.fetch(`${emulator.origin}${payments}/search`, { headers: { authorization: 'Bearer t' } })
    await emulator.clock.advance(5_000)
    expect(await response.json()).toMatchObject({ results: [] })
  })

  it('runs ten thousand scheduled tasks in order within seconds', async () => {
    const { emulator, link, pay } = start({ keyRetentionMs: 1_000, balance: 1_000_000 })
    const { token } = await link()
    for (let i = 0; i < 1_000; i++) await pay(token, 1)
    await emulator.clock.advance(999)
    const keys = () => Object.keys((emulator.snapshot().state as { keys: object }).keys).length
    expect(keys()).toBe(1_000)
    await emulator.clock.advance(1)
    expect(keys()).toBe(0)
  })

  it('ends the waits for it when it is set back', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault: 'slow_headers' })
    const slow = pay(token)
    await tick()
    emulator.reset()
    expect((await slow).status).toBe(201)
  })
})

describe('an idempotency key', () => {
  it('is not forgotten with its first use if it was used again', async () => {
    const { emulator, link, pay } = start({ keyRetentionMs: 1_000 })
    const { token } = await link()
    emulator.faults.inject({ fault: 'key_forgotten' })
    await pay(token, 10, {}, 'key')
    await emulator.clock.advance(900)
    expect((await pay(token, 10, {}, 'key')).status).toBe(201)
    await emulator.clock.advance(100)
    expect((await pay(token, 10, {}, 'key')).status).toBe(200)
  })

  it('that a refusal has spent can be used again after keyRetentionMs', async () => {
    const { emulator, link, pay } = start({ keyRetentionMs: 1_000, keyAfterRefusal: 'spent' })
    const { token } = await link()
    await pay(token, -1, {}, 'key')
    expect((await pay(token, 10, {}, 'key')).status).toBe(422)
    await emulator.clock.advance(1_000)
    expect((await pay(token, 10, {}, 'key')).status).toBe(201)
  })

  it('that is stuck is never forgotten', async () => {
    const { emulator, link, pay } = start({ keyRetentionMs: 1_000 })
    const { token } = await link()
    emulator.faults.inject({ fault: 'in_progress_forever', phase: 'after' })
    await pay(token, 10, {}, 'key')
    await emulator.clock.advance(5_000)
    expect((await pay(token, 10, {}, 'key')).status).toBe(409)
  })
})

describe('a card', () => {
  it('is copied: changing the object afterwards does not change a payment', async () => {
    const { emulator, call, propose, pay } = start({ balance: 0 })
    const id = await propose()
    const card = { payment_type_id: 'credit_card' as const, payment_method_id: 'visa' }
    const { code } = emulator.buyer.approve(id, card)
    const { payer_token } = (
      await call<{ payer_token: string }>('POST', `/v2/wallet_connect/agreements/${id}/payer_token`, { code })
    ).body
    card.payment_method_id = 'master'
    expect((await pay(payer_token)).body).toMatchObject({ payments: [{ payment_method_id: 'visa' }] })
  })
})

describe('single faults', () => {
  it('that answer for the API send an x-request-id', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault: 'in_progress' })
    expect((await pay(token)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    ['rate_limited', null],
    ['rate_limited_retry_after', '1'],
    ['rate_limited_absurd', '31536000'],
  ] as const)('%s has Retry-After %s', async (fault, retryAfter) => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault })
    expect((await pay(token)).headers.get('retry-after')).toBe(retryAfter)
  })

  it('clock_skew sends a Date that is a day later', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault: 'clock_skew' })
    expect((await pay(token)).headers.get('date')).toBe('Fri, 02 Jan 2026 00:00:00 GMT')
  })

  it('late_arrival takes a minute by default', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault: 'late_arrival' })
    await pay(token).catch(() => {})
    const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged').length
    await emulator.clock.advance(59_999)
    expect(charges()).toBe(0)
    await emulator.clock.advance(1)
    expect(charges()).toBe(1)
  })

  it('deep_nesting adds its field to a list, too', async () => {
    const { emulator, call, link, pay } = start()
    const { token } = await link()
    const { id } = (await pay(token)).body
    emulator.faults.inject({ fault: 'duplicate_keys', operation: 'payments.refund' })
    expect((await call('POST', `${payments}/${id}/refunds`)).text).toMatch(/^\[\{"id":1,"status":"rejected","id":/)
  })

  it('wrong_amount also multiplies amounts that are strings', async () => {
    const { emulator, link, pay } = start({ amounts: 'string' })
    const { token } = await link()
    emulator.faults.inject({ fault: 'wrong_amount' })
    expect((await pay(token, 24.5)).body).toMatchObject({ wallet_payment: { transaction_amount: '245.00' } })
  })

  it('search_lagging hides recent payments on every page', async () => {
    const { emulator, call, link, pay } = start()
    const { token } = await link()
    for (let i = 0; i < 40; i++) await pay(token, 1)
    await emulator.clock.advance(3_600_000)
    for (let i = 0; i < 40; i++) await pay(token, 1)
    emulator.faults.inject({ fault: 'search_lagging' })
    const { body } = await call<{ paging: object; results: object[] }>('GET', `${payments}/search`)
    expect(body.paging).toEqual({ total: 40, limit: 30, offset: 0 })
    expect(body.results).toHaveLength(30)
  })

  it('redirect_same_origin keeps the query, and rejects with redirect: error', async () => {
    const { emulator, link, pay } = start()
    const { token } = await link()
    await pay(token)
    const search = (init: RequestInit = {}) =>
      emulator.fetch(`${emulator.origin}${payments}/search?external_reference=other`, {
        headers: { authorization: 'Bearer t' },
        ...init,
      })
    emulator.faults.inject({ fault: 'redirect_same_origin', times: 2 })
    expect(await (await search()).json()).toMatchObject({ results: [] })
    await expect(search({ redirect: 'error' })).rejects.toThrow(TypeError)
  })

  it('documented_error without an operation only happens where its error is documented', async () => {
    const { emulator, call, link, pay } = start()
    const { token } = await link()
    emulator.faults.inject({ fault: 'documented_error', error: 'Payment already refunded' })
    const { id } = (await pay(token)).body
    expect((await call('POST', `${payments}/${id}/refunds`)).body).toMatchObject({ message: 'Payment already refunded' })
  })

  it('documented_error has the meanings of the catalogue of 2019', () => {
    const meaning = (code: string) => DOCUMENTED_ERRORS.find((error) => error.code === code)
    expect(meaning('400018')?.message).toBe('transaction amount invalid')
    expect(meaning('400019')?.message).toBe('payment method required')
    expect(meaning('406001')).toMatchObject({ status: 406, message: 'error in the payments API' })
    expect(meaning('404003')).toMatchObject({ status: 404, message: 'payer not found' })
  })

  it('end with clear and with reset, the random ones too', async () => {
    for (const end of ['clear', 'reset'] as const) {
      const { emulator } = start()
      emulator.faults.injectRandomly({ rate: 1 })
      emulator.faults.inject({ fault: 'reset', times: 99 })
      if (end === 'clear') emulator.faults.clear()
      else emulator.reset()
      const response = await emulator.fetch(`${emulator.origin}${payments}/search`, { headers: { authorization: 'Bearer t' } })
      expect(response.status).toBe(200)
    }
  })

  it('that are random never break the promises of the API, and a random burst continues', async () => {
    const { emulator, link, pay } = start({ balance: 1_000_000 })
    const { token } = await link()
    emulator.faults.injectRandomly({ rate: 1, seed: 3 })
    for (let i = 0; i < 400; i++) await Promise.race([pay(token, 1).catch(() => {}), tick(0)])
    const names = emulator.faults.injected.map(({ fault }) => fault)
    expect(names).not.toEqual(expect.arrayContaining(['executed_twice']))
    expect(new Set(names).size).toBeGreaterThan(30)
    const at = names.indexOf('server_error_burst')
    expect(names.slice(at, at + 5)).toEqual(Array(5).fill('server_error_burst'))
  })
})
