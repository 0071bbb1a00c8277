/** Everything the emulator remembers: plain JSON. Amounts are whole minor units, times milliseconds since 1970. */
export interface State {
  /** Virtual time. */
  now: number
  /** Where the next random value comes from. */
  seed: number
  /** Last number given to a payment, refund or inner payment. */
  lastId: number
  /** Payers who have been given a number. */
  payers: number
  /** Last number given to a notification. */
  lastEvent: number
  /** Last number given to a thing to do later: what falls due together happens in this order. */
  lastScheduled: number
  /** Requests that have come in. */
  requests: number
  agreements: Record<string, AgreementRecord>
  /** Agreement of a payer token. */
  payerTokens: Record<string, string>
  /** Buyers by `external_user.id`. */
  buyers: Record<string, BuyerRecord>
  /** Balance of buyers who have none of their own. */
  defaultBalance: number
  payments: Record<string, PaymentRecord>
  coupons: CouponRecord[]
  promises: PromiseRecord[]
  /** What the next payments come to, whatever the balance says. */
  verdicts: VerdictRecord[]
  keys: Record<string, KeyRecord>
  /** A heap: the first comes first. */
  scheduled: ScheduledTask[]
  /** What has been begun and takes time. */
  underWay: ScheduledTask[]
  deliveries: Delivery[]
  /** How many of them have been handed out. */
  drained: number
  effects: Effect[]
}

/** Nothing has happened yet. */
export const emptyState = (seed: number, now: number): State => ({
  now,
  seed,
  lastId: 10_458_723,
  payers: 0,
  lastEvent: 12_344,
  lastScheduled: 0,
  requests: 0,
  agreements: emptyDictionary(),
  payerTokens: emptyDictionary(),
  buyers: emptyDictionary(),
  defaultBalance: 0,
  payments: {},
  coupons: [],
  promises: [],
  verdicts: [],
  keys: emptyDictionary(),
  scheduled: [],
  underWay: [],
  deliveries: [],
  drained: 0,
  effects: [],
})

/** For keys that callers choose: knows no `constructor`, no `__proto__`. */
export const emptyDictionary = <Value>(): Record<string, Value> => Object.create(null)

export interface AgreementRecord {
  id: string
  status: 'pending' | 'confirmed_by_user' | 'cancelled' | 'expired'
  createdAt: number
  canceledAt: number | null
  /** null: never. */
  expiresAt: number | null
  returnUri: string
  externalFlowId: string | null
  externalUser: { id: string; description?: unknown }
  agreementData: Record<string, unknown> | null
  /** Brought by the buyer's return, exchanged once. */
  code: string | null
  /** null: never. */
  codeExpiresAt: number | null
  payerToken: string | null
  /** Card that is charged when the balance does not suffice. */
  card: Card | null
}

/** A second payment method of the buyer's choice. */
export interface Card {
  payment_type_id: 'credit_card' | 'debit_card'
  /** Such as `visa`. */
  payment_method_id: string
  /** Most that it can be charged, major units; no limit if left out. */
  limit?: number
}

export interface BuyerRecord {
  /** Mercado Pago's number of the buyer. */
  payerId: number | null
  /** null: the default. */
  balance: number | null
  /** Agreement that is confirmed. */
  agreement: string | null
}

export interface PaymentRecord {
  id: number
  innerId: number | null
  agreementId: string
  status: string
  innerStatus: string
  statusDetail: string
  /** What was asked for, before discount. */
  amount: number
  captured: boolean
  binaryMode: boolean
  description: string | null
  externalReference: string | null
  /** null: the balance of the wallet. */
  card: Card | null
  discount: AppliedDiscount | null
  createdAt: number
  updatedAt: number
  refunds: RefundRecord[]
}

/** A promise that a payment was made with. */
export interface AppliedDiscount {
  /** Index of the coupon. */
  coupon: number
  amount: number
  token: string
  /** As the payment sent it. */
  sent: Record<string, unknown>
}

export interface RefundRecord {
  id: number
  amount: number
  createdAt: number
}

/** A discount that a campaign gives, with or without a code. */
export interface CouponRecord {
  campaignId: number
  /** null: given without being asked for. */
  code: string | null
  type: 'percent' | 'fixed'
  /** Percent, or minor units. */
  value: number
  cap: number
  min: number | null
  max: number | null
  description: string
  status: 'success' | 'pending' | 'invalid'
  /** How often it can still be promised; null: no limit. */
  left: number | null
  /** Whether it has been taken back. */
  removed: boolean
}

export interface PromiseRecord {
  id: number
  token: string
  agreementId: string
  coupon: number
  /** Whether the buyer typed the code. */
  typed: boolean
  amount: number
  discount: number
  /** When it was made, or last failed to be used. */
  since: number
}

/** A status and why. */
export interface Decision {
  status: string
  status_detail: string
}

export interface VerdictRecord extends Decision {
  /** null: for every buyer. */
  user: string | null
  times: number
}

/** What an idempotency key stands for: the request, and its answer once there is one. */
export interface KeyRecord {
  /** Of the body. */
  hash: string
  /** null: in flight. */
  answer: { status: number; text: string } | null
  /** Payment that it made. */
  payment: number | null
  /** Every repeat is told to wait, for ever. */
  stuck: boolean
  /** When it was first used. */
  since: number
}

/** Something that happens later. */
export interface ScheduledTask {
  at: number
  /** Decides between two at the same time. */
  order: number
  task: Task
}

export type Task =
  | { kind: 'expire_agreement'; agreement: string }
  | { kind: 'settle_refund'; payment: number }
  | { kind: 'expire_payment'; payment: number; status: string }
  | { kind: 'release_promise'; promise: number }
  | { kind: 'give_back_coupon'; coupon: number }
  | ForgetTask
  | DeliverTask
  | { kind: 'receive'; request: WireRequest }

/** A key that is remembered no longer, unless it has been used anew since. */
export interface ForgetTask {
  kind: 'forget_key'
  name: string
  /** When it was used. */
  since: number
}

/** A notification to be brought. */
export interface DeliverTask {
  kind: 'deliver'
  event: NotificationEvent
  attempt: number
  forged: boolean
  /**
   * Where its random values come from. Signing takes real time: what was drawn from the common source then would
   * depend on which requests come meanwhile.
   */
  seed: number
}

/** A request as it is on the wire. */
export interface WireRequest {
  method: string
  url: string
  headers: Record<string, string>
  text: string
}

/** What a notification tells; its signature comes with each delivery. */
export interface NotificationEvent {
  topic: string
  /** `data.id` of the query. */
  dataId: string
  body: Record<string, unknown>
  /** Set once it has been sent and a repeat is to be the same. */
  sent?: { requestId: string; ts: string }
}

/** One notification as it went out, or as it was collected. */
export interface Delivery {
  /** Virtual time, ISO 8601. */
  at: string
  /** From 1. */
  attempt: number
  url: string
  headers: Record<string, string>
  /** JSON. */
  body: string
  /** The merchant's HTTP status; null: no answer; `collected`: there is nobody to answer. */
  responseStatus: number | null | 'collected'
}

/** What really happened to agreements and money: the judge of every test. Amounts in major units. */
export interface Effect {
  /** Virtual time, ISO 8601. */
  at: string
  kind: EffectKind
  agreement_id: string
  payment_id?: number
  amount?: number
  external_reference?: string | null
  idempotency_key?: string | null
  /** Old name of a field that the request used. */
  alias?: string
}

/** What an effect did. */
export type EffectKind =
  | 'agreement_created'
  | 'agreement_confirmed'
  | 'agreement_refused'
  | 'agreement_cancelled'
  | 'agreement_expired'
  | 'payer_token_created'
  | 'payment_method_updated'
  | 'discount_promised'
  | 'discount_released'
  /** Money went from the buyer to the seller. */
  | 'payment_charged'
  /** Money is held for a capture. */
  | 'payment_reserved'
  /** Money is held until Mercado Pago has decided. */
  | 'payment_undecided'
  /** No money; or what was held is given back. */
  | 'payment_rejected'
  /** What was held went to the seller. */
  | 'payment_captured'
  /** What was held is given back. */
  | 'payment_cancelled'
  | 'payment_refunded'
  /** The issuer took the money back. */
  | 'payment_charged_back'
