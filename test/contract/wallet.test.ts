import { isApproved, type WalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { beforeEach, describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'
import { rejection, walletWith } from '../support/client/wallet.ts'

/** Where the same calls are made: documents that are played back, or the emulator. */
interface Stage {
  wallet: WalletConnect
  /** What the documents answer next, as `status file`; the emulator needs no telling. */
  plays(...answers: string[]): void
  /** An approved agreement and its payer token. */
  link(): Promise<{ agreement_id: string; payer_token: string }>
  buyer: { cancel(agreement_id: string): void; setBalance(amount: number): void }
}

function recorded(): Stage {
  const queue: string[] = []
  const fetch = async (): Promise<Response> => {
    const [status = '', file = ''] = (queue.shift() ?? 'nothing was to be played').split(' ')
    return new Response(JSON.stringify(document(file)), { status: Number(status) })
  }
  return {
    wallet: walletWith(fetch, { maxRetries: 0 }),
    plays: (...answers) => void queue.push(...answers),
    link: async () => ({ agreement_id: '22abcd1235ed497f945f755fcaba3c6c', payer_token: 'PAYER_TOKEN' }),
    buyer: { cancel() {}, setBalance() {} },
  }
}

function emulated(): Stage {
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
  ['recorded answers', recorded],
  ['the emulator', emulated],
])('against %s', (_, open) => {
  let stage: Stage
  let wallet: WalletConnect
  beforeEach(() => {
    stage = open()
    wallet = stage.wallet
  })

  it('an agreement is created and has a page where the buyer approves', async () => {
    stage.plays('200 create-agreement.response.200')
    const { agreement_id, agreement_uri } = await wallet.agreements.create(agreement)
    expect(agreement_id).toMatch(/^[0-9a-f]{32}$/)
    expect(agreement_uri.endsWith(`/v1/wallet_agreement/${agreement_id}`)).toBe(true)
  })

  it('a confirmed agreement shows its code, and what was sent', async () => {
    const { agreement_id } = await stage.link()
    stage.plays('200 get-agreement.response.200')
    const read = await wallet.agreements.get(agreement_id)
    expect(read).toMatchObject({
      status: 'confirmed_by_user',
      validation_code: expect.stringMatching(/^[0-9a-f]+$/),
      redirect_uri: agreement.return_uri,
      external_user: agreement.external_user,
      agreement_data: agreement.agreement_data,
    })
  })

  it('an agreement that does not exist is refused with 404', async () => {
    stage.plays('404 error.404.agreement-with-that-id', '404 error.404.agreement-not-found')
    const missing = 'f'.repeat(32)
    expect(await rejection(wallet.agreements.get(missing))).toMatchObject({
      status: 404,
      apiMessage: 'The Agreement with that id',
    })
    const exchange = wallet.agreements.createPayerToken(missing, { code: 'c' })
    expect(await rejection(exchange)).toMatchObject({ status: 404, apiMessage: 'The agreement_id does not exist' })
  })

  it('an agreement is cancelled', async () => {
    const { agreement_id } = await stage.link()
    stage.plays('200 cancel-agreement.response.200')
    await expect(wallet.agreements.cancel(agreement_id)).resolves.toBeUndefined()
  })

  it('a funded payment is approved', async () => {
    const { payer_token } = await stage.link()
    stage.plays('201 create-payment.approved.response.201')
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

  it('the same request again is answered 200 with the same payment', async () => {
    const { payer_token } = await stage.link()
    stage.plays('201 create-payment.approved.response.201', '200 create-payment.approved.response.201')
    const prepared = wallet.prepare('payments.create', charge(payer_token))
    const first = await wallet.send(prepared)
    const second = await wallet.send(prepared)
    expect(second).toMatchObject({ status: 200, replayed: true, data: { id: first.data.id } })
  })

  it('a payment without funds is a 201 that is not paid', async () => {
    const { payer_token } = await stage.link()
    stage.buyer.setBalance(700.49)
    stage.plays('201 create-payment.insufficient-funds.response.201')
    const payment = await wallet.payments.create(charge(payer_token))
    expect(isApproved(payment)).toBe(false)
    expect(payment).toMatchObject({ status: 'rejected', payments: [{ id: null, status_detail: 'insufficient_money' }] })
  })

  it('a payment on a cancelled agreement is refused with 401003', async () => {
    const { agreement_id, payer_token } = await stage.link()
    stage.buyer.cancel(agreement_id)
    stage.plays('401 error.401.invalid-payer-token')
    const error = await rejection(wallet.payments.create(charge(payer_token)))
    expect(error).toMatchObject({ code: 'refused', status: 401, apiCode: '401003', apiMessage: 'Invalid payer token.' })
  })

  it('a key with another body is refused with 422001', async () => {
    const { payer_token } = await stage.link()
    stage.plays('201 create-payment.approved.response.201', '422 error.422.idempotency-key-used')
    const key = { idempotencyKey: 'one-key' }
    await wallet.payments.create(charge(payer_token), key)
    const other = wallet.payments.create({ ...charge(payer_token), capture: false }, key)
    expect(await rejection(other)).toMatchObject({ code: 'refused', status: 422, apiCode: '422001' })
  })

  it('a payment that does not exist is refused with 404', async () => {
    stage.plays('404 error.404.payment-not-found', '404 error.404.refund-not-found')
    expect(await rejection(wallet.payments.get(1))).toMatchObject({ status: 404, apiMessage: 'Advanced payment not found.' })
    expect(await rejection(wallet.payments.refund(1))).toMatchObject({ status: 404, apiCode: '404002' })
  })

  it('a partial refund is a list of one', async () => {
    const { payer_token } = await stage.link()
    stage.plays('201 create-payment.approved.response.201', '200 refund-payment.response.200')
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

  it('a reserved payment is cancelled', async () => {
    const { payer_token } = await stage.link()
    stage.plays('201 create-payment.approved.response.201', '200 cancel-payment.wallet-2019.response.200')
    const { id } = await wallet.payments.create({ ...charge(payer_token), capture: false })
    const cancelled = await wallet.payments.cancel(id)
    expect(cancelled).toMatchObject({ status: 'cancelled', payments: [{ status: 'cancelled', status_detail: 'by_collector' }] })
  })
})

describe('against the emulator alone', () => {
  it('what the caller was told is what happened, from the agreement to the last refund', async () => {
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

  it('a lost answer is repeated with the same key: one effect', async () => {
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

  it('twenty sends of one request at once: one effect, one answer', async () => {
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
