import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { asked, purchase, wallet } from '../checkout/state.ts'
import { Controls } from './controls.tsx'
import { Ledger } from './ledger.tsx'
import { StateDiagram } from './state-diagram.tsx'
import { AGREEMENT, PAYMENT, wayOfAgreement, wayOfPayment } from './states.ts'
import { Timeline } from './timeline.tsx'
import { isLost, seen, watch } from './watch.ts'

/** The row of this page's payment. */
const row = computed(() => {
  const key = purchase.value?.request.idempotencyKey
  const name = seen.value.calls.findLast((call) => call.to === 'ledger' && call.key === key)?.row
  return seen.value.rows.find(({ idempotency_key }) => idempotency_key === name)
})
/** Rows that were seen while nobody knew what became of them. */
const unknown = signal<ReadonlySet<string>>(new Set())
/** What really happened to the money of this page's order. */
const charges = computed(() =>
  seen.value.effects.filter(
    ({ kind, external_reference }) =>
      (kind === 'payment_charged' || kind === 'payment_captured') && external_reference === purchase.value?.order.id,
  ),
)
const timesOf = (count: number): string => ['not at all', 'once', 'twice'][count] ?? `${count} times`
const agreementWay = computed(() => wayOfAgreement(wallet.value?.agreement_id ?? asked.value.at(-1), seen.value.effects))
const paymentWay = computed(() =>
  wayOfPayment(row.value, seen.value.effects, row.value !== undefined && unknown.value.has(row.value.idempotency_key)),
)

/** What the developer sees. */
export function Inspector() {
  useEffect(watch, [])
  useEffect(() => {
    const found = seen.value.rows.filter(({ state }) => state === 'UNKNOWN').map((each) => each.idempotency_key)
    if (found.some((key) => !unknown.value.has(key))) unknown.value = new Set([...unknown.value, ...found])
  }, [seen.value])
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
        <StateDiagram diagram={AGREEMENT} way={agreementWay.value} />
        <StateDiagram diagram={PAYMENT} way={paymentWay.value} />
      </div>
      <p class={charges.value.length > 1 ? 'bad' : undefined}>
        {purchase.value && `Mercado Pago has charged this order ${timesOf(charges.value.length)}.`}
      </p>
      <Controls />
      <Ledger />
      <Timeline />
    </aside>
  )
}
