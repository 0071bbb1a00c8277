import type { OperationName } from '../world/operations.ts'
import { createRandom, type Random } from '../world/random.ts'
import type { NotificationFault, Phase, RequestFault, SeenRequest } from './fault.ts'
import { type AnyFault, type FaultName, findFault, isRequestFault, REQUEST_FAULTS } from './faults.ts'
import {
  appliesTo,
  checkInjection,
  checkRandomFaults,
  type InjectedFault,
  type Injection,
  type RandomFaults,
} from './injection.ts'

/** What goes wrong. */
export interface Faults {
  /**
   * Injects a fault into the next request that fits, or into the next `times`.
   *
   * @throws {TypeError} there is no such fault, or it cannot happen there
   */
  inject(injection: Injection): void
  /** Injects faults into requests at random, from a seed. */
  injectRandomly(plan: RandomFaults): void
  /** Stops injecting and empties `injected`. What has happened stays: a stuck key, a cancelled agreement. */
  clear(): void
  /** The faults that have happened so far. */
  readonly injected: readonly InjectedFault[]
}

/** A fault that happens now. */
export interface DueFault<Kind> {
  fault: Kind
  phase: Phase
  delayMs: number
  error: string | undefined
}

/** The faults as the server sees them: it asks which one is due. */
export interface FaultPlan extends Faults {
  /** Whether anything can be due. */
  readonly isArmed: boolean
  forRequest(request: SeenRequest): DueFault<RequestFault> | undefined
  forNotification(cause: SeenRequest | null): DueFault<NotificationFault> | undefined
  /** Has `interceptor` decide first about every request, even after `clear`: for the explorer. */
  intercept(interceptor: (request: SeenRequest) => Injection | undefined): void
}

/** An injection that is not used up. */
interface Armed<Kind extends AnyFault = AnyFault> {
  injection: Injection
  fault: Kind
  left: number
}

const isForRequests = (armed: Armed): armed is Armed<RequestFault<FaultName>> => isRequestFault(armed.fault)
const isForNotifications = (armed: Armed): armed is Armed<NotificationFault<FaultName>> => !isRequestFault(armed.fault)

export function createFaultPlan(): FaultPlan {
  let armed: Armed[] = []
  let random: { plan: RandomFaults; source: Random } | undefined
  let injected: InjectedFault[] = []
  let interceptor: ((request: SeenRequest) => Injection | undefined) | undefined

  function use<Kind extends AnyFault>(entry: Armed<Kind>, request: SeenRequest | null): DueFault<Kind> {
    entry.left -= 1
    if (entry.left <= 0) armed = armed.filter((each) => each !== (entry as Armed))
    return happen(entry.fault, request, entry.injection)
  }

  function happen<Kind extends AnyFault>(fault: Kind, request: SeenRequest | null, injection: Injection): DueFault<Kind> {
    const { phase = fault.phases[0], delayMs = fault.delayMs ?? 0, error } = injection
    const { number = null, operation = null } = request ?? {}
    injected.push({ request: number, operation, fault: fault.name, phase: phase ?? null })
    return { fault, phase: phase ?? 'after', delayMs, error }
  }

  function happenAtRandom(request: SeenRequest): DueFault<RequestFault> | undefined {
    const chosen = random && chooseFault(random.plan, random.source, request.operation)
    if (!chosen) return undefined
    const { fault, injection } = chosen
    // A burst continues with the next requests.
    if (fault.times) armed.push({ injection, fault, left: fault.times - 1 })
    return happen(fault, request, injection)
  }

  return {
    inject(injection) {
      const fault = checkInjection(injection)
      armed.push({ injection, fault, left: injection.times ?? fault.times ?? 1 })
    },
    injectRandomly(plan) {
      random = { plan: { ...checkRandomFaults(plan) }, source: createRandom({ seed: plan.seed ?? 1 }) }
    },
    clear() {
      armed = []
      random = undefined
      injected = []
    },
    get injected() {
      return injected.map((each) => ({ ...each }))
    },
    get isArmed() {
      return armed.length > 0 || random !== undefined || interceptor !== undefined
    },
    forRequest(request) {
      const intercepted = interceptor?.(request)
      if (intercepted) return happen(requireRequestFault(intercepted.fault), request, intercepted)
      const planned = armed
        .filter(isForRequests)
        .find((each) => appliesTo(each.fault, request.operation, each.injection.error) && fits(each, request))
      return planned ? use(planned, request) : happenAtRandom(request)
    },
    intercept(next) {
      interceptor = next
    },
    forNotification(cause) {
      const planned = armed.filter(isForNotifications).find((each) => fits(each, cause))
      return planned && use(planned, cause)
    },
  }
}

/** Whether an injection is meant for this request, or for a notification with this cause. */
function fits({ injection: { operation, match } }: Armed, request: SeenRequest | null): boolean {
  if (!request) return !operation && !match
  return (operation ?? request.operation) === request.operation && (match === undefined || match(request) === true)
}

function chooseFault(
  { rate, faults: names }: RandomFaults,
  source: Random,
  operation: OperationName,
): { fault: RequestFault<FaultName>; injection: Injection } | undefined {
  if (source.below(1_000_000) >= rate * 1_000_000) return undefined
  const candidates = REQUEST_FAULTS.filter(
    (fault: RequestFault<FaultName>) => (names?.includes(fault.name) ?? !fault.isBreach) && appliesTo(fault, operation),
  )
  const fault = candidates[source.below(candidates.length)]
  const phase = fault?.phases[source.below(fault.phases.length)]
  return fault && { fault, injection: { fault: fault.name, ...(phase && { phase }) } }
}

/** @throws {TypeError} there is no request fault of this name */
function requireRequestFault(name: FaultName): RequestFault<FaultName> {
  const fault = findFault(name)
  if (!fault || !isRequestFault(fault)) throw new TypeError(`There is no request fault ${name}`)
  return fault
}
