import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { parseNotification } from 'mercadopago-wallet-connect/notifications'
import { describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

const notificationOf = (body: object) => parseNotification({ url: '/', headers: {}, body })
const agreement = document('create-agreement.request') as never

describe('wallet.notifications.resolve', () => {
  it('returns the agreement, with its code once it is confirmed', async () => {
    const emulator = createEmulator()
    const wallet = walletWith(emulator.fetch)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const { code } = emulator.buyer.approve(agreement_id)
    const notification = await notificationOf({ type: 'wallet_connect', action: 'status.updated', data: { id: agreement_id } })
    const resolved = await wallet.notifications.resolve(notification)
    expect(resolved).toMatchObject({ notification, agreement: { status: 'confirmed_by_user', validation_code: code } })
  })

  it('returns the status of the agreement, not that of the notification', async () => {
    const emulator = createEmulator()
    const wallet = walletWith(emulator.fetch)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const forged = await notificationOf({ type: 'wallet_connect', data: { id: agreement_id, status: 'confirmed_by_user' } })
    expect((await wallet.notifications.resolve(forged)).agreement?.status).toBe('pending')
  })

  it('finds a payment by the id of its inner payment, and gives undefined if there is none', async () => {
    const emulator = createEmulator()
    const wallet = walletWith(emulator.fetch)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const { code } = emulator.buyer.approve(agreement_id)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const paid = await wallet.payments.create({ wallet_payment: { transaction_amount: 5 }, payer: { token: payer_token } })
    const id = paid.payments?.[0]?.id
    expect((await wallet.notifications.resolve(await notificationOf({ type: 'payment', data: { id } }))).payment).toEqual(paid)
    expect(
      (await wallet.notifications.resolve(await notificationOf({ type: 'payment', data: { id: '1' } }))).payment,
    ).toBeUndefined()
    const split = { action: 'splitter.update', id: paid.id, data: { id: 'reference' } }
    expect((await wallet.notifications.resolve(await notificationOf(split))).payment).toEqual(paid)
  })

  it('returns other topics with the notification alone, and sends nothing', async () => {
    const wallet = walletWith(() => Promise.reject(new Error('no request was expected')))
    for (const type of ['order', 'a_future_topic']) {
      const notification = await notificationOf({ type, data: { id: 'ORD01' } })
      expect(await wallet.notifications.resolve(notification)).toEqual({ notification })
    }
  })

  it('refuses a value that is not a notification', async () => {
    const wallet = walletWith(createEmulator().fetch)
    for (const value of [undefined, 'abc', {}, new Request('https://shop.test')]) {
      expect(await rejection(wallet.notifications.resolve(value as never))).toMatchObject({ code: 'invalid_input' })
    }
  })

  it.each([
    ['wallet_connect', { type: 'wallet_connect', data: { id: 'f'.repeat(32) } }, 'agreement'],
    ['payment', { type: 'payment', data: { id: '123456' } }, 'payment'],
    ['split payment', { action: 'splitter.update', id: 123456, data: { id: 'reference' } }, 'payment'],
  ])('returns %s without a resource if nobody has it, as the dashboard simulates one', async (_, body, resource) => {
    const notification = await notificationOf(body)
    const resolved = await walletWith(createEmulator().fetch).notifications.resolve(notification)
    expect(resolved).toEqual({ notification, [resource]: undefined })
    expect(Object.keys(resolved)).toContain(resource)
  })

  it('rejects with InvalidInputError for a malformed id', async () => {
    const wallet = walletWith(createEmulator().fetch)
    const odd = await notificationOf({ type: 'wallet_connect', data: { id: '../x' } })
    expect(await rejection(wallet.notifications.resolve(odd))).toMatchObject({ code: 'invalid_input' })
  })
})
