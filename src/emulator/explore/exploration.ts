import type { Emulator, EmulatorOptions } from '../create-emulator.ts'
import type { Phase } from '../faults/fault.ts'
import type { FaultName } from '../faults/faults.ts'
import type { OperationName } from '../world/operations.ts'
import type { Effect } from '../world/state.ts'
import type { Invariant, ReportedOutcome, Run } from './invariants.ts'

/**
 * A checkout, from the start: it gets an emulator of its own, whose `fetch`, `clock` and `buyer` it uses, and says what
 * the caller was told, of all orders or of each `external_reference`. If it throws, the caller was told "not paid";
 * unless the error's `outcome` is `unknown`.
 */
export type Scenario = (emulator: Emulator) => Promise<ReportedOutcome | Record<string, ReportedOutcome>>

/** A fault, and the request that it strikes, counted from 1. */
export interface ScheduledFault {
  request: number
  fault: FaultName
  phase?: Phase
}

/** What `exploreFaults` takes beside the scenario. */
export interface ExploreOptions {
  /** Also two faults in one run, chosen at random: how many such pairs, 1000 for `true`. Default none. */
  pairs?: boolean | number
  /** Of the emulators and of the choice of pairs. Default 1. */
  seed?: number
  /** What has to hold. Default `INVARIANTS`. */
  invariants?: readonly Invariant[]
  /** What may strike. Default: every fault of requests, but for breaches of the API's word. */
  faults?: readonly FaultName[]
  /** Only this schedule: how a finding is replayed. */
  schedule?: readonly ScheduledFault[]
  /** Of the emulators. */
  emulator?: Omit<EmulatorOptions, 'seed'>
  /** How long a run may take, real milliseconds. Default 5000. */
  timeoutMs?: number
}

/** A schedule that breaks an invariant, as short as it can be. */
export interface Finding {
  schedule: readonly ScheduledFault[]
  /** Names of the invariants. */
  broken: readonly string[]
  /** In a sentence: what struck, and what broke. */
  message: string
  reported: Record<string, ReportedOutcome>
  /** What the scenario threw, if it did. */
  error: unknown
  effects: readonly Effect[]
  /** The call that runs it again. */
  replay: string
}

/** What `exploreFaults` found. */
export interface Exploration {
  /** Runs that were made. */
  schedules: number
  /** Requests that the scenario makes when nothing goes wrong. */
  requests: readonly { number: number; operation: OperationName }[]
  findings: readonly Finding[]
  /** Runs at whose end the caller did not know. */
  unknown: number
  /** Faults of a schedule that found nothing to strike: the scenario has changed since. */
  missed: readonly ScheduledFault[]
  /** All of it, to be printed. */
  report: string
}

/** A run, and what is known of it besides. */
export interface Done extends Run {
  error: unknown
  schedule: readonly ScheduledFault[]
  requests: { number: number; operation: OperationName }[]
  /** Faults that found nothing to strike. */
  missed: readonly ScheduledFault[]
}
