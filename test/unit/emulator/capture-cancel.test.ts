import { describe, expect, it } from 'vitest'
import { document } from '../../support/client/documents.ts'
import { payments, start } from '../../support/emulator/raw-emulator.ts'

describe('PUT /v1/advanced_payments/{advanced_payment_id}', () => {
  const captured = { status: 'approved', payments: [{ status: 'approved', status_detail: 'accredited', capture: true }] }
  const cancelled = { status: 'cancelled', payments: [{ status: 'cancelled', status_detail: 'by_collector' }] }

  it.each([
    ['captures', { capture: true }, captured],
    ['captures', document('capture-payment.request'), captured],
    ['cancels', { status: 'cancelled' }, cancelled],
    ['cancels', { status: 'canceled' }, cancelled],
    ['cancels', document('update-payment.reference-cancelled.request'), cancelled],
  ])('%s a reserved payment with the body %j', async (_, request, expected) => {
    const { call, emulator, link, pay } = start()
    const { body } = await pay((await link()).token, 100, { capture: false })
    emulator.clock.advance(60_000)
    const answer = await call('PUT', `${payments}/${body.id}`, request)
    expect(answer).toMatchObject({ status: 200, body: { id: body.id, ...expected } })
    expect(answer.body).toMatchObject({ date_last_updated: '2025-12-31T20:01:00.000-04:00' })
    expect((await call('GET', `${payments}/${body.id}`)).body).toEqual(answer.body)
  })

  it.each([{}, { capture: false }, { capture: 'true' }, { status: 'approved' }, { capture: true, status: 'cancelled' }])(
    'refuses %j',
    async (request) => {
      const { call, link, pay } = start()
      const { body } = await pay((await link()).token, 100, { capture: false })
      expect((await call('PUT', `${payments}/${body.id}`, request)).status).toBe(400)
      expect((await call('GET', `${payments}/${body.id}`)).body).toMatchObject({ status: 'authorized' })
    },
  )

  describe.each([
    ['approved', 10_000, { capture: true }, undefined],
    ['rejected', 0, { capture: false }, undefined],
    ['captured', 10_000, { capture: false }, { capture: true }],
    ['cancelled', 10_000, { capture: false }, { status: 'cancelled' }],
  ])('of a payment that is %s', (_, balance, request, change) => {
    it.each([
      [{ capture: true }, 'Invalid capture payment status'],
      [{ status: 'cancelled' }, 'Unable to complete process.'],
    ])('refuses %j', async (body, message) => {
      const { call, emulator, link, pay } = start({ balance })
      const { id } = (await pay((await link()).token, 100, request)).body
      if (change) await call('PUT', `${payments}/${id}`, change)
      const { effects } = emulator
      const answer = await call('PUT', `${payments}/${id}`, body)
      expect(answer).toMatchObject({ status: 400, body: { status: '400', error: 'bad_request', message } })
      expect(emulator.effects).toEqual(effects)
    })
  })

  it.each(['1', 'abc', 'constructor'])('answers 404 to the unknown id %s', async (id) => {
    expect((await start().call('PUT', `${payments}/${id}`, { capture: true })).status).toBe(404)
  })
})
