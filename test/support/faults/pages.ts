import { type OperationName, operations } from 'mercadopago-wallet-connect'
import { DEFAULT_RULES, FAULTS, type Guess, guesses } from 'mercadopago-wallet-connect/emulator'
import { CHOICES } from '../../../src/emulator/world/options.ts'
import type { Cell } from './client-matrix.ts'
import { EFFECT, nameOf, rowsOf } from './fixtures.ts'
import { SDK_OPERATIONS, type SdkCell } from './sdk-matrix.ts'

/** Markdown, with what is between `<!-- name -->` and `<!-- /name -->` replaced. */
export const fill = (page: string, parts: Record<string, string>): string =>
  Object.entries(parts).reduce((text, [name, part]) => {
    const section = new RegExp(`(<!-- ${name} -->).*?(<!-- /${name} -->)`, 's')
    if (!section.test(text)) throw new Error(`The page has no section ${name}`)
    return text.replace(section, (_, start, end) => `${start}\n${part}\n${end}`)
  }, page)

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const DAY_MS = 24 * 3_600_000

function printed(value: unknown, name: string): string {
  if (Array.isArray(value)) return value.length > 0 ? value.map((each) => printed(each, name)).join(', ') : 'none'
  if (value === Number.POSITIVE_INFINITY) return '`Infinity`'
  if (typeof value === 'number' && name.endsWith('Ms')) {
    if (value >= DAY_MS) return `${value / DAY_MS} d`
    return value >= 60_000 ? `${value / 60_000} min` : value >= 1_000 ? `${value / 1_000} s` : `${value} ms`
  }
  return value === undefined ? 'any' : `\`${value}\``
}

function optionOf({ option }: Guess): [name: string, values: string] {
  if (!option) return ['', '']
  const standard = DEFAULT_RULES[option]
  const others: readonly unknown[] = CHOICES[option]?.slice(1) ?? (typeof standard === 'boolean' ? [!standard] : [])
  return [`\`${option}\``, [`**${printed(standard, option)}**`, ...others.map((each) => printed(each, option))].join(', ')]
}

/** The table of everything that the emulator decides and no source documents. */
export const guessTable = (): string =>
  table(
    ['what the emulator does', 'the sources', 'option', 'values'],
    guesses.map((guess) => [guess.decision, guess.because === 'silent' ? 'are silent' : 'disagree', ...optionOf(guess)]),
  )

/** The table of faults. */
export const faultTable = (): string =>
  table(
    ['fault', 'what happens', 'phase', '`delayMs`', 'operations'],
    FAULTS.map(({ name, description, phases, operations, delayMs }) => [
      `\`${name}\``,
      description,
      phases.join(', '),
      delayMs === undefined ? '' : printed(delayMs, 'delayMs'),
      operations?.map((each) => `\`${each}\``).join(', ') ?? (name.startsWith('notification_') ? 'notifications' : 'all'),
    ]),
  )

const MOVED = { answer: 'as the response says', none: 'no', unknown: '**maybe**' }

function describeMoved({ outcome, mismatches, finally: effects }: Cell): string {
  if (effects > 1) return '**more than once**'
  if (outcome === 'none' && effects > 0) return '**yes**, although the error says no'
  return mismatches ? '**the response does not say**' : MOVED[outcome]
}

const ADVICE: Record<string, string> = {
  answer: 'Nothing. Check `isApproved(payment)`.',
  RefusedError: 'Fix what `status` and `apiCode` point at. The same request keeps its key; a changed one needs a new key.',
  key_used: 'The key belongs to a request with another body, which may have taken effect: find that one, and `reconcile` it.',
  'UnavailableError/rate_limited': 'Try again later; `retryAfterMs` says when, if the API does.',
  done: 'Call `reconcile(prepared)`. Once the fault is over it finds the payment, or creates it with the same key.',
  unknown: 'Call `reconcile(prepared)` repeatedly: as long as the API answers like this, the outcome cannot be known.',
  breach: 'The API breaks its own promises, and no error shows it. Compare your orders with the search.',
  executed_but_refused:
    'The API breaks its own promises, and the error is wrong. Compare your orders with the search, the refused ones too.',
  mismatch:
    'Do not book it: `mismatches` of the answer, and `onDrift` with `essential: true`, say that it is about something else. Find the order with the search.',
}

function advise({ fault, reconciled, ending, reason, mismatches }: Cell): string {
  const general = fault.isBreach ? 'breach' : (reconciled ?? ending)
  const advice = ADVICE[mismatches ? 'mismatch' : fault.name] ?? ADVICE[general] ?? ADVICE[`${ending}/${reason}`]
  if (advice === undefined) throw new Error(`There is no advice for ${fault.name}, which ends with ${ending}`)
  return advice
}

/** The table for whoever is on call: each fault of a payment, and what to do about it. */
export const paymentTable = (cells: readonly Cell[]): string =>
  table(
    ['fault', 'what happens', '`payments.create` ends with', 'may money have moved?', 'what to do'],
    cells
      .filter(({ operation }) => operation === 'payments.create')
      .map((cell) => [
        `\`${nameOf(cell)}\``,
        describePhase(cell),
        cell.ending === 'answer' ? 'the payment' : `\`${cell.ending}\``,
        describeMoved(cell),
        advise(cell),
      ]),
  )

const PHASE = { before: 'the API has not carried out the request', after: 'the API has carried out the request' }

/** The description of a fault, with the phase if it has several. */
const describePhase = ({ fault, phase }: Cell): string =>
  phase && fault.phases.length > 1 ? fault.description.replace(/\.$/, ` (${PHASE[phase]}).`) : fault.description

const SHORT: Record<string, string> = {
  answer: 'answer',
  RefusedError: 'refused',
  UnavailableError: 'unavailable',
  InvalidResponseError: 'invalid response',
}

/** The table of each fault at each operation: how the call ends, how often it took effect, what `reconcile` says. */
export function clientTable(cells: readonly Cell[]): string {
  const names = Object.keys(operations) as OperationName[]
  const rows = [...new Set(cells.map(nameOf))]
  return table(
    ['fault', ...names.map((name) => `\`${name}\``)],
    rows.map((row) => [
      `\`${row}\``,
      ...names.map((name) => {
        const cell = cells.find((each) => nameOf(each) === row && each.operation === name)
        if (!cell) return ''
        const direct = cell.mismatches ? 'mismatch' : (SHORT[cell.ending] ?? cell.ending)
        const end = cell.reconciled ? `unknown → ${cell.reconciled.replace('_', ' ')}` : direct
        return EFFECT[name] ? `${end} · ${cell.finally}` : end
      }),
    ]),
  )
}

/** The same table for the official SDK. */
export function sdkTable(cells: readonly SdkCell[]): string {
  const rows = rowsOf(FAULTS).map(nameOf)
  return table(
    ['fault', ...SDK_OPERATIONS.map((name) => `\`${name}\``)],
    rows
      .filter((row) => cells.some((each) => nameOf(each) === row))
      .map((row) => [
        `\`${row}\``,
        ...SDK_OPERATIONS.map((name) => {
          const cell = cells.find((each) => nameOf(each) === row && each.operation === name)
          return cell ? (EFFECT[name] ? `${cell.ending} · ${cell.effects}` : cell.ending) : ''
        }),
      ]),
  )
}
