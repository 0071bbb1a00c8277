import { withOffset } from '../world/clock.ts'
import type { PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { paymentError } from './api-error.ts'
import { chargedAmount } from './payment-rules.ts'
import { payerIdOf, showPayment } from './payment-view.ts'
import { COLLECTOR_ID } from './seller.ts'

const invalidSearch = () => paymentError(400, 'Some parameters are invalid for search.', '400047')

type ReadField = (payment: PaymentRecord, world: World) => string

const EXACT: Record<string, ReadField> = {
  status: ({ status }) => status,
  external_reference: ({ externalReference }) => externalReference ?? '',
  'payment.id': ({ innerId }) => String(innerId ?? ''),
  'payment.external_reference': ({ externalReference }) => externalReference ?? '',
  'payment.payment_method_id': ({ card }) => card?.payment_method_id ?? 'account_money',
  'payment.transaction_amount': (payment, world) => String(world.toMajor(chargedAmount(payment))),
  'payer.id': (payment, world) => String(payerIdOf(world, payment)),
  'payer.email': (payment, world) => `test_user_${payerIdOf(world, payment)}@testuser.com`,
  'disbursement.collector_id': () => String(COLLECTOR_ID),
}

const DATES: Record<string, (payment: PaymentRecord) => number> = {
  date_created: ({ createdAt }) => createdAt,
  date_last_updated: ({ updatedAt }) => updatedAt,
}

const SORTS: Record<string, (payment: PaymentRecord) => number> = { id: ({ id }) => id, ...DATES }

/** The entry with this name. Callers choose the name, and `constructor` must not be found. */
const ownOf = <Value>(table: Record<string, Value>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** `GET /v1/advanced_payments/search`: newest first; unknown filters are ignored. */
export function searchPayments(world: World, query: URLSearchParams): object {
  const { searchLimit } = world.rules
  const limit = Math.min(wholeNumber(query, 'limit', searchLimit), searchLimit)
  const offset = wholeNumber(query, 'offset', 0)
  const filters = [isIndexed(world), ...exactFilters(world, query), ...dateFilters(query)]
  const found = Object.values(world.state.payments).filter((payment) => filters.every((fits) => fits(payment)))
  sort(found, query)
  return {
    paging: { total: found.length, limit, offset },
    results: found.slice(offset, offset + limit).map((payment) => select(showPayment(world, payment), query)),
  }
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name) ?? String(fallback)
  if (!/^\d{1,9}$/.test(value)) throw invalidSearch()
  return Number(value)
}

type Filter = (payment: PaymentRecord) => boolean

const isIndexed =
  ({ rules, state }: World): Filter =>
  ({ createdAt }) =>
    createdAt + rules.searchDelayMs <= state.now

const exactFilters = (world: World, query: URLSearchParams): Filter[] =>
  Object.entries(EXACT)
    .filter(([name]) => query.has(name))
    .map(([name, read]): Filter => {
      const wanted = readWanted(name, query.get(name) ?? '')
      return (payment) => read(payment, world) === wanted
    })

/** Both spellings of cancelled match, and so do 7.5 and 7.50. */
function readWanted(name: string, value: string): string {
  if (name === 'payment.transaction_amount') return String(Number(value))
  return name === 'status' && value === 'canceled' ? 'cancelled' : value
}

/** `date_created` matches the beginning of a shown date; `begin_date` and `end_date` apply to the date that `range` names. */
function dateFilters(query: URLSearchParams): Filter[] {
  const prefix = query.get('date_created')
  const dateOf = ownOf(DATES, query.get('range') ?? 'date_created')
  if (!dateOf) throw invalidSearch()
  const begin = readDate(query.get('begin_date'), '400041')
  const end = readDate(query.get('end_date'), '400042')
  return [
    (payment) => prefix === null || withOffset(payment.createdAt).startsWith(prefix),
    (payment) => begin === undefined || dateOf(payment) >= begin,
    (payment) => end === undefined || dateOf(payment) <= end,
  ]
}

const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

function readDate(value: string | null, code: string): number | undefined {
  if (value === null) return undefined
  const [isDate, time, , , zone] = ISO_DATE.exec(value) ?? []
  // Without a zone the time would be in the zone of this machine.
  const date = isDate ? Date.parse(time && !zone ? `${value}Z` : value) : Number.NaN
  if (Number.isNaN(date)) throw paymentError(400, 'Some parameters are invalid for search.', code)
  return date
}

/** Sorts by id, descending, unless `sort` and `criteria` say otherwise. */
function sort(payments: PaymentRecord[], query: URLSearchParams): void {
  const by = ownOf(SORTS, query.get('sort') ?? 'id')
  const criteria = query.get('criteria') ?? 'desc'
  if (!by || !['asc', 'desc'].includes(criteria)) throw invalidSearch()
  const sign = criteria === 'asc' ? 1 : -1
  payments.sort((a, b) => sign * (by(a) - by(b) || a.id - b.id))
}

/** The fields that `attributes` lists, and the id. */
function select(payment: object, query: URLSearchParams): object {
  const names = query.get('attributes')?.split(',')
  return names ? Object.fromEntries(Object.entries(payment).filter(([name]) => name === 'id' || names.includes(name))) : payment
}
