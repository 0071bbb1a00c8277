export type { Clock } from './clock.ts'
export type { Coupon, Coupons } from './coupons.ts'
export {
  type Buyer,
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type Notifications,
  type Processor,
} from './create-emulator.ts'
export { DOCUMENTED_ERRORS, type DocumentedError } from './documented-errors.ts'
export {
  type Exploration,
  type ExploreOptions,
  exploreFaults,
  type Finding,
  type Scenario,
  type ScheduledFault,
} from './explore.ts'
export type { Fault, Phase, SeenRequest } from './fault.ts'
export { FAULTS, type FaultName, type Faults, type Injection, type RandomFaults, type Strike } from './faults.ts'
export { type Guess, guesses } from './guesses.ts'
export { INVARIANTS, type Invariant, type Run, type Told } from './invariants.ts'
export type { NotificationTarget } from './postman.ts'
export type { Operation } from './router.ts'
export { DEFAULT_RULES, type Rules } from './rules.ts'
export type { Snapshot } from './snapshot.ts'
export type { Card, Decision, Delivery, Effect, EffectKind } from './state.ts'
export { DECISIONS } from './verdict-rules.ts'
