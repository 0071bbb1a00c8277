export {
  type Buyer,
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type Notifications,
  type Processor,
} from './create-emulator.ts'
export type { Exploration, ExploreOptions, Finding, Scenario, ScheduledFault } from './explore/exploration.ts'
export { exploreFaults } from './explore/explore.ts'
export { INVARIANTS, type Invariant, type ReportedOutcome, type Run } from './explore/invariants.ts'
export { DOCUMENTED_ERRORS, type DocumentedError } from './faults/documented-errors.ts'
export type { Fault, Phase, SeenRequest } from './faults/fault.ts'
export type { Faults } from './faults/fault-plan.ts'
export { FAULTS, type FaultName } from './faults/faults.ts'
export type { InjectedFault, Injection, RandomFaults } from './faults/injection.ts'
export type { CouponCampaign, Coupons } from './rules/coupons.ts'
export { DECISIONS } from './rules/decision-rules.ts'
export type { Snapshot } from './server/snapshot.ts'
export type { NotificationTarget } from './server/webhook-sender.ts'
export type { Clock } from './world/clock.ts'
export { type Guess, guesses } from './world/guesses.ts'
export type { OperationName } from './world/operations.ts'
export { DEFAULT_RULES, type Rules } from './world/options.ts'
export type { Card, Decision, Delivery, Effect, EffectKind } from './world/state.ts'
