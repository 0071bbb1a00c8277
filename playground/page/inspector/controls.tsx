import { signal } from '@preact/signals'
import type { Control } from '../../demo/controls.ts'
import { ask } from '../ask.ts'
import { refresh } from '../checkout/pay.ts'
import { problem, purchase, wallet } from '../checkout/state.ts'
import { CodeButton } from '../code/code-button.tsx'
import type { Step } from '../code/steps.ts'
import { choices, clock, inspection, refreshInspection } from './watch.ts'

/** The result of the last button. */
const result = signal<{ message: string; isBad: boolean }>({ message: '', isBad: false })

async function runAndReport(done: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    result.value = { message: done, isBad: false }
  } catch (error) {
    result.value = { message: error instanceof Error ? error.message : String(error), isBad: true }
  }
  await refreshInspection()
}

const control = (command: Control, done: string): Promise<void> => runAndReport(done, () => ask('/inspector/control', command))

/** The controls of the seller, the buyer and Mercado Pago. */
export function Controls() {
  return (
    <section aria-labelledby="controls" class="controls">
      <h2 id="controls">Controls</h2>
      <Seller />
      <Fault />
      <Decision />
      <Wallet />
      <Clock />
      <p role="status" class={result.value.isBad ? 'message bad' : 'message'}>
        {result.value.message}
      </p>
      <p role="status" class="message dim">
        {problem.value?.message && `The page received this error: ${problem.value.message}`}
      </p>
    </section>
  )
}

function Seller() {
  const { payment } = purchase.value ?? {}
  const status = payment?.status
  const sell = (action: 'capture' | 'cancel' | 'refund', done: string) =>
    runAndReport(done, async () => {
      // Whatever the result, the page shows the payment's state now.
      await ask('/inspector/seller', { do: action, advanced_payment_id: payment?.id }).finally(refresh)
    })
  const actions: [step: Step & ('capture' | 'cancel' | 'refund'), label: string, done: string, may: boolean][] = [
    ['capture', 'Capture', 'Captured.', status === 'authorized'],
    ['cancel', 'Cancel', 'Cancelled.', status === 'authorized'],
    ['refund', 'Refund', 'Refunded.', status === 'approved'],
  ]
  return (
    <fieldset>
      <legend>The seller</legend>
      {actions.map(([step, label, done, may]) => (
        <span key={step} class="row tight">
          <button type="button" disabled={!may} onClick={() => sell(step, done)}>
            {label}
          </button>
          <CodeButton step={step} label={`${label} a payment`} text="Code" />
        </span>
      ))}
      <CodeButton step="notification" label="Receive a notification" text="Code of a webhook" />
    </fieldset>
  )
}

/** The most instructive faults, described by what happens. */
const COMMON_FAULTS: Record<string, string> = {
  'reset after': 'answer lost after the charge',
  'reset before': 'request lost before the charge',
  'internal_error after': '500, although the payment was charged',
  'in_progress before': '409, still being processed',
  'late_arrival ': 'request delayed, arrives a minute later',
  'executed_twice ': 'Mercado Pago breaks its contract and charges twice',
}

function Fault() {
  const all = choices.value.faults.flatMap(({ name, description, phases, operations }) =>
    operations && !operations.includes('payments.create')
      ? []
      : (phases.length > 0 ? phases : ['']).map((phase) => ({
          value: `${name} ${phase}`,
          name: phase ? `${name} (${phase})` : name,
          description,
        })),
  )
  const inject = (choice: string): void => {
    const [fault = '', phase] = choice.split(' ')
    const command: Control = {
      do: 'injectFault',
      fault,
      operation: 'payments.create',
      ...(phase && { phase: phase as 'before' | 'after' }),
    }
    void control(command, `Armed: ${COMMON_FAULTS[choice] ?? fault}. Now press pay.`)
  }
  return (
    <Choice legend="Mercado Pago fails" label="Fault of the next payment" button="Arm" onChoose={inject} note={<Armed />}>
      <optgroup label="Common">
        {Object.entries(COMMON_FAULTS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </optgroup>
      <optgroup label="All">
        {all.map(({ value, name, description }) => (
          <option key={value} value={value} title={description}>
            {name}
          </option>
        ))}
      </optgroup>
    </Choice>
  )
}

/** Faults that wait for a request. */
function Armed() {
  const { armed } = inspection.value
  if (armed.length === 0) return null
  return (
    <span class="row whole">
      <span class="badge badge-unknown">armed: {armed.join(', ')}</span>
      <button type="button" class="quiet" onClick={() => control({ do: 'clearFaults' }, 'No fault is armed any more.')}>
        Disarm
      </button>
    </span>
  )
}

function Decision() {
  const decide = (choice: string): void => {
    const [status = '', status_detail = ''] = choice.split(' ')
    void control({ do: 'decideNext', status, status_detail }, `The next payment will be ${status}: ${status_detail}.`)
  }
  return (
    <Choice legend="Mercado Pago decides" label="The next payment is" button="Decide" onChoose={decide}>
      {choices.value.decisions
        .toSorted((a, b) => b.status.localeCompare(a.status))
        .map(({ status, status_detail }) => (
          <option key={`${status} ${status_detail}`} value={`${status} ${status_detail}`}>
            {status}: {status_detail}
          </option>
        ))}
    </Choice>
  )
}

function Wallet() {
  const agreement_id = wallet.value?.agreement_id
  const setBalance = (event: SubmitEvent): void => {
    event.preventDefault()
    const amount = Number(new FormData(event.currentTarget as HTMLFormElement).get('balance'))
    void control({ do: 'setBalance', amount }, `The wallet holds ARS ${amount} now.`)
  }
  return (
    <fieldset>
      <legend>The buyer</legend>
      <form class="row" onSubmit={setBalance}>
        <label class="grows">
          Balance, ARS
          <input name="balance" type="number" min="0" step="0.01" required placeholder="100000 at first" />
        </label>
        <button type="submit">Set</button>
      </form>
      <button
        type="button"
        disabled={!agreement_id}
        onClick={() =>
          agreement_id && control({ do: 'cancelAgreement', agreement_id }, 'The buyer has unlinked this shop in Mercado Pago.')
        }
      >
        Unlink in the app
      </button>
    </fieldset>
  )
}

const STEPS: [label: string, ms: number][] = [
  ['+1 minute', 60_000],
  ['+1 hour', 3_600_000],
  ['+1 day', 86_400_000],
  ['+1 year', 365 * 86_400_000],
]

function Clock() {
  return (
    <fieldset>
      <legend>The clock of Mercado Pago</legend>
      <time dateTime={new Date(clock.value).toISOString()}>
        {new Date(clock.value).toISOString().slice(0, 19).replace('T', ' ')}
      </time>
      {STEPS.map(([label, ms]) => (
        <button key={label} type="button" class="quiet" onClick={() => control({ do: 'advanceClock', ms }, `${label}.`)}>
          {label}
        </button>
      ))}
    </fieldset>
  )
}

interface ChoiceProps {
  legend: string
  label: string
  button: string
  onChoose: (value: string) => void
  /** The entries of the list. */
  children: preact.ComponentChildren
  /** What is shown below. */
  note?: preact.ComponentChildren
}

/** A list to choose from, and a button that applies the choice. */
function Choice({ legend, label, button, onChoose, children, note }: ChoiceProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    onChoose(String(new FormData(event.currentTarget as HTMLFormElement).get('choice') ?? ''))
  }
  return (
    <fieldset>
      <legend>{legend}</legend>
      <form class="row" onSubmit={submit}>
        <label class="grows">
          {label}
          <select name="choice">{children}</select>
        </label>
        <button type="submit">{button}</button>
      </form>
      {note}
    </fieldset>
  )
}
