import { type Card, createEmulator, type EmulatorOptions } from 'mercadopago-wallet-connect/emulator'
import { document } from '../client/documents.ts'

export const agreements = '/v2/wallet_connect/agreements'
export const payments = '/v1/advanced_payments'

export const YEAR_MS = 365 * 24 * 3_600_000
export const agreementRequest = document('create-agreement.request')
/** Names that every object inherits: a careless dictionary finds an entry under them. */
export const INHERITED_NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__']

/** A payment as the API shows it, as far as tests read it. */
export interface RawPayment {
  id: number
  status: string
  payments: [{ id: number | null; status: string; status_detail: string; transaction_amount: number }]
}

/** An emulator, and the steps that most tests start with, as raw requests. */
export function start(options: EmulatorOptions = {}) {
  const emulator = createEmulator(options)
  let keys = 0

  async function call<Body = unknown>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await emulator.fetch(`${emulator.origin}${path}`, {
      method,
      headers: { authorization: 'Bearer APP_USR-1', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: (text && JSON.parse(text)) as Body }
  }

  /** Creates an agreement that the buyer has not decided on. */
  async function propose(user = 'buyer', change: object = {}): Promise<string> {
    const body = { ...agreementRequest, external_user: { id: user }, ...change }
    return (await call<{ agreement_id: string }>('POST', agreements, body)).body.agreement_id
  }

  /** Creates an agreement, approves it and exchanges its code for a payer token. */
  async function link(user?: string, card?: Card): Promise<{ id: string; token: string; code: string }> {
    const id = await propose(user)
    const { code } = emulator.buyer.approve(id, card)
    const { body } = await call<{ payer_token: string }>('POST', `${agreements}/${id}/payer_token`, { code })
    return { id, token: body.payer_token, code }
  }

  /** Creates a payment: `wallet` goes into `wallet_payment`, everything else next to it. */
  const pay = (
    token: unknown,
    transaction_amount: unknown = 100,
    { wallet = {}, ...more }: Record<string, unknown> & { wallet?: object } = {},
    key = `key-${++keys}`,
  ) =>
    call<RawPayment>(
      'POST',
      payments,
      { wallet_payment: { transaction_amount, ...wallet }, payer: { token, type_token: 'wallet-token' }, ...more },
      { 'x-idempotency-key': key },
    )

  const read = async (id: number) => (await call<RawPayment>('GET', `${payments}/${id}`)).body

  const refund = (id: number, amount?: number) =>
    call('POST', `${payments}/${id}/refunds`, amount === undefined ? {} : { amount })

  /** The kinds and amounts of the effects on payments. */
  const moves = () =>
    emulator.effects.filter(({ kind }) => kind.startsWith('payment_')).map(({ kind, amount }) => `${kind} ${amount}`)

  /** What the buyer can still spend from the wallet, found by payments that are undone again. */
  async function balance(token: string): Promise<number> {
    const before = emulator.snapshot()
    let low = 0
    for (let step = 2 ** 20; step >= 1; step /= 2) {
      const { body } = await pay(token, low + step)
      emulator.restore(before)
      if (body.status === 'approved') low += step
    }
    return low
  }

  return { emulator, call, propose, link, pay, read, refund, moves, balance }
}
