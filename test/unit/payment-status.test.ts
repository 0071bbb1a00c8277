import { isApproved, isFinal, type PaymentStatus } from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'
import { document } from '../support/client/documents.ts'

const table: [status: PaymentStatus, approved: boolean, final: boolean][] = [
  ['approved', true, true],
  ['rejected', false, true],
  ['cancelled', false, true],
  ['canceled', false, true],
  ['refunded', false, true],
  ['partially_refunded', false, true],
  ['charged_back', false, true],
  ['authorized', false, false],
  ['in_process', false, false],
  ['pending', false, false],
  ['in_mediation', false, false],
  ['a_future_status', false, false],
  ['', false, false],
]

describe.each(table)('isApproved and isFinal, given the status "%s"', (status, approved, final) => {
  it(`are ${approved} and ${final}`, () => {
    for (const payment of [{ status }, { payments: [{ status }] }, { status, payments: [{ status }] }]) {
      expect(isApproved(payment)).toBe(approved)
      expect(isFinal(payment)).toBe(final)
    }
  })
})

describe('isApproved', () => {
  it('is false if there is no status, because a 201 does not mean paid', () => {
    for (const payment of [{}, { status: null }, { payments: [] }, { payments: [{}] }, document('update-payment.response.200')]) {
      expect(isApproved(payment)).toBe(false)
      expect(isFinal(payment)).toBe(false)
    }
  })

  it('is false if the payment and its inner payments disagree', () => {
    expect(isApproved({ status: 'approved', payments: [{ status: 'approved' }, { status: 'rejected' }] })).toBe(false)
    expect(isApproved({ status: 'rejected', payments: [{ status: 'approved' }] })).toBe(false)
  })

  it('is true for the documented approved payments, and false for the rejected one', () => {
    expect(isApproved(document('create-payment.approved.response.201'))).toBe(true)
    expect(isApproved(document('create-payment.discount.response.201'))).toBe(true)
    expect(isApproved(document('create-payment.insufficient-funds.response.201'))).toBe(false)
  })
})
