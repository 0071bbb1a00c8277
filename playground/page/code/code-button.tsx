import { signal, useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { samplesOf } from './samples.ts'
import type { Runtime, Step } from './steps.ts'

/** The runtime that the visitor chose last, in whichever dialog. */
const runtime = signal<Runtime>('Browser')

/** "Show the code": opens the code of this step in a dialog, with a choice of runtimes. */
export function CodeButton({ step, label, text = 'Show the code' }: { step: Step; label: string; text?: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  const isCopied = useSignal(false)
  const samples = samplesOf(step)
  const shown = samples.find((sample) => sample.runtime === runtime.value) ?? samples[0]
  if (!shown) return null
  const { code } = shown
  const copy = async (): Promise<void> => {
    isCopied.value = await navigator.clipboard.writeText(code).then(
      () => true,
      () => false,
    )
  }
  return (
    <>
      <button type="button" class="quiet" lang="en" aria-label={`${text}: ${label}`} onClick={() => dialog.current?.showModal()}>
        {text}
      </button>
      <dialog ref={dialog} class="code" lang="en" aria-labelledby={title}>
        <h2 id={title}>{label}</h2>
        <fieldset class="choices">
          <legend class="unseen">Runtime</legend>
          {samples.map((sample) => (
            <label key={sample.runtime}>
              <input
                type="radio"
                name={`${title}-runtime`}
                checked={shown === sample}
                onChange={() => {
                  runtime.value = sample.runtime
                }}
              />
              {sample.runtime}
            </label>
          ))}
        </fieldset>
        {/* Long lines are scrolled: by keyboard, too. */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
        <pre tabIndex={0}>
          <code>{code}</code>
        </pre>
        <div class="row">
          <button type="button" onClick={copy}>
            {isCopied.value ? 'Copied' : 'Copy'}
          </button>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </dialog>
    </>
  )
}
