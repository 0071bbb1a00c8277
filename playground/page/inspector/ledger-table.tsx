import type { LedgerRow } from '../../demo/wire.ts'
import { Scrolled } from './timeline.tsx'
import { clock, inspection, keyOfRow } from './watch.ts'

/** The ledger's rows, the newest first. */
export function LedgerTable() {
  const rows = inspection.value.rows.toReversed()
  return (
    <section aria-labelledby="ledger">
      <h2 id="ledger">Ledger</h2>
      <Scrolled label="Rows of the ledger">
        <table>
          <thead>
            <tr>
              <th>Operation</th>
              <th>Key</th>
              <th>State</th>
              <th class="number">Attempts</th>
              <th>Next try</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.idempotency_key} row={row} />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="dim">No write was submitted yet.</p>}
      </Scrolled>
    </section>
  )
}

function Row({ row }: { row: LedgerRow }) {
  const { operation, idempotency_key, state, attempts, next_try_at } = row
  const key = keyOfRow.value.get(idempotency_key) ?? idempotency_key
  const isOpen = state === 'CLAIMED' || state === 'SENT' || state === 'UNKNOWN'
  // Depends on the clock signal, so that it counts down.
  const inSeconds =
    isOpen && next_try_at && clock.value ? Math.max(0, Math.round((Date.parse(next_try_at) - Date.now()) / 1_000)) : null
  return (
    <tr>
      <td>
        <code>{operation}</code>
      </td>
      <td>
        <code title={`${key}, to Mercado Pago ${idempotency_key}`}>{key.slice(0, 8)}</code>
      </td>
      <td>
        <span class={`badge badge-${state.toLowerCase()}`}>{state}</span>
      </td>
      <td class="number">{attempts}</td>
      <td>{inSeconds === null ? '' : `in ${inSeconds} s`}</td>
    </tr>
  )
}
