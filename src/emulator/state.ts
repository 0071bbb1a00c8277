/** Everything the emulator remembers: plain JSON. Amounts are whole minor units. */
export interface State {
  /** Virtual time, milliseconds since 1970. */
  now: number
  /** Where the next random value comes from. */
  seed: number
  /** Last number given to a payment, refund or inner payment. */
  lastId: number
  agreements: Record<string, AgreementRecord>
  payments: Record<string, PaymentRecord>
  /** Balance of a buyer, by external_user.id; others have the default. */
  balances: Record<string, number>
  defaultBalance: number
  keys: Record<string, KeyRecord>
  agenda: Appointment[]
  effects: Effect[]
}

/** For keys that callers choose: knows no `constructor`, no `__proto__`. */
export const emptyDictionary = <Value>(): Record<string, Value> => Object.create(null)

export interface AgreementRecord {
  id: string
  status: 'pending' | 'confirmed_by_user' | 'cancelled' | 'expired'
  createdAt: number
  canceledAt: number | null
  expiresAt: number
  returnUri: string
  externalFlowId: string | null
  externalUser: { id: string; description?: unknown }
  agreementData: object | null
  /** Brought by the buyer's return, exchanged once. */
  code: string | null
  payerToken: string | null
}

export interface PaymentRecord {
  id: number
  innerId: number | null
  agreementId: string
  status: 'approved' | 'rejected' | 'authorized' | 'cancelled' | 'partially_refunded' | 'refunded'
  innerStatus: 'approved' | 'rejected' | 'authorized' | 'cancelled' | 'refunded'
  statusDetail: string
  amount: number
  captured: boolean
  binaryMode: boolean
  description: string | null
  externalReference: string | null
  createdAt: number
  updatedAt: number
  refunds: RefundRecord[]
}

export interface RefundRecord {
  id: number
  amount: number
  createdAt: number
}

/** What an idempotency key stands for: the request, and its answer once there is one. */
export interface KeyRecord {
  body: string
  answer: { status: number; body: unknown } | null
}

/** Something that happens later. */
export interface Appointment {
  at: number
  task: { kind: 'settle_refund'; payment: number }
}

/** What really happened to agreements and money: the judge of every test. Amounts in major units. */
export interface Effect {
  /** Virtual time, ISO 8601. */
  at: string
  kind:
    | 'agreement_created'
    | 'agreement_confirmed'
    | 'agreement_refused'
    | 'agreement_cancelled'
    | 'payer_token_created'
    | 'payment_charged'
    | 'payment_reserved'
    | 'payment_rejected'
    | 'payment_captured'
    | 'payment_cancelled'
    | 'payment_refunded'
  agreement_id: string
  payment_id?: number
  amount?: number
  external_reference?: string | null
  idempotency_key?: string | null
}
