import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { asked, purchase, wallet } from '../checkout/state.ts'
import { Controls } from './controls.tsx'
import { LedgerTable } from './ledger-table.tsx'
import { StateDiagram } from './state-diagram.tsx'
import { AGREEMENT, agreementStates, PAYMENT, paymentStates } from './states.ts'
import { Timeline } from './timeline.tsx'
import { inspection, isLost, watch } from './watch.ts'

/** The row of this page's payment. */
const row = computed(() => {
  const key = purchase.value?.request.idempotencyKey
  const name = inspection.value.calls.findLast((call) => call.to === 'ledger' && call.key === key)?.row
  return inspection.value.rows.find(({ idempotency_key }) => idempotency_key === name)
})
/** Names of rows that were UNKNOWN at some time. */
const unknown = signal<ReadonlySet<string>>(new Set())
/** The charges in the emulator for this page's order. */
const charges = computed(() =>
  inspection.value.effects.filter(
    ({ kind, external_reference }) =>
      (kind === 'payment_charged' || kind === 'payment_captured') && external_reference === purchase.value?.order.id,
  ),
)
/** Whether the emulator has charged the order, and how often. */
function describeCharges(count: number): string {
  if (count === 0) return 'Mercado Pago has not charged this order.'
  const times = ['', 'once', 'twice'][count] ?? `${count} times`
  return `Mercado Pago has charged this order ${times}.`
}
const agreementHistory = computed(() =>
  agreementStates(wallet.value?.agreement_id ?? asked.value.at(-1), inspection.value.effects),
)
const paymentHistory = computed(() =>
  paymentStates(row.value, inspection.value.effects, row.value !== undefined && unknown.value.has(row.value.idempotency_key)),
)

/** The developer's side of the page. */
export function Inspector() {
  useEffect(watch, [])
  useEffect(() => {
    const found = inspection.value.rows.filter(({ state }) => state === 'UNKNOWN').map((each) => each.idempotency_key)
    if (found.some((key) => !unknown.value.has(key))) unknown.value = new Set([...unknown.value, ...found])
  }, [inspection.value])
  return (
    <aside class="pane inspector" lang="en" aria-labelledby="inspector">
      <header class="row apart">
        <h2 id="inspector" class="h1">
          Wire inspector
        </h2>
        <span role="status" class="small">
          {isLost.value ? <span class="badge badge-unknown">the Worker does not answer</span> : <span class="dim">live</span>}
        </span>
      </header>
      <div class="diagrams">
        <StateDiagram diagram={AGREEMENT} history={agreementHistory.value} />
        <StateDiagram diagram={PAYMENT} history={paymentHistory.value} />
      </div>
      <p class={charges.value.length > 1 ? 'bad' : undefined}>{purchase.value && describeCharges(charges.value.length)}</p>
      <Controls />
      <LedgerTable />
      <Timeline />
    </aside>
  )
}
