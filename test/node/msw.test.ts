import { createWalletConnect, isApproved } from 'mercadopago-wallet-connect'
import { createEmulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { emulatorHandlers } from 'mercadopago-wallet-connect/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { document } from '../support/client/documents.ts'
import { aPayment, rejection } from '../support/client/wallet.ts'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  server.resetHandlers()
  vi.restoreAllMocks()
})
afterAll(() => server.close())

const api = 'https://api.mercadopago.com'
const payments = `${api}/v1/advanced_payments`
const accessToken = 'TEST-access'
const headers = { authorization: `Bearer ${accessToken}` }
const agreement = { return_uri: 'https://shop.test/linked', external_flow_id: 'flow', external_user: { id: 'buyer' } }
const charges = (emulator: ReturnType<typeof createEmulator>) =>
  emulator.effects.filter(({ kind }) => kind === 'payment_charged').length

/** An emulator behind the global fetch, a client that uses it, and a payer token. */
async function start({ baseURL, ...options }: EmulatorOptions & { baseURL?: string } = {}) {
  const emulator = createEmulator(options)
  server.use(...emulatorHandlers(emulator, baseURL ? { baseURL } : {}))
  const wallet = createWalletConnect({ accessToken, ...(baseURL && { baseURL }), maxRetries: 0 })
  const { agreement_id } = await wallet.agreements.create(agreement)
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  return { emulator, wallet, prepared: wallet.prepare('payments.create', { ...aPayment, payer: { token: payer_token } }) }
}

it('a client without a fetch of its own is seen by msw, as every other use of the global fetch', async () => {
  let authorization: string | null = null
  server.use(
    http.post('https://api.mercadopago.com/v1/advanced_payments', ({ request }) => {
      authorization = request.headers.get('authorization')
      return HttpResponse.json(document('create-payment.approved.response.201'), { status: 201 })
    }),
  )
  const payment = await createWalletConnect({ accessToken: 'TEST-access' }).payments.create(aPayment)
  expect(payment.id).toBe(10458724)
  expect(authorization).toBe('Bearer TEST-access')
})

describe('emulatorHandlers', () => {
  it.each([
    ['https://api.mercadopago.com', {}],
    ['another origin with a port', { baseURL: 'http://127.0.0.1:8787' }],
    ['a proxy under a prefix that means something in patterns', { baseURL: 'https://shop.test:8443/pay+(v1)/mp*/' }],
    ['IPv6', { baseURL: 'http://[::1]:8787' }],
  ])('make a whole payment through the global fetch: %s', async (_, options) => {
    const { emulator, wallet, prepared } = await start(options)
    const { data, status } = await wallet.send(prepared)
    expect(status).toBe(201)
    expect(isApproved(data)).toBe(true)
    await wallet.payments.refund(data.id, { amount: 100 })
    expect(await wallet.payments.listRefunds(data.id)).toMatchObject([{ amount: 100 }])
    const { results } = await wallet.payments.search({ external_reference: 'Pago_123' })
    expect(results).toMatchObject([{ id: data.id, status: 'partially_refunded' }])
    expect(emulator.effects.map(({ kind }) => kind)).toEqual([
      'agreement_created',
      'agreement_confirmed',
      'payer_token_created',
      'payment_charged',
      'payment_refunded',
    ])
  })

  it('show an answer that is lost after the effect as a network failure, which heals with one charge', async () => {
    const { emulator, wallet, prepared } = await start()
    emulator.faults.inject({ fault: 'reset', phase: 'after', times: 2 })
    const init = { method: 'POST', headers: { ...headers, 'x-idempotency-key': prepared.idempotencyKey }, body: prepared.body }
    expect(await rejection(fetch(payments, init as RequestInit))).toBeInstanceOf(TypeError)
    const lost = await rejection(wallet.send(prepared))
    expect(lost).toMatchObject({ code: 'unknown_outcome', outcome: 'unknown' })
    expect(await wallet.reconcile(prepared)).toMatchObject({ outcome: 'done', data: { status: 'approved' } })
    expect(charges(emulator)).toBe(1)
  })

  it('are healed by the repeats of the client itself', async () => {
    const { emulator, prepared } = await start()
    emulator.faults.inject({ fault: 'reset', phase: 'after' })
    const patient = createWalletConnect({ accessToken })
    expect(await patient.send(prepared)).toMatchObject({ replayed: true, status: 200, data: { status: 'approved' } })
    expect(charges(emulator)).toBe(1)
  })

  it('break a body where the fault breaks it', async () => {
    const { emulator, wallet, prepared } = await start()
    const { data } = await wallet.send(prepared)
    emulator.faults.inject({ fault: 'body_cut_by_chunk', operation: 'payments.get' })
    const response = await fetch(`${payments}/${data.id}`, { headers })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  it.each([
    ['manual', 307],
    ['follow', 200],
    ['error', TypeError],
  ] as const)('leave redirects to those who ask: %s', async (redirect, expected) => {
    const { emulator, wallet, prepared } = await start()
    const { data } = await wallet.send(prepared)
    emulator.faults.inject({ fault: 'redirect_same_origin' })
    const answer = await fetch(`${payments}/${data.id}`, { headers, redirect }).catch((error: unknown) => error)
    if (typeof expected === 'number') expect(answer).toMatchObject({ status: expected })
    else expect(answer).toBeInstanceOf(expected)
  })

  it('pass an abort on', async () => {
    const { emulator, wallet, prepared } = await start()
    const { data } = await wallet.send(prepared)
    emulator.faults.inject({ fault: 'hang' })
    const print = vi.spyOn(console, 'error')
    const waiting = fetch(`${payments}/${data.id}`, { headers, signal: AbortSignal.timeout(20) })
    expect(await rejection(waiting)).toMatchObject({ name: 'TimeoutError' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(print).not.toHaveBeenCalled()
  })

  it('show the approval page and take what the buyer decides there', async () => {
    const { emulator, wallet } = await start()
    const { agreement_id, agreement_uri } = await wallet.agreements.create({ ...agreement, external_user: { id: 'other' } })
    expect(agreement_uri).toBe(`${emulator.origin}/v1/wallet_agreement/${agreement_id}`)
    expect(await (await fetch(agreement_uri)).text()).toContain('Link your wallet?')
    const body = new URLSearchParams({ decision: 'approve' })
    const { status, headers } = await fetch(agreement_uri, { method: 'POST', body, redirect: 'manual' })
    expect(status).toBe(302)
    expect(headers.get('location')).toMatch(/^https:\/\/shop\.test\/linked\?code=[0-9a-f]+&agreement=/)
  })

  it.each([
    `${api}/v1/payments`,
    `${api}/v1/advanced_payments_of_others`,
    `${api}/v2/wallet_connected`,
    `${api}.evil.test/v1/advanced_payments`,
    'https://api-mercadopago.com/v1/advanced_payments',
    'https://mercadopago.test/v1/advanced_payments',
    'https://shop.test/linked',
  ])('leave alone what is not of Wallet Connect: %s', async (url) => {
    const { emulator } = await start()
    const asked = vi.spyOn(emulator, 'fetch')
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await rejection<Error>(fetch(url, { headers }))).toMatchObject({ message: expect.stringContaining('[MSW]') })
    expect(print.mock.calls.join()).toContain('without a matching request handler')
    expect(asked).not.toHaveBeenCalled()
  })

  it('answer an address that is no UTF-8 as the API does', async () => {
    await start()
    expect(await fetch(`${payments}/%E0%A4%A`, { headers })).toMatchObject({ status: 404 })
  })

  it('pass on what is no network failure', async () => {
    const broken = { origin: 'https://mercadopago.test', fetch: () => Promise.reject(new Error('a bug')) }
    server.use(...emulatorHandlers(broken))
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await fetch(payments, { headers })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ message: 'a bug' })
  })

  it('refuse a baseURL that is no address', () => {
    expect(() => emulatorHandlers(createEmulator(), { baseURL: '/api' })).toThrow(TypeError)
  })
})
