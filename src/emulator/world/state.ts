/** Everything that the emulator remembers, as plain JSON. Amounts are whole minor units, times milliseconds since 1970. */
export interface State {
  /** The time of the virtual clock. */
  now: number
  /** The state of the random source. */
  seed: number
  /** The last id given to a payment, refund or inner payment. */
  lastId: number
  /** The number of payers who have an id. */
  payers: number
  /** The last id given to a notification of a payment. */
  lastEvent: number
  /** The last number given to a scheduled task: tasks that fall due together run in this order. */
  lastScheduled: number
  /** The number of requests received. */
  requests: number
  agreements: Record<string, AgreementRecord>
  /** The id of the agreement of each payer token. */
  payerTokens: Record<string, string>
  /** The buyers, by `external_user.id`. */
  buyers: Record<string, BuyerRecord>
  /** The balance of buyers who have none of their own. */
  defaultBalance: number
  payments: Record<string, PaymentRecord>
  coupons: CouponRecord[]
  promises: PromiseRecord[]
  /** Decisions about the next payments, whatever the balance is. */
  verdicts: NextDecision[]
  keys: Record<string, KeyRecord>
  /** A heap: the task that is due first comes first. */
  scheduled: ScheduledTask[]
  /** The tasks that have started and take real time. */
  underWay: ScheduledTask[]
  deliveries: Delivery[]
  /** How many of them `drain` has returned. */
  drained: number
  effects: Effect[]
}

/** The state in which nothing has happened yet. */
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

/** A dictionary for keys that callers choose: it has no `constructor` and no `__proto__`. */
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
  /** The code in the redirect, which is exchanged for the payer token. */
  code: string | null
  /** null: never. */
  codeExpiresAt: number | null
  payerToken: string | null
  /** The card that is charged when the balance is too low. */
  card: Card | null
}

/** The buyer's second payment method. */
export interface Card {
  payment_type_id: 'credit_card' | 'debit_card'
  /** For example `visa`. */
  payment_method_id: string
  /** The most that it can be charged, major units; no limit if left out. */
  limit?: number
}

export interface BuyerRecord {
  /** Mercado Pago's id of the buyer. */
  payerId: number | null
  /** null: the default balance. */
  balance: number | null
  /** The id of the confirmed agreement. */
  agreement: string | null
}

export interface PaymentRecord {
  id: number
  innerId: number | null
  agreementId: string
  status: string
  innerStatus: string
  statusDetail: string
  /** The amount before the discount. */
  amount: number
  captured: boolean
  binaryMode: boolean
  description: string | null
  externalReference: string | null
  /** The `external_reference` outside `wallet_payment`. */
  topLevelReference: string | null
  /** The card that was charged; null: the balance of the wallet. */
  card: Card | null
  discount: AppliedDiscount | null
  createdAt: number
  updatedAt: number
  refunds: RefundRecord[]
}

/** The discount of a payment, from the promise that it used. */
export interface AppliedDiscount {
  /** The index of the coupon. */
  coupon: number
  amount: number
  token: string
  /** The discount as the payment request repeated it. */
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
  /** null: the discount is given without a code. */
  code: string | null
  type: 'percent' | 'fixed'
  /** Percent, or minor units. */
  value: number
  cap: number
  min: number | null
  max: number | null
  description: string
  status: 'success' | 'pending' | 'invalid'
  /** How many more times it can be promised; null: no limit. */
  left: number | null
  /** Whether `coupons.remove` has withdrawn it. */
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
  /** When its time began: at its creation, when it was requested again, or when a payment with it failed. */
  since: number
}

/** The status of a payment, and the reason. */
export interface Decision {
  status: string
  status_detail: string
}

export interface NextDecision extends Decision {
  /** null: for every buyer. */
  user: string | null
  times: number
}

/** What is known of an idempotency key: its request, and the response once there is one. */
export interface KeyRecord {
  /** The hash of the request's body. */
  hash: string
  /** null: the request is in flight. */
  answer: { status: number; text: string } | null
  /** The id of the payment that it created. */
  payment: number | null
  /** Whether every repeat gets 409/401001 from now on. */
  stuck: boolean
  /** When the key was first used. */
  since: number
}

/** A task and the time at which it is due. */
export interface ScheduledTask {
  at: number
  /** Decides which of two tasks runs first that are due at the same time. */
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

/** Forgets an idempotency key, unless it has been used again since. */
export interface ForgetTask {
  kind: 'forget_key'
  name: string
  /** When the key was first used. */
  since: number
}

/** Delivers a notification. */
export interface DeliverTask {
  kind: 'deliver'
  event: NotificationEvent
  attempt: number
  forged: boolean
  /**
   * The seed of its random values. Signing takes real time, so values from the shared source would depend on the
   * requests that arrive in the meantime.
   */
  seed: number
}

/** A request as it goes over the wire. */
export interface WireRequest {
  method: string
  url: string
  headers: Record<string, string>
  text: string
}

/** The content of a notification. Each delivery signs it anew. */
export interface NotificationEvent {
  topic: string
  /** The `data.id` in the query. */
  dataId: string
  body: Record<string, unknown>
  /** The headers of its last delivery, for the rule that repeats have the same. */
  sent?: { requestId: string; ts: string }
}

/** One delivery of a notification, sent or collected. */
export interface Delivery {
  /** Virtual time, ISO 8601. */
  at: string
  /** Counted from 1. */
  attempt: number
  url: string
  headers: Record<string, string>
  /** JSON text. */
  body: string
  /** The merchant's HTTP status; null: no response; `collected`: it was not sent, as there is no `fetch` to send it with. */
  responseStatus: number | null | 'collected'
}

/** Something that really happened to agreements or money, for tests to compare with. Amounts are major units. */
export interface Effect {
  /** Virtual time, ISO 8601. */
  at: string
  kind: EffectKind
  agreement_id: string
  payment_id?: number
  amount?: number
  external_reference?: string | null
  idempotency_key?: string | null
  /** The old name of a field, if the request used it. */
  alias?: string
}

/** What happened. */
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
  /** Money moved from the buyer to the seller. */
  | 'payment_charged'
  /** Money is held for a capture. */
  | 'payment_reserved'
  /** Money is held until Mercado Pago decides. */
  | 'payment_undecided'
  /** No money moved, or money that was held went back to the buyer. */
  | 'payment_rejected'
  /** Money that was held went to the seller. */
  | 'payment_captured'
  /** Money that was held went back to the buyer. */
  | 'payment_cancelled'
  | 'payment_refunded'
  /** The issuer took the money back. */
  | 'payment_charged_back'
