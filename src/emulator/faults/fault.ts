import type { Json } from '../world/json.ts'
import type { OperationName } from '../world/operations.ts'
import type { NotificationEvent } from '../world/state.ts'
import type { WireResponse } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'

/** Whether the fault happens before or after the API carries out the request. */
export type Phase = 'before' | 'after'

/** A request as a fault sees it. */
export interface SeenRequest {
  /** The number of the request, counted from 1. */
  number: number
  operation: OperationName
  method: string
  path: string
  query: Record<string, string>
  headers: Readonly<Record<string, string>>
  body: Json
  idempotencyKey: string | null
}

/** The request that a fault happens to, and what the fault can do. */
export interface FaultContext {
  world: World
  request: SeenRequest
  phase: Phase
  /** For faults that have to do with time: milliseconds of the virtual clock. */
  delayMs: number
  /** For `documented_error` and `executed_but_refused`: the message or code. */
  error: string | undefined
  /** The sender's signal: an abort ends a response body too. */
  signal: AbortSignal | undefined
  /** Carries out the request, perhaps with another view of the world. */
  perform(view?: Partial<World>): Promise<WireResponse>
  /** Carries out the request as if its idempotency key were unknown. */
  replayWithoutKey(): Promise<WireResponse>
  /** Has the request arrive at the API later. */
  receiveLater(delayMs: number): void
  /** Resolves when the clock has moved by so much since the request arrived. */
  wait(delayMs: number): Promise<void>
}

/** How a notification is sent. */
export interface Sending {
  delayMs?: number
  /** Before the response to the request that caused it. */
  early?: true
  /** After the next notification. */
  afterNext?: true
  /** Signed with another secret. */
  forged?: true
}

/** One entry of `FAULTS`. */
export interface Fault<Name extends string = string> {
  name: Name
  /** A sentence that says what happens. */
  description: string
  /** The phases in which it can happen, the default first; empty if it makes no difference. */
  phases: readonly Phase[]
  /** The operations that it can happen to; all if left out. */
  operations?: readonly OperationName[]
  /** How many times it happens by default; once if left out. */
  times?: number
  /** The default delay, milliseconds of the virtual clock. */
  delayMs?: number
  /** The API itself breaks its promises, so no client can keep its own. */
  isBreach?: true
}

/** A fault of a request. */
export interface RequestFault<Name extends string = string> extends Fault<Name> {
  run(context: FaultContext): Promise<WireResponse | Response>
}

/** A fault of a notification. */
export interface NotificationFault<Name extends string = string> extends Fault<Name> {
  sendings(event: NotificationEvent, delayMs: number): Sending[]
}

type FaultSettings = Partial<Pick<Fault, 'phases' | 'operations' | 'times' | 'delayMs' | 'isBreach'>>

/** An entry of the list of faults. */
export const fault = <const Name extends string>(
  name: Name,
  description: string,
  run: RequestFault['run'],
  settings: FaultSettings = {},
): RequestFault<Name> => ({ name, description, phases: [], ...settings, run })

export const BEFORE_OR_AFTER = { phases: ['after', 'before'] } as const
export const BEFORE = { phases: ['before'] } as const

/** How long a process is kept alive, as by an open connection: the timers of Node's own `AbortSignal.timeout` do not do that. */
const OPEN_MS = 60_000

/** Never resolves; rejects when the sender's signal is aborted. */
export function never({ signal }: FaultContext): Promise<never> {
  return new Promise((_, reject) => {
    if (!signal) return
    const open = setTimeout(() => {}, OPEN_MS)
    const close = (): void => {
      clearTimeout(open)
      reject(signal.reason)
    }
    signal.addEventListener('abort', close, { once: true })
    if (signal.aborted) close()
  })
}

/** Carries out the request if the fault happens afterwards. */
export async function performIfAfter({ phase, perform }: FaultContext): Promise<void> {
  if (phase === 'after') await perform()
}
