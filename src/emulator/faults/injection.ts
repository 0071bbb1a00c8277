import { checkFields } from '../world/known-fields.ts'
import { OPERATIONS, type OperationName } from '../world/operations.ts'
import { DOCUMENTED_ERRORS, findDocumentedError } from './documented-errors.ts'
import type { Fault, Phase, SeenRequest } from './fault.ts'
import { type AnyFault, FAULTS, type FaultName, findFault, REQUEST_FAULTS } from './faults.ts'

/** A fault, and the requests or notifications that it is for. */
export interface Injection {
  fault: FaultName
  /** Only requests of this operation, or notifications that they cause. */
  operation?: OperationName
  /** Only requests for which this returns `true`. */
  match?: (request: SeenRequest) => boolean
  /** How many times it happens; `Infinity`: until it is cleared. Default: once, a burst five times. */
  times?: number
  /** Before or after the API has carried out the request. Default: the first phase in the list, the more dangerous one. */
  phase?: Phase
  /** Milliseconds of the virtual clock, for faults that have to do with time. */
  delayMs?: number
  /** For `documented_error` and `executed_but_refused`: the message or code of one in `DOCUMENTED_ERRORS`. */
  error?: string
}

/** Faults at random. */
export interface RandomFaults {
  /** The probability that a request gets a fault, from 0 to 1. */
  rate: number
  /** Default 1. The same seed gives the same requests the same faults. */
  seed?: number
  /** The faults to choose from. Default: every fault of requests in which the API keeps its promises. */
  faults?: readonly FaultName[]
}

/** A fault that has happened. */
export interface InjectedFault {
  /** The number of the request, counted from 1; null for a notification that no request caused. */
  request: number | null
  operation: OperationName | null
  fault: FaultName
  phase: Phase | null
}

/** Whether a fault can happen to an operation: `documented_error`, only if the documentation prints that error for it. */
export const appliesTo = ({ operations }: Fault, operation: OperationName, error?: string): boolean =>
  (operations?.includes(operation) ?? true) && (error === undefined || findDocumentedError(operation, error) !== undefined)

/** @throws {TypeError} there is no such fault, or it cannot happen there */
export function checkInjection(injection: Injection): AnyFault {
  checkFields('faults.inject', injection, ['fault', 'operation', 'match', 'times', 'phase', 'delayMs', 'error'])
  const { operation, times = 1, phase, delayMs = 0, match } = injection
  const fault = findFault(injection.fault)
  if (!fault) throw new TypeError(`There is no fault ${injection.fault}; there are ${FAULTS.map(({ name }) => name).join(', ')}`)
  if (phase && !fault.phases.includes(phase)) {
    const phases = fault.phases.length > 0 ? `the phase ${fault.phases.join(' or ')}` : 'no phase'
    throw new TypeError(`${fault.name} has ${phases}, not ${phase}`)
  }
  if (operation !== undefined && !OPERATIONS.includes(operation)) {
    throw new TypeError(`There is no operation ${operation}; there are ${OPERATIONS.join(', ')}`)
  }
  if (match !== undefined && typeof match !== 'function') throw new TypeError('match must be a function')
  if (operation && !appliesTo(fault, operation)) {
    throw new TypeError(`${fault.name} can only happen to ${fault.operations?.join(', ')}, not to ${operation}`)
  }
  if (!(times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times > 0))) {
    throw new TypeError('times must be a whole number from 1, or Infinity')
  }
  checkError(injection)
  if (!(Number.isFinite(delayMs) && delayMs >= 0)) throw new TypeError('delayMs must be 0 or more')
  return fault
}

function checkError({ fault, operation, error }: Injection): void {
  if (error === undefined) return
  const isKnown = DOCUMENTED_ERRORS.some(
    ({ message, code, operations }) =>
      (error === message || error === code) && (operation === undefined || operations.includes(operation)),
  )
  if ((fault === 'documented_error' || fault === 'executed_but_refused') && isKnown) return
  throw new TypeError(`The documentation prints no error ${error}${operation ? ` for ${operation}` : ''}; see DOCUMENTED_ERRORS`)
}

/** @throws {TypeError} the rate is no probability, or a fault is not one of requests */
export function checkRandomFaults(plan: RandomFaults): RandomFaults {
  checkFields('faults.injectRandomly', plan, ['rate', 'seed', 'faults'])
  const { rate, faults } = plan
  if (!(typeof rate === 'number' && rate >= 0 && rate <= 1)) throw new TypeError('rate must be between 0 and 1')
  if (faults !== undefined && !(Array.isArray(faults) && faults.length > 0)) {
    throw new TypeError('faults must be a list of names')
  }
  const unknown = faults?.find((name) => !REQUEST_FAULTS.some((fault) => fault.name === name))
  if (unknown) throw new TypeError(`There is no request fault ${unknown}`)
  return plan
}
