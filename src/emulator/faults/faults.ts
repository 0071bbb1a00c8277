import { BODY_FAULTS } from './body-faults.ts'
import { CONNECTION_FAULTS } from './connection-faults.ts'
import type { Fault, NotificationFault, RequestFault } from './fault.ts'
import { NOTIFICATION_FAULTS } from './notification-faults.ts'
import { STATE_FAULTS } from './state-faults.ts'
import { STATUS_FAULTS } from './status-faults.ts'

export const REQUEST_FAULTS = [...CONNECTION_FAULTS, ...BODY_FAULTS, ...STATUS_FAULTS, ...STATE_FAULTS] as const

/** The name of a fault; `FAULTS` says what each does. */
export type FaultName = (typeof REQUEST_FAULTS)[number]['name'] | (typeof NOTIFICATION_FAULTS)[number]['name']

export type AnyFault = RequestFault<FaultName> | NotificationFault<FaultName>

const ALL: readonly AnyFault[] = [...REQUEST_FAULTS, ...NOTIFICATION_FAULTS]

/** Every fault there is, with a sentence each. */
export const FAULTS: readonly Fault<FaultName>[] = ALL

export const findFault = (name: FaultName): AnyFault | undefined => ALL.find((fault) => fault.name === name)

export const isRequestFault = (fault: AnyFault): fault is RequestFault<FaultName> => 'run' in fault
