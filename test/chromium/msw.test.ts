import { createWalletConnect, isApproved, type WalletConnectOptions } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { emulatorHandlers } from 'mercadopago-wallet-connect/msw'
import { setupWorker } from 'msw/browser'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { aPayment, rejection } from '../support/client/wallet.ts'

const url = 'https://shop.test/pay'
const headers = { authorization: 'Bearer ticket' }
const agreement = { return_uri: 'https://shop.test/linked', external_flow_id: 'flow', external_user: { id: 'buyer' } }

const worker = setupWorker()
beforeAll(() =>
  worker.start({
    quiet: true,
    // The page's own files come from this server; everything else would be a mistake.
    onUnhandledRequest: ({ url }, print) => (url.startsWith(new URL('/', import.meta.url).href) ? undefined : print.error()),
  }),
)
afterEach(() => worker.resetHandlers())
afterAll(() => worker.stop())

/** The page as a shop has it: the emulator where its edge proxy would be, the page's own fetch, a payer token. */
async function start(options: Partial<WalletConnectOptions> = {}) {
  const emulator = createEmulator()
  worker.use(...emulatorHandlers(emulator, { baseURL: url }))
  const wallet = createWalletConnect({ proxy: { url, ticket: 'ticket' }, ...options } as WalletConnectOptions)
  const { agreement_id } = await wallet.agreements.create(agreement)
  const { code } = emulator.buyer.approve(agreement_id)
  const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
  const prepared = wallet.prepare('payments.create', { ...aPayment, payer: { token: payer_token } })
  const charges = () => emulator.effects.filter(({ kind }) => kind === 'payment_charged').length
  return { emulator, wallet, prepared, charges }
}

it('a whole payment goes through the fetch of the page', async () => {
  const { wallet, prepared, charges } = await start()
  const { data, status } = await wallet.send(prepared)
  expect({ status, isApproved: isApproved(data) }).toEqual({ status: 201, isApproved: true })
  await wallet.payments.refund(data.id, { amount: 100 })
  expect(await wallet.payments.get(data.id)).toMatchObject({ status: 'partially_refunded' })
  const { results } = await wallet.payments.search({ external_reference: 'Pago_123' })
  expect(results.map(({ id }) => id)).toEqual([data.id])
  expect(charges()).toBe(1)
})

it('an answer that is lost after the effect is a network failure, which heals with one charge', async () => {
  const { emulator, wallet, prepared, charges } = await start({ maxRetries: 0 })
  emulator.faults.inject({ fault: 'reset', phase: 'after' })
  expect(await rejection(wallet.send(prepared))).toMatchObject({ code: 'unknown_outcome' })
  expect(await wallet.reconcile(prepared)).toMatchObject({ outcome: 'done', data: { status: 'approved' } })
  emulator.faults.inject({ fault: 'reset' })
  expect(await rejection(fetch(`${url}/v1/advanced_payments/search`, { headers }))).toBeInstanceOf(TypeError)
  expect(charges()).toBe(1)
})

it('a body that breaks reaches the page as broken', async () => {
  const { emulator, wallet, prepared } = await start()
  const { data } = await wallet.send(prepared)
  emulator.faults.inject({ fault: 'body_cut_by_chunk' })
  const response = await fetch(`${url}/v1/advanced_payments/${data.id}`, { headers })
  expect(response.status).toBe(200)
  expect(await rejection(response.text())).toBeInstanceOf(TypeError)
})

it('a redirect is followed, refused or shown, as the page asks', async () => {
  const { emulator, wallet, prepared } = await start()
  const { data } = await wallet.send(prepared)
  const ask = (redirect: 'follow' | 'manual' | 'error') => {
    emulator.faults.inject({ fault: 'redirect_same_origin' })
    return fetch(`${url}/v1/advanced_payments/${data.id}`, { headers, redirect })
  }
  expect(await (await ask('follow')).json()).toMatchObject({ id: data.id })
  expect(await ask('manual')).toMatchObject({ type: 'opaqueredirect' })
  expect(await rejection(ask('error'))).toBeInstanceOf(TypeError)
})

it('the approval page takes what the buyer decides there', async () => {
  const { wallet } = await start()
  const { agreement_id, agreement_uri } = await wallet.agreements.create({ ...agreement, external_user: { id: 'other' } })
  expect(await (await fetch(agreement_uri)).text()).toContain('Link your wallet?')
  await fetch(agreement_uri, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }), redirect: 'manual' })
  expect(await wallet.agreements.get(agreement_id)).toMatchObject({ status: 'confirmed_by_user' })
})
