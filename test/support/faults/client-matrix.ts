import { isWalletConnectError, type OperationName, operations } from 'mercadopago-wallet-connect'
import { inParallel, REQUEST_ROWS, type Row, stageFor } from './fixtures.ts'

/** What the client makes of a fault that lasts as long as the call. */
export interface Cell extends Row {
  operation: OperationName
  /** `answer`, or the class of the error. */
  told: string
  /** Of UnavailableError. */
  reason?: string
  /** May money have moved, as the error says. */
  outcome: 'none' | 'unknown' | 'answer'
  /** How often it has taken effect when the call ends. */
  effects: number
  /** What `reconcile` says once the fault is over, if it was asked. */
  reconciled?: 'done' | 'not_done' | 'unknown'
  /** How often it has taken effect in the end, when all that was under way has arrived. */
  finally: number
}

/** Every fault of a request at every operation where it can strike. */
export const clientMatrix = (): Promise<Cell[]> =>
  inParallel(
    (Object.keys(operations) as OperationName[]).flatMap((operation) =>
      REQUEST_ROWS.filter(({ fault }) => fault.operations?.includes(operation) ?? true).map((row) => ({ ...row, operation })),
    ),
    measure,
  )

async function measure({ fault, phase, operation }: Row & { operation: OperationName }): Promise<Cell> {
  const { emulator, wallet, prepared, effects } = await stageFor(operation)
  emulator.faults.inject({ fault: fault.name, times: Number.POSITIVE_INFINITY, ...(phase && { phase }) })
  const ending = await wallet.send(prepared).then(
    () => ({ told: 'answer', outcome: 'answer' as const }),
    (error: unknown) => {
      if (!isWalletConnectError(error)) throw error
      return { told: error.name, outcome: error.outcome, ...('reason' in error && { reason: String(error.reason) }) }
    },
  )
  const cell = { fault, ...(phase && { phase }), operation, ...ending, effects: effects() }
  emulator.faults.clear()
  const reconciled = ending.outcome === 'unknown' ? (await wallet.reconcile(prepared)).outcome : undefined
  await emulator.clock.advance(24 * 3_600_000)
  return { ...cell, ...(reconciled && { reconciled }), finally: effects() }
}
