import { checkFields } from '../world/known-fields.ts'
import { OPERATIONS, type OperationName } from '../world/operations.ts'
import { createRandom } from '../world/random.ts'
import { BODY_FAULTS } from './body-faults.ts'
import { CONNECTION_FAULTS } from './connection-faults.ts'
import { DOCUMENTED_ERRORS, type DocumentedError, findDocumentedError } from './documented-errors.ts'
import type { Fault, NotificationFault, Phase, RequestFault, SeenRequest } from './fault.ts'
import { NOTIFICATION_FAULTS } from './notification-faults.ts'
import { STATE_FAULTS } from './state-faults.ts'
import { STATUS_FAULTS } from './status-faults.ts'

const REQUEST_FAULTS = [...CONNECTION_FAULTS, ...BODY_FAULTS, ...STATUS_FAULTS, ...STATE_FAULTS] as const

/** Name of a fault; `FAULTS` says what each does. */
export type FaultName = (typeof REQUEST_FAULTS)[number]['name'] | (typeof NOTIFICATION_FAULTS)[number]['name']

type AnyFault = RequestFault<FaultName> | NotificationFault<FaultName>

const KINDS: readonly AnyFault[] = [...REQUEST_FAULTS, ...NOTIFICATION_FAULTS]

/** Every fault there is, with a sentence each. */
export const FAULTS: readonly Fault<FaultName>[] = KINDS

/** A fault, and where it is to strike. */
export interface Injection {
  fault: FaultName
  /** Only requests of this operation, or notifications that they cause. */
  operation?: OperationName
  /** Only requests of which this says `true`. */
  match?: (request: SeenRequest) => boolean
  /** How often it strikes; `Infinity` until it is cleared. Default: once, a burst five times. */
  times?: number
  /** Before or after the API has done its part. Default: the first that the list says, which is the more dangerous one. */
  phase?: Phase
  /** Milliseconds of the virtual clock, for faults that have to do with time. */
  delayMs?: number
  /** Of `documented_error`: the message or code of one in `DOCUMENTED_ERRORS`. */
  error?: string
}

/** A plan that strikes at random. */
export interface RandomFaults {
  /** How likely each request is struck, from 0 to 1. */
  rate: number
  /** Default 1. The same seed strikes the same requests in the same way. */
  seed?: number
  /** What may strike. Default: everything that strikes requests, but for breaches of the API's word. */
  faults?: readonly FaultName[]
}

/** A fault that has struck. */
export interface InjectedFault {
  /** Number of the request, from 1; null: a notification that no request caused. */
  request: number | null
  operation: OperationName | null
  fault: FaultName
  phase: Phase | null
}

/** What goes wrong. */
export interface Faults {
  /**
   * Strikes the next request that fits, or the next `times`.
   *
   * @throws {TypeError} there is no such fault, or it makes no sense there
   */
  inject(injection: Injection): void
  /** Has requests struck at random, from a seed. */
  injectRandomly(plan: RandomFaults): void
  /** Nothing new goes wrong; the list of strikes is empty. What has struck stays: a key that is stuck, an agreement that is cancelled. */
  clear(): void
  /** What has gone wrong so far. */
  readonly injected: readonly InjectedFault[]
}

/** A fault that is due now. */
export interface Due<Kind> {
  fault: Kind
  phase: Phase
  delayMs: number
  error: string | undefined
}

/** The side of the emulator: it asks what is due. */
export interface FaultPlan extends Faults {
  /** Whether anything can be due. */
  readonly isArmed: boolean
  forRequest(request: SeenRequest): Due<RequestFault> | undefined
  forNotification(cause: SeenRequest | null): Due<NotificationFault> | undefined
  /** Asked first about every request, whatever is cleared: for the explorer. */
  intercept(overseer: (request: SeenRequest) => Injection | undefined): void
}

interface Armed<Kind extends AnyFault = AnyFault> {
  injection: Injection
  kind: Kind
  left: number
}

const isOfRequest = (armed: Armed): armed is Armed<RequestFault<FaultName>> => 'run' in armed.kind
const isOfNotification = (armed: Armed): armed is Armed<NotificationFault<FaultName>> => 'sendings' in armed.kind

export function createFaultPlan(): FaultPlan {
  let armed: Armed[] = []
  let random: (RandomFaults & { next: ReturnType<typeof createRandom> }) | undefined
  let strikes: InjectedFault[] = []
  let overseer: ((request: SeenRequest) => Injection | undefined) | undefined

  function due<Kind extends AnyFault>(entry: Armed<Kind>, request: SeenRequest | null): Due<Kind> {
    const { injection, kind } = entry
    entry.left -= 1
    if (entry.left <= 0) armed = armed.filter((each) => each !== (entry as Armed))
    return strike(kind, request, injection)
  }

  function strike<Kind extends AnyFault>(
    kind: Kind,
    request: SeenRequest | null,
    { phase = kind.phases[0], delayMs = kind.delayMs ?? 0, error }: Pick<Injection, 'phase' | 'delayMs' | 'error'>,
  ): Due<Kind> {
    const { number = null, operation = null } = request ?? {}
    strikes.push({ request: number, operation, fault: kind.name, phase: phase ?? null })
    return { fault: kind, phase: phase ?? 'after', delayMs, error }
  }

  const fits = ({ injection }: Armed, request: SeenRequest | null): boolean =>
    request
      ? (injection.operation ?? request.operation) === request.operation &&
        (injection.match === undefined || injection.match(request) === true)
      : !injection.operation && !injection.match

  return {
    inject(injection) {
      const kind = checkInjection(injection)
      armed.push({ injection, kind, left: injection.times ?? kind.times ?? 1 })
    },
    injectRandomly(plan) {
      random = { ...checkPlan(plan), next: createRandom({ seed: plan.seed ?? 1 }) }
    },
    clear() {
      armed = []
      random = undefined
      strikes = []
    },
    get injected() {
      return strikes.map((each) => ({ ...each }))
    },
    get isArmed() {
      return armed.length > 0 || random !== undefined || overseer !== undefined
    },
    forRequest(request) {
      const overseen = overseer?.(request)
      if (overseen) return strike(requireKind(overseen.fault), request, overseen)
      const planned = armed
        .filter(isOfRequest)
        .find((each) => isPossible(each.kind, request.operation, each.injection.error) && fits(each, request))
      if (planned) return due(planned, request)
      if (!random || random.next.below(1_000_000) >= random.rate * 1_000_000) return undefined
      const kinds = kindsOf(random.faults).filter((kind) => isPossible(kind, request.operation))
      const kind = kinds[random.next.below(kinds.length)]
      const phase = kind?.phases[random.next.below(kind.phases.length)]
      if (!kind) return undefined
      const injection: Injection = { fault: kind.name, ...(phase && { phase }) }
      // What strikes several times goes on.
      if (kind.times) armed.push({ injection, kind, left: kind.times - 1 })
      return strike(kind, request, injection)
    },
    intercept(next) {
      overseer = next
    },
    forNotification(cause) {
      const planned = armed.filter(isOfNotification).find((each) => fits(each, cause))
      return planned && due(planned, cause)
    },
  }
}

const isPossible = ({ operations }: Fault, operation: OperationName, error?: string): boolean =>
  (operations?.includes(operation) ?? true) && (error === undefined || findDocumentedError(operation, error) !== undefined)

/** A fault of requests. @throws {TypeError} there is none of this name */
function requireKind(name: FaultName): RequestFault<FaultName> {
  const kind = REQUEST_FAULTS.find((each) => each.name === name)
  if (!kind) throw new TypeError(`There is no fault of requests ${name}`)
  return kind
}

const kindsOf = (names: readonly FaultName[] | undefined): readonly RequestFault<FaultName>[] =>
  REQUEST_FAULTS.filter(({ name, isBreach }: RequestFault<FaultName>) => names?.includes(name) ?? !isBreach)

function checkInjection(injection: Injection): AnyFault {
  checkFields('faults.inject', injection, ['fault', 'operation', 'match', 'times', 'phase', 'delayMs', 'error'])
  const { fault, operation, times = 1, phase, delayMs = 0, error, match } = injection
  const kind = KINDS.find(({ name }) => name === fault)
  if (!kind) throw new TypeError(`There is no fault ${fault}; there are ${FAULTS.map(({ name }) => name).join(', ')}`)
  if (phase && !kind.phases.includes(phase)) {
    throw new TypeError(
      `${fault} has ${kind.phases.length > 0 ? `the phase ${kind.phases.join(' or ')}` : 'no phase'}, not ${phase}`,
    )
  }
  if (operation !== undefined && !OPERATIONS.includes(operation)) {
    throw new TypeError(`There is no operation ${operation}; there are ${OPERATIONS.join(', ')}`)
  }
  if (match !== undefined && typeof match !== 'function') throw new TypeError('match must be a function')
  if (operation && !isPossible(kind, operation)) {
    throw new TypeError(`${fault} strikes ${kind.operations?.join(', ')}; not ${operation}`)
  }
  if (!(times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times > 0))) {
    throw new TypeError('times must be a whole number from 1, or Infinity')
  }
  const knows = ({ message, code, operations }: DocumentedError): boolean =>
    (error === message || error === code) && (operation === undefined || operations.includes(operation))
  if (error !== undefined && (fault !== 'documented_error' || !DOCUMENTED_ERRORS.some(knows))) {
    throw new TypeError(`No source prints the error ${error}${operation ? ` for ${operation}` : ''}; see DOCUMENTED_ERRORS`)
  }
  if (!(Number.isFinite(delayMs) && delayMs >= 0)) throw new TypeError('delayMs must be 0 or more')
  return kind
}

function checkPlan(plan: RandomFaults): RandomFaults {
  checkFields('faults.injectRandomly', plan, ['rate', 'seed', 'faults'])
  if (!(typeof plan.rate === 'number' && plan.rate >= 0 && plan.rate <= 1)) throw new TypeError('rate must be between 0 and 1')
  if (plan.faults !== undefined && !(Array.isArray(plan.faults) && plan.faults.length > 0)) {
    throw new TypeError('faults must be a list of names')
  }
  const unknown = plan.faults?.find((name) => !REQUEST_FAULTS.some((kind) => kind.name === name))
  if (unknown) throw new TypeError(`There is no fault of requests ${unknown}`)
  return plan
}
