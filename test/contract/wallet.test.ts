import { isApproved, type WalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { beforeEach, describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

/** The API that the same calls are made against: played-back documents, or the emulator. */
interface Api {
  wallet: WalletConnect
  /** Sets the next responses of the played-back documents, as `status file`. Does nothing for the emulator. */
  plays(...answers: string[]): void
  /** Links a wallet; returns the agreement's id and the payer token. */
  link(): Promise<{ agreement_id: string; payer_token: string }>
  buyer: { cancel(agreement_id: string): void; setBalance(amount: number): void }
}

function recorded(): Api {
  const queue: string[] = []
  const fetch = async (): Promise<Response> => {
    const [status = '', file = ''] = (queue.shift() ?? 'no response was set').split(' ')
    return new Response(JSON.stringify(document(file)), { status: Number(status) })
  }
  return {
    wallet: walletWith(fetch, { maxRetries: 0 }),
    plays: (...answers) => void queue.push(...answers),
    link: async () => ({ agreement_id: '22abcd1235ed497f945f755fcaba3c6c', payer_token: 'PAYER_TOKEN' }),
    buyer: { cancel() {}, setBalance() {} },
  }
}

function emulated(): Api {
  const emulator = createEmulator({ site: 'MLM' })
  const wallet = walletWith(emulator.fetch, { maxRetries: 0 })
  return {
    wallet,
    plays() {},
    async link() {
      const { agreement_id } = await wallet.agreements.create(agreement)
      const { code } = emulator.buyer.approve(agreement_id)
      return { agreement_id, ...(await wallet.agreements.createPayerToken(agreement_id, { code })) }
    },
    buyer: emulator.buyer,
  }
}

const agreement = document('create-agreement.request') as Parameters<WalletConnect['agreements']['create']>[0]
const charge = (token: string) => ({
  wallet_payment: { transaction_amount: 700.5, description: 'Payment Description', external_reference: 'Pago_123' },
  payer: { token },
})

describe.each([
  ['recorded responses', recorded],
  ['the emulator', emulated],
])('the client against %s', (_, open) => {
  let api: Api
  let wallet: WalletConnect
  beforeEach(() => {
    api = open()
    wallet = api.wallet
  })

  it('creates an agreement with a page where the buyer approves', async () => {
    api.plays('200 create-agreement.response.200')
    const { agreement_id, agreement_uri } = await wallet.agreements.create(agreement)
    expect(agreement_id).toMatch(/^[0-9a-f]{32}$/)
    expect(agreement_uri.endsWith(`/v1/wallet_agreement/${agreement_id}`)).toBe(true)
  })

  it('reads the code of a confirmed agreement, and the fields that were sent', async () => {
    const { agreement_id } = await api.link()
    api.plays('200 get-agreement.response.200')
    const read = await wallet.agreements.get(agreement_id)
    expect(read).toMatchObject({
      status: 'confirmed_by_user',
      validation_code: expect.stringMatching(/^[0-9a-f]+$/),
      redirect_uri: agreement.return_uri,
      external_user: agreement.external_user,
      agreement_data: agreement.agreement_data,
    })
  })

  it('is refused with 404 for an agreement that does not exist', async () => {
    api.plays('404 error.404.agreement-with-that-id', '404 error.404.agreement-not-found')
    const missing = 'f'.repeat(32)
    expect(await rejection(wallet.agreements.get(missing))).toMatchObject({
      status: 404,
      apiMessage: 'The Agreement with that id',
    })
    const exchange = wallet.agreements.createPayerToken(missing, { code: 'c' })
    expect(await rejection(exchange)).toMatchObject({ status: 404, apiMessage: 'The agreement_id does not exist' })
  })

  it('cancels an agreement', async () => {
    const { agreement_id } = await api.link()
    api.plays('200 cancel-agreement.response.200')
    await expect(wallet.agreements.cancel(agreement_id)).resolves.toBeUndefined()
  })

  it('gets a funded payment approved', async () => {
    const { payer_token } = await api.link()
    api.plays('201 create-payment.approved.response.201')
    const { data, status, replayed } = await wallet.send(wallet.prepare('payments.create', charge(payer_token)))
    expect({ status, replayed }).toEqual({ status: 201, replayed: false })
    expect(isApproved(data)).toBe(true)
    expect(data).toMatchObject({
      status: 'approved',
      wallet_payment: { transaction_amount: 700.5, external_reference: 'Pago_123' },
      payments: [{ status: 'approved', status_detail: 'accredited', transaction_amount: 700.5, installments: 1, capture: true }],
      binary_mode: true,
      site_id: 'MLM',
    })
  })

  it('gets 200 and the same payment if it sends the same request again', async () => {
    const { payer_token } = await api.link()
    api.plays('201 create-payment.approved.response.201', '200 create-payment.approved.response.201')
    const prepared = wallet.prepare('payments.create', charge(payer_token))
    const first = await wallet.send(prepared)
    const second = await wallet.send(prepared)
    expect(second).toMatchObject({ status: 200, replayed: true, data: { id: first.data.id } })
  })

  it('gets a payment without funds as a value that is not approved', async () => {
    const { payer_token } = await api.link()
    api.buyer.setBalance(700.49)
    api.plays('201 create-payment.insufficient-funds.response.201')
    const payment = await wallet.payments.create(charge(payer_token))
    expect(isApproved(payment)).toBe(false)
    expect(payment).toMatchObject({ status: 'rejected', payments: [{ id: null, status_detail: 'insufficient_money' }] })
  })

  it('is refused with 401003 for a payment on a cancelled agreement', async () => {
    const { agreement_id, payer_token } = await api.link()
    api.buyer.cancel(agreement_id)
    api.plays('401 error.401.invalid-payer-token')
    const error = await rejection(wallet.payments.create(charge(payer_token)))
    expect(error).toMatchObject({ code: 'refused', status: 401, apiCode: '401003', apiMessage: 'Invalid payer token.' })
  })

  it('is refused with 422001 for a used key with another body', async () => {
    const { payer_token } = await api.link()
    api.plays('201 create-payment.approved.response.201', '422 error.422.idempotency-key-used')
    const key = { idempotencyKey: 'one-key' }
    await wallet.payments.create(charge(payer_token), key)
    const other = wallet.payments.create({ ...charge(payer_token), capture: false }, key)
    expect(await rejection(other)).toMatchObject({ code: 'refused', status: 422, apiCode: '422001' })
  })

  it('is refused with 404 for a payment that does not exist', async () => {
    api.plays('404 error.404.payment-not-found', '404 error.404.refund-not-found')
    expect(await rejection(wallet.payments.get(1))).toMatchObject({ status: 404, apiMessage: 'Advanced payment not found.' })
    expect(await rejection(wallet.payments.refund(1))).toMatchObject({ status: 404, apiCode: '404002' })
  })

  it('gets a list of one for a partial refund', async () => {
    const { payer_token } = await api.link()
    api.plays('201 create-payment.approved.response.201', '200 refund-payment.response.200')
    const payment = await wallet.payments.create(charge(payer_token))
    const refunds = await wallet.payments.refund(payment.id, { amount: 25 })
    expect(refunds).toHaveLength(1)
    expect(refunds[0]).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      payment_id: expect.stringMatching(/^\d+$/),
      amount: 25,
      status: 'approved',
      source: { type: 'collector', name: 'Test Test' },
    })
  })

  it('cancels a reserved payment', async () => {
    const { payer_token } = await api.link()
    api.plays('201 create-payment.approved.response.201', '200 cancel-payment.wallet-2019.response.200')
    const { id } = await wallet.payments.create({ ...charge(payer_token), capture: false })
    const cancelled = await wallet.payments.cancel(id)
    expect(cancelled).toMatchObject({ status: 'cancelled', payments: [{ status: 'cancelled', status_detail: 'by_collector' }] })
  })
})

describe('the client against the emulator alone', () => {
  it('reports what really happened, from the agreement to the last refund', async () => {
    const emulator = createEmulator({ balance: 1_000 })
    const wallet = walletWith(emulator.fetch)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const { code } = emulator.buyer.approve(agreement_id)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const { id } = await wallet.payments.create({ ...charge(payer_token), capture: false })
    const captured = await wallet.payments.capture(id)
    await wallet.payments.refund(id, { amount: '200.25' })
    await wallet.payments.refund(id)
    const { results } = await wallet.payments.search({ external_reference: 'Pago_123' })

    expect(isApproved(captured)).toBe(true)
    expect(results).toEqual([await wallet.payments.get(id)])
    expect(results[0]?.status).toBe('refunded')
    expect((await wallet.payments.listRefunds(id)).map(({ amount }) => amount)).toEqual([200.25, 500.25])
    expect(emulator.effects.map(({ kind, amount }) => [kind, amount]).slice(3)).toEqual([
      ['payment_reserved', 700.5],
      ['payment_captured', 700.5],
      ['payment_refunded', 200.25],
      ['payment_refunded', 500.25],
    ])
  })

  it('charges once if the answer is lost and the request is repeated', async () => {
    const emulator = createEmulator()
    let answers = 0
    const lossy: typeof fetch = async (input, init) => {
      const response = await emulator.fetch(input, init)
      if (init?.method === 'POST' && String(input).endsWith('/advanced_payments') && answers++ === 0)
        throw new TypeError('terminated')
      return response
    }
    const wallet = walletWith(lossy)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const { code } = emulator.buyer.approve(agreement_id)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const answer = await wallet.send(wallet.prepare('payments.create', charge(payer_token)))
    expect(answer).toMatchObject({ attempts: 2, replayed: true, status: 200 })
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })

  it('charges once if one request is sent twenty times at once', async () => {
    const emulator = createEmulator()
    const wallet = walletWith(emulator.fetch)
    const { agreement_id } = await wallet.agreements.create(agreement)
    const { code } = emulator.buyer.approve(agreement_id)
    const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })
    const prepared = wallet.prepare('payments.create', charge(payer_token))
    const answers = await Promise.all(Array.from({ length: 20 }, () => wallet.send(prepared)))
    expect(new Set(answers.map(({ data }) => data.id)).size).toBe(1)
    expect(emulator.effects.filter(({ kind }) => kind === 'payment_charged')).toHaveLength(1)
  })
})
