import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Controls } from './controls.tsx'
import { Ledger } from './ledger.tsx'
import { StateDiagram } from './state-diagram.tsx'
import { AGREEMENT, PAYMENT, wayOfAgreement, wayOfPayment } from './states.ts'
import { Timeline } from './timeline.tsx'
import { isLost, seen, watch } from './watch.ts'

/** The payment that was asked for last. */
const row = computed(() => seen.value.rows.findLast(({ operation }) => operation === 'payments.create'))
/** Rows that were seen while nobody knew what became of them. */
const unknown = signal<ReadonlySet<string>>(new Set())
const agreementWay = computed(() => wayOfAgreement(seen.value.effects))
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
      <Controls />
      <Ledger />
      <Timeline />
    </aside>
  )
}
