import { computed } from '@preact/signals'
import type { Call } from '../../demo/wire.ts'
import { clearedAt, inspection, keyOfRow } from './watch.ts'

const shown = computed(() =>
  inspection.value.calls
    .filter(({ id }) => id > clearedAt.value)
    .slice(-MAX_SHOWN)
    .toReversed(),
)
const MAX_SHOWN = 100
const seconds = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})

/** All calls, the newest first. */
export function Timeline() {
  const last = shown.value.length > 0 ? inspection.value.calls.at(-1)?.id : undefined
  return (
    <section aria-labelledby="timeline">
      <header class="row apart">
        <h2 id="timeline">Timeline</h2>
        <button
          type="button"
          class="quiet"
          disabled={last === undefined}
          onClick={() => {
            clearedAt.value = last ?? 0
          }}
        >
          Clear
        </button>
      </header>
      <Scrolled label="Calls of the timeline">
        <table>
          <thead>
            <tr>
              <th>Time</th>
              <th>From, to</th>
              <th>Operation</th>
              <th>Key</th>
              <th>Answer</th>
              <th class="number">ms</th>
            </tr>
          </thead>
          <tbody>
            {shown.value.map((call) => (
              <Row key={call.id} call={call} />
            ))}
          </tbody>
        </table>
        {shown.value.length === 0 && <p class="dim">Nothing was sent yet. Press a button in the shop.</p>}
      </Scrolled>
    </section>
  )
}

function Row({ call }: { call: Call }) {
  const { at, from, to, what, row, attempt, status, outcome, ms } = call
  const isBad = status === 'no answer' || (typeof status === 'number' && status >= 400)
  const answer = status ?? (outcome === null && ms === null ? '…' : '')
  const key = call.key ?? keyOfRow.value.get(row ?? '') ?? row
  return (
    <tr class={isBad ? 'bad' : undefined}>
      <td>{seconds.format(at)}</td>
      <td class={`lane lane-${to === 'Mercado Pago' || from === 'Mercado Pago' ? 'outside' : to}`}>
        {from} → {to}
      </td>
      <td>
        <code>{what}</code> {attempt !== null && attempt > 1 && `(${attempt})`}
      </td>
      <td>{key && <code title={row ? `${key}, to Mercado Pago ${row}` : key}>{key.slice(0, 8)}</code>}</td>
      <td>
        {answer} {outcome && <em>{outcome}</em>}
      </td>
      <td class="number">{ms}</td>
    </tr>
  )
}

/** A box that can be scrolled, with the keyboard, too. */
export function Scrolled({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="scrolled" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
