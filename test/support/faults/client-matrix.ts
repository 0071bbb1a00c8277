import { isWalletConnectError, type OperationName, operations } from 'mercadopago-wallet-connect'
import { fixtureFor, inParallel, REQUEST_ROWS, type Row } from './fixtures.ts'

/** How a call of the client ends under a fault that lasts as long as the call. */
export interface Cell extends Row {
  operation: OperationName
  /** `answer`, or the class of the error. */
  ending: string
  /** The reason of an UnavailableError. */
  reason?: string
  /** Whether money may have moved, according to the error. */
  outcome: 'none' | 'unknown' | 'answer'
  /** What an answer says to be another id, reference or amount than that of the request. */
  mismatches?: readonly string[]
  /** The number of times that the request has taken effect when the call ends. */
  effects: number
  /** The outcome of `reconcile` once the fault is over, if the call ended without knowing. */
  reconciled?: 'done' | 'not_done' | 'unknown'
  /** The number of times that the request has taken effect once everything under way has arrived. */
  finally: number
}

/** Every request fault at every operation that it can happen to. */
export const clientMatrix = (): Promise<Cell[]> =>
  inParallel(
    (Object.keys(operations) as OperationName[]).flatMap((operation) =>
      REQUEST_ROWS.filter(({ fault }) => fault.operations?.includes(operation) ?? true).map((row) => ({ ...row, operation })),
    ),
    measure,
  )

async function measure({ fault, phase, operation }: Row & { operation: OperationName }): Promise<Cell> {
  const { emulator, wallet, prepared, effects } = await fixtureFor(operation)
  emulator.faults.inject({ fault: fault.name, times: Number.POSITIVE_INFINITY, ...(phase && { phase }) })
  const result = await wallet.send(prepared).then(
    ({ mismatches }) => ({
      ending: 'answer',
      outcome: 'answer' as const,
      ...(mismatches.length > 0 && { mismatches: mismatches.map(({ path }) => path) }),
    }),
    (error: unknown) => {
      if (!isWalletConnectError(error)) throw error
      return { ending: error.name, outcome: error.outcome, ...('reason' in error && { reason: String(error.reason) }) }
    },
  )
  const cell = { fault, ...(phase && { phase }), operation, ...result, effects: effects() }
  emulator.faults.clear()
  const reconciled = result.outcome === 'unknown' ? (await wallet.reconcile(prepared)).outcome : undefined
  await emulator.clock.advance(24 * 3_600_000)
  return { ...cell, ...(reconciled && { reconciled }), finally: effects() }
}
