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

  it('rejects with RefusedError for an unknown agreement, and InvalidInputError for a malformed id', async () => {
    const wallet = walletWith(createEmulator().fetch)
    const missing = await notificationOf({ type: 'wallet_connect', data: { id: 'f'.repeat(32) } })
    expect(await rejection(wallet.notifications.resolve(missing))).toMatchObject({ code: 'refused', status: 404 })
    const odd = await notificationOf({ type: 'wallet_connect', data: { id: '../x' } })
    expect(await rejection(wallet.notifications.resolve(odd))).toMatchObject({ code: 'invalid_input' })
  })
})
