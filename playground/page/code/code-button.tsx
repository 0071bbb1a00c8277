import { signal, useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { runtimesOf, snippet } from './snippets.ts'
import type { Runtime, Step } from './steps.ts'

/** The runtime that was looked at last, everywhere. */
const runtime = signal<Runtime>('Browser')

/** "Show the code": what is written for this step, by the page or by its backend. */
export function CodeButton({ step, label, text = 'Show the code' }: { step: Step; label: string; text?: string }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  const isCopied = useSignal(false)
  const runtimes = runtimesOf(step)
  // What only a backend does is not shown for the page.
  const shown = runtimes.find((each) => each === runtime.value) ?? runtimes[0] ?? 'Workers'
  const code = snippet(step, shown)
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
          {runtimes.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name={`${title}-runtime`}
                checked={shown === each}
                onChange={() => {
                  runtime.value = each
                }}
              />
              {each}
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
