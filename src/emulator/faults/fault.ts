import type { Json } from '../world/json.ts'
import type { OperationName } from '../world/operations.ts'
import type { NotificationEvent } from '../world/state.ts'
import type { WireResponse } from '../world/wire-response.ts'
import type { World } from '../world/world.ts'

/** Whether the API has done what it was asked for when the fault strikes. */
export type Phase = 'before' | 'after'

/** A request as a fault sees it. */
export interface SeenRequest {
  /** Requests to the API, counted from 1. */
  number: number
  operation: OperationName
  method: string
  path: string
  query: Record<string, string>
  headers: Readonly<Record<string, string>>
  body: Json
  idempotencyKey: string | null
}

/** Where a fault strikes. */
export interface FaultContext {
  world: World
  request: SeenRequest
  phase: Phase
  /** Of faults that have to do with time, milliseconds of the virtual clock. */
  delayMs: number
  /** Of `documented_error`: its message or code. */
  error: string | undefined
  /** Of the sender: an abort ends a body too. */
  signal: AbortSignal | undefined
  /** Has the API do what it was asked for, perhaps with another view of the world. */
  perform(view?: Partial<World>): Promise<WireResponse>
  /** Has the API do it again, or for the first time, as if nobody remembered the key. */
  replayWithoutKey(): Promise<WireResponse>
  /** Has the API get the request so much later. */
  receiveLater(delayMs: number): void
  /** Comes when the clock has been moved so far since the request came. */
  wait(delayMs: number): Promise<void>
}

/** How a notification goes out. */
export interface Sending {
  delayMs?: number
  /** Before the request that caused it is answered. */
  early?: true
  /** After the next one. */
  afterNext?: true
  /** Signed with another secret. */
  forged?: true
}

/** One entry of `FAULTS`. */
export interface Fault<Name extends string = string> {
  name: Name
  /** What happens, in a sentence. */
  description: string
  /** The phases in which it can strike, the default first; none if it makes no difference. */
  phases: readonly Phase[]
  /** Where it makes sense; everywhere if left out. */
  operations?: readonly OperationName[]
  /** How often it strikes if nobody says; once if left out. */
  times?: number
  /** Milliseconds of the virtual clock if nobody says. */
  delayMs?: number
  /** The API itself breaks its word: no client can keep its own. */
  isBreach?: true
}

/** A fault of a request. */
export interface RequestFault<Name extends string = string> extends Fault<Name> {
  run(scene: FaultContext): Promise<WireResponse | Response>
}

/** A fault of a notification. */
export interface NotificationFault<Name extends string = string> extends Fault<Name> {
  sendings(event: NotificationEvent, delayMs: number): Sending[]
}

type Options = Partial<Pick<Fault, 'phases' | 'operations' | 'times' | 'delayMs' | 'isBreach'>>

/** One entry of the list. */
export const fault = <const Name extends string>(
  name: Name,
  description: string,
  run: RequestFault['run'],
  options: Options = {},
): RequestFault<Name> => ({ name, description, phases: [], ...options, run })

export const BEFORE_OR_AFTER = { phases: ['after', 'before'] } as const
export const BEFORE = { phases: ['before'] } as const

/** As an open connection would, it keeps a process from ending: Node's own time limits do not. */
const OPEN_MS = 60_000

/** As long as the sender's signal is not aborted. */
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

/** The API does its part if the fault strikes afterwards. */
export async function act({ phase, perform }: FaultContext): Promise<void> {
  if (phase === 'after') await perform()
}
