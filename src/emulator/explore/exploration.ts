import type { Emulator, EmulatorOptions } from '../create-emulator.ts'
import type { Phase } from '../faults/fault.ts'
import type { FaultName } from '../faults/faults.ts'
import type { OperationName } from '../world/operations.ts'
import type { Effect } from '../world/state.ts'
import type { Invariant, ReportedOutcome, Run } from './invariants.ts'

/**
 * A checkout, from the start. It gets an emulator of its own, whose `fetch`, `clock` and `buyer` it uses, and returns
 * what it reported to the caller: one outcome for all orders, or one for each `external_reference`. If it throws, that
 * counts as "not paid", unless the error's `outcome` is `unknown`.
 */
export type Scenario = (emulator: Emulator) => Promise<ReportedOutcome | Record<string, ReportedOutcome>>

/** A fault, and the number of the request that it happens to, counted from 1. */
export interface ScheduledFault {
  request: number
  fault: FaultName
  phase?: Phase
}

/** The options of `exploreFaults`. */
export interface ExploreOptions {
  /** How many runs with two faults to add, chosen at random; 1000 for `true`. Default none. */
  pairs?: boolean | number
  /** The seed of the emulators and of the choice of pairs. Default 1. */
  seed?: number
  /** What has to hold after each run. Default `INVARIANTS`. */
  invariants?: readonly Invariant[]
  /** The faults to try. Default: every fault of requests in which the API keeps its promises. */
  faults?: readonly FaultName[]
  /** Runs only this schedule: to replay a finding. */
  schedule?: readonly ScheduledFault[]
  /** The options of the emulators. */
  emulator?: Omit<EmulatorOptions, 'seed'>
  /** How long a run may take, real milliseconds. Default 5000. */
  timeoutMs?: number
}

/** A schedule that breaks an invariant, as short as possible. */
export interface Finding {
  schedule: readonly ScheduledFault[]
  /** The names of the broken invariants. */
  broken: readonly string[]
  /** One sentence: what went wrong, and which invariant broke. */
  message: string
  reported: Record<string, ReportedOutcome>
  /** What the scenario threw, if it did. */
  error: unknown
  effects: readonly Effect[]
  /** The call that runs the schedule again. */
  replay: string
}

/** The result of `exploreFaults`. */
export interface Exploration {
  /** The number of runs. */
  schedules: number
  /** The requests that the scenario makes when nothing goes wrong. */
  requests: readonly { number: number; operation: OperationName }[]
  findings: readonly Finding[]
  /** The number of runs in which an outcome was reported as unknown. */
  unknown: number
  /** Scheduled faults that did not happen, because no request fitted: the scenario has changed since. */
  missed: readonly ScheduledFault[]
  /** All of it as text, to print. */
  report: string
}

/** A run that is over, with the schedule that it followed. */
export interface CompletedRun extends Run {
  error: unknown
  schedule: readonly ScheduledFault[]
  requests: { number: number; operation: OperationName }[]
  /** Scheduled faults that did not happen. */
  missed: readonly ScheduledFault[]
}
