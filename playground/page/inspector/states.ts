import type { Effect } from 'mercadopago-wallet-connect/emulator'
import type { LedgerRow } from '../../demo/wire.ts'
import type { Diagram } from './state-diagram.tsx'

export const AGREEMENT: Diagram = {
  name: 'Agreement',
  states: {
    pending: { x: 0, y: 0 },
    confirmed: { x: 1, y: 0 },
    token: { x: 2, y: 0, label: 'payer token' },
    refused: { x: 0, y: 1 },
    expired: { x: 1, y: 1 },
    cancelled: { x: 2, y: 1 },
  },
  arrows: [
    ['pending', 'confirmed'],
    ['pending', 'refused'],
    ['confirmed', 'token'],
    ['confirmed', 'expired'],
    ['confirmed', 'cancelled'],
    ['token', 'cancelled'],
  ],
}

export const PAYMENT: Diagram = {
  name: 'Payment',
  states: {
    sent: { x: 0, y: 1 },
    unknown: { x: 0, y: 2, label: 'unknown' },
    authorized: { x: 1, y: 0 },
    approved: { x: 1, y: 1 },
    rejected: { x: 1, y: 2 },
    cancelled: { x: 2, y: 0 },
    refunded: { x: 2, y: 1 },
    refused: { x: 1, y: 3 },
  },
  arrows: [
    ['sent', 'unknown'],
    ['sent', 'authorized'],
    ['sent', 'approved'],
    ['sent', 'rejected'],
    ['unknown', 'authorized'],
    ['unknown', 'approved'],
    ['unknown', 'rejected'],
    ['authorized', 'approved'],
    ['authorized', 'cancelled'],
    ['approved', 'refunded'],
    ['unknown', 'refused'],
    ['sent', 'refused'],
  ],
}

const AGREEMENT_STATE: Partial<Record<Effect['kind'], string>> = {
  agreement_created: 'pending',
  agreement_confirmed: 'confirmed',
  agreement_refused: 'refused',
  payer_token_created: 'token',
  agreement_cancelled: 'cancelled',
  agreement_expired: 'expired',
}

const PAYMENT_STATE: Partial<Record<Effect['kind'], string>> = {
  payment_charged: 'approved',
  payment_reserved: 'authorized',
  payment_rejected: 'rejected',
  payment_captured: 'approved',
  payment_cancelled: 'cancelled',
  payment_refunded: 'refunded',
}

/** The states that an agreement has had, in order. */
export function agreementStates(id: string | undefined, effects: readonly Effect[]): string[] {
  const own = effects.filter(({ agreement_id }) => agreement_id === id)
  return own.flatMap(({ kind }) => AGREEMENT_STATE[kind] ?? [])
}

/**
 * The states that one row of the ledger and its payment have had, in order. While the ledger does not know the outcome, the
 * picture does not show it either, even if the emulator has charged already.
 */
export function paymentStates(row: LedgerRow | undefined, effects: readonly Effect[], wasUnknown: boolean): string[] {
  if (!row) return []
  const isOpen = row.state !== 'DONE' && row.state !== 'REFUSED'
  const begun = ['sent', ...(wasUnknown || row.state === 'UNKNOWN' || row.state === 'NEEDS_REVIEW' ? ['unknown'] : [])]
  if (isOpen) return begun
  const first = effects.find(
    ({ idempotency_key, payment_id }) => idempotency_key === row.idempotency_key && payment_id !== undefined,
  )
  const own = effects.filter(({ payment_id }) => payment_id !== undefined && payment_id === first?.payment_id)
  const states = own.flatMap(({ kind }) => PAYMENT_STATE[kind] ?? [])
  return [...begun, ...(states.length > 0 ? states : ['refused'])]
}
